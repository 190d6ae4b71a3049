#include "rustybt/data/fx.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"

namespace rustybt::data {
namespace {

std::string describe(const FxRate& r) { return r.rate + " " + r.base + "/" + r.quote + " on " + r.day.to_string(); }

/// The rate in smallest integers; nothing when they do not fit 64 bits.
std::optional<ExactRate> reduced(int128 numerator, int128 denominator, Date day) {
  int128 a = numerator, b = denominator;
  while (b != 0) a = std::exchange(b, a % b);
  numerator /= a;
  denominator /= a;
  if (numerator > INT64_MAX || denominator > INT64_MAX) return std::nullopt;
  return ExactRate{static_cast<std::int64_t>(numerator), static_cast<std::int64_t>(denominator), day};
}

}  // namespace

FxRates::FxRates(std::span<const FxRate> rows) {
  for (const FxRate& r : rows) {
    if (r.base.empty() || r.quote.empty() || r.base == r.quote)
      throw Error{ErrorCode::InvalidArgument, "an exchange rate needs two currencies, found " + describe(r)};
    const Decimal value = r.value.normalized();
    if (value.sign() <= 0)
      throw Error{ErrorCode::InvalidArgument,
                  "exchange rate " + describe(r) + " must be above 0, found " + value.to_string()};
    if (value.coefficient() > INT64_MAX || value.scale() > 18)
      throw Error{ErrorCode::Overflow,
                  "exchange rate " + describe(r) + ", " + value.to_string() + ", has more than 18 digits"};
    pairs_[{r.rate, {r.base, r.quote}}].push_back(
        {r.day, static_cast<std::int64_t>(value.coefficient()), value.scale()});
  }
  for (auto& [key, quotes] : pairs_) {
    std::ranges::stable_sort(quotes, {}, &Quote::day);
    const auto again = [](const Quote& x, const Quote& y) {
      return x.day == y.day && x.mantissa == y.mantissa && x.scale == y.scale;
    };
    quotes.erase(std::unique(quotes.begin(), quotes.end(), again), quotes.end());
    const auto twice = std::ranges::adjacent_find(quotes, {}, &Quote::day);
    if (twice != quotes.end())
      throw Error{ErrorCode::InvalidArgument,
                  "exchange rate " + describe({key.first, key.second.first, key.second.second, twice->day, {}}) +
                      " comes twice with different values"};
  }
}

std::optional<ExactRate> FxRates::find_direct(std::string_view rate, std::string_view quote, std::string_view base,
                                              Date day) const {
  const auto last = [&](std::string_view from, std::string_view to) -> const Quote* {
    const auto pair = pairs_.find({std::string(rate), {std::string(from), std::string(to)}});
    if (pair == pairs_.end()) return nullptr;
    const auto after = std::ranges::upper_bound(pair->second, day, {}, &Quote::day);
    return after == pair->second.begin() ? nullptr : &*(after - 1);
  };
  const Quote* direct = last(base, quote);
  const Quote* inverse = last(quote, base);
  if (direct != nullptr && (inverse == nullptr || inverse->day <= direct->day))
    return reduced(direct->mantissa, power_of_ten(direct->scale), direct->day);
  if (inverse != nullptr) return reduced(power_of_ten(inverse->scale), inverse->mantissa, inverse->day);
  return std::nullopt;
}

std::optional<ExactRate> FxRates::find(std::string_view rate, std::string_view quote, std::string_view base,
                                       Date day) const {
  if (quote == base) return ExactRate{1, 1, day};
  if (auto direct = find_direct(rate, quote, base, day)) return direct;
  std::set<std::string> currencies;
  for (const auto& [key, quotes] : pairs_) {
    if (key.first != rate) continue;
    currencies.insert(key.second.first);
    currencies.insert(key.second.second);
  }
  for (const std::string& third : currencies) {
    if (third == quote || third == base) continue;
    const auto first = find_direct(rate, third, base, day);
    const auto second = first ? find_direct(rate, quote, third, day) : std::nullopt;
    if (!second) continue;
    if (auto product = reduced(int128{first->numerator} * second->numerator,
                               int128{first->denominator} * second->denominator, std::min(first->day, second->day)))
      return product;
  }
  return std::nullopt;
}

double FxRates::get(std::string_view rate, std::string_view quote, std::string_view base, Date day) const {
  const auto found = find(rate, quote, base, day);
  return found ? found->to_double() : std::numeric_limits<double>::quiet_NaN();
}

ExactRate FxRates::require(std::string_view rate, std::string_view quote, std::string_view base, Date day) const {
  if (const auto found = find(rate, quote, base, day)) return *found;
  throw Error{ErrorCode::NoFxRate, "no exchange rate from " + std::string(base) + " to " + std::string(quote) + " (" +
                                       std::string(rate) + ") on or before " + day.to_string()}
      .with("pair", std::string(base) + "/" + std::string(quote))
      .with("day", day.to_string());
}

std::vector<FxRate> FxRates::rows() const {
  std::vector<FxRate> out;
  for (const auto& [key, quotes] : pairs_)
    for (const Quote& q : quotes)
      out.push_back({key.first, key.second.first, key.second.second, q.day, Decimal(q.mantissa, q.scale)});
  return out;
}

std::vector<std::string> FxRates::names() const {
  std::set<std::string> names;
  for (const auto& [key, quotes] : pairs_) names.insert(key.first);
  return {names.begin(), names.end()};
}

std::string FxRates::default_name() const {
  const std::vector<std::string> all = names();
  return all.empty() || std::ranges::find(all, "mid") != all.end() ? "mid" : all.front();
}

}  // namespace rustybt::data
