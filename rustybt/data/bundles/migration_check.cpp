#include "rustybt/data/bundles/migration_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "rustybt/assets/asset_tables.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/core/text.hpp"

namespace rustybt::data {

namespace {

constexpr std::array<const char*, kFieldCount> kFields = {"open", "high", "low", "close", "volume"};

[[noreturn]] void differ(const std::string& what) {
  throw Error(ErrorCode::HashMismatch, "the migrated bundle does not read back as its source: " + what,
              "this is a defect of rustybt: please report it; the version before is current again");
}

std::string text(const std::optional<Date>& day) { return day ? day->to_string() : "-"; }
std::string text(const Decimal& number) { return number.normalized().to_string(); }

using Lines = std::vector<std::string>;

void require_equal(const char* table, Lines expected, Lines found) {
  std::ranges::sort(expected);
  std::ranges::sort(found);
  const auto [e, f] = std::ranges::mismatch(expected, found);
  if (e == expected.end() && f == found.end()) return;
  differ(fmt::format("{}: expected {}, found {}", table, e == expected.end() ? "nothing" : *e,
                     f == found.end() ? "nothing" : *f));
}

/// One line for every row of a table.
template <class Rows, class Describe>
Lines lines_of(const Rows& rows, Describe describe) {
  Lines lines;
  for (const auto& row : rows) lines.push_back(describe(row));
  return lines;
}

std::string describe(const assets::Asset& a) {
  const bool is_future = a.type == assets::AssetType::Future;
  return fmt::format("{} {} \"{}\" {} {} to {} traded {} close {} {} {} {} {} {}", a.sid.value,
                     is_future ? to_upper(a.symbol) : "", a.asset_name.empty() ? a.symbol : a.asset_name, a.exchange,
                     a.start_date.to_string(), a.end_date.to_string(), text(a.first_traded), text(a.auto_close_date),
                     to_upper(a.root_symbol), text(a.notice_date), text(a.expiration_date),
                     is_future ? text(a.tick_size) : "", is_future ? text(a.price_multiplier) : "");
}

/// Rows of corporate actions as text, with sids; `sid` gives the sid of an index.
template <class SidOf>
Lines action_lines(const Adjustments& actions, SidOf sid) {
  Lines lines;
  for (const Split& s : actions.splits)
    lines.push_back(fmt::format("split {} {} {:a}", sid(s.asset), s.effective_date.to_string(), s.ratio));
  for (const PriceRatio& r : actions.mergers)
    lines.push_back(fmt::format("merger {} {} {:a}", sid(r.asset), r.effective_date.to_string(), r.ratio));
  for (const PriceRatio& r : actions.dividends)
    lines.push_back(fmt::format("dividend {} {} {:a}", sid(r.asset), r.effective_date.to_string(), r.ratio));
  for (const CashDividend& d : actions.cash_dividends) {
    lines.push_back(fmt::format("payout {} {} {} {} {} {:a}", sid(d.asset), d.ex_date.to_string(),
                                text(d.declared_date), text(d.record_date), text(d.pay_date), d.amount_double));
  }
  for (const StockDividend& d : actions.stock_dividends) {
    lines.push_back(fmt::format("stock payout {} {} {} {} {} {} {:a}", sid(d.asset), d.ex_date.to_string(),
                                text(d.declared_date), text(d.record_date), text(d.pay_date), sid(d.payment_asset),
                                d.ratio));
  }
  return lines;
}

bool equal(std::int64_t found, int found_scale, std::int64_t expected, int scale) {
  if (found == kMissing || expected == kMissing) return found == expected;
  return int128{found} * power_of_ten(scale) == int128{expected} * power_of_ten(found_scale);
}

}  // namespace

void check_tables(const BundleContent& source, const Bundle& bundle, const std::filesystem::path& assets_file) {
  const assets::AssetTables found = assets::read_assets(assets_file);
  const auto item = [&](std::int64_t place) -> const assets::Asset& {
    return source.items[static_cast<std::size_t>(place)].asset;
  };
  require_equal("assets", lines_of(source.items, [](const auto& i) { return describe(i.asset); }),
                lines_of(found.assets, describe));
  const auto exchange = [](const assets::Exchange& e) {
    return fmt::format("{} {} {}", e.exchange, e.canonical_name, e.country_code);
  };
  require_equal("exchanges", lines_of(source.exchanges, exchange), lines_of(found.exchanges, exchange));
  const auto symbol = [](std::int64_t sid, const assets::SymbolMapping& m) {
    return fmt::format("{} of sid {}, {} to {}", to_upper(m.symbol), sid, m.start_date.to_string(),
                       m.end_date.to_string());
  };
  if (!source.symbol_mappings.empty()) {  // older schemas: the symbols are made from the assets
    require_equal(
        "symbols",
        lines_of(source.symbol_mappings, [&](const auto& m) { return symbol(item(m.sid.value).sid.value, m); }),
        lines_of(found.symbol_mappings, [&](const auto& m) { return symbol(m.sid.value, m); }));
  }
  const auto supplement = [](std::int64_t sid, const assets::SupplementaryMapping& m) {
    return fmt::format("{} {} of sid {}, {} to {}", m.field, m.value, sid, m.start_date.to_string(),
                       m.end_date.to_string());
  };
  require_equal("supplementary mappings",
                lines_of(source.supplementary_mappings,
                         [&](const auto& m) { return supplement(item(m.sid.value).sid.value, m); }),
                lines_of(found.supplementary_mappings, [&](const auto& m) { return supplement(m.sid.value, m); }));
  require_equal("corporate actions",
                action_lines(source.actions.by_item, [&](AssetIndex a) { return item(a.value).sid.value; }),
                action_lines(*bundle.adjustments, [&](AssetIndex a) { return (*bundle.finder)[a].sid.value; }));
}

void BarCheck::compare(const assets::Asset& asset, bool is_daily, const BarSeries& series) {
  const AssetIndex index = bundle_.finder->retrieve(asset.sid);
  const AssetBars& daily = bundle_.bars->daily(index);
  const AssetMinutes* minutes = is_daily ? nullptr : &bundle_.bars->minutes(index);
  const int price_scale = is_daily ? daily.price_scale : minutes->price_scale;
  const int volume_scale = is_daily ? daily.volume_scale : minutes->volume_scale;
  const auto sessions = bundle_.bars->sessions();
  for (std::size_t row = 0; row < series.times.size(); ++row) {
    const Timestamp minute{series.times[row]};
    Date day{static_cast<std::int32_t>(series.times[row])};
    int calendar_session = 0;
    if (!is_daily) {
      calendar_session = calendar_.minute_to_session(minute, utils::TradingCalendar::Direction::None);
      day = calendar_.session(calendar_session);
    }
    const auto session = static_cast<std::int32_t>(std::ranges::lower_bound(sessions, day) - sessions.begin());
    std::int64_t place = -1;  // of the minute in the asset's columns
    if (!is_daily && minutes->block(session) >= 0)
      place = minutes->block(session) + calendar_.find_minute(calendar_session, minute).value();
    for (std::size_t f = 0; f < kFieldCount; ++f) {
      const bool is_price = f < 4;
      std::int64_t found = kMissing;
      if (is_daily) {
        found = daily.at(static_cast<Field>(f), session);
      } else if (place >= 0) {
        found = minutes->columns[f][place];
      }
      const std::int64_t expected = series.columns[f][row];
      ++cells_;
      if (equal(found, is_price ? price_scale : volume_scale, expected,
                is_price ? series.price_scale : series.volume_scale))
        continue;
      const auto value = [](std::int64_t v) { return v == kMissing ? std::string("nothing") : fmt::format("{}", v); };
      differ(fmt::format("{} of {} at {}: expected {}, found {}", kFields[f], asset.symbol,
                         is_daily ? day.to_string() : minute.to_string(), value(expected), value(found)));
    }
  }
}

void BarCheck::require_rows(std::int64_t daily, std::int64_t minute) const {
  if (bundle_.info.daily_rows == daily && bundle_.info.minute_rows == minute) return;
  differ(fmt::format("expected {} daily and {} minute bars, found {} and {}", daily, minute, bundle_.info.daily_rows,
                     bundle_.info.minute_rows));
}

}  // namespace rustybt::data
