#include "rustybt/data/bundles/frame_bars.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>
#include <unordered_map>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/data/bundles/cell_number.hpp"

namespace rustybt::data {

namespace {

constexpr std::int64_t kNanosecondsADay = 86'400'000'000'000;

[[noreturn]] void refuse(ErrorCode code, const std::string& origin, const std::string& column,
                         const std::string& what) {
  throw Error(code, fmt::format("{}, column {}: {}", origin, column, what)).with("column", column);
}

CellNumber number_of(double value) {
  std::array<char, 32> text;
  const char* const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return parse_cell({text.data(), end}, false);
}
CellNumber number_of(std::int64_t value) { return {CellNumber::Kind::Value, value, 0, false}; }
CellNumber number_of(const std::string& text) { return parse_cell(text, false); }

/// Values of one column with a scale of each value's own until all are read.
struct Numbers {
  std::vector<std::int64_t> mantissas;
  std::vector<std::int8_t> scales;
  int scale = 0;

  void add(const CellNumber& cell) {
    if (cell.scale > scale) scale = cell.scale;
    mantissas.push_back(cell.kind == CellNumber::Kind::Missing ? kMissing : cell.mantissa);
    scales.push_back(static_cast<std::int8_t>(cell.scale));
  }
};

Numbers read_numbers(const storage::Column& column, const std::string& origin) {
  Numbers out;
  out.mantissas.reserve(column.size());
  out.scales.reserve(column.size());
  const auto add = [&](std::size_t row, const CellNumber& cell) {
    if (cell.kind == CellNumber::Kind::Bad || cell.kind == CellNumber::Kind::TooLong) {
      refuse(cell.kind == CellNumber::Kind::Bad ? ErrorCode::BadCell : ErrorCode::Overflow, origin, column.name,
             fmt::format("row {} {}", row,
                         cell.kind == CellNumber::Kind::Bad ? "is no number" : "needs more than 18 digits"));
    }
    out.add(cell);
  };
  constexpr CellNumber kNone{CellNumber::Kind::Missing, 0, 0, false};
  std::visit(
      [&](const auto& typed) {
        using Kind = std::decay_t<decltype(typed)>;
        for (std::size_t row = 0; row < typed.values.size(); ++row) {
          if (!column.is_valid(row)) {
            out.add(kNone);
          } else if constexpr (std::is_same_v<Kind, storage::Decimals>) {
            out.add({CellNumber::Kind::Value, typed.values[row], typed.scale, false});
          } else if constexpr (std::is_same_v<Kind, storage::Int64s> || std::is_same_v<Kind, storage::Doubles> ||
                               std::is_same_v<Kind, storage::Strings>) {
            add(row, number_of(typed.values[row]));
          } else {
            refuse(ErrorCode::WrongType, origin, column.name,
                   fmt::format("expected numbers, found values of kind {}", column.kind()));
          }
        }
      },
      column.values);
  return out;
}

/// All columns at the finest of their scales, decimals that none of them needs dropped.
int align(std::span<Numbers> columns, std::span<std::vector<std::int64_t>> out, const std::string& origin) {
  int scale = 0;
  for (const Numbers& column : columns) scale = std::max(scale, column.scale);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    for (std::size_t row = 0; row < columns[c].mantissas.size(); ++row) {
      std::int64_t& value = columns[c].mantissas[row];
      if (value != kMissing &&
          __builtin_mul_overflow(value, kPowersOfTen64[static_cast<std::size_t>(scale - columns[c].scales[row])],
                                 &value)) {
        throw Error(ErrorCode::Overflow, fmt::format("{}: the values need more than 18 digits", origin),
                    "round prices and volumes to 18 digits");
      }
    }
    out[c] = std::move(columns[c].mantissas);
  }
  return scale;
}

std::vector<std::int64_t> read_times(const storage::Column& column, BarTimes wanted, const std::string& origin) {
  std::vector<std::int64_t> out;
  out.reserve(column.size());
  const bool days = wanted == BarTimes::Days;
  const auto day_of = [](std::int64_t ns) { return ns / kNanosecondsADay - (ns % kNanosecondsADay < 0 ? 1 : 0); };
  std::visit(
      [&](const auto& typed) {
        using Kind = std::decay_t<decltype(typed)>;
        for (std::size_t row = 0; row < typed.values.size(); ++row) {
          if (!column.is_valid(row))
            refuse(ErrorCode::BadCell, origin, column.name, fmt::format("row {} is empty", row));
          if constexpr (std::is_same_v<Kind, storage::Dates>) {
            out.push_back(days ? typed.values[row] : typed.values[row] * kNanosecondsADay);
          } else if constexpr (std::is_same_v<Kind, storage::Timestamps>) {
            out.push_back(days ? day_of(typed.values[row]) : typed.values[row]);
          } else if constexpr (std::is_same_v<Kind, storage::Strings>) {
            const Timestamp time = Timestamp::parse(typed.values[row]);
            out.push_back(days ? day_of(time.ns) : time.ns);
          } else {
            refuse(ErrorCode::WrongType, origin, column.name,
                   fmt::format("expected times, found values of kind {}", column.kind()));
          }
        }
      },
      column.values);
  return out;
}

}  // namespace

BarSeries frame_bars(const storage::ColumnTable& table, std::string_view time, BarTimes times,
                     const std::string& origin) {
  static constexpr std::array<std::string_view, kFieldCount> kNames = {"open", "high", "low", "close", "volume"};
  BarSeries series;
  try {
    series.times = read_times(table.column(time), times, origin);
    std::array<Numbers, kFieldCount> numbers;
    for (std::size_t f = 0; f < kFieldCount; ++f) numbers[f] = read_numbers(table.column(kNames[f]), origin);
    series.price_scale = align(std::span(numbers).first(4), std::span(series.columns).first(4), origin);
    series.volume_scale = align(std::span(numbers).subspan(4), std::span(series.columns).subspan(4), origin);
  } catch (Error& error) {
    if (error.code() == ErrorCode::MissingColumn) throw error.with("table", origin);
    throw;
  }
  return series;
}

std::vector<std::pair<std::string, storage::ColumnTable>> split_by_symbol(const storage::ColumnTable& table,
                                                                          std::string_view symbol) {
  const storage::Column& names = table.column(symbol);
  std::vector<std::pair<std::string, std::vector<std::size_t>>> groups;
  std::unordered_map<std::string, std::size_t> places;
  const auto* numbers = std::get_if<storage::Int64s>(&names.values);
  const auto* texts = numbers != nullptr ? nullptr : &names.as<storage::Strings>();
  for (std::size_t row = 0; row < names.size(); ++row) {
    if (!names.is_valid(row))
      throw Error(ErrorCode::BadCell, fmt::format("column {}: row {} has no symbol", symbol, row));
    std::string name = numbers != nullptr ? fmt::format("{}", numbers->values[row]) : texts->values[row];
    const auto [place, is_new] = places.try_emplace(std::move(name), groups.size());
    if (is_new) groups.push_back({place->first, {}});
    groups[place->second].second.push_back(row);
  }
  std::vector<std::pair<std::string, storage::ColumnTable>> out;
  for (const auto& [name, rows] : groups) {
    storage::ColumnTable part;
    for (const storage::Column& column : table.columns) {
      storage::Column picked = std::visit(
          [&](const auto& typed) {
            auto kept = typed;
            kept.values.clear();
            kept.values.reserve(rows.size());
            for (const std::size_t row : rows) kept.values.push_back(typed.values[row]);
            return storage::Column{column.name, std::move(kept)};
          },
          column.values);
      if (!column.validity.empty())
        for (const std::size_t row : rows) picked.validity.push_back(column.validity[row]);
      part.columns.push_back(std::move(picked));
    }
    out.emplace_back(name, std::move(part));
  }
  return out;
}

}  // namespace rustybt::data
