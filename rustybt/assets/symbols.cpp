#include "rustybt/assets/symbols.hpp"

#include <algorithm>
#include <utility>

#include "rustybt/core/text.hpp"

namespace rustybt::assets {

SplitSymbol split_symbol(std::string_view symbol) {
  std::string upper = to_upper(symbol);
  const std::size_t delimiter = upper.find_first_of("./\\-_");
  if (delimiter == std::string::npos) return {std::move(upper), ""};
  return {upper.substr(0, delimiter), upper.substr(delimiter + 1)};
}

std::string symbol_key(std::string_view symbol) { return symbol_key(split_symbol(symbol)); }

// A company holds no delimiter, so the first "." of a key is where the share class begins.
std::string symbol_key(const SplitSymbol& split) {
  return split.share_class.empty() ? split.company : split.company + "." + split.share_class;
}

std::vector<std::string> nearest_symbols(std::string_view symbol, const std::vector<std::string>& known) {
  constexpr std::size_t kLimit = 2;
  constexpr std::size_t kNames = 3;
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& name : known) {
    const std::size_t distance = edit_distance(symbol, name, kLimit);
    if (distance <= kLimit && distance < std::max(symbol.size(), name.size())) near.emplace_back(distance, name);
  }
  std::ranges::sort(near);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(kNames, near.size()); ++i) names.push_back(std::move(near[i].second));
  return names;
}

}  // namespace rustybt::assets
