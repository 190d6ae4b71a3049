#pragma once
// The number that a cell of text holds, exactly.

#include <cstdint>
#include <string_view>

namespace rustybt::data {

inline constexpr int kMostCellDigits = 18;  ///< of a number and of its column; more do not fit a bar's int64

/// A cell as mantissa and scale without trailing zeros.
struct CellNumber {
  enum class Kind : std::uint8_t { Value, Missing, Bad, TooLong } kind = Kind::Bad;
  std::int64_t mantissa = 0;
  int scale = 0;
  bool rounded = false;  ///< had more than 12 decimals
};
/// Read "12.50", "1e-5", "" or "NaN" (Missing); with `decimal_comma` "12,50".
[[nodiscard]] CellNumber parse_cell(std::string_view cell, bool decimal_comma);

}  // namespace rustybt::data
