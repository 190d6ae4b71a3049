// Rules over prices: levels that jump and come back, spikes, stale prices. Medians of neighbours throughout, so that
// one bad row does not hide another.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rustybt/utils/validation_parts.hpp"

namespace rustybt::utils {

namespace {

using namespace validation;

constexpr double kLn10 = 2.302585092994046;
constexpr int kNeighbours = 5;
constexpr int kMostRevertedRows = 60;
const double kLevelJump = std::log(1.4);

struct NamedPrice {
  BarColumn column;
  double Bar::* value;
};
constexpr NamedPrice kPrices[] = {{BarColumn::Open, &Bar::open},
                                  {BarColumn::High, &Bar::high},
                                  {BarColumn::Low, &Bar::low},
                                  {BarColumn::Close, &Bar::close}};

/// Power of ten near a log factor, 0 when none.
int near_power_of_ten(double log_factor, double tolerance) {
  const int power = static_cast<int>(std::lround(log_factor / kLn10));
  return power != 0 && std::abs(log_factor - power * kLn10) < tolerance ? power : 0;
}

/// [from, to) of the stretch that bar i is in.
std::pair<std::size_t, std::size_t> stretch_of(const Series& series, std::size_t i) {
  const auto after = std::ranges::upper_bound(series.starts, i);
  return {*(after - 1), after == series.starts.end() ? series.bars.size() : *after};
}

double median_level(const Series& series, std::size_t from, std::size_t to, const std::vector<bool>& skip) {
  std::vector<double> levels;
  for (std::size_t i = from; i < to; ++i)
    if (!skip[i]) levels.push_back(series.bars[i].level);
  return median(std::move(levels));
}

double median_volume(const Series& series, std::size_t from, std::size_t to) {
  std::vector<double> volumes;
  for (std::size_t i = from; i < to; ++i)
    if (!std::isnan(series.bars[i].volume)) volumes.push_back(series.bars[i].volume);
  return median(std::move(volumes));
}

const BarRow& row_of(const Series& series, std::size_t i) { return series.rows[series.bars[i].at]; }

/// The jump into bar i is what the row's split or dividend says.
bool is_explained(const Series& series, std::size_t i) {
  if (i == 0) return false;
  const BarRow& row = row_of(series, i);
  const double jump = series.bars[i].level - series.bars[i - 1].level;
  const BarCell& split = row[BarColumn::Split];
  if (split.has_value() && split.value > 0 && split.value != 1) {
    const double size = std::log(split.value);  // the day's own move comes on top
    if (std::abs(jump + size) < std::max(0.25, 0.3 * std::abs(size))) return true;
  }
  const BarCell& dividend = row[BarColumn::Dividend];
  if (!dividend.has_value() || dividend.value <= 0) return false;
  const double factor = split.has_value() && split.value > 0 ? split.value : 1;
  const double total = std::exp(series.bars[i].level) * factor + dividend.value;
  return std::abs(std::log(total) - series.bars[i - 1].level) < 0.2;
}

/// The split ratio that the step into bar i shows, by open, level or close.
std::optional<SplitRatio> ratio_at(const Series& series, std::size_t i) {
  const Bar& before = series.bars[i - 1];
  const Bar& bar = series.bars[i];
  for (const double step : {bar.open - before.close, bar.level - before.level, bar.close - before.close})
    if (const auto ratio = find_split_ratio(std::exp(-step))) return ratio;
  return std::nullopt;
}

struct Jump {
  std::size_t at;
  double size;
};

std::vector<Jump> find_jumps(const Series& series) {
  std::vector<Jump> jumps;
  for (std::size_t i = 1; i < series.bars.size(); ++i) {
    if (stretch_of(series, i).first == i) continue;
    const double size = series.bars[i].level - series.bars[i - 1].level;
    if (std::abs(size) > std::max(kLevelJump, 6 * series.sigma[i])) jumps.push_back({i, size});
  }
  return jumps;
}

Repair scale_repair(Finding& finding, int power, std::initializer_list<BarColumn> columns) {
  finding.power_of_ten = -power;
  finding.columns = columns;
  return Repair::ScaleCells;
}

void report_segment(const Series& series, const Jump& down, const Jump& up, std::vector<bool>& reported,
                    Findings& findings) {
  const double size = (down.size - up.size) / 2;
  const int power = near_power_of_ten(size, 0.2);
  const auto ratio = find_split_ratio(std::exp(-size));
  for (std::size_t i = down.at; i < up.at; ++i) {
    reported[i] = true;
    const std::string span =
        fmt::format("from {} to {}", series.bars[down.at].date.to_string(), series.bars[up.at - 1].date.to_string());
    if (power != 0) {
      Finding& f = findings.add(row_of(series, i), Severity::Error, "price_spike", "all",
                                fmt::format("all prices are {} their neighbours {}: a misplaced decimal point",
                                            factor_text(power * kLn10), span),
                                fmt::format("multiply by 1e{}", -power));
      f.repair = scale_repair(f, power, {BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close});
      continue;
    }
    findings.add(
        row_of(series, i), Severity::Error, "split_reverted", "all",
        fmt::format("{} the prices are on another scale ({} split), then the old scale comes back: a split was "
                    "applied to these rows only",
                    span, ratio ? ratio->to_string() : factor_text(size)),
        "bring all rows to one scale: these rows back, or the later ones too");
  }
}

/// What a jump that stays means; volume tells a split (shares up as price goes down) from a mistake.
void report_step(const Series& series, const Jump& jump, const std::vector<bool>& reported, Findings& findings) {
  const auto [from, to] = stretch_of(series, jump.at);
  const std::size_t i = jump.at;
  constexpr std::size_t kFewest = 3, kVolumes = 10;
  if (i - from < kFewest || to - i < kFewest || is_explained(series, i)) return;
  const std::size_t left = std::max(from, i > kNeighbours ? i - kNeighbours : 0);
  const double before = median_level(series, left, i, reported);
  const double after = median_level(series, i, std::min(to, i + kNeighbours), reported);
  const double step = after - before;
  if (!(std::abs(step - jump.size) < 0.3 * std::abs(jump.size))) return;  // a spike, or part of a slide
  const double volume_step = median_volume(series, i, std::min(to, i + kVolumes)) -
                             median_volume(series, std::max(from, i > kVolumes ? i - kVolumes : 0), i);
  const bool is_confirmed = std::isnan(volume_step) || std::abs(volume_step + step) < std::abs(volume_step);
  const bool has_split_column = row_of(series, i)[BarColumn::Split].state != BarCell::State::NoColumn;
  const auto ratio = ratio_at(series, i);
  int power = 0;
  for (const double measure : {step, jump.size, series.bars[i].open - series.bars[i - 1].close})
    if (power == 0) power = near_power_of_ten(measure, 0.15);
  const auto is_exact = [&] {  // the levels agree with the ratio, too
    return std::abs(std::abs(step) - std::abs(std::log(static_cast<double>(ratio->new_shares) / ratio->old_shares))) <
           0.12;
  };
  const std::string moved = fmt::format("prices go to {} those before and stay there", factor_text(step));
  if (is_confirmed && ratio && std::abs(step) > std::log(1.45)) {
    if (has_split_column)
      findings.add(row_of(series, i), Severity::Warning, "unadjusted_split", "split",
                   fmt::format("{}, as after a {} split, but the row has no split", moved, ratio->to_string()),
                   "add the split, or check what happened that day");
    else
      findings.remarks.push_back(
          fmt::format("on {} {}, and more or fewer shares trade to match: as in raw prices over a {} split",
                      series.bars[i].date.to_string(), moved, ratio->to_string()));
    return;
  }
  if (!is_confirmed && power != 0) {
    findings.add(
        row_of(series, i), Severity::Error, "scale_change", "all",
        fmt::format("{} while the volume does not change: another unit (cents for dollars) from here on", moved),
        "bring both parts to one unit");
    return;
  }
  if (!is_confirmed && ratio && is_exact() && std::abs(step) > std::log(2.7) &&
      std::abs(volume_step) < 0.2 * std::abs(step)) {
    findings.add(
        row_of(series, i), Severity::Error, "unadjusted_split", "all",
        fmt::format("{}, as after a {} split, while the volume does not change: adjusted and unadjusted prices "
                    "in one file",
                    moved, ratio->to_string()),
        "bring both parts to one scale");
    return;
  }
  if (std::abs(step) > std::max(std::log(1.6), 10 * series.sigma[i]))
    findings.add(row_of(series, i), Severity::Warning, "large_move", "close",
                 fmt::format("{}: a crash, a takeover, or a mistake", moved), "check what happened that day");
}

/// Levels on either side of a bar, NaN where there is none.
struct Sides {
  double before, after;
};

Sides sides_of(const Series& series, std::size_t i, const std::vector<bool>& reported) {
  const auto [from, to] = stretch_of(series, i);
  const std::size_t left = std::max(from, i > kNeighbours ? i - kNeighbours : 0);
  return {median_level(series, left, i, reported),
          median_level(series, i + 1, std::min(to, i + 1 + kNeighbours), reported)};
}

std::string column_list(const std::vector<BarColumn>& columns) {
  std::string text;
  for (std::size_t i = 0; i < columns.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == columns.size() ? " and " : ", ", bar_column_name(columns[i]));
  return text;
}

/// Lowest and highest of the levels on both sides and of the bars next door.
std::pair<double, double> hull_around(const Series& series, std::size_t i, const Sides& sides) {
  double lowest = INFINITY, highest = -INFINITY;
  for (const double side : {sides.before, sides.after}) {
    if (std::isnan(side)) continue;
    lowest = std::min(lowest, side);
    highest = std::max(highest, side);
  }
  const auto [from, to] = stretch_of(series, i);
  const double far = highest - lowest + kLevelJump;  // a neighbour that is itself wrong does not count
  for (const std::size_t j : {i - 1, i + 1}) {
    if (j < from || j >= to) continue;
    if (series.bars[j].low > lowest - far) lowest = std::min(lowest, series.bars[j].low);
    if (series.bars[j].high < highest + far) highest = std::max(highest, series.bars[j].high);
  }
  return {lowest, highest};
}

/// Single cells far from everything around them. True when reported.
bool check_single_cells(const Series& series, std::size_t i, const Sides& sides, const Limits& limits,
                        Findings& findings) {
  const Bar& bar = series.bars[i];
  const auto [lowest, highest] = hull_around(series, i, sides);
  const double far = std::max(limits.spike_error + 0.5, 12 * series.sigma[i]);
  std::vector<BarColumn> wrong;
  double size = 0;
  for (const auto& [column, value] : kPrices) {
    if (!row_of(series, i)[column].has_value()) continue;
    const double cell = bar.*value;
    const double deviation = cell > highest ? cell - highest : cell < lowest ? cell - lowest : 0;
    if (std::abs(deviation) < far || (size != 0 && std::abs(deviation - size) > 0.3)) continue;
    wrong.push_back(column);
    size = deviation;
  }
  if (wrong.empty() || wrong.size() > 3) return false;
  const int power = near_power_of_ten(size, 0.3);
  const auto ratio = find_split_ratio(std::exp(size));
  const std::string words =
      fmt::format("{} {} {} the prices around", column_list(wrong), wrong.size() > 1 ? "are" : "is", factor_text(size));
  const bool is_split = power == 0 && ratio && size > 0;
  Finding& f = findings.add(row_of(series, i), Severity::Error, is_split ? "unadjusted_split" : "price_spike",
                            bar_column_name(wrong.front()),
                            power != 0 ? words + ": a misplaced decimal point"
                            : is_split ? fmt::format("{}: a print from before a {} split", words, ratio->to_string())
                                       : words,
                            power != 0 ? fmt::format("multiply by 1e{}", -power) : "compare with another source");
  if (power == 0) return true;
  f.repair = Repair::ScaleCells;
  f.power_of_ten = -power;
  f.columns = wrong;
  return true;
}

/// All prices of the row away from both sides, which agree. True when reported.
bool check_row_spike(const Series& series, std::size_t i, const Sides& sides, const Limits& limits,
                     Findings& findings) {
  const Bar& bar = series.bars[i];
  const bool two_sided = !std::isnan(sides.before) && !std::isnan(sides.after);
  const double a = bar.level - (std::isnan(sides.before) ? sides.after : sides.before);
  const double b = bar.level - (std::isnan(sides.after) ? sides.before : sides.after);
  const double size = std::abs(a) < std::abs(b) ? a : b;
  if (std::isnan(size) || (a > 0) != (b > 0) || std::abs(a - b) > 0.5 * std::abs(size)) return false;
  const double sigma = series.sigma[i];
  const int power = near_power_of_ten((a + b) / 2, 0.3);
  if (!two_sided) {  // first or last row: nothing comes back yet
    if (std::abs(size) < std::max(kLevelJump, 8 * sigma) || (std::isnan(sides.after) && is_explained(series, i)))
      return false;
    const double around = std::isnan(sides.after) ? median_volume(series, i > 10 ? i - 10 : 0, i)
                                                  : median_volume(series, i + 1, std::min(series.bars.size(), i + 11));
    const double volume_step = bar.volume - around;
    if (power == 0 && std::abs(volume_step + size) < std::abs(volume_step)) return false;  // as after a split
    const bool is_error = power != 0;
    Finding& f =
        findings.add(row_of(series, i), is_error ? Severity::Error : Severity::Warning, "price_spike", "all",
                     fmt::format("the {} row stands at {} the prices {} it", std::isnan(sides.after) ? "last" : "first",
                                 factor_text(size), std::isnan(sides.after) ? "before" : "after"),
                     "compare with another source");
    if (power != 0 && !std::isnan(volume_step) && std::abs(volume_step) < 1.2)
      f.repair = scale_repair(f, power, {BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close});
    return true;
  }
  const bool is_error = std::abs(size) > std::max(limits.spike_error, 8 * sigma);
  const double worth_a_look =
      std::min(std::max(limits.spike_warning, 1.5 * limits.price_sigma * sigma), 1.8 * limits.spike_warning);
  if (!is_error && std::abs(size) < worth_a_look) return false;
  Finding& f = findings.add(
      row_of(series, i), is_error ? Severity::Error : Severity::Warning, "price_spike", "all",
      fmt::format("all prices are {} those of the days before and after{}", factor_text(size),
                  is_error && power != 0 ? ": a misplaced decimal point" : ", and the move is undone at once"),
      is_error && power != 0 ? fmt::format("multiply by 1e{}", -power) : "compare with another source");
  if (is_error && power != 0)
    f.repair = scale_repair(f, power, {BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close});
  return true;
}

/// A high or low that no other price of the day and no neighbour comes near.
void check_wicks(const Series& series, std::size_t i, const Limits& limits, Findings& findings) {
  const auto& bars = series.bars;
  const Bar& bar = bars[i];
  const double above = bar.high - std::max(bar.open, bar.close), below = std::min(bar.open, bar.close) - bar.low;
  if (std::max(above, below) < limits.wick_warning) return;
  std::vector<double> ranges;
  for (std::size_t j = i > 10 ? i - 10 : 0; j < std::min(bars.size(), i + 11); ++j)
    if (j != i) ranges.push_back(bars[j].high - bars[j].low);
  const double usual = ranges.empty() ? 0 : median(std::move(ranges));
  // however wild the days: half as much again as the floor is worth a look
  const double threshold =
      std::min(std::max(limits.wick_warning, limits.price_sigma * usual), 1.45 * limits.wick_warning);
  double highest = -INFINITY, lowest = INFINITY;  // of the neighbours
  for (const std::size_t j : {i - 1, i + 1}) {
    if (j >= bars.size()) continue;
    highest = std::max(highest, bars[j].high);
    lowest = std::min(lowest, bars[j].low);
  }
  const BarRow& row = row_of(series, i);
  if (above > threshold && bar.high - highest > above / 2)
    findings.add(row, Severity::Warning, "price_spike", "high",
                 fmt::format("high {} is {:.0f} % above open and close; the days around never come near",
                             price_text(row[BarColumn::High].value), (std::exp(above) - 1) * 100),
                 "compare with another source: a single bad print, or a real squeeze");
  if (below > threshold && lowest - bar.low > below / 2)
    findings.add(row, Severity::Warning, "price_spike", "low",
                 fmt::format("low {} is {:.0f} % below open and close; the days around never come near",
                             price_text(row[BarColumn::Low].value), (1 - std::exp(-below)) * 100),
                 "compare with another source: a single bad print, or a flash crash");
}

}  // namespace

namespace validation {

void check_levels(const Series& series, std::vector<bool>& reported, Findings& findings) {
  const std::vector<Jump> jumps = find_jumps(series);
  std::vector<bool> paired(jumps.size(), false);
  for (std::size_t k = 0; k + 1 < jumps.size(); ++k) {
    const Jump& first = jumps[k];
    const Jump& second = jumps[k + 1];
    const std::size_t length = second.at - first.at;
    const double size = (first.size - second.size) / 2;
    if (paired[k] || length > kMostRevertedRows || (first.size > 0) == (second.size > 0)) continue;
    if (std::abs(first.size + second.size) > 0.12 * std::abs(size) + 3 * series.sigma[first.at]) continue;
    if (length < 2) {  // a spike; check_spikes reports it
      paired[k] = paired[k + 1] = true;
      continue;
    }
    if (!find_split_ratio(std::exp(-size)) && !ratio_at(series, first.at) && !ratio_at(series, second.at) &&
        near_power_of_ten(size, 0.2) == 0)
      continue;
    if (stretch_of(series, first.at).first != stretch_of(series, second.at).first) continue;
    if (is_explained(series, first.at) || is_explained(series, second.at)) continue;
    std::vector<double> ranges;  // a day that runs through half of the jump is a crash, not a split
    for (std::size_t i = first.at - 1; i <= second.at; ++i) ranges.push_back(series.bars[i].high - series.bars[i].low);
    if (median(std::move(ranges)) > 0.25 * std::abs(size)) continue;
    paired[k] = paired[k + 1] = true;
    report_segment(series, first, second, reported, findings);
  }
  for (std::size_t k = 0; k < jumps.size(); ++k)
    if (!paired[k]) report_step(series, jumps[k], reported, findings);
}

void check_spikes(const Series& series, std::vector<bool>& reported, Findings& findings) {
  const Limits limits = limits_of(series.options);
  const std::vector<bool> by_level = reported;
  for (std::size_t i = 0; i < series.bars.size(); ++i) {
    if (by_level[i]) continue;
    const Sides sides = sides_of(series, i, by_level);
    if (std::isnan(sides.before) && std::isnan(sides.after)) continue;
    reported[i] =
        check_single_cells(series, i, sides, limits, findings) || check_row_spike(series, i, sides, limits, findings);
    if (!reported[i]) check_wicks(series, i, limits, findings);
  }
}

void check_stale(const Series& series, Findings& findings) {
  const auto& bars = series.bars;
  constexpr std::size_t kFlatRun = 3, kCloseRun = 4;
  const bool is_daily = !series.options.bar_length_ns;
  std::size_t same_bar = 1, same_close = 1;  // length of the run that ends here
  for (std::size_t i = 1; i < bars.size(); ++i) {
    const Bar& a = bars[i - 1];
    const Bar& b = bars[i];
    const bool is_close = a.close == b.close;
    const bool is_bar = is_close && a.open == b.open && a.high == b.high && a.low == b.low;
    const bool is_whole = is_bar && (a.volume == b.volume || (std::isnan(a.volume) && std::isnan(b.volume)));
    const bool is_flat = b.high == b.low;
    same_bar = is_bar ? same_bar + 1 : 1;
    same_close = is_close ? same_close + 1 : 1;
    if (is_bar && !is_flat && (is_daily || (is_whole && same_bar >= kFlatRun))) {
      findings.add(row_of(series, i), Severity::Warning, "stale_price", "all",
                   is_whole ? "prices and volume repeat the row before to the last digit"
                            : "open, high, low and close repeat the row before to the last digit",
                   "the source filled a hole with the day before: get the real bar");
    } else if (is_daily && is_flat && is_bar && same_bar == kFlatRun) {
      for (std::size_t j = i - 1; j <= i; ++j)
        findings.add(row_of(series, j), Severity::Warning, "stale_price", "all",
                     "the price does not move at all for days", "no trade, a halt, or a price carried forward");
    } else if (is_daily && is_flat && is_bar && same_bar > kFlatRun) {
      findings.add(row_of(series, i), Severity::Warning, "stale_price", "all",
                   "the price does not move at all for days", "no trade, a halt, or a price carried forward");
    } else if (is_daily && !is_bar && same_close >= kCloseRun && series.sigma[i] > 0.003) {
      const std::size_t first = same_close == kCloseRun ? i + 2 - kCloseRun : i;
      for (std::size_t j = first; j <= i; ++j)
        findings.add(row_of(series, j), Severity::Warning, "stale_price", "close",
                     fmt::format("the close {} stays the same while the day's range moves",
                                 price_text(row_of(series, j)[BarColumn::Close].value)),
                     "compare the closes with another source");
    }
  }
}

}  // namespace validation

std::string SplitRatio::to_string() const { return fmt::format("{}:{}", new_shares, old_shares); }

std::optional<SplitRatio> find_split_ratio(double factor) {
  constexpr SplitRatio kRatios[] = {{3, 2},  {2, 1},  {5, 2},  {3, 1},  {4, 1},  {5, 1},  {6, 1},  {7, 1},
                                    {8, 1},  {9, 1},  {10, 1}, {12, 1}, {15, 1}, {20, 1}, {25, 1}, {30, 1},
                                    {35, 1}, {40, 1}, {50, 1}, {60, 1}, {75, 1}, {80, 1}, {100, 1}};
  const double wanted = std::log(factor);
  std::optional<SplitRatio> best;
  double distance = 0.05;
  for (const SplitRatio& ratio : kRatios) {
    const double size = std::log(static_cast<double>(ratio.new_shares) / ratio.old_shares);
    if (const double d = std::abs(std::abs(wanted) - size); d < distance) {
      distance = d;
      best = wanted > 0 ? ratio : SplitRatio{ratio.old_shares, ratio.new_shares};
    }
  }
  return best;
}

}  // namespace rustybt::utils
