#pragma once
// What an asset database holds, as plain tables: what the writer takes and the reader gives.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rustybt/assets/assets.hpp"

namespace rustybt::assets {

struct Exchange {
  std::string exchange;        ///< primary key ("NYSE")
  std::string canonical_name;  ///< default: exchange
  std::string country_code = "??";
};

/// A period in which an equity owned a symbol.
struct SymbolMapping {
  Sid sid;
  std::string symbol;
  Date start_date;
  Date end_date;
};

/// A value of an equity in another vocabulary (a vendor's id, an ALT_ID) over a period.
struct SupplementaryMapping {
  Sid sid;
  std::string field;
  std::string value;
  Date start_date;
  Date end_date;
};

/// A family of futures ("ES").
struct FutureRoot {
  std::string root_symbol;
  std::optional<std::int64_t> root_symbol_id;
  std::string sector;
  std::string description;
  std::string exchange;
};

struct AssetTables {
  std::vector<Exchange> exchanges;
  std::vector<Asset> assets;  ///< of every type; exchange must be one of `exchanges`
  /// Further symbols in time; when an equity has no entry here its own symbol over its own life is used.
  std::vector<SymbolMapping> symbol_mappings = {};
  std::vector<SupplementaryMapping> supplementary_mappings = {};
  std::vector<FutureRoot> roots = {};  ///< of the futures; a root that is not listed gets an entry of its own
};

/// Everything in a database of ours or of Zipline (version 7); numbers exact where the file has them as text.
/// @throws Error{FileNotFound}, Error{AssetDBVersionError}, Error{DatabaseError}
[[nodiscard]] AssetTables read_assets(const std::filesystem::path& path);

}  // namespace rustybt::assets
