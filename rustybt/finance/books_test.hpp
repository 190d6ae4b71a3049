#pragma once
// Small books for this room's tests: a few assets with prices of three decimals.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/finance/bar_view.hpp"
#include "rustybt/finance/decimal/context.hpp"
#include "rustybt/finance/policies.hpp"

namespace rustybt::finance::test {

inline constexpr AssetIndex kA{0}, kB{1}, kC{2};

inline assets::Asset equity(std::int64_t sid, std::string symbol) {
  assets::Asset a;
  a.sid = {sid};
  a.symbol = std::move(symbol);
  return a;
}

/// Assets A, B, C ... with prices of three decimals up to 99,999.999.
inline DecimalContext make_context(int count = 3, int quantity_digits = 0) {
  std::vector<assets::Asset> assets;
  for (int i = 0; i < count; ++i) {
    assets.push_back(equity(i + 1, std::string(1, static_cast<char>('A' + i))));
    assets.back().quantity_digits = quantity_digits;
  }
  const auto n = static_cast<std::size_t>(count);
  return DecimalContext(assets, std::vector<int>(n, 3), std::vector<std::int64_t>(n, 99'999'999));
}

/// Mantissa of a price at the asset's fill scale.
inline std::int64_t price(const DecimalContext& context, std::string_view text, AssetIndex asset = kA) {
  return static_cast<std::int64_t>(Decimal::parse(text).mantissa_at(context[asset].fill_scale));
}

inline Money money(const DecimalContext& context, std::string_view text) {
  return {Decimal::parse(text).mantissa_at(context.money().digits)};
}

/// A bar: close, and volume in the smallest unit of the asset.
inline BarView bar(const DecimalContext& context, std::string_view close, std::int64_t volume, AssetIndex asset = kA) {
  return {price(context, close, asset), volume, Decimal::parse(close).to_double(), static_cast<double>(volume)};
}

inline Policies zipline() { return Policies::of(Preset::Zipline); }
inline Policies rustybt() { return Policies::of(Preset::Rustybt); }

/// Code of the Error that `action` throws; InvariantViolation stands for "threw nothing".
template <class Action>
ErrorCode error_of(Action action) {
  try {
    action();
  } catch (const Error& e) {
    return e.code();
  }
  return ErrorCode::InvariantViolation;
}

}  // namespace rustybt::finance::test
