#include "rustybt/data/bundles/cell_number.hpp"

#include <algorithm>
#include <string>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"

namespace rustybt::data {

namespace {

constexpr int kMostDecimals = 12;

bool is_missing_word(std::string_view cell) {
  if (cell.empty()) return true;
  if (cell.size() > 4) return false;
  const std::string word = to_upper(cell);
  for (const std::string_view missing : {"NAN", "NULL", "NONE", "N/A", "NA", "#N/A", "-", "--", "NAT"})
    if (word == missing) return true;
  return false;
}

/// Numbers that the fast path does not take: exponents, many digits, nonsense.
CellNumber parse_cell_slowly(std::string text, bool decimal_comma) {
  CellNumber out;
  if (decimal_comma && text.find('.') != std::string::npos) return out;  // separates thousands, or is a mistake
  if (decimal_comma) std::ranges::replace(text, ',', '.');
  try {
    Decimal value;
    try {
      value = Decimal::parse(text);
    } catch (const Error& e) {
      if (e.code() != ErrorCode::Overflow) return out;
      out.kind = CellNumber::Kind::TooLong;
      return out;
    }
    if (value.scale() > kMostDecimals) {
      const Decimal kept = value.quantize(kMostDecimals, Rounding::HalfEven);
      out.rounded = kept != value;
      value = kept;
    }
    value = value.normalized();
    // float noise of large numbers: as many decimals as 18 digits hold
    while (out.rounded && value.scale() > 0 && value.abs().coefficient() >= power_of_ten(kMostCellDigits))
      value = value.quantize(value.scale() - 1, Rounding::HalfEven);
    if (value.abs().coefficient() >= power_of_ten(kMostCellDigits)) {
      out.kind = CellNumber::Kind::TooLong;
      return out;
    }
    out.kind = CellNumber::Kind::Value;
    out.mantissa = static_cast<std::int64_t>(value.coefficient());
    out.scale = value.scale();
  } catch (const Error&) {  // out of Decimal's range: not a price of anything
    out.kind = CellNumber::Kind::TooLong;
  }
  return out;
}

}  // namespace

CellNumber parse_cell(std::string_view cell, bool decimal_comma) {
  cell = trim(cell);
  if (cell.size() > 1 && cell[0] == '$' && cell[1] != '-' && cell[1] != '+') cell.remove_prefix(1);
  if (is_missing_word(cell)) return {CellNumber::Kind::Missing};
  const char point = decimal_comma ? ',' : '.';
  std::string_view rest = cell;
  const bool negative = rest.front() == '-';
  if (negative || rest.front() == '+') rest.remove_prefix(1);
  if (rest.find(point) != std::string_view::npos)
    while (rest.ends_with('0')) rest.remove_suffix(1);
  std::int64_t mantissa = 0;
  int digits = 0;
  int scale = -1;
  for (const char c : rest) {
    if (c >= '0' && c <= '9') {
      ++digits;
      if (scale >= 0) ++scale;
      if (digits > kMostCellDigits || scale > kMostDecimals) return parse_cell_slowly(std::string(cell), decimal_comma);
      mantissa = mantissa * 10 + (c - '0');
    } else if (c == point && scale < 0) {
      scale = 0;
    } else {
      return parse_cell_slowly(std::string(cell), decimal_comma);
    }
  }
  if (digits == 0) return parse_cell_slowly(std::string(cell), decimal_comma);  // "0.", ".0", "." and "+"
  return {CellNumber::Kind::Value, negative ? -mantissa : mantissa, std::max(scale, 0)};
}

}  // namespace rustybt::data
