#pragma once
// LEAN map files: the tickers of a company over time. A file of bars is often one of a ticker, not of a company
// (qqq.csv lacks the years as QQQQ; wm.csv begins with another company): the map says which rows belong to whom.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/assets/asset_tables.hpp"

namespace rustybt::assets {

/// One company: file NAME.csv with lines "YYYYMMDD,ticker[,exchange]". The first line is its first day; every further
/// line the last day of a ticker. A last day of 2050-12-31 means "still traded".
struct MapFile {
  struct Ticker {
    std::string symbol;  ///< upper case
    Date start;          ///< first day, inclusive
    Date end;            ///< last day, inclusive
  };
  std::string name;  ///< of the file ("goog", "aaa.1": an earlier company of that ticker)
  std::vector<Ticker> tickers;
  [[nodiscard]] bool is_delisted() const;
};

/// @throws Error{BadCell} with file and line, Error{RowsOutOfOrder}, Error{EmptyData}, Error{FileNotFound}
[[nodiscard]] MapFile read_map_file(const std::filesystem::path& file);
/// The same from text; `name` for errors. The door for fuzzing.
[[nodiscard]] MapFile parse_map_file(std::string_view text, std::string name);
/// Every NAME.csv of a folder, by name. @throws as read_map_file
[[nodiscard]] std::vector<MapFile> read_map_folder(const std::filesystem::path& folder);

/// The tickers as symbols of an asset.
[[nodiscard]] std::vector<SymbolMapping> symbol_mappings(const MapFile& map, Sid sid);

}  // namespace rustybt::assets
