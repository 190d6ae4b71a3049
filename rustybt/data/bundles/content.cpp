#include "rustybt/data/bundles/content.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::data {

namespace {

std::string decimal_text(std::int64_t mantissa, int scale) { return Decimal(mantissa, scale).normalized().to_string(); }

std::string time_text(std::int64_t time, bool minutes) {
  return minutes ? Timestamp{time}.to_string() : Date{static_cast<std::int32_t>(time)}.to_string();
}

std::string date_or_dash(const std::optional<Date>& d) { return d ? d->to_string() : "-"; }

Date day_of(const Split& s) { return s.effective_date; }
Date day_of(const PriceRatio& r) { return r.effective_date; }
Date day_of(const CashDividend& d) { return d.ex_date; }
Date day_of(const StockDividend& d) { return d.ex_date; }

std::string terms_of(const Split& s, const SymbolOf&) {
  return fmt::format("{}|{}|{:a}", s.numerator, s.denominator, s.ratio);
}
std::string terms_of(const PriceRatio& r, const SymbolOf&) { return fmt::format("{:a}", r.ratio); }
std::string terms_of(const CashDividend& d, const SymbolOf&) {
  return fmt::format("{}|{}|{}|{}|{:a}", date_or_dash(d.declared_date), date_or_dash(d.record_date),
                     date_or_dash(d.pay_date), d.amount.normalized().to_string(), d.amount_double);
}
std::string terms_of(const StockDividend& d, const SymbolOf& symbol) {
  return fmt::format("{}|{}|{}|{}|{}|{:a}", date_or_dash(d.declared_date), date_or_dash(d.record_date),
                     date_or_dash(d.pay_date), symbol(d.payment_asset), d.ratio_exact.normalized().to_string(),
                     d.ratio);
}

/// Calls `table(kind, member)` for each table of actions.
template <class Table>
void for_each_table(const Table& table) {
  table("split", &Adjustments::splits);
  table("merger", &Adjustments::mergers);
  table("dividend", &Adjustments::dividends);
  table("cash", &Adjustments::cash_dividends);
  table("stock", &Adjustments::stock_dividends);
}

/// What one asset has on one day: the terms of its actions of a kind, sorted.
using TermsByDay = std::map<std::pair<AssetIndex, Date>, std::vector<std::string>>;

template <class Row>
TermsByDay terms_by_day(const std::vector<Row>& rows, const SymbolOf& symbol) {
  TermsByDay terms;
  for (const Row& row : rows) terms[{row.asset, day_of(row)}].push_back(terms_of(row, symbol));
  for (auto& [day, lines] : terms) std::ranges::sort(lines);
  return terms;
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

void check_series(const std::string& symbol, const BarSeries& series, bool minutes, bool accept_bad_bars) {
  const auto fail = [&](ErrorCode code, std::size_t row, const std::string& what) {
    throw Error(code, fmt::format("{}, {} row {} ({}): {}", symbol, minutes ? "minute" : "daily", row + 1,
                                  time_text(series.times[row], minutes), what))
        .with("symbol", symbol)
        .with("row", std::to_string(row + 1));
  };
  for (const auto& column : series.columns)
    require_invariant(column.size() == series.times.size(), "a series' columns are as long as its times");
  if (series.price_scale < 0 || series.price_scale > 18 || series.volume_scale < 0 || series.volume_scale > 18) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{}: prices with {} and volumes with {} decimals; 0 to 18 fit",
                                                        symbol, series.price_scale, series.volume_scale));
  }
  for (std::size_t i = 0; i < series.times.size(); ++i) {
    if (i > 0 && series.times[i] == series.times[i - 1])
      fail(ErrorCode::DuplicateRow, i, "the row before has the same time");
    if (i > 0 && series.times[i] < series.times[i - 1])
      fail(ErrorCode::RowsOutOfOrder, i, "the row before is later: " + time_text(series.times[i - 1], minutes));
    if (accept_bad_bars) continue;
    const std::int64_t bar[kFieldCount] = {series.columns[0][i], series.columns[1][i], series.columns[2][i],
                                           series.columns[3][i], series.columns[4][i]};
    if (const std::string problem = describe_bad_bar(bar, series.price_scale, series.volume_scale); !problem.empty())
      fail(ErrorCode::BadBar, i, problem);
  }
}

std::vector<std::string> action_lines(const Adjustments& actions, const SymbolOf& symbol) {
  std::vector<std::string> lines;
  for_each_table([&](const char* kind, auto table) {
    for (const auto& row : actions.*table)
      lines.push_back(
          fmt::format("{}|{}|{}|{}", kind, symbol(row.asset), day_of(row).to_string(), terms_of(row, symbol)));
  });
  std::ranges::sort(lines);
  return lines;
}

Adjustments merge_actions(Adjustments before, Adjustments now, OnConflict on_conflict, const SymbolOf& symbol,
                          const OnRestatedAction& restated) {
  for_each_table([&](const char* kind, auto table) {
    auto& known = before.*table;
    auto& given = now.*table;
    const TermsByDay known_terms = terms_by_day(known, symbol), given_terms = terms_by_day(given, symbol);
    const auto is_known = [&](const auto& row) {
      const auto at = known_terms.find({row.asset, day_of(row)});
      return at != known_terms.end() && at->second == given_terms.at({row.asset, day_of(row)});
    };
    for (const auto& [day, terms] : given_terms) {
      const auto at = known_terms.find(day);
      if (at == known_terms.end() || at->second == terms) continue;
      const std::string was = fmt::format("{} {}", kind, fmt::join(at->second, " and "));
      const std::string is = fmt::format("{} {}", kind, fmt::join(terms, " and "));
      if (on_conflict == OnConflict::Refuse) {
        throw Error(
            ErrorCode::DuplicateRow,
            fmt::format("{}, {}: {} is known, {} comes now", symbol(day.first), day.second.to_string(), was, is),
            "append with on_conflict = replace to take the new terms");
      }
      restated(symbol(day.first), day.second, was, is);
    }
    const std::size_t count = given.size();
    std::erase_if(given, is_known);
    if (given.empty() || count == 0) return;
    std::erase_if(known,
                  [&](const auto& row) { return given_terms.contains({row.asset, day_of(row)}) && !is_known(row); });
    std::ranges::move(given, std::back_inserter(known));
    std::ranges::stable_sort(known, {}, [](const auto& row) { return day_of(row); });
  });
  return before;
}

std::string series_hash(const BarSeries& series) {
  storage::Sha256 hash;
  const std::int64_t header[] = {series.price_scale, series.volume_scale,
                                 static_cast<std::int64_t>(series.times.size())};
  hash.add(header, sizeof(header));
  hash.add(series.times.data(), series.times.size() * sizeof(std::int64_t));
  for (const auto& column : series.columns) hash.add(column.data(), column.size() * sizeof(std::int64_t));
  return hash.hex();
}

}  // namespace rustybt::data
