#include "rustybt/data/bundles/partition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"

namespace rustybt::data {

namespace {

constexpr const char* kFieldNames[kFieldCount] = {"open", "high", "low", "close", "volume"};
constexpr std::size_t kGroupRows = 131'072;
constexpr std::int64_t kTenToThe18 = 1'000'000'000'000'000'000;

bool is_volume(int field) { return field == static_cast<int>(Field::Volume); }

std::int64_t magnitude(std::int64_t value) { return value < 0 ? -value : value; }

int digits_at(const std::int64_t (&largest)[19], int scale) {
  for (int own = 0; own <= scale; ++own) {
    std::int64_t value = largest[own];
    if (__builtin_mul_overflow(value, kPowersOfTen64[static_cast<std::size_t>(scale - own)], &value) ||
        value >= kTenToThe18)
      return 19;
  }
  return 18;
}

std::vector<std::int64_t>& values_of(storage::Column& column) {
  return std::get<storage::Decimals>(column.values).values;
}

}  // namespace

Partition Partition::of(bool minutes, std::int64_t time) {
  const Date day = minutes ? Timestamp{time}.date() : Date{static_cast<std::int32_t>(time)};
  return {minutes, day.year(), minutes ? day.month() : 0};
}

std::int64_t Partition::end() const {
  const bool is_last_month = !minutes || month == 12;
  const Date next = Date::from_ymd(is_last_month ? year + 1 : year, is_last_month ? 1 : month + 1, 1);
  return minutes ? Timestamp::from_date(next).ns : next.days;
}

std::string Partition::path() const {
  return minutes ? fmt::format("minute/year={:04}/month={:02}/bars.parquet", year, month)
                 : fmt::format("daily/year={:04}/bars.parquet", year);
}

std::optional<Partition> Partition::parse(std::string_view path) {
  const auto number_after = [&](std::string_view key) {
    int number = 0;
    if (const std::size_t at = path.find(key); at != std::string_view::npos)
      std::from_chars(path.data() + at + key.size(), path.data() + path.size(), number);
    return number;
  };
  const Partition partition{path.starts_with("minute/"), number_after("year="), number_after("month=")};
  return partition.path() == path ? std::optional(partition) : std::nullopt;
}

void PartitionShape::widen(const BarSeries& series) {
  price_scale = std::max(price_scale, series.price_scale);
  volume_scale = std::max(volume_scale, series.volume_scale);
  for (int f = 0; f < kFieldCount; ++f) {
    std::int64_t& largest = is_volume(f) ? largest_volume_[series.volume_scale] : largest_price_[series.price_scale];
    for (const std::int64_t value : series.columns[f])
      if (value != kMissing) largest = std::max(largest, magnitude(value));
  }
}

void PartitionShape::widen(const PartitionShape& file) {
  price_scale = std::max(price_scale, file.price_scale);
  volume_scale = std::max(volume_scale, file.volume_scale);
  price_digits = std::max(price_digits, file.price_digits);
  volume_digits = std::max(volume_digits, file.volume_digits);
}

void PartitionShape::settle() {
  price_digits = std::max(price_digits, digits_at(largest_price_, price_scale));
  volume_digits = std::max(volume_digits, digits_at(largest_volume_, volume_scale));
}

bool PartitionShape::is_type_of(const PartitionShape& other) const {
  return price_scale == other.price_scale && volume_scale == other.volume_scale && price_digits == other.price_digits &&
         volume_digits == other.volume_digits;
}

PartitionShape PartitionShape::of(const std::filesystem::path& file) {
  PartitionShape shape;
  for (const auto& field : storage::inspect_parquet(file).fields) {  // "decimal64(18, 6)"
    if (field.name != "open" && field.name != "volume") continue;
    int digits = 18, scale = 0;
    const std::size_t at = field.type.find('(');
    if (at == std::string::npos || std::sscanf(field.type.c_str() + at, "(%d, %d)", &digits, &scale) != 2)
      throw Error(ErrorCode::CorruptBundle, fmt::format("{}: {} is {}", file.string(), field.name, field.type));
    (field.name == "open" ? shape.price_scale : shape.volume_scale) = scale;
    (field.name == "open" ? shape.price_digits : shape.volume_digits) = digits;
  }
  return shape;
}

PartitionWriter::PartitionWriter(const std::filesystem::path& file, bool minutes, const PartitionShape& shape)
    : file_(file, {.row_group_rows = kGroupRows}), minutes_(minutes), shape_(shape) {
  begin_group();
}

void PartitionWriter::begin_group() {
  group_ = {};
  group_.columns.push_back({"sid", storage::Int64s{}});
  if (minutes_) {
    group_.columns.push_back({"time", storage::Timestamps{}});
  } else {
    group_.columns.push_back({"session", storage::Dates{}});
  }
  for (int f = 0; f < kFieldCount; ++f) {
    group_.columns.push_back(
        {kFieldNames[f], storage::Decimals{{},
                                           is_volume(f) ? shape_.volume_scale : shape_.price_scale,
                                           is_volume(f) ? shape_.volume_digits : shape_.price_digits}});
  }
}

void PartitionWriter::add(Sid sid, const BarSeries& series, const std::string& symbol) {
  for (std::size_t begin = 0; begin < series.times.size();) {
    const std::size_t held = group_.rows();
    const std::size_t end = std::min(series.times.size(), begin + kGroupRows - held);
    auto& sids = std::get<storage::Int64s>(group_.columns[0].values).values;
    sids.insert(sids.end(), end - begin, sid.value);
    const auto from = series.times.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to = series.times.begin() + static_cast<std::ptrdiff_t>(end);
    if (minutes_) {
      auto& times = std::get<storage::Timestamps>(group_.columns[1].values).values;
      times.insert(times.end(), from, to);
    } else {
      auto& days = std::get<storage::Dates>(group_.columns[1].values).values;
      for (auto at = from; at != to; ++at) days.push_back(static_cast<std::int32_t>(*at));
    }
    for (int f = 0; f < kFieldCount; ++f) {
      storage::Column& column = group_.columns[static_cast<std::size_t>(f) + 2];
      const int raise =
          is_volume(f) ? shape_.volume_scale - series.volume_scale : shape_.price_scale - series.price_scale;
      const std::int64_t factor = kPowersOfTen64[static_cast<std::size_t>(raise)];
      auto& values = values_of(column);
      if (!column.validity.empty()) column.validity.resize(held + end - begin, 1);
      for (std::size_t i = begin; i < end; ++i) {
        std::int64_t value = series.columns[f][i];
        if (value == kMissing) {
          if (column.validity.empty()) column.validity.assign(held + end - begin, 1);
          column.validity[values.size()] = 0;
          value = 0;
        } else if (__builtin_mul_overflow(value, factor, &value)) {
          throw Error(
              ErrorCode::Overflow,
              fmt::format("{}: {} does not fit 19 digits at the {} decimals that other assets of the bundle have",
                          symbol, kFieldNames[f], is_volume(f) ? shape_.volume_scale : shape_.price_scale),
              "ingest assets with very large and very fine prices as two bundles");
        }
        values.push_back(value);
      }
    }
    begin = end;
    if (group_.rows() == kGroupRows) {
      file_.write(group_);
      has_written_ = true;
      begin_group();
    }
  }
}

void PartitionWriter::close() {
  if (group_.rows() > 0 || !has_written_) file_.write(group_);
  group_ = {};
  file_.close();
}

void for_each_series(const std::filesystem::path& file, const std::function<void(Sid, BarSeries)>& take) {
  const storage::ParquetReader reader(file);
  BarSeries series;
  Sid current;
  const auto hand_out = [&] {
    if (!series.times.empty()) take(current, std::exchange(series, BarSeries{}));
  };
  for (int g = 0; g < reader.row_groups(); ++g) {
    const storage::ColumnTable table = reader.read(g);
    const auto& sids = table.column("sid").as<storage::Int64s>().values;
    const auto* days = table.find("session") ? &table.column("session").as<storage::Dates>().values : nullptr;
    const auto* times = days ? nullptr : &table.column("time").as<storage::Timestamps>().values;
    const storage::Column* columns[kFieldCount];
    for (int f = 0; f < kFieldCount; ++f) columns[f] = &table.column(kFieldNames[f]);
    for (std::size_t begin = 0; begin < sids.size();) {
      std::size_t end = begin;
      while (end < sids.size() && sids[end] == sids[begin]) ++end;
      if (Sid{sids[begin]} != current) {
        hand_out();
        current = Sid{sids[begin]};
      }
      if (days) {
        series.times.insert(series.times.end(), days->begin() + static_cast<std::ptrdiff_t>(begin),
                            days->begin() + static_cast<std::ptrdiff_t>(end));
      } else {
        series.times.insert(series.times.end(), times->begin() + static_cast<std::ptrdiff_t>(begin),
                            times->begin() + static_cast<std::ptrdiff_t>(end));
      }
      for (int f = 0; f < kFieldCount; ++f) {
        const auto& decimals = columns[f]->as<storage::Decimals>();
        (is_volume(f) ? series.volume_scale : series.price_scale) = decimals.scale;
        for (std::size_t i = begin; i < end; ++i)
          series.columns[f].push_back(columns[f]->is_valid(i) ? decimals.values[i] : kMissing);
      }
      begin = end;
    }
  }
  hand_out();
}

}  // namespace rustybt::data
