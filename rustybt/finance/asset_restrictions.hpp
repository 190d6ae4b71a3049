#pragma once
// Which assets may not be ordered, and when (zipline_semantics 3.6).

#include <cstdint>
#include <functional>
#include <vector>

#include "rustybt/core/ids.hpp"

namespace rustybt::finance {

/// From `effective_ns` on the asset is frozen (or allowed again).
struct RestrictionEntry {
  AssetIndex asset;
  std::int64_t effective_ns = INT64_MIN;  ///< UTC; INT64_MIN = always
  bool is_frozen = true;
};

/// A union of restrictions: an asset is restricted when one of them says so.
class AssetRestrictions {
 public:
  using Custom = std::function<bool(AssetIndex asset, std::int64_t now_ns)>;

  /// One list: of an asset's entries the last one that is not after now holds; without one the asset is allowed.
  void add(std::vector<RestrictionEntry> list);
  /// A rule of one's own.
  void add(Custom rule) { custom_.push_back(std::move(rule)); }
  /// All restrictions of another union.
  void add(const AssetRestrictions& other);

  [[nodiscard]] bool is_restricted(AssetIndex asset, std::int64_t now_ns) const;
  [[nodiscard]] bool empty() const { return lists_.empty() && custom_.empty(); }

 private:
  std::vector<std::vector<RestrictionEntry>> lists_;  ///< each sorted by asset, then date
  std::vector<Custom> custom_;
};

}  // namespace rustybt::finance
