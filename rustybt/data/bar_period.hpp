#pragma once
// Lengths of bars: "1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1mo".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rustybt::data {

/// How much time a bar covers. Minutes and hours are trading time within a session; weeks begin on Monday.
struct BarPeriod {
  enum class Unit : std::uint8_t { Minute, Day, Week, Month };
  Unit unit = Unit::Day;
  int minutes = 0;  ///< with Unit::Minute: 1 to 1440

  static constexpr BarPeriod of_minutes(int n) { return {Unit::Minute, n}; }
  static constexpr BarPeriod day() { return {Unit::Day, 0}; }
  static constexpr BarPeriod week() { return {Unit::Week, 0}; }
  static constexpr BarPeriod month() { return {Unit::Month, 0}; }
  /// A number and m, h, d, w or mo; nothing for any other text. Days, weeks and months come one at a time.
  static std::optional<BarPeriod> find(std::string_view text);
  /// @throws Error{InvalidArgument} naming examples
  static BarPeriod parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool is_intraday() const { return unit == Unit::Minute; }
  friend bool operator==(const BarPeriod&, const BarPeriod&) = default;
};

}  // namespace rustybt::data
