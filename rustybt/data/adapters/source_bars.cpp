#include "rustybt/data/adapters/source_bars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/symbol_item.hpp"

namespace rustybt::data::adapters {

namespace {

/// Rows of a source in order of time, without those that are not bars of the bundle.
class Sieve {
 public:
  Sieve(const SourceBars& bars, const BarRequest& request) : bars_(bars), request_(request) {
    order_.resize(bars.times.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::stable_sort(order_, {}, [&](std::size_t row) { return bars.times[row]; });
  }

  std::vector<std::size_t> rows(std::map<std::string, std::int64_t>& left_out) {
    std::vector<std::size_t> kept;
    std::size_t without_session = 0;
    for (const std::size_t row : order_) {
      if (const char* reason = reason_against(row)) {
        ++left_out[reason];
      } else if (!kept.empty() && is_repeated(kept.back(), row)) {
        ++left_out["sent twice by the source"];
      } else {
        kept.push_back(row);
        if (!has_session(row)) ++without_session;
      }
    }
    // vendors invent a bar on a holiday now and then; many of them mean that the calendar is the wrong one
    if (without_session * 20 <= kept.size() && without_session > 0) {
      std::erase_if(kept, [&](std::size_t row) { return !has_session(row); });
      left_out[fmt::format("on days without a session of {}", request_.calendar->name())] +=
          static_cast<std::int64_t>(without_session);
    }
    return kept;
  }

 private:
  [[nodiscard]] bool has_session(std::size_t row) const {
    return request_.minute || request_.calendar->is_session(day_of(row));
  }
  [[nodiscard]] Date day_of(std::size_t row) const {
    return request_.minute ? Timestamp{bars_.times[row]}.date() : Date{static_cast<std::int32_t>(bars_.times[row])};
  }
  [[nodiscard]] const char* reason_against(std::size_t row) const {
    const Date day = day_of(row);
    if (day < request_.start || day > request_.end) return "outside the asked days";
    const Timestamp ends = request_.minute ? Timestamp{bars_.times[row] + Timestamp::kMinute} : end_of(day);
    return ends > request_.now ? "not finished yet" : nullptr;
  }
  [[nodiscard]] Timestamp end_of(Date day) const {
    const auto session = request_.calendar->find_session(day);
    return session ? request_.calendar->close(*session) : Timestamp::from_date(day);
  }
  [[nodiscard]] bool is_repeated(std::size_t a, std::size_t b) const {
    return bars_.times[a] == bars_.times[b] &&
           std::ranges::all_of(bars_.cells, [&](const auto& column) { return column[a] == column[b]; });
  }

  const SourceBars& bars_;
  const BarRequest& request_;
  std::vector<std::size_t> order_;
};

storage::TextTable table_of(const SourceBars& bars, const std::vector<std::size_t>& rows, bool minute) {
  std::vector<std::vector<std::string>> columns(1 + kFieldCount);
  for (const std::size_t row : rows) {
    const std::int64_t time = bars.times[row];
    columns[0].push_back(minute ? Timestamp{time}.to_string() : Date{static_cast<std::int32_t>(time)}.to_string());
    for (std::size_t f = 0; f < bars.cells.size(); ++f) columns[f + 1].push_back(bars.cells[f][row]);
  }
  return {{"time", "open", "high", "low", "close", "volume"}, std::move(columns)};
}

/// Both numbers as whole ones: 1.5 : 1 is 3 : 2.
std::pair<std::int64_t, std::int64_t> whole_ratio(const SourceSplit& split, const std::string& source) {
  if (split.fresh.sign() <= 0 || split.old.sign() <= 0) {
    throw Error(ErrorCode::BadResponse,
                fmt::format("{}: a split of {} new shares for {} on {}", source, split.fresh.to_string(),
                            split.old.to_string(), split.day.to_string()));
  }
  const int scale = std::max(split.fresh.scale(), split.old.scale());
  const auto fresh = static_cast<std::int64_t>(split.fresh.mantissa_at(scale));
  const auto old = static_cast<std::int64_t>(split.old.mantissa_at(scale));
  const std::int64_t common = std::gcd(fresh, old);
  return {fresh / common, old / common};
}

}  // namespace

void SourceBars::add_row(std::int64_t time, std::array<std::string, kFieldCount> row) {
  times.push_back(time);
  for (std::size_t f = 0; f < row.size(); ++f) cells[f].push_back(std::move(row[f]));
}

bool add_source_bars(SourceBars bars, const BarRequest& request, const std::string& source,
                     const assets::Exchange& default_exchange, const Log& log, BundleContent& content) {
  const std::string origin = fmt::format("{} {}", source, bars.symbol);
  const std::vector<std::size_t> rows = Sieve(bars, request).rows(bars.left_out);
  for (const auto& [reason, count] : bars.left_out) {
    content.left_out.push_back({origin, reason, count});
    if (reason != "outside the asked days")
      log.warning(fmt::format("{}: {} {} left out: {}", origin, count, count == 1 ? "row" : "rows", reason));
  }
  if (rows.empty()) return false;

  BarTextOptions how;
  how.file = origin;
  how.symbol = bars.symbol;
  const Role roles[] = {Role::Time, Role::Open, Role::High, Role::Low, Role::Close, Role::Volume};
  for (int i = 0; i < 6; ++i) how.columns[roles[i]] = i;
  how.frequency = request.minute ? BarFrequency::Minute : BarFrequency::Daily;
  how.stamped_at = bars.stamped_at;
  how.calendar = request.calendar;
  how.log = log;
  const auto index = AssetIndex{static_cast<std::int32_t>(content.items.size())};
  assets::Exchange exchange = default_exchange;
  if (!bars.exchange.empty()) exchange.exchange = exchange.canonical_name = bars.exchange;
  for (SymbolBars& one : read_bars(table_of(bars, rows, request.minute), how))
    add_item(std::move(one), exchange, *request.calendar, content);
  if (std::ranges::find(content.exchanges, exchange.exchange, &assets::Exchange::exchange) == content.exchanges.end())
    content.exchanges.push_back(exchange);
  assets::Asset& asset = content.items.back().asset;
  if (!bars.asset_name.empty()) asset.asset_name = bars.asset_name;

  // actions before the first bar change nothing, later ones would reach into days that were not asked for
  const auto counts = [&](Date day) { return day > asset.start_date && day <= asset.end_date; };
  Adjustments& actions = content.actions.by_item;
  for (const SourceSplit& split : bars.splits) {
    const auto [fresh, old] = whole_ratio(split, origin);
    if (counts(split.day) && fresh != old)
      actions.splits.push_back({index, split.day, static_cast<double>(old) / static_cast<double>(fresh), old, fresh});
  }
  for (CashDividend& dividend : bars.dividends) {
    dividend.asset = index;
    if (counts(dividend.ex_date)) actions.cash_dividends.push_back(std::move(dividend));
  }
  for (StockDividend& dividend : bars.stock_dividends) {
    dividend.asset = dividend.payment_asset = index;
    if (counts(dividend.ex_date)) actions.stock_dividends.push_back(std::move(dividend));
  }
  return true;
}

CashDividend cash_dividend(Date ex_date, const std::string& amount, const std::string& source) {
  CashDividend dividend;
  dividend.ex_date = ex_date;
  try {
    dividend.amount = Decimal::parse(amount);
  } catch (const Error&) {
    throw Error(ErrorCode::BadResponse, fmt::format("{}: the dividend of {} is \"{}\", expected a number", source,
                                                    ex_date.to_string(), amount));
  }
  dividend.amount_double = dividend.amount.to_double();
  return dividend;
}

std::optional<Date> optional_date(const std::string& text) {
  if (text.empty() || text == "None") return std::nullopt;
  return Date::parse(text);
}

}  // namespace rustybt::data::adapters
