#pragma once
// Symbols as text: how they are split, compared and suggested.

#include <string>
#include <string_view>
#include <vector>

namespace rustybt::assets {

/// "BRK.A", "BRK-A" and "brk/a" are company BRK, share class A (zipline_semantics 6.8).
struct SplitSymbol {
  std::string company;
  std::string share_class;  ///< empty when there is no delimiter
};
/// Upper-cased and split at the first of . / \ - _
[[nodiscard]] SplitSymbol split_symbol(std::string_view symbol);

/// One text per pair of company and share class: what ownership is looked up by.
[[nodiscard]] std::string symbol_key(std::string_view symbol);
[[nodiscard]] std::string symbol_key(const SplitSymbol& split);

/// Up to three of `known` within two letters of `symbol` and nearer than replacing it whole; nearest first, then by
/// name.
[[nodiscard]] std::vector<std::string> nearest_symbols(std::string_view symbol, const std::vector<std::string>& known);

}  // namespace rustybt::assets
