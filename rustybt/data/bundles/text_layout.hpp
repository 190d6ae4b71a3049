#pragma once
// How a text file of bars is laid out: delimiter, header, which column is what. Guessed, shown, and open to correction.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/storage/delimited_text.hpp"

namespace rustybt::data {

/// What a column can be. Adjusted closes are recognised so that they can be reported; they are never used.
enum class Role : std::uint8_t {
  Time,
  TimeOfDay,
  Symbol,
  Open,
  High,
  Low,
  Close,
  Volume,
  Dividend,
  Split,
  AdjustedClose
};
inline constexpr int kRoleCount = 11;

[[nodiscard]] std::string_view role_name(Role role);
/// "date" -> Time, "close" -> Close, ...; nullopt for another word. The words are those of role_name.
[[nodiscard]] std::optional<Role> find_role(std::string_view name);

/// Position of each role's column, -1 = none.
struct BarColumns {
  int at[kRoleCount];
  BarColumns() { std::fill(std::begin(at), std::end(at), -1); }
  [[nodiscard]] int operator[](Role role) const { return at[static_cast<int>(role)]; }
  int& operator[](Role role) { return at[static_cast<int>(role)]; }
};

/// Delimiter, header and lines before it, from the beginning of a text.
[[nodiscard]] storage::TextFormat guess_text_format(std::string_view text);

/// Columns by their names; the first match of a role counts.
[[nodiscard]] BarColumns guess_columns(std::span<const std::string> names);
/// Columns of a file without header by the order time, [symbol,] open, high, low, close, volume.
[[nodiscard]] BarColumns guess_columns_without_header(const storage::TextTable& table);

}  // namespace rustybt::data
