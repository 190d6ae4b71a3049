#include "rustybt/data/adjustments.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"

namespace rustybt::data {
namespace {

constexpr double kRatioTolerance = 1e-9;
constexpr double kSmallFraction = 10'000;

std::int64_t greatest_common_divisor(std::int64_t a, std::int64_t b) {
  while (b != 0) a = std::exchange(b, a % b);
  return a;
}

}  // namespace

void set_exact_ratio(Split& split) {
  const double x = split.ratio;
  if (!(x > 0.0) || !std::isfinite(x))
    throw Error{ErrorCode::InvalidNumber, "a split ratio must be above 0, got " + std::to_string(x),
                "the ratio is new price / old price: 0.5 for two new shares per old one"};
  // convergents of the continued fraction, the first that is near enough
  double rest = x, p0 = 0, q0 = 1, p1 = 1, q1 = 0;
  for (int step = 0; step < 40; ++step) {
    const double whole = std::floor(rest);
    const double p = whole * p1 + p0, q = whole * q1 + q0;
    if (std::min(p, q) > kSmallFraction || std::max(p, q) > 9e15) break;
    if (p > 0 && std::fabs(p / q - x) <= kRatioTolerance * x) {
      split.numerator = static_cast<std::int64_t>(p);
      split.denominator = static_cast<std::int64_t>(q);
      return;
    }
    if (rest == whole) break;
    rest = 1.0 / (rest - whole);
    p0 = std::exchange(p1, p);
    q0 = std::exchange(q1, q);
  }
  const Decimal text = Decimal::from_double_shortest(x).normalized();
  if (text.scale() > 18 || text.coefficient() > INT64_MAX)
    throw Error{ErrorCode::InvalidNumber, "the split ratio " + text.to_string() + " has more than 18 digits",
                "write it as a fraction"};
  const auto numerator = static_cast<std::int64_t>(text.coefficient());
  const auto denominator = static_cast<std::int64_t>(power_of_ten(text.scale()));
  const std::int64_t divisor = greatest_common_divisor(numerator, denominator);
  split.numerator = numerator / divisor;
  split.denominator = denominator / divisor;
}

std::vector<PriceRatio> compute_dividend_ratios(std::span<const CashDividend> dividends, std::span<const Date> sessions,
                                                const CloseOn& close,
                                                const std::function<std::string(AssetIndex)>& name, const Log& log,
                                                DividendFactor factor, std::span<const Split> splits) {
  std::map<std::pair<std::int32_t, Date>, double> shares;  // new ones per old one
  if (factor == DividendFactor::TotalReturn)
    for (const Split& s : splits) shares.try_emplace({s.asset.value, s.effective_date}, 1.0).first->second /= s.ratio;
  std::vector<PriceRatio> ratios;
  ratios.reserve(dividends.size());
  for (const CashDividend& d : dividends) {
    const auto ex = std::lower_bound(sessions.begin(), sessions.end(), d.ex_date);
    if (ex == sessions.begin()) continue;
    const bool by_previous = factor == DividendFactor::PreviousClose;
    double ratio = std::nan("");
    if (by_previous) {
      ratio = 1.0 - d.amount_double / close(d.asset, *(ex - 1));
    } else if (ex != sessions.end()) {
      const auto split = shares.find({d.asset.value, d.ex_date});
      ratio = 1.0 / (1.0 + d.amount_double / (close(d.asset, *ex) * (split == shares.end() ? 1.0 : split->second)));
    }
    if (ratio > 0.0) {
      ratios.push_back({d.asset, d.ex_date, ratio});
      continue;
    }
    log.warning("dividend of " + name(d.asset) + " on " + d.ex_date.to_string() + ", amount " + d.amount.to_string() +
                (std::isnan(ratio)
                     ? std::string(": no close on ") + (by_previous ? "the session before" : "its ex-date")
                     : std::string(": not less than the close before")) +
                ", earlier prices are not adjusted");
  }
  return ratios;
}

std::vector<PriceRatio> compute_dividend_ratios(std::span<const CashDividend> dividends, const BarStore& store,
                                                const assets::AssetFinder& finder, const Log& log,
                                                DividendFactor factor, std::span<const Split> splits) {
  const auto sessions = store.sessions();
  const CloseOn close = [&](AssetIndex asset, Date day) {
    const auto session = std::lower_bound(sessions.begin(), sessions.end(), day) - sessions.begin();
    const AssetBars& bars = store.daily(asset);
    const std::int64_t mantissa = bars.at(Field::Close, static_cast<std::int32_t>(session));
    if (mantissa == kMissing) return std::nan("");
    if (bars.price_scale <= 3) return static_cast<double>(mantissa * power_of_ten(3 - bars.price_scale)) * 0.001;
    return mantissa_to_double(mantissa, bars.price_scale);
  };
  const auto name = [&](AssetIndex a) { return finder[a].symbol; };
  return compute_dividend_ratios(dividends, sessions, close, name, log, factor, splits);
}

std::shared_ptr<const Adjustments> with_dividend_factor(std::shared_ptr<const Adjustments> adjustments,
                                                        const BarStore& store, const assets::AssetFinder& finder,
                                                        DividendFactor factor, const Log& log) {
  if (factor == DividendFactor::PreviousClose || adjustments->cash_dividends.empty()) return adjustments;
  auto own = std::make_shared<Adjustments>(*adjustments);
  own->dividends = compute_dividend_ratios(own->cash_dividends, store, finder, log, factor, own->splits);
  return own;
}

AdjustmentIndex::AdjustmentIndex(const Adjustments& adjustments, int asset_count) {
  first_.assign(static_cast<std::size_t>(asset_count) + 1, 0);
  const auto count = [&](AssetIndex asset) {
    require_invariant(asset.value >= 0 && asset.value < asset_count, "an adjustment names an asset of the bundle");
    ++first_[static_cast<std::size_t>(asset.value) + 1];
  };
  for (const auto& s : adjustments.splits) count(s.asset);
  for (const auto& m : adjustments.mergers) count(m.asset);
  for (const auto& d : adjustments.dividends) count(d.asset);
  for (std::size_t a = 1; a < first_.size(); ++a) first_[a] += first_[a - 1];
  in_tables_.resize(static_cast<std::size_t>(first_.back()));
  std::vector<std::int32_t> next(first_.begin(), first_.end() - 1);
  const auto put = [&](AssetIndex asset, const AdjustmentFactor& factor) {
    in_tables_[static_cast<std::size_t>(next[static_cast<std::size_t>(asset.value)]++)] = factor;
  };
  for (const auto& s : adjustments.splits)
    put(s.asset, {s.effective_date, AdjustmentKind::Split, s.ratio, 1.0 / s.ratio});
  for (const auto& m : adjustments.mergers) put(m.asset, {m.effective_date, AdjustmentKind::Merger, m.ratio, 1.0});
  for (const auto& d : adjustments.dividends) put(d.asset, {d.effective_date, AdjustmentKind::Dividend, d.ratio, 1.0});
  factors_ = in_tables_;
  for (std::size_t a = 0; a + 1 < first_.size(); ++a)
    std::stable_sort(factors_.begin() + first_[a], factors_.begin() + first_[a + 1], [](const auto& x, const auto& y) {
      return x.effective_date != y.effective_date ? x.effective_date < y.effective_date : x.kind < y.kind;
    });
}

std::span<const AdjustmentFactor> AdjustmentIndex::factors(AssetIndex asset) const {
  const auto a = static_cast<std::size_t>(asset.value);
  return std::span(factors_).subspan(static_cast<std::size_t>(first_[a]),
                                     static_cast<std::size_t>(first_[a + 1] - first_[a]));
}

double AdjustmentIndex::ratio(AssetIndex asset, bool volume, Timestamp from, Timestamp to) const {
  const auto a = static_cast<std::size_t>(asset.value);
  double product = 1.0;
  bool table_done = false;
  for (auto i = static_cast<std::size_t>(first_[a]), end = static_cast<std::size_t>(first_[a + 1]); i < end; ++i) {
    const AdjustmentFactor& f = in_tables_[i];
    if (i > static_cast<std::size_t>(first_[a]) && f.kind != in_tables_[i - 1].kind) table_done = false;
    const Timestamp effective = Timestamp::from_date(f.effective_date);
    if (effective > to) table_done = true;
    if (!table_done && from < effective) product *= volume ? f.volume_factor : f.price_factor;
  }
  return product;
}

}  // namespace rustybt::data
