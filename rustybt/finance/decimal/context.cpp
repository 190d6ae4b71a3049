#include "rustybt/finance/decimal/context.hpp"

#include <algorithm>
#include <tuple>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {
namespace {

constexpr int kFillDigits = 12;

/// Digits after the point a fill price can have so that ten times the largest price still fits 18 digits.
int fill_scale_for(std::int64_t largest_price, int price_scale) {
  int integer_digits = 0;
  for (int128 whole = largest_price / power_of_ten(std::min(price_scale, 18)); whole > 0; whole /= 10) ++integer_digits;
  return std::max(price_scale, std::min(kFillDigits, 18 - integer_digits - 1));
}

/// What Zipline's 32 bits make of a multiplier. 11 digits after the point leave room for a fill price's 10 in the
/// books.
Decimal float32_multiplier(const Decimal& exact) {
  const auto narrow = static_cast<double>(static_cast<float>(exact.to_double()));
  return narrow == exact.to_double() ? exact : Decimal(double_to_mantissa(narrow, 11), 11);
}

Decimal multiplier_of(const assets::Asset& a, MultiplierPrecision precision) {
  return (precision == MultiplierPrecision::Float32 ? float32_multiplier(a.price_multiplier) : a.price_multiplier)
      .normalized();
}

}  // namespace

DecimalContext::DecimalContext(std::span<const assets::Asset> assets, std::span<const int> price_scales,
                               std::span<const std::int64_t> largest_price, MultiplierPrecision precision,
                               std::string base_currency)
    : precision_(precision), base_currency_(std::move(base_currency)) {
  int digits = 0;  // of an amount and, where they are more than money's spare six, of its multiplier
  for (const assets::Asset& a : assets)
    digits = std::max(digits, a.quantity_digits + std::max(0, multiplier_of(a, precision_).scale() - 6));
  money_ = MoneyScale::for_quantity_digits(digits);
  scales_.reserve(assets.size());
  for (std::size_t i = 0; i < assets.size(); ++i) add(assets[i], price_scales[i], largest_price[i]);
}

AssetIndex DecimalContext::add(const assets::Asset& a, int price_scale, std::int64_t largest_price) {
  AssetScale s;
  s.price_scale = price_scale;
  s.quantity_digits = a.quantity_digits;
  const Decimal multiplier = multiplier_of(a, precision_);
  const int room = money_.digits - s.quantity_digits - multiplier.scale();
  s.fill_scale = std::max(s.price_scale, std::min(room, fill_scale_for(largest_price, s.price_scale)));
  s.price_to_fill = static_cast<std::int64_t>(power_of_ten(s.fill_scale - s.price_scale));
  s.is_future = a.type == assets::AssetType::Future;
  s.multiplier = precision_ == MultiplierPrecision::Float32
                     ? static_cast<double>(static_cast<float>(a.price_multiplier.to_double()))
                     : a.price_multiplier.to_double();
  s.root_symbol = a.root_symbol;
  s.tick = a.tick_size;
  s.units_per_one = static_cast<double>(power_of_ten(s.quantity_digits));
  if (a.quantity_step.coefficient() != 1)  // a power of ten says no more than the digits
    s.quantity_step = checked_int64(a.quantity_step.mantissa_at(s.quantity_digits));
  s.has_minimum_notional = !a.minimum_notional.is_zero();
  if (!base_currency_.empty() && !a.quote_currency.empty() && a.quote_currency != base_currency_) {
    const auto known = std::ranges::find(currencies_, a.quote_currency, &CurrencyRate::currency);
    s.currency = static_cast<std::int32_t>(known - currencies_.begin());
    if (known == currencies_.end()) currencies_.push_back({a.quote_currency});
  }
  const int spare = room - s.fill_scale;
  if (spare < 0) {
    throw Error(ErrorCode::Overflow,
                "prices, amounts and contract multiplier of " + a.symbol + " have too many digits for one money scale",
                "use prices with fewer digits after the point")
        .with("asset", a.symbol);
  }
  s.money_per_unit = checked_multiply(multiplier.coefficient(), power_of_ten(spare));
  scales_.push_back(std::move(s));
  return AssetIndex{asset_count() - 1};
}

void DecimalContext::set_rates(Date day, std::span<const std::pair<std::int64_t, std::int64_t>> rates) {
  require_invariant(rates.size() == currencies_.size(), "there is a rate for every currency");
  rate_day_ = day;
  for (std::size_t i = 0; i < rates.size(); ++i)
    std::tie(currencies_[i].numerator, currencies_[i].denominator) = rates[i];
}

const CurrencyRate& DecimalContext::known_rate(std::int32_t currency) const {
  const CurrencyRate& rate = currencies_[static_cast<std::size_t>(currency)];
  if (rate.denominator != 0) return rate;
  throw Error(ErrorCode::NoFxRate, "no exchange rate from " + rate.currency + " to " + base_currency_ +
                                       " on or before " + rate_day_.to_string())
      .with("pair", rate.currency + "/" + base_currency_)
      .with("day", rate_day_.to_string());
}

Money DecimalContext::convert(std::int32_t currency, Money amount) const {
  if (amount.units == 0) return amount;
  const CurrencyRate& rate = known_rate(currency);
  return Money{multiply_divide(amount.units, rate.numerator, rate.denominator, Rounding::HalfEven)};
}

double DecimalContext::rate(AssetIndex a) const {
  const std::int32_t currency = (*this)[a].currency;
  if (currency < 0) return 1.0;
  const CurrencyRate& rate = known_rate(currency);
  return static_cast<double>(static_cast<long double>(rate.numerator) / static_cast<long double>(rate.denominator));
}

Decimal DecimalContext::price_of_total(AssetIndex a, Money total, std::int64_t amount) const {
  const AssetScale& s = (*this)[a];
  // total units = price(12) x amount x money_per_unit / 10^(12 - fill)  =>  price(12)
  const int128 divisor = checked_multiply(s.money_per_unit, amount);
  return Decimal(multiply_divide(total.units, power_of_ten(kFillDigits - std::min(kFillDigits, s.fill_scale)), divisor,
                                 Rounding::HalfEven),
                 std::max(kFillDigits, s.fill_scale));
}

}  // namespace rustybt::finance
