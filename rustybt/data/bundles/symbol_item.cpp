#include "rustybt/data/bundles/symbol_item.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "rustybt/core/decimal.hpp"

namespace rustybt::data {

namespace {

/// A split's coefficient as two integers, new : old shares. Vendors write 7.000007 or 0.333333 for 7:1 and 1:3: a small
/// fraction within 2 millionths is what was meant, everything else is taken as written.
std::pair<std::int64_t, std::int64_t> exact_split(const Decimal& shares) {
  const auto written = static_cast<std::int64_t>(shares.coefficient());
  const auto unit = static_cast<std::int64_t>(power_of_ten(shares.scale()));
  for (std::int64_t old = 1; old <= 20; ++old) {
    const auto fresh = static_cast<std::int64_t>(divide_rounded(int128{written} * old, unit, Rounding::HalfEven));
    const int128 error = int128{written} * old - int128{fresh} * unit;
    if (fresh > 0 && (error < 0 ? -error : error) * 500'000 <= int128{written} * old) return {fresh, old};
  }
  const std::int64_t common = std::gcd(written, unit);
  return {written / common, unit / common};
}

void close_after_last_bar(BundleContent::Item& item, const utils::TradingCalendar& calendar) {
  const auto session = [&](std::int64_t ns) {
    return calendar.session(calendar.minute_to_session({ns}, utils::TradingCalendar::Direction::None));
  };
  assets::Asset& asset = item.asset;
  if (!item.daily.times.empty()) {
    asset.start_date = Date{static_cast<std::int32_t>(item.daily.times.front())};
    asset.end_date = Date{static_cast<std::int32_t>(item.daily.times.back())};
  }
  if (!item.minute.times.empty()) {
    const Date first = session(item.minute.times.front());
    const Date last = session(item.minute.times.back());
    const bool only = item.daily.times.empty();
    asset.start_date = only ? first : std::min(asset.start_date, first);
    asset.end_date = only ? last : std::max(asset.end_date, last);
  }
  asset.auto_close_date = asset.end_date + 1;
}

}  // namespace

void append_actions(const SymbolBars& bars, AssetIndex asset, Adjustments& actions) {
  for (const auto& [day, amount] : bars.dividends) {
    CashDividend& dividend = actions.cash_dividends.emplace_back();
    dividend.asset = asset;
    dividend.ex_date = day;
    dividend.amount = amount;
    dividend.amount_double = amount.to_double();
  }
  for (const auto& [day, shares] : bars.splits) {  // shares new ones per old one: the price is multiplied by 1 / shares
    const auto [fresh, old] = exact_split(shares);
    actions.splits.push_back({asset, day, 1.0 / shares.to_double(), old, fresh});
  }
}

void add_item(SymbolBars bars, const assets::Exchange& exchange, const utils::TradingCalendar& calendar,
              BundleContent& content, assets::AssetType type) {
  append_actions(bars, AssetIndex{static_cast<std::int32_t>(content.items.size())}, content.actions.by_item);
  BundleContent::Item& item = content.items.emplace_back();
  item.asset = assets::make_asset(type);
  item.asset.symbol = item.asset.asset_name = std::move(bars.symbol);
  item.asset.exchange = exchange.exchange;
  item.asset.exchange_full = exchange.canonical_name;
  item.asset.country_code = exchange.country_code;
  item.daily = std::move(bars.daily);
  item.minute = std::move(bars.minute);
  close_after_last_bar(item, calendar);
}

}  // namespace rustybt::data
