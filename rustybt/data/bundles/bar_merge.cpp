#include "rustybt/data/bundles/bar_merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"

namespace rustybt::data {

namespace {

std::int64_t ten_to(int exponent) { return kPowersOfTen64[static_cast<std::size_t>(exponent)]; }

void drop_decimals(std::span<std::vector<std::int64_t>> columns, int& scale) {
  int spare = scale;  // decimals at the end that no value needs
  for (const auto& column : columns) {
    for (const std::int64_t v : column) {
      if (v == kMissing) continue;
      while (spare > 0 && v % ten_to(spare) != 0) --spare;
      if (spare == 0) return;
    }
  }
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
      if (v != kMissing && __builtin_mul_overflow(v, ten_to(to - scale), &v)) {
        throw Error(
            ErrorCode::Overflow,
            fmt::format("{}: its values do not fit 18 digits at the {} decimals that some of them need", symbol, to));
      }
    }
  }
  scale = to;
}

void copy_row(BarSeries& to, BarRow row) {
  to.times.push_back(row.time());
  for (int f = 0; f < kFieldCount; ++f) to.columns[f].push_back(row.value(f));
}

}  // namespace

void reduce_scale(BarSeries& series) {
  drop_decimals(std::span(series.columns).first(4), series.price_scale);
  drop_decimals(std::span(series.columns).subspan(4), series.volume_scale);
}

void raise_scales(BarSeries& series, int price_scale, int volume_scale, const std::string& symbol) {
  raise_scale(std::span(series.columns).first(4), series.price_scale, price_scale, symbol);
  raise_scale(std::span(series.columns).subspan(4), series.volume_scale, volume_scale, symbol);
}

void share_scales(std::vector<BarSeries>& pieces, const std::string& symbol) {
  int price = 0;
  int volume = 0;
  for (const BarSeries& piece : pieces) {
    price = std::max(price, piece.price_scale);
    volume = std::max(volume, piece.volume_scale);
  }
  for (BarSeries& piece : pieces) raise_scales(piece, price, volume, symbol);
}

BarSeries slice(const BarSeries& series, std::size_t begin, std::size_t end) {
  const auto part = [&](const std::vector<std::int64_t>& values) {
    return std::vector(values.begin() + static_cast<std::ptrdiff_t>(begin),
                       values.begin() + static_cast<std::ptrdiff_t>(end));
  };
  BarSeries out;
  out.times = part(series.times);
  for (int f = 0; f < kFieldCount; ++f) out.columns[f] = part(series.columns[f]);
  out.price_scale = series.price_scale;
  out.volume_scale = series.volume_scale;
  return out;
}

void append_rows(BarSeries& series, BarSeries later, const std::string& symbol) {
  raise_scales(series, later.price_scale, later.volume_scale, symbol);
  raise_scales(later, series.price_scale, series.volume_scale, symbol);
  series.times.insert(series.times.end(), later.times.begin(), later.times.end());
  for (int f = 0; f < kFieldCount; ++f)
    series.columns[f].insert(series.columns[f].end(), later.columns[f].begin(), later.columns[f].end());
}

bool same_values(BarRow a, BarRow b) {
  for (int f = 0; f < kFieldCount; ++f)
    if (a.value(f) != b.value(f)) return false;
  return true;
}

BarSeries merge_series(std::vector<BarSeries> pieces, const Decide& decide, const std::string& symbol) {
  std::erase_if(pieces, [](const BarSeries& piece) { return piece.times.empty(); });
  if (pieces.empty()) return {};
  share_scales(pieces, symbol);
  if (pieces.size() == 1) {
    reduce_scale(pieces[0]);
    return std::move(pieces[0]);
  }
  std::size_t rows = 0;
  bool in_order = true;
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    rows += pieces[p].times.size();
    in_order = in_order && (p == 0 || pieces[p - 1].times.back() < pieces[p].times.front());
  }
  BarSeries out = std::move(pieces[0]);
  if (in_order) {
    for (std::size_t p = 1; p < pieces.size(); ++p) append_rows(out, std::move(pieces[p]), symbol);
    reduce_scale(out);
    return out;
  }
  pieces[0] = std::exchange(out, BarSeries{});
  std::vector<BarRow> order;
  order.reserve(rows);
  for (const BarSeries& piece : pieces)
    for (std::size_t i = 0; i < piece.times.size(); ++i) order.push_back({&piece, i});
  std::ranges::stable_sort(order, {}, &BarRow::time);
  out.price_scale = pieces[0].price_scale;
  out.volume_scale = pieces[0].volume_scale;
  out.times.reserve(rows);
  for (auto& column : out.columns) column.reserve(rows);
  for (std::size_t i = 0; i < order.size();) {
    BarRow stands = order[i];
    for (++i; i < order.size() && order[i].time() == stands.time(); ++i)
      if (decide(stands, order[i])) stands = order[i];
    copy_row(out, stands);
  }
  reduce_scale(out);
  return out;
}

std::string describe_difference(BarRow earlier, BarRow later, bool minutes) {
  static constexpr const char* kNames[kFieldCount] = {"open", "high", "low", "close", "volume"};
  std::string text =
      minutes ? Timestamp{later.time()}.to_string() : Date{static_cast<std::int32_t>(later.time())}.to_string();
  const char* separator = ": ";
  for (int f = 0; f < kFieldCount; ++f) {
    if (earlier.value(f) == later.value(f)) continue;
    const auto number = [&](BarRow bar) {
      const int scale = f == static_cast<int>(Field::Volume) ? bar.series->volume_scale : bar.series->price_scale;
      return bar.value(f) == kMissing ? std::string("none") : Decimal(bar.value(f), scale).normalized().to_string();
    };
    text += fmt::format("{}{} {} before, {} now", separator, kNames[f], number(earlier), number(later));
    separator = "; ";
  }
  return text;
}

}  // namespace rustybt::data
