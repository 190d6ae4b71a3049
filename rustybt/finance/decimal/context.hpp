#pragma once
// Scales of one run's exact numbers, fixed when the run opens (architecture, section 5).

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rustybt/assets/assets.hpp"
#include "rustybt/core/ids.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/core/timestamp.hpp"

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
  double multiplier = 1;       ///< of a contract, as IEEE decisions see it
  std::string root_symbol;     ///< futures
  std::int32_t currency = -1;  ///< index into currencies(): its prices are in another currency than the books
  Decimal tick = Decimal(1, 2);
  double units_per_one = 1;        ///< 10^quantity_digits
  std::int64_t quantity_step = 1;  ///< at quantity digits
  bool has_minimum_notional = false;
};

/// Another currency than the books': 1 of it = numerator / denominator of theirs; a denominator of 0 is an unknown
/// rate.
struct CurrencyRate {
  std::string currency;
  std::int64_t numerator = 0;
  std::int64_t denominator = 0;
};

class DecimalContext {
 public:
  /// @param largest_price  per asset the largest bar mantissa of the run's data, at `price_scales[i]`
  /// @param base_currency  of the books; assets with another quote currency are valued through rates. Empty: all money
  /// counts as one currency
  /// @throws Error{Overflow} when prices, amounts and multiplier need more digits than money has
  DecimalContext(std::span<const assets::Asset> assets, std::span<const int> price_scales,
                 std::span<const std::int64_t> largest_price,
                 MultiplierPrecision precision = MultiplierPrecision::Exact, std::string base_currency = {});
  /// One more asset, for books outside a run, whose assets come one by one; the money scale stays.
  /// @throws Error{Overflow}
  AssetIndex add(const assets::Asset& asset, int price_scale, std::int64_t largest_price);

  [[nodiscard]] const AssetScale& operator[](AssetIndex a) const { return scales_[static_cast<std::size_t>(a.value)]; }
  [[nodiscard]] int asset_count() const { return static_cast<int>(scales_.size()); }
  [[nodiscard]] MoneyScale money() const { return money_; }

  /// price (fill scale) x amount (quantity digits) x multiplier, exact.
  [[nodiscard]] Money value(AssetIndex a, std::int64_t price, std::int64_t amount) const {
    const AssetScale& s = (*this)[a];
    return {checked_multiply(checked_multiply(price, amount), s.money_per_unit)};
  }
  /// An amount in the asset's currency as one of the books' at today's rate, rounded half-even once.
  /// @throws Error{NoFxRate} naming pair and day
  [[nodiscard]] Money to_base(AssetIndex a, Money amount) const {
    const std::int32_t currency = (*this)[a].currency;
    return currency < 0 ? amount : convert(currency, amount);
  }
  [[nodiscard]] Money base_value(AssetIndex a, std::int64_t price, std::int64_t amount) const {
    return to_base(a, value(a, price, amount));
  }
  /// The rate itself, 1 for the books' own currency. @throws Error{NoFxRate}
  [[nodiscard]] double rate(AssetIndex a) const;
  [[nodiscard]] const std::string& base_currency() const { return base_currency_; }
  /// The currencies that need rates.
  [[nodiscard]] std::span<const CurrencyRate> currencies() const { return currencies_; }
  /// The rates of a day; `rates` in the order of currencies().
  void set_rates(Date day, std::span<const std::pair<std::int64_t, std::int64_t>> rates);

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
  [[nodiscard]] Money convert(std::int32_t currency, Money amount) const;
  [[nodiscard]] const CurrencyRate& known_rate(std::int32_t currency) const;

  MultiplierPrecision precision_;
  MoneyScale money_;
  std::string base_currency_;
  std::vector<CurrencyRate> currencies_;
  Date rate_day_{};
  std::vector<AssetScale> scales_;
};

}  // namespace rustybt::finance
