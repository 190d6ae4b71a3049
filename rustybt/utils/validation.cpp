#include "rustybt/utils/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rustybt/utils/validation_parts.hpp"

namespace rustybt::utils {

namespace validation {

Limits limits_of(const ValidationOptions& options) {
  // Sigmas: the seed's presets for stocks and crypto. The floors are what no session of an S&P 500 stock in 1999-2021
  // does and undoes the next day; coins and thin contracts get more room.
  Limits limits{5, 10, std::log(1.5), std::log(1.15), std::log(1.2)};
  if (options.kind == MarketKind::Crypto) limits = {8, 20, std::log(2.0), std::log(1.4), std::log(1.5)};
  if (options.kind == MarketKind::Future) limits = {8, 20, std::log(1.6), std::log(1.3), std::log(1.35)};
  if (options.kind == MarketKind::Fx) limits = {5, 20, std::log(1.25), std::log(1.08), std::log(1.08)};
  if (options.price_sigma) limits.price_sigma = *options.price_sigma;
  if (options.volume_sigma) limits.volume_sigma = *options.volume_sigma;
  return limits;
}

Finding& Findings::add(const BarRow& row, Severity severity, std::string_view code, std::string_view column,
                       std::string message, std::string advice) {
  Finding finding;
  finding.row = row.row;
  finding.column = column;
  finding.code = code;
  finding.severity = severity;
  finding.message = std::move(message);
  finding.advice = std::move(advice);
  finding.date = row.date;
  return list.emplace_back(std::move(finding));
}

double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double robust_sigma(std::vector<double> values) {
  for (double& v : values) v = std::abs(v);
  constexpr double kNormal = 0.6745;  // median of |x| of a standard normal
  return median(std::move(values)) / kNormal;
}

std::string price_text(double value) { return fmt::format("{:.10g}", value); }

std::string factor_text(double log_factor) {
  const double factor = std::exp(std::abs(log_factor));
  return log_factor >= 0 ? fmt::format("{:.3g} times", factor) : fmt::format("1/{:.3g} of", factor);
}

namespace {

constexpr BarColumn kPrices[] = {BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close};
constexpr double kRounding = 5e-5;  // relative; adjusted prices printed with few digits differ by so much

/// Missing, infinite and unreadable cells; true when all prices are numbers.
bool check_presence(const BarRow& row, Findings& findings) {
  using State = BarCell::State;
  std::vector<BarColumn> missing;
  int expected = 0;
  bool readable = true;
  for (int c = 0; c <= static_cast<int>(BarColumn::Volume); ++c) {
    const auto column = static_cast<BarColumn>(c);
    const BarCell& cell = row[column];
    if (cell.state == State::NoColumn) continue;
    ++expected;
    if (cell.state == State::Missing) missing.push_back(column);
    if (cell.state == State::Infinite || cell.state == State::Unreadable) {
      const bool is_infinite = cell.state == State::Infinite;
      const auto name = bar_column_name(column);
      Finding& f =
          findings.add(row, Severity::Error, is_infinite ? "infinite_value" : "unreadable_value", name,
                       is_infinite ? fmt::format("{} is infinite", name) : fmt::format("{} is not a number", name),
                       "look the value up at the source, or leave the cell empty");
      f.repair = Repair::ClearCells;
      f.columns = {column};
      if (column != BarColumn::Volume) readable = false;
    }
  }
  if (expected > 0 && static_cast<int>(missing.size()) == expected) {
    findings.add(row, Severity::Error, "missing_value", "all", "the row has a date but no prices and no volume",
                 "ask the source again; a day without trade is best left out");
    return false;
  }
  const BarCell& volume = row[BarColumn::Volume];
  if (volume.has_value() && volume.value == 0 && static_cast<int>(missing.size()) == expected - 1) {
    findings.add(row, Severity::Warning, "no_trade", "all",
                 "there are no prices and the volume is 0: nothing was traded",
                 "ask the source again if the asset was trading on that day");
    return false;
  }
  for (const BarColumn column : missing) {
    const auto name = bar_column_name(column);
    Finding& f = findings.add(row, Severity::Error, "missing_value", name, fmt::format("{} is missing", name),
                              "look the value up at the source");
    f.repair = Repair::ClearCells;
    f.columns = {column};
    if (column != BarColumn::Volume) readable = false;
  }
  return readable;
}

bool check_signs(const BarRow& row, const ValidationOptions& options, Findings& findings) {
  int zeros = 0, seen = 0;
  for (const BarColumn column : kPrices) {
    if (!row[column].has_value()) continue;
    ++seen;
    if (row[column].value == 0) ++zeros;
  }
  const BarCell& volume = row[BarColumn::Volume];
  const bool is_quiet = !volume.has_value() || volume.value == 0;
  const bool is_future = options.kind == MarketKind::Future;
  if (is_future && seen > 0 && zeros == seen && is_quiet) {
    findings.add(row, Severity::Warning, "no_trade", "all", "all prices and the volume are 0: nothing traded that day",
                 "treat the row as missing; a settlement price may still be there");
    return false;
  }
  const auto is_zero = [&](BarColumn c) { return row[c].has_value() && row[c].value == 0; };
  const auto is_positive = [&](BarColumn c) { return row[c].has_value() && row[c].value > 0; };
  if (is_future && is_quiet && is_zero(BarColumn::Open) && is_zero(BarColumn::Close) &&
      (is_positive(BarColumn::High) || is_positive(BarColumn::Low))) {
    const double high = row[BarColumn::High].value, low = row[BarColumn::Low].value;
    const bool is_crossed = is_positive(BarColumn::High) && is_positive(BarColumn::Low) && high < low;
    findings.add(row, is_crossed ? Severity::Error : Severity::Warning, is_crossed ? "high_below_low" : "no_trade",
                 is_crossed ? "high" : "all",
                 fmt::format("nothing traded (open, close and volume are 0), yet high is {} and low is {}{}",
                             price_text(high), price_text(low),
                             is_crossed ? ": quotes in the columns of prices, high below low" : ": quotes, not trades"),
                 "treat the prices of this row as missing");
    return false;
  }
  bool usable = true;
  for (const BarColumn column : kPrices) {
    if (!row[column].has_value() || row[column].value > 0) continue;
    const bool is_possible = is_future && row[column].value < 0;  // crude oil, 2020-04-20
    const auto name = bar_column_name(column);
    findings.add(row, is_possible ? Severity::Warning : Severity::Error, "nonpositive_price", name,
                 row[column].value == 0 ? fmt::format("{} is 0: nothing is sold for nothing", name)
                                        : fmt::format("{} is negative ({})", name, price_text(row[column].value)),
                 is_possible ? "check the day: prices below 0 are rare, even of futures"
                             : "look the price up at the source; a missing price must be empty, not 0");
    usable = false;
  }
  return usable;
}

void check_relations(const BarRow& row, Findings& findings) {
  const auto value = [&](BarColumn c) { return row[c].has_value() ? row[c].value : std::nan(""); };
  const auto is_above = [](double a, double b) { return a > b; };  // false for NaN
  const auto report = [&](BarColumn column, std::string_view code, BarColumn bound, std::string_view relation) {
    const double a = value(column), b = value(bound);
    const bool is_rounding = std::abs(a - b) <= kRounding * std::abs(b);
    findings.add(row, is_rounding ? Severity::Warning : Severity::Error, code, bar_column_name(column),
                 fmt::format("{} {} is {} the {} {}{}", bar_column_name(column), price_text(a), relation,
                             bar_column_name(bound), price_text(b), is_rounding ? " by a rounding error" : ""),
                 "one of the two is wrong: compare with another source");
  };
  const double high = value(BarColumn::High), low = value(BarColumn::Low);
  if (is_above(low, high)) {
    report(BarColumn::High, "high_below_low", BarColumn::Low, "below");
    return;
  }
  for (const BarColumn c : {BarColumn::Open, BarColumn::Close}) {
    const bool is_open = c == BarColumn::Open;
    if (is_above(value(c), high)) report(c, is_open ? "open_above_high" : "close_above_high", BarColumn::High, "above");
    if (is_above(low, value(c))) report(c, is_open ? "open_below_low" : "close_below_low", BarColumn::Low, "below");
  }
}

void check_volume_cell(const BarRow& row, Findings& findings) {
  const BarCell& volume = row[BarColumn::Volume];
  if (volume.has_value() && volume.value < 0)
    findings.add(row, Severity::Error, "negative_volume", "volume",
                 fmt::format("volume is negative ({})", price_text(volume.value)),
                 "look the volume up at the source; the sign may be a typing error");
}

bool same_cells(const BarRow& a, const BarRow& b) {
  for (std::size_t c = 0; c < a.cells.size(); ++c)
    if (a.cells[c].state != b.cells[c].state || (a.cells[c].has_value() && a.cells[c].value != b.cells[c].value))
      return false;
  return true;
}

/// Which cells of two rows differ, in words.
std::string difference(const BarRow& first, const BarRow& second) {
  std::string text;
  for (int c = 0; c < kBarColumnCount; ++c) {
    const auto column = static_cast<BarColumn>(c);
    if (!first[column].has_value() || !second[column].has_value() || first[column].value == second[column].value)
      continue;
    text += fmt::format("{}{} {} and {}", text.empty() ? "" : ", ", bar_column_name(column),
                        price_text(first[column].value), price_text(second[column].value));
  }
  return text.empty() ? "other cells" : text;
}

std::string when(const BarRow& row, const ValidationOptions& options) {
  return options.bar_length_ns ? row.time.to_string() : row.date.to_string();
}

std::vector<double> rolling_sigma(const std::vector<Bar>& bars) {
  std::vector<double> moves;
  for (std::size_t i = 1; i < bars.size(); ++i) moves.push_back(bars[i].close - bars[i - 1].close);
  const double overall = moves.empty() ? 0.02 : robust_sigma(moves);
  std::vector<double> sigma(bars.size(), std::max(overall, 1e-4));
  constexpr std::size_t kAround = 20, kEvery = 10;
  for (std::size_t i = 0; i < bars.size() && moves.size() > 2 * kAround; i += kEvery) {
    const std::size_t from = std::min(i > kAround ? i - kAround : 0, moves.size() - 1);
    const std::size_t to = std::min(moves.size(), i + kEvery + kAround);
    const double local = robust_sigma(
        {moves.begin() + static_cast<std::ptrdiff_t>(from), moves.begin() + static_cast<std::ptrdiff_t>(to)});
    for (std::size_t j = i; j < std::min(bars.size(), i + kEvery); ++j) sigma[j] = std::max(sigma[j], local);
  }
  return sigma;
}

}  // namespace

bool check_cells(const BarRow& row, const ValidationOptions& options, Findings& findings) {
  const bool present = check_presence(row, findings);
  check_volume_cell(row, findings);
  if (!check_signs(row, options, findings)) return false;
  check_relations(row, findings);
  return present;
}

}  // namespace validation

namespace {

using namespace validation;

bool is_newest_first(std::span<const BarRow> rows) {
  std::ptrdiff_t forward = 0;
  for (std::size_t i = 1; i < rows.size(); ++i)
    forward += (rows[i].time > rows[i - 1].time) - (rows[i].time < rows[i - 1].time);
  return forward < 0;
}

/// Rows in the wrong place and rows of a time that was there before. Returns positions in order of time.
std::vector<std::size_t> check_order(std::span<const BarRow> rows, const ValidationOptions& options, bool newest_first,
                                     std::vector<bool>& misplaced, std::vector<bool>& unusable, Findings& findings) {
  std::vector<std::int64_t> times;
  for (const BarRow& row : rows) times.push_back(newest_first ? -row.time.ns : row.time.ns);
  misplaced = find_misplaced(times);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!misplaced[i]) continue;
    findings
        .add(rows[i], Severity::Error, "out_of_order", "date",
             fmt::format("{} stands in the wrong place: the rows around it run {}", when(rows[i], options),
                         newest_first ? "from new to old" : "from old to new"),
             "sort the rows by time, or correct the date")
        .repair = Repair::SortRows;
  }
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return rows[i].time.ns; });
  for (std::size_t k = 0; k + 1 < order.size(); ++k) {
    const BarRow& first = rows[order[k]];
    for (std::size_t j = k + 1; j < order.size() && rows[order[j]].time == first.time; ++j) {
      const BarRow& again = rows[order[j]];
      if (unusable[order[j]]) continue;
      const bool is_exact = same_cells(first, again);
      Finding& f = findings.add(
          again, Severity::Error, "duplicate_date", "date",
          is_exact ? fmt::format("{} is there twice: the row repeats row {}", when(again, options), first.row)
                   : fmt::format("{} is there twice with different values: {} (row {} and this one)",
                                 when(again, options), difference(first, again), first.row),
          is_exact ? "remove the second row" : "find out which row is right and remove the other");
      if (is_exact) f.repair = Repair::RemoveRow;
      unusable[order[j]] = true;
    }
  }
  return order;
}

void fill_bars(Series& series, const std::vector<std::size_t>& order, const std::vector<bool>& unusable) {
  for (const std::size_t i : order) {
    if (unusable[i]) continue;
    const BarRow& row = series.rows[i];
    Bar bar{i, row.row, row.date, row.time, 0, 0, 0, 0, std::nan(""), 0};
    const auto log_of = [&](BarColumn c, BarColumn otherwise) {
      return std::log(row[c].has_value() ? row[c].value : row[otherwise].value);
    };
    bar.close = log_of(BarColumn::Close, BarColumn::Open);
    bar.open = log_of(BarColumn::Open, BarColumn::Close);
    bar.high = log_of(BarColumn::High, BarColumn::Close);
    bar.low = log_of(BarColumn::Low, BarColumn::Close);
    std::array prices = {bar.open, bar.high, bar.low, bar.close};
    std::ranges::sort(prices);
    bar.level = (prices[1] + prices[2]) / 2;
    if (const BarCell& volume = row[BarColumn::Volume]; volume.has_value() && volume.value > 0)
      bar.volume = std::log(volume.value);
    if (!std::isfinite(bar.level) || !std::isfinite(bar.high) || !std::isfinite(bar.low)) continue;
    series.bars.push_back(bar);
  }
  constexpr int kLongGapDays = 30;
  for (std::size_t i = 0; i < series.bars.size(); ++i)
    if (i == 0 || series.bars[i].date - series.bars[i - 1].date > kLongGapDays) series.starts.push_back(i);
  series.sigma = rolling_sigma(series.bars);
}

}  // namespace

std::string_view severity_name(Severity severity) {
  constexpr std::string_view kNames[] = {"info", "warning", "error"};
  return kNames[static_cast<int>(severity)];
}

constexpr std::string_view kKindNames[] = {"equity", "crypto", "fx", "future"};

std::string_view market_kind_name(MarketKind kind) { return kKindNames[static_cast<int>(kind)]; }

std::optional<MarketKind> find_market_kind(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kKindNames); ++i)
    if (kKindNames[i] == name) return static_cast<MarketKind>(i);
  return std::nullopt;
}

std::string_view bar_column_name(BarColumn column) {
  constexpr std::string_view kNames[] = {"open",   "high",     "low",   "close",
                                         "volume", "dividend", "split", "adjusted_close"};
  return kNames[static_cast<int>(column)];
}

Validation validate_bars(std::span<const BarRow> rows, const ValidationOptions& options) {
  Findings findings;
  if (rows.empty()) return {};
  std::vector<bool> unusable(rows.size(), false);
  std::vector<bool> misplaced;
  const bool newest_first = is_newest_first(rows);
  const std::vector<std::size_t> order = check_order(rows, options, newest_first, misplaced, unusable, findings);
  check_sessions(rows, order, misplaced, options, newest_first, unusable, findings);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!check_cells(rows[i], options, findings)) unusable[i] = true;

  Series series{rows, options, {}, {}, {}, newest_first};
  fill_bars(series, order, unusable);
  std::vector<bool> reported(series.bars.size(), false);
  check_levels(series, reported, findings);
  check_spikes(series, reported, findings);
  check_stale(series, findings);
  check_volumes(series, findings);
  check_actions(series, reported, findings);
  if (options.bar_length_ns) check_minutes(series, findings);
  std::ranges::stable_sort(findings.list, {}, &Finding::row);
  if (newest_first) findings.remarks.insert(findings.remarks.begin(), "the newest row comes first");
  return {std::move(findings.list), std::move(findings.remarks)};
}

}  // namespace rustybt::utils
