#include "rustybt/data/bundles/content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::data {

namespace {

using Item = BundleContent::Item;

std::string decimal_text(std::int64_t mantissa, int scale) { return Decimal(mantissa, scale).normalized().to_string(); }

std::int64_t ten_to(int exponent) { return kPowersOfTen64[static_cast<std::size_t>(exponent)]; }

/// Decimals at the end that no value of the columns needs.
int spare_decimals(std::span<const std::vector<std::int64_t>> columns, int scale) {
  int spare = scale;
  for (const auto& column : columns) {
    for (const std::int64_t v : column) {
      if (v == kMissing) continue;
      while (spare > 0 && v % ten_to(spare) != 0) --spare;
      if (spare == 0) return 0;
    }
  }
  return spare;
}

void drop_decimals(std::span<std::vector<std::int64_t>> columns, int& scale) {
  const int spare = spare_decimals(columns, scale);
  if (spare == 0) return;
  for (auto& column : columns)
    for (std::int64_t& v : column)
      if (v != kMissing) v /= ten_to(spare);
  scale -= spare;
}

void raise_scale(std::span<std::vector<std::int64_t>> columns, int& scale, int to, const std::string& symbol) {
  if (scale >= to) return;
  for (auto& column : columns) {
    for (std::int64_t& v : column) {
      if (v != kMissing && __builtin_mul_overflow(v, ten_to(to - scale), &v))
        throw Error(ErrorCode::Overflow,
                    fmt::format("{}: daily and minute values do not fit 18 digits at {} decimals", symbol, to));
    }
  }
  scale = to;
}

/// One price scale and one volume scale per asset: a run reads its daily and minute bars together.
void share_scale(Item& item) {
  reduce_scale(item.daily);
  reduce_scale(item.minute);
  const int price = std::max(item.daily.price_scale, item.minute.price_scale);
  const int volume = std::max(item.daily.volume_scale, item.minute.volume_scale);
  for (BarSeries* series : {&item.daily, &item.minute}) {
    raise_scale(std::span(series->columns).first(4), series->price_scale, price, item.asset.symbol);
    raise_scale(std::span(series->columns).subspan(4), series->volume_scale, volume, item.asset.symbol);
  }
}

std::string time_text(std::int64_t time, bool minutes) {
  return minutes ? Timestamp{time}.to_string() : Date{static_cast<std::int32_t>(time)}.to_string();
}

/// Order and bars of one series. Sources with lines to show check before; this is the net under all of them.
void check_series(const Item& item, const BarSeries& series, bool minutes) {
  const auto fail = [&](ErrorCode code, std::size_t row, std::string what) {
    throw Error(code, fmt::format("{}, {} row {} ({}): {}", item.asset.symbol, minutes ? "minute" : "daily", row + 1,
                                  time_text(series.times[row], minutes), what))
        .with("symbol", item.asset.symbol)
        .with("row", std::to_string(row + 1));
  };
  for (const auto& column : series.columns)
    require_invariant(column.size() == series.times.size(), "a series' columns are as long as its times");
  if (series.price_scale < 0 || series.price_scale > 18 || series.volume_scale < 0 || series.volume_scale > 18) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{}: prices with {} and volumes with {} decimals; 0 to 18 fit",
                                                        item.asset.symbol, series.price_scale, series.volume_scale));
  }
  for (std::size_t i = 0; i < series.times.size(); ++i) {
    if (i > 0 && series.times[i] == series.times[i - 1])
      fail(ErrorCode::DuplicateRow, i, "the row before has the same time");
    if (i > 0 && series.times[i] < series.times[i - 1])
      fail(ErrorCode::RowsOutOfOrder, i, "the row before is later: " + time_text(series.times[i - 1], minutes));
    const std::int64_t bar[kFieldCount] = {series.columns[0][i], series.columns[1][i], series.columns[2][i],
                                           series.columns[3][i], series.columns[4][i]};
    if (std::string problem = describe_bad_bar(bar, series.price_scale, series.volume_scale); !problem.empty())
      fail(ErrorCode::BadBar, i, std::move(problem));
  }
}

/// Give sids out: the source's own, then those known from before, then the next ones in sorted order of symbols.
void assign_sids(std::vector<Item>& items, std::map<std::string, std::int64_t>& known) {
  std::set<std::int64_t> used;
  std::int64_t next = 0;
  for (const auto& [symbol, sid] : known) next = std::max(next, sid + 1);
  for (const Item& item : items) {
    if (item.asset.sid.value < 0) continue;
    next = std::max(next, item.asset.sid.value + 1);
    known.emplace(item.asset.symbol, item.asset.sid.value);
    if (!used.insert(item.asset.sid.value).second)
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("sid {} appears twice ({})", item.asset.sid.value, item.asset.symbol));
  }
  std::map<std::string, Item*> unassigned;
  for (Item& item : items) {
    if (item.asset.sid.value >= 0) continue;
    if (!unassigned.emplace(item.asset.symbol, &item).second) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("symbol {} appears twice", item.asset.symbol),
                  "one series per symbol; two owners of one symbol over time need sids from the source");
    }
  }
  for (auto& [symbol, item] : unassigned) {
    const auto before = known.find(symbol);
    item->asset.sid.value = before != known.end() && !used.contains(before->second) ? before->second : next++;
    used.insert(item->asset.sid.value);
    known[symbol] = item->asset.sid.value;
  }
}

/// Items sorted by sid; returns the new position of each old one.
std::vector<std::int32_t> sort_by_sid(std::vector<Item>& items) {
  std::vector<std::int32_t> order(items.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::int32_t i) { return items[static_cast<std::size_t>(i)].asset.sid.value; });
  std::vector<std::int32_t> position(items.size());
  std::vector<Item> sorted;
  sorted.reserve(items.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    position[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
    sorted.push_back(std::move(items[static_cast<std::size_t>(order[i])]));
  }
  items = std::move(sorted);
  return position;
}

void renumber(Adjustments& actions, std::span<const std::int32_t> position) {
  const auto move = [&](AssetIndex& asset) {
    if (asset.value < 0 || static_cast<std::size_t>(asset.value) >= position.size())
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("a corporate action refers to item {} of {}", asset.value, position.size()));
    asset.value = position[static_cast<std::size_t>(asset.value)];
  };
  for (auto& s : actions.splits) move(s.asset);
  for (auto& m : actions.mergers) move(m.asset);
  for (auto& d : actions.dividends) move(d.asset);
  for (auto& d : actions.cash_dividends) move(d.asset);
  for (auto& d : actions.stock_dividends) {
    move(d.asset);
    move(d.payment_asset);
  }
}

/// Mappings name items by position: from here on by sid, in a fixed order.
template <class Mapping>
void name_by_sid(std::vector<Mapping>& mappings, const std::vector<Item>& items,
                 std::span<const std::int32_t> position) {
  for (Mapping& m : mappings) {
    if (m.sid.value < 0 || static_cast<std::size_t>(m.sid.value) >= position.size())
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("a mapping refers to item {} of {}", m.sid.value, position.size()));
    const std::int32_t now = position[static_cast<std::size_t>(m.sid.value)];
    m.sid = items[static_cast<std::size_t>(now)].asset.sid;
  }
  std::ranges::stable_sort(mappings, {}, [](const Mapping& m) { return std::pair(m.sid, m.start_date); });
}

/// Raw close of a day as Zipline reads it: u * 0.001 where three decimals hold it, else correctly rounded; NaN without
/// bar.
double close_on(const BarSeries& series, Date day) {
  const auto row = std::ranges::lower_bound(series.times, std::int64_t{day.days});
  if (row == series.times.end() || *row != day.days) return std::nan("");
  const std::int64_t mantissa = series.columns[3][static_cast<std::size_t>(row - series.times.begin())];
  if (mantissa == kMissing || mantissa == 0) return std::nan("");
  if (series.price_scale <= 3) return static_cast<double>(mantissa * power_of_ten(3 - series.price_scale)) * 0.001;
  return Decimal(mantissa, series.price_scale).to_double();
}

void add_dividend_ratios(PreparedContent& prepared, const Log& log) {
  const auto item = [&](AssetIndex a) -> const Item& { return prepared.items[static_cast<std::size_t>(a.value)]; };
  auto ratios = compute_dividend_ratios(
      prepared.actions.cash_dividends, prepared.sessions,
      [&](AssetIndex asset, Date day) { return close_on(item(asset).daily, day); },
      [&](AssetIndex asset) { return item(asset).asset.symbol; }, log);
  std::ranges::move(ratios, std::back_inserter(prepared.actions.dividends));
}

/// First and last day of an item's bars; sessions of minutes come from the calendar.
void set_life(Item& item, const utils::TradingCalendar& calendar) {
  Date first{INT32_MAX};
  Date last{INT32_MIN};
  const auto extend = [&](Date d) {
    first = std::min(first, d);
    last = std::max(last, d);
  };
  if (!item.daily.times.empty()) {
    extend({static_cast<std::int32_t>(item.daily.times.front())});
    extend({static_cast<std::int32_t>(item.daily.times.back())});
  }
  if (!item.minute.times.empty()) {
    for (const std::int64_t t : {item.minute.times.front(), item.minute.times.back()})
      extend(calendar.session(calendar.minute_to_session({t}, utils::TradingCalendar::Direction::None)));
  }
  if (first > last) return;  // no bars: the source's dates stand
  if (item.asset.start_date == Date{}) item.asset.start_date = first;
  if (item.asset.end_date == Date{}) item.asset.end_date = last;
}

void set_sessions(PreparedContent& prepared) {
  Date first{INT32_MAX};
  Date last{INT32_MIN};
  for (const Item& item : prepared.items) {
    if (!item.daily.times.empty()) {
      first = std::min(first, Date{static_cast<std::int32_t>(item.daily.times.front())});
      last = std::max(last, Date{static_cast<std::int32_t>(item.daily.times.back())});
    }
    if (!item.minute.times.empty()) {
      const auto& calendar = *prepared.calendar;
      constexpr auto kNone = utils::TradingCalendar::Direction::None;
      first = std::min(first, calendar.session(calendar.minute_to_session({item.minute.times.front()}, kNone)));
      last = std::max(last, calendar.session(calendar.minute_to_session({item.minute.times.back()}, kNone)));
    }
  }
  if (first > last) throw Error(ErrorCode::EmptyData, "the source delivered no bars");
  const int begin = prepared.calendar->session_at_or_after(first);
  const int end = prepared.calendar->session_at_or_before(last);
  const auto all = prepared.calendar->sessions();
  if (begin <= end) prepared.sessions.assign(all.begin() + begin, all.begin() + end + 1);
  prepared.first_calendar_session = begin;
}

void check_sessions(const PreparedContent& prepared) {
  for (const Item& item : prepared.items) {
    auto session = prepared.sessions.begin();
    for (std::size_t i = 0; i < item.daily.times.size(); ++i) {
      const Date day{static_cast<std::int32_t>(item.daily.times[i])};
      session = std::lower_bound(session, prepared.sessions.end(), day);
      if (session != prepared.sessions.end() && *session == day) continue;
      throw Error(ErrorCode::NotASession, fmt::format("{}, daily row {}: {} is no session of {}", item.asset.symbol,
                                                      i + 1, day.to_string(), prepared.calendar->name()))
          .with("symbol", item.asset.symbol)
          .with("row", std::to_string(i + 1));
    }
  }
}

std::string_view bytes_of(const std::vector<std::int64_t>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(std::int64_t)};
}

std::string series_hash(const BarSeries& series) {
  std::string digests =
      fmt::format("{} {} {}", series.price_scale, series.volume_scale, storage::sha256_hex(bytes_of(series.times)));
  for (const auto& column : series.columns) digests += " " + storage::sha256_hex(bytes_of(column));
  return storage::sha256_hex(digests);
}

std::string date_or_dash(const std::optional<Date>& d) { return d ? d->to_string() : "-"; }

/// SHA-256 over lines of text, one per asset and action, sorted: the same for the same content, wherever and whenever
/// it is ingested. Sids are left out, because they depend on what was ingested before.
std::string content_hash(const PreparedContent& p) {
  std::vector<std::string> lines;
  const auto symbol = [&](AssetIndex a) -> const std::string& {
    return p.items[static_cast<std::size_t>(a.value)].asset.symbol;
  };
  const auto symbol_of_sid = [&](Sid sid) -> const std::string& {
    return std::ranges::lower_bound(p.items, sid, {}, [](const Item& i) { return i.asset.sid; })->asset.symbol;
  };
  const auto number = [](const Decimal& value) { return value.normalized().to_string(); };
  for (const Item& item : p.items) {
    const assets::Asset& a = item.asset;
    lines.push_back(fmt::format("asset|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", a.symbol, a.asset_name,
                                assets::to_string(a.type), a.exchange, a.country_code, a.start_date.to_string(),
                                a.end_date.to_string(), date_or_dash(a.first_traded), date_or_dash(a.auto_close_date),
                                number(a.tick_size), number(a.price_multiplier), number(a.quantity_step),
                                series_hash(item.daily), series_hash(item.minute)));
    lines.push_back(fmt::format("terms|{}|{}|{}|{}|{}|{}|{}|{}", a.symbol, a.root_symbol, date_or_dash(a.notice_date),
                                date_or_dash(a.expiration_date), a.base_currency, a.quote_currency,
                                number(a.minimum_notional), a.calendar_name));
  }
  for (const assets::Exchange& e : p.exchanges)
    lines.push_back(fmt::format("exchange|{}|{}|{}", e.exchange, e.canonical_name, e.country_code));
  for (const assets::FutureRoot& r : p.roots)
    lines.push_back(fmt::format("root|{}|{}|{}|{}|{}", r.root_symbol, r.root_symbol_id.value_or(-1), r.sector,
                                r.description, r.exchange));
  for (const assets::SymbolMapping& m : p.symbol_mappings)
    lines.push_back(fmt::format("symbol|{}|{}|{}|{}", symbol_of_sid(m.sid), m.symbol, m.start_date.to_string(),
                                m.end_date.to_string()));
  for (const assets::SupplementaryMapping& m : p.supplementary_mappings)
    lines.push_back(fmt::format("value|{}|{}|{}|{}|{}", symbol_of_sid(m.sid), m.field, m.value,
                                m.start_date.to_string(), m.end_date.to_string()));
  for (const Split& s : p.actions.splits)
    lines.push_back(fmt::format("split|{}|{}|{}|{}|{:a}", symbol(s.asset), s.effective_date.to_string(), s.numerator,
                                s.denominator, s.ratio));
  for (const PriceRatio& r : p.actions.mergers)
    lines.push_back(fmt::format("merger|{}|{}|{:a}", symbol(r.asset), r.effective_date.to_string(), r.ratio));
  for (const PriceRatio& r : p.actions.dividends)
    lines.push_back(fmt::format("dividend|{}|{}|{:a}", symbol(r.asset), r.effective_date.to_string(), r.ratio));
  for (const CashDividend& d : p.actions.cash_dividends) {
    lines.push_back(fmt::format("cash|{}|{}|{}|{}|{}|{}|{:a}", symbol(d.asset), d.ex_date.to_string(),
                                date_or_dash(d.declared_date), date_or_dash(d.record_date), date_or_dash(d.pay_date),
                                d.amount.normalized().to_string(), d.amount_double));
  }
  for (const StockDividend& d : p.actions.stock_dividends) {
    lines.push_back(fmt::format("stock|{}|{}|{}|{}|{}|{}|{}|{:a}", symbol(d.asset), d.ex_date.to_string(),
                                date_or_dash(d.declared_date), date_or_dash(d.record_date), date_or_dash(d.pay_date),
                                symbol(d.payment_asset), d.ratio_exact.normalized().to_string(), d.ratio));
  }
  std::ranges::sort(lines);
  return storage::sha256_hex(fmt::format("rustybt bundle 2|{}\n{}\n", p.calendar->name(), fmt::join(lines, "\n")));
}

}  // namespace

std::string describe_bad_bar(std::span<const std::int64_t, kFieldCount> bar, int price_scale, int volume_scale) {
  const auto [open, high, low, close, volume] = std::tuple{bar[0], bar[1], bar[2], bar[3], bar[4]};
  const auto price = [&](std::int64_t v) { return decimal_text(v, price_scale); };
  if (volume < 0 && volume != kMissing) return fmt::format("volume {} is negative", decimal_text(volume, volume_scale));
  const bool ordered = high != kMissing && low != kMissing;
  if (ordered && high < low) return fmt::format("high {} is below low {}", price(high), price(low));
  if (!ordered) return {};
  if (open != kMissing && (open < low || open > high))
    return fmt::format("open {} is outside low {} to high {}", price(open), price(low), price(high));
  if (close != kMissing && (close < low || close > high))
    return fmt::format("close {} is outside low {} to high {}", price(close), price(low), price(high));
  return {};
}

void reduce_scale(BarSeries& series) {
  drop_decimals(std::span(series.columns).first(4), series.price_scale);
  drop_decimals(std::span(series.columns).subspan(4), series.volume_scale);
}

PreparedContent prepare_content(BundleContent content, std::map<std::string, std::int64_t> known_sids, const Log& log) {
  if (content.items.empty()) throw Error(ErrorCode::EmptyData, "the source delivered no assets");
  PreparedContent prepared;
  prepared.calendar = utils::get_calendar(content.calendar_name);
  prepared.exchanges = std::move(content.exchanges);
  prepared.roots = std::move(content.roots);
  prepared.symbol_mappings = std::move(content.symbol_mappings);
  prepared.supplementary_mappings = std::move(content.supplementary_mappings);
  prepared.items = std::move(content.items);
  prepared.actions = std::move(content.actions.by_item);
  prepared.sids = std::move(known_sids);

  for (Item& item : prepared.items) {
    item.asset.symbol = to_upper(item.asset.symbol);
    if (item.asset.symbol.empty()) throw Error(ErrorCode::InvalidArgument, "an asset has no symbol");
    if (item.asset.asset_name.empty()) item.asset.asset_name = item.asset.symbol;
    assets::complete_terms(item.asset);
    check_series(item, item.daily, false);
    check_series(item, item.minute, true);
    share_scale(item);
  }
  assign_sids(prepared.items, prepared.sids);
  const std::vector<std::int32_t> position = sort_by_sid(prepared.items);
  renumber(prepared.actions, position);
  name_by_sid(prepared.symbol_mappings, prepared.items, position);
  name_by_sid(prepared.supplementary_mappings, prepared.items, position);
  for (Item& item : prepared.items) set_life(item, *prepared.calendar);
  set_sessions(prepared);
  check_sessions(prepared);
  if (content.actions.compute_dividend_ratios) add_dividend_ratios(prepared, log);

  for (Item& item : prepared.items) {
    const auto known = std::ranges::find(prepared.exchanges, item.asset.exchange, &assets::Exchange::exchange);
    if (known == prepared.exchanges.end())
      prepared.exchanges.push_back({item.asset.exchange, item.asset.exchange_full, item.asset.country_code});
    else
      item.asset.country_code = known->country_code;  // as it will be read
  }
  for (const assets::FutureRoot& root : prepared.roots) {
    const auto known = [&](const assets::Exchange& e) { return e.exchange == root.exchange; };
    if (!root.exchange.empty() && std::ranges::none_of(prepared.exchanges, known))
      prepared.exchanges.push_back({root.exchange, "", "??"});
  }
  prepared.data_hash = content_hash(prepared);
  return prepared;
}

}  // namespace rustybt::data
