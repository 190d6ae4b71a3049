#include "rustybt/finance/asset_restrictions.hpp"

#include <algorithm>
#include <utility>

namespace rustybt::finance {
namespace {

std::pair<std::int32_t, std::int64_t> place_of(const RestrictionEntry& e) { return {e.asset.value, e.effective_ns}; }

}  // namespace

void AssetRestrictions::add(std::vector<RestrictionEntry> list) {
  std::ranges::stable_sort(list, {}, place_of);
  lists_.push_back(std::move(list));
}

void AssetRestrictions::add(const AssetRestrictions& other) {
  lists_.insert(lists_.end(), other.lists_.begin(), other.lists_.end());
  custom_.insert(custom_.end(), other.custom_.begin(), other.custom_.end());
}

bool AssetRestrictions::is_restricted(AssetIndex asset, std::int64_t now_ns) const {
  const auto freezes = [&](const std::vector<RestrictionEntry>& list) {
    const auto after = std::ranges::upper_bound(list, std::pair(asset.value, now_ns), {}, place_of);
    return after != list.begin() && std::prev(after)->asset == asset && std::prev(after)->is_frozen;
  };
  return std::ranges::any_of(lists_, freezes) ||
         std::ranges::any_of(custom_, [&](const Custom& rule) { return rule(asset, now_ns); });
}

}  // namespace rustybt::finance
