// Rules over volumes, and over splits and dividends against the prices they should explain.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "rustybt/utils/validation_parts.hpp"

namespace rustybt::utils::validation {

namespace {

const BarRow& row_of(const Series& series, std::size_t i) { return series.rows[series.bars[i].at]; }

constexpr std::size_t kManyPercent = 20;  // what holds for more of the rows is a habit of the source: said once

/// One finding per row, or one for the series when it holds for many rows.
void report_each_or_once(const Series& series, const std::vector<std::size_t>& rows, Severity severity,
                         std::string_view code, std::string_view column,
                         const std::function<std::string(const BarRow&)>& words, std::string_view habit,
                         std::string_view advice, Findings& findings) {
  if (rows.empty()) return;
  if (rows.size() * 100 > series.rows.size() * kManyPercent && rows.size() > 5) {
    findings.add(series.rows[rows.front()], Severity::Info, code, column,
                 fmt::format("{} ({} of {} rows)", habit, rows.size(), series.rows.size()), std::string(advice));
    return;
  }
  for (const std::size_t i : rows)
    findings.add(series.rows[i], severity, code, column, words(series.rows[i]), std::string(advice));
}

void check_volume_values(const Series& series, Findings& findings) {
  const MarketKind kind = series.options.kind;
  std::vector<std::size_t> fractional, zero_moving, zero_quiet;
  for (std::size_t i = 0; i < series.rows.size(); ++i) {
    const BarCell& volume = series.rows[i][BarColumn::Volume];
    if (volume.has_value() && volume.value > 0 && volume.value != std::floor(volume.value)) fractional.push_back(i);
  }
  for (std::size_t k = 0; k < series.bars.size(); ++k) {
    const BarCell& volume = row_of(series, k)[BarColumn::Volume];
    if (!volume.has_value() || volume.value != 0) continue;
    const Bar& bar = series.bars[k];
    const bool moves = bar.high > bar.low || (k > 0 && bar.close != series.bars[k - 1].close);
    (moves ? zero_moving : zero_quiet).push_back(bar.at);
  }
  if (kind == MarketKind::Equity || kind == MarketKind::Future)
    report_each_or_once(
        series, fractional, Severity::Warning, "fractional_volume", "volume",
        [](const BarRow& row) {
          return fmt::format("volume {} is no whole number", price_text(row[BarColumn::Volume].value));
        },
        "volumes are no whole numbers: adjusted for splits, or in thousands",
        "shares and contracts trade in whole numbers: check the source", findings);
  if (kind == MarketKind::Fx) return;  // no volume is the rule there
  report_each_or_once(
      series, zero_moving, kind == MarketKind::Future ? Severity::Info : Severity::Warning, "zero_volume_moving_price",
      "volume", [](const BarRow&) { return std::string("volume is 0 although the price moved"); },
      "volume is 0 on many days on which the price moved: quotes, not trades", "look the volume up at the source",
      findings);
  report_each_or_once(
      series, zero_quiet, Severity::Info, "zero_volume", "volume",
      [](const BarRow&) { return std::string("no volume, and the price of the row before: a day without trade"); },
      "many days without trade", "nothing to correct", findings);
}

void check_volume_outliers(const Series& series, Findings& findings) {
  const auto& bars = series.bars;
  constexpr std::size_t kAround = 10, kFewest = 8;
  const Limits limits = limits_of(series.options);
  std::vector<double> deviations(bars.size(), std::nan(""));
  std::vector<double> known;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    if (std::isnan(bars[i].volume)) continue;
    std::vector<double> around;
    for (std::size_t j = i > kAround ? i - kAround : 0; j < std::min(bars.size(), i + kAround + 1); ++j)
      if (j != i && !std::isnan(bars[j].volume)) around.push_back(bars[j].volume);
    if (around.size() < kFewest) continue;
    deviations[i] = bars[i].volume - median(std::move(around));
    known.push_back(deviations[i]);
  }
  if (known.size() < 20) return;
  const double sigma = robust_sigma(std::move(known));
  const double floor = series.options.bar_length_ns ? std::log(1000.0) : std::log(12.0);
  const double limit = std::max(limits.volume_sigma * sigma, floor);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    if (!(std::abs(deviations[i]) > limit)) continue;
    findings.add(row_of(series, i), Severity::Warning, "volume_outlier", "volume",
                 fmt::format("volume {} is {} what is usual around that day",
                             price_text(row_of(series, i)[BarColumn::Volume].value), factor_text(deviations[i])),
                 "another unit (thousands, lots), a misplaced digit, or a day to remember");
  }
}

/// Size of a move that says "this did not happen": beyond noise, but less than half of the event itself.
double tolerance(const Series& series, std::size_t i, double event) {
  return std::min(std::max(6 * series.sigma[i], 0.12), std::abs(event) / 2);
}

void check_split(const Series& series, std::size_t i, Findings& findings) {
  const BarRow& row = row_of(series, i);
  const BarCell& split = row[BarColumn::Split];
  if (!split.has_value() || split.value <= 0 || i == 0) return;
  const double event = std::log(split.value);
  if (std::abs(event) < 0.25) return;  // a day's own move could hide it
  const Bar& before = series.bars[i - 1];
  const Bar& bar = series.bars[i];
  const BarCell& dividend = row[BarColumn::Dividend];
  const double paid = dividend.has_value() && dividend.value > 0 ? dividend.value : 0;
  const double with_split = std::log(std::exp(bar.close) * split.value + paid) - before.close;
  const double plain = bar.close - before.close;
  const double limit = tolerance(series, i, event);
  if (std::min(std::abs(with_split), std::abs(bar.open + event - before.close)) <= limit) return;
  const std::string value = price_text(split.value);
  if (std::min(std::abs(plain), std::abs(bar.open - before.close)) <= limit) {
    findings.add(row, Severity::Error, "split_not_in_price", "split",
                 fmt::format("split {} is entered, but the price does not move: the prices are adjusted already, "
                             "applying the split would adjust them twice",
                             value),
                 "ingest these prices without their splits, or get unadjusted prices");
  } else if (std::abs(plain - event) <= limit) {
    findings.add(row, Severity::Warning, "bad_split", "split",
                 fmt::format("split {} is entered, but the price moves the other way: 1/{}", value, value),
                 "turn the ratio over: new shares per old share");
  } else {
    findings.add(
        row, Severity::Warning, "bad_split", "split",
        fmt::format("split {} is entered, but the price goes to {} the close before", value, factor_text(plain)),
        "compare the ratio and its date with another source");
  }
}

void check_dividend(const Series& series, std::size_t i, Findings& findings) {
  const BarRow& row = row_of(series, i);
  const BarCell& dividend = row[BarColumn::Dividend];
  if (!dividend.has_value() || dividend.value <= 0 || i == 0) return;
  const double before = std::exp(series.bars[i - 1].close), now = std::exp(series.bars[i].close);
  const BarCell& split = row[BarColumn::Split];
  const double factor = split.has_value() && split.value > 0 ? split.value : 1;
  const double share = dividend.value / before;
  if (share < 0.2) return;
  const double limit = std::max(6 * series.sigma[i], 0.15);
  const double with_dividend = std::log((now * factor + dividend.value) / before);
  const double without = std::log(now * factor / before);
  const std::string words =
      fmt::format("dividend {} is {:.0f} % of the close before", price_text(dividend.value), share * 100);
  if (std::abs(with_dividend) > limit && std::abs(without) < std::abs(with_dividend)) {
    const bool doubled = factor != 1;
    findings.add(row, Severity::Error, "bad_dividend", "dividend",
                 words + (doubled ? ", and the split of the row explains the whole move: one event entered twice"
                                  : ", but the price did not fall by it"),
                 doubled ? "remove the dividend" : "compare the amount and its date with another source");
  } else {
    findings.add(row, Severity::Warning, "bad_dividend", "dividend",
                 words + ": a spin-off or a special payment, or a split entered as cash",
                 "check what was paid: shares of another company are no cash");
  }
}

void check_action_cells(const BarRow& row, Findings& findings) {
  const BarCell& split = row[BarColumn::Split];
  if (split.has_value() && split.value < 0)  // 0 stands for "none" with some sources
    findings.add(row, Severity::Error, "bad_split", "split",
                 fmt::format("split {} is negative", price_text(split.value)), "correct or remove the split");
  const BarCell& dividend = row[BarColumn::Dividend];
  if (dividend.has_value() && dividend.value < 0)
    findings.add(row, Severity::Error, "bad_dividend", "dividend",
                 fmt::format("dividend {} is negative", price_text(dividend.value)), "correct or remove the dividend");
  for (const BarColumn column : {BarColumn::Split, BarColumn::Dividend, BarColumn::AdjustedClose})
    if (const auto state = row[column].state; state == BarCell::State::Unreadable || state == BarCell::State::Infinite)
      findings.add(row, Severity::Error, "unreadable_value", bar_column_name(column),
                   fmt::format("{} is not a number", bar_column_name(column)), "look the value up at the source");
}

/// Adjusted closes must move with close, split and dividend. Three formulas are in use; they differ by far less than
/// this.
void check_adjusted_close(const Series& series, std::size_t i, Findings& findings) {
  if (i == 0) return;
  const BarRow& row = row_of(series, i);
  const BarCell& now = row[BarColumn::AdjustedClose];
  const BarCell& before = row_of(series, i - 1)[BarColumn::AdjustedClose];
  if (!now.has_value() || !before.has_value()) return;
  if (now.value <= 0 || before.value <= 0) return;
  const BarCell& split = row[BarColumn::Split];
  const BarCell& dividend = row[BarColumn::Dividend];
  if (split.state == BarCell::State::NoColumn && dividend.state == BarCell::State::NoColumn) return;
  const double factor = split.has_value() && split.value > 0 ? split.value : 1;
  const double paid = dividend.has_value() && dividend.value > 0 ? dividend.value : 0;
  if (factor == 1 && paid == 0) return;
  const double expected = std::log(std::exp(series.bars[i].close) * factor + paid) - series.bars[i - 1].close;
  const double found = std::log(now.value / before.value);
  if (std::abs(found - expected) > 0.02)
    findings.add(row, Severity::Warning, "adjustment_mismatch", "adjusted_close",
                 fmt::format("adjusted close changes by {:+.1f} %, but close, split and dividend give {:+.1f} %",
                             std::expm1(found) * 100, std::expm1(expected) * 100),
                 "split, dividend or adjusted close of this day is wrong: compare with another source");
}

}  // namespace

void check_volumes(const Series& series, Findings& findings) {
  check_volume_values(series, findings);
  if (series.options.kind != MarketKind::Fx) check_volume_outliers(series, findings);
}

void check_actions(const Series& series, const std::vector<bool>& reported, Findings& findings) {
  for (const BarRow& row : series.rows) check_action_cells(row, findings);
  for (std::size_t i = 0; i < series.bars.size(); ++i) {
    if (reported[i] || (i > 0 && reported[i - 1])) continue;
    check_split(series, i, findings);
    check_dividend(series, i, findings);
    check_adjusted_close(series, i, findings);
  }
}

}  // namespace rustybt::utils::validation
