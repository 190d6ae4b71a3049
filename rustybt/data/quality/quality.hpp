#pragma once
// The quality of data, as a trader would have it told: reads a table of any kind leniently, works out what it holds
// (columns, dates, market, calendar, bar length, what stamps mean), and lets utils/validation look at every symbol.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rustybt/data/bundles/core.hpp"
#include "rustybt/data/quality/raw_table.hpp"
#include "rustybt/utils/validation.hpp"

namespace rustybt::data {

struct QualityOptions {
  std::optional<utils::MarketKind> kind = {};  ///< none: told from the days and columns
  std::string calendar = {};                   ///< empty: the market's, told from the days
  std::optional<Date> today = {};              ///< later dates are errors; none: not checked
};

struct QualityFinding : utils::Finding {
  std::string file;
  std::int64_t line = 0;  ///< of the file, from 1
  std::string value;      ///< the cell as it stands
};

struct QualityReport {
  std::string file;
  std::int64_t rows = 0;
  std::int64_t symbols = 0;
  std::string understood;                ///< one line: columns, dates, market, calendar, bar length
  std::vector<std::string> remarks;      ///< no defects, but worth knowing
  std::vector<QualityFinding> findings;  ///< in order of rows

  [[nodiscard]] std::int64_t count(utils::Severity severity) const;
};

/// All rules over one table. `file` is its name in findings; a LEAN file within a day has its date there.
/// @throws Error{MissingColumn} when there is no column of times or prices, Error{InvalidCalendarName}
[[nodiscard]] QualityReport check_table(const RawTable& table, const std::string& file, const QualityOptions& options);

/// The same rules over the bars of an open bundle, asset by asset, with its splits and dividends.
[[nodiscard]] QualityReport check_bars(const Bundle& bundle, const QualityOptions& options);

}  // namespace rustybt::data
