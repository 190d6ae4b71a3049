// BarStore::with_future: the same past with another future.

#include <algorithm>
#include <charconv>
#include <utility>

#include "rustybt/core/error.hpp"
#include "rustybt/core/random.hpp"
#include "rustybt/data/bar_store.hpp"
#include "rustybt/data/bar_store_parts.hpp"

namespace rustybt::data {
namespace {

constexpr std::string_view kKindNames[] = {"cut", "mirrored", "shuffled"};
using Columns = std::array<std::int64_t*, kFieldCount>;

/// base^2 / value, rounded down, within [1, most]; for numbers that are not positive 2 * base - value.
std::int64_t mirrored(std::int64_t value, std::int64_t base, std::int64_t most) {
  if (value == kMissing) return kMissing;
  if (value <= 0 || base <= 0) return static_cast<std::int64_t>(int128{base} * 2 - value);
  const int128 image = int128{base} * base / value;
  return static_cast<std::int64_t>(std::clamp<int128>(image, 1, std::max<std::int64_t>(most, 1)));
}

/// The newest value that is there before row `from`, else the first from there on; 0 where there is none.
std::int64_t base_of(const std::int64_t* column, std::span<const std::int64_t> rows, std::size_t from) {
  for (std::size_t i = from; i-- > 0;)
    if (column[rows[i]] != kMissing && column[rows[i]] != 0) return column[rows[i]];
  for (std::size_t i = from; i < rows.size(); ++i)
    if (column[rows[i]] != kMissing) return column[rows[i]];
  return 0;
}

/// Mirror or shuffle rows[from...], which are positions in the columns in order of time.
void change(const Columns& columns, std::span<const std::int64_t> rows, std::size_t from, std::int64_t largest_price,
            const FutureView& view, std::uint64_t stream) {
  const auto at = [&columns](Field f) { return columns[static_cast<std::size_t>(f)]; };
  if (view.kind == FutureKind::Shuffled) {
    const CounterRandom random(view.seed, stream);
    for (std::size_t i = rows.size(); i-- > from + 1;) {
      const std::size_t other = from + random.below(i, i - from + 1);
      for (std::int64_t* column : columns) std::swap(column[rows[i]], column[rows[other]]);
    }
    return;
  }
  const std::int64_t price = base_of(at(Field::Close), rows, from), volume = base_of(at(Field::Volume), rows, from);
  const std::int64_t most_volume = volume > INT64_MAX / 100 ? INT64_MAX : volume * 100;
  for (std::size_t i = from; i < rows.size(); ++i) {
    const std::int64_t row = rows[i];
    std::swap(at(Field::High)[row], at(Field::Low)[row]);
    for (const Field f : {Field::Open, Field::High, Field::Low, Field::Close})
      at(f)[row] = mirrored(at(f)[row], price, largest_price);
    if (at(Field::Volume)[row] != 0) at(Field::Volume)[row] = mirrored(at(Field::Volume)[row], volume, most_volume);
  }
}

}  // namespace

FutureView FutureView::parse(std::string_view text) {
  FutureView view;
  const std::size_t colon = text.find(':'), plus = text.find('+');
  const auto kind = std::ranges::find(kKindNames, text.substr(0, colon));
  const auto wrong = [&] {
    return Error{
        ErrorCode::InvalidArgument,
        "'" + std::string(text) + "' is no view of the future; expected cut:DATE, mirrored:DATE or shuffled:DATE"};
  };
  if (kind == std::end(kKindNames) || colon == std::string_view::npos) throw wrong();
  view.kind = static_cast<FutureKind>(kind - std::begin(kKindNames));
  view.last_session =
      Date::parse(std::string(text.substr(colon + 1, plus == std::string_view::npos ? plus : plus - colon - 1)));
  if (plus != std::string_view::npos) {
    const std::string_view minutes = text.substr(plus + 1);
    const auto [end, failure] = std::from_chars(minutes.data(), minutes.data() + minutes.size(), view.known_minutes);
    if (failure != std::errc{} || end != minutes.data() + minutes.size() || view.known_minutes < 0) throw wrong();
  }
  return view;
}

std::string FutureView::to_string() const {
  std::string text = std::string(kKindNames[static_cast<std::size_t>(kind)]) + ":" + last_session.to_string();
  if (known_minutes > 0) text += "+" + std::to_string(known_minutes);
  return text;
}

std::shared_ptr<const BarStore> BarStore::with_future(std::shared_ptr<const BarStore> store, const FutureView& view) {
  auto result = std::make_shared<BarStore>(*store);
  auto backing = std::make_shared<Backing>();
  backing->owner = store;
  const auto unknown = static_cast<std::int32_t>(std::ranges::upper_bound(store->sessions_, view.last_session) -
                                                 store->sessions_.begin());
  const auto copied = [&backing](auto& bars, std::int64_t rows) {
    Columns columns;
    for (std::size_t f = 0; f < kFieldCount; ++f) {
      columns[f] = backing->copies.emplace_back(bars.columns[f], bars.columns[f] + rows).data();
      bars.columns[f] = columns[f];
    }
    return columns;
  };
  std::vector<std::int64_t> rows;
  for (std::size_t a = 0; a < store->daily_.size(); ++a) {
    AssetBars& daily = result->daily_[a];
    const std::int32_t known = std::clamp(unknown - daily.first, 0, daily.count);
    if (view.kind == FutureKind::Cut) {
      daily.count = known;
    } else if (known < daily.count) {
      rows.clear();
      for (std::int64_t i = 0; i < daily.count; ++i) rows.push_back(i);
      change(copied(daily, daily.count), rows, static_cast<std::size_t>(known), store->daily_ranges_[a].max_price, view,
             2 * a);
    }

    AssetMinutes& minutes = result->minutes_[a];
    const std::int32_t whole = std::clamp(unknown - minutes.first, 0, minutes.count);
    if (whole == minutes.count) continue;
    if (view.kind == FutureKind::Cut && view.known_minutes == 0) {
      minutes.count = whole;
      continue;
    }
    rows.clear();
    std::size_t from = 0;
    std::int64_t end = 0;
    for (std::int32_t s = minutes.first; s < minutes.first + minutes.count; ++s) {
      if (s == unknown)
        from = rows.size() +
               static_cast<std::size_t>(minutes.block(s) < 0 ? 0 : std::min(view.known_minutes, store->minutes_in(s)));
      if (minutes.block(s) < 0) continue;
      for (int m = 0; m < store->minutes_in(s); ++m) rows.push_back(minutes.block(s) + m);
      end = std::max(end, rows.back() + 1);
    }
    if (minutes.first > unknown) from = 0;
    const Columns columns = copied(minutes, end);
    if (view.kind == FutureKind::Cut) {
      for (std::size_t i = from; i < rows.size(); ++i)
        for (std::int64_t* column : columns) column[rows[i]] = kMissing;
    } else {
      change(columns, rows, from, store->minute_ranges_[a].max_price, view, 2 * a + 1);
    }
  }
  result->backing_ = std::move(backing);
  return result;
}

}  // namespace rustybt::data
