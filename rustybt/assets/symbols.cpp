#include "rustybt/assets/symbols.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace rustybt::assets {

std::string upper_symbol(std::string_view symbol) {
  std::string upper(symbol);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

SplitSymbol split_symbol(std::string_view symbol) {
  std::string upper = upper_symbol(symbol);
  const std::size_t delimiter = upper.find_first_of("./\\-_");
  if (delimiter == std::string::npos) return {std::move(upper), ""};
  return {upper.substr(0, delimiter), upper.substr(delimiter + 1)};
}

std::string symbol_key(std::string_view symbol) { return symbol_key(split_symbol(symbol)); }

// A company holds no delimiter, so the first "." of a key is where the share class begins.
std::string symbol_key(const SplitSymbol& split) {
  return split.share_class.empty() ? split.company : split.company + "." + split.share_class;
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return std::min(row.back(), limit + 1);
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
