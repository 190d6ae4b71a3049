#pragma once
// Scales of one run's exact numbers, fixed when the run opens (architecture, section 5).

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rustybt/assets/assets.hpp"
#include "rustybt/core/ids.hpp"
#include "rustybt/core/money.hpp"

namespace rustybt::finance {

/// The value as a 64-bit price or amount. @throws Error{Overflow}
[[nodiscard]] inline std::int64_t checked_int64(int128 value) {
  const auto narrow = static_cast<std::int64_t>(value);
  if (narrow != value) throw_money_overflow();
  return narrow;
}

/// How a contract multiplier is read: Zipline keeps it in 32 bits, so that 0.1 becomes 0.10000000149011612 (quirk Q15).
enum class MultiplierPrecision : std::uint8_t { Exact, Float32 };

/// How one asset's integers turn into money.
struct AssetScale {
  int price_scale = 2;      ///< of bar prices
  int fill_scale = 12;      ///< of fill, limit, stop and last prices: 12, fewer where the price would not fit 18 digits
  int quantity_digits = 0;  ///< of amounts
  std::int64_t price_to_fill = 1;  ///< 10^(fill_scale - price_scale)
  MoneyUnits money_per_unit = 1;   ///< money units of (1 at fill scale) x (1 at quantity digits) x contract multiplier
  bool is_future = false;
  double multiplier = 1;    ///< of a contract, as IEEE decisions see it
  std::string root_symbol;  ///< futures
  Decimal tick = Decimal(1, 2);
};

class DecimalContext {
 public:
  /// @param largest_price  per asset the largest bar mantissa of the run's data, at `price_scales[i]`
  /// @throws Error{Overflow} when prices, amounts and multiplier need more digits than money has
  DecimalContext(std::span<const assets::Asset> assets, std::span<const int> price_scales,
                 std::span<const std::int64_t> largest_price,
                 MultiplierPrecision precision = MultiplierPrecision::Exact);

  [[nodiscard]] const AssetScale& operator[](AssetIndex a) const { return scales_[static_cast<std::size_t>(a.value)]; }
  [[nodiscard]] int asset_count() const { return static_cast<int>(scales_.size()); }
  [[nodiscard]] MoneyScale money() const { return money_; }

  /// price (fill scale) x amount (quantity digits) x multiplier, exact.
  [[nodiscard]] Money value(AssetIndex a, std::int64_t price, std::int64_t amount) const {
    const AssetScale& s = (*this)[a];
    return {checked_multiply(checked_multiply(price, amount), s.money_per_unit)};
  }
  [[nodiscard]] double price_to_double(AssetIndex a, std::int64_t price) const {
    return mantissa_to_double(price, (*this)[a].fill_scale);
  }
  /// Price per unit from a total: total / amount / multiplier at 12 decimals half-even. @pre amount != 0
  [[nodiscard]] Decimal price_of_total(AssetIndex a, Money total, std::int64_t amount) const;
  [[nodiscard]] double amount_to_double(AssetIndex a, std::int64_t amount) const {
    return (*this)[a].quantity_digits == 0 ? static_cast<double>(amount)
                                           : mantissa_to_double(amount, (*this)[a].quantity_digits);
  }

 private:
  MoneyScale money_;
  std::vector<AssetScale> scales_;
};

}  // namespace rustybt::finance
