#include "rustybt/data/bundles/bundle_future.hpp"

#include <algorithm>
#include <utility>

#include "rustybt/assets/asset_finder.hpp"
#include "rustybt/core/random.hpp"
#include "rustybt/data/fx.hpp"

namespace rustybt::data {
namespace {

bool is_same_pair(const FxRate& a, const FxRate& b) {
  return a.rate == b.rate && a.base == b.base && a.quote == b.quote;
}

/// Rates of one pair, ascending by day, of which those from `unknown` on are changed.
void change(std::span<FxRate> rates, std::size_t unknown, const FutureView& view, std::uint64_t stream) {
  if (unknown == rates.size()) return;
  if (view.kind == FutureKind::Shuffled) {
    const CounterRandom random(view.seed, stream);
    for (std::size_t i = rates.size(); i-- > unknown + 1;)
      std::swap(rates[i].value, rates[unknown + random.below(i, i - unknown + 1)].value);
    return;
  }
  const Decimal base = rates[unknown == 0 ? 0 : unknown - 1].value;
  int digits = 0;
  for (const FxRate& r : rates) digits = std::max(digits, r.value.scale());
  for (FxRate& r : rates.subspan(unknown)) {
    const Decimal image = (base * base).divide(r.value, digits, Rounding::HalfEven);
    r.value = image.is_zero() ? Decimal(1, digits) : image;
  }
}

std::vector<FxRate> changed_rates(std::vector<FxRate> rows, const FutureView& view, Date last_rate) {
  if (view.kind == FutureKind::Cut) {
    std::erase_if(rows, [last_rate](const FxRate& r) { return r.day > last_rate; });
    return rows;
  }
  std::uint64_t stream = 0;
  for (auto first = rows.begin(); first != rows.end(); ++stream) {
    const auto end = std::find_if(first, rows.end(), [&](const FxRate& r) { return !is_same_pair(*first, r); });
    const auto unknown = std::find_if(first, end, [last_rate](const FxRate& r) { return r.day > last_rate; });
    change({first, end}, static_cast<std::size_t>(unknown - first), view, stream);
    first = end;
  }
  return rows;
}

}  // namespace

Bundle with_unknown_ends(const Bundle& bundle, Date known) {
  Bundle other = bundle;
  other.finder = std::make_shared<const assets::AssetFinder>(bundle.finder->with_unknown_ends(known));
  return other;
}

Bundle with_future(const Bundle& bundle, const FutureView& view, Date last_rate) {
  Bundle other = with_unknown_ends(bundle, view.last_session);
  other.bars = BarStore::with_future(bundle.bars, view);
  if (!bundle.fx_rates->empty())
    other.fx_rates = std::make_shared<const FxRates>(changed_rates(bundle.fx_rates->rows(), view, last_rate));
  return other;
}

}  // namespace rustybt::data
