// Exchange rates as a table of a bundle (fx_rates.parquet) and as the rows of a CSV file.

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/data/fx.hpp"
#include "rustybt/storage/columnar.hpp"
#include "rustybt/storage/delimited_text.hpp"

namespace rustybt::data {

namespace {

constexpr int kMostDigits = 18;  // of a decimal in a file

}  // namespace

storage::ColumnTable fx_table(std::span<const FxRate> rows) {
  storage::Strings rate, base, quote;
  storage::Dates day;
  storage::Decimals value;
  for (const FxRate& r : rows) value.scale = std::max(value.scale, r.value.normalized().scale());
  for (const FxRate& r : rows) {
    const Decimal exact = r.value.normalized();
    int128 mantissa = 0;
    if (__builtin_mul_overflow(exact.coefficient(), power_of_ten(std::min(value.scale - exact.scale(), 38)),
                               &mantissa) ||
        value.scale > kMostDigits || mantissa >= power_of_ten(kMostDigits))
      throw Error{ErrorCode::Overflow,
                  "exchange rate " + r.base + "/" + r.quote + " on " + r.day.to_string() + ", " + exact.to_string() +
                      ", does not fit 18 digits with " + std::to_string(value.scale) +
                      " decimals, which another rate has",
                  "round the rates to fewer decimals"};
    rate.values.push_back(r.rate);
    base.values.push_back(r.base);
    quote.values.push_back(r.quote);
    day.values.push_back(r.day.days);
    value.values.push_back(static_cast<std::int64_t>(mantissa));
  }
  storage::ColumnTable table;
  table.columns.push_back({"rate", std::move(rate)});
  table.columns.push_back({"base", std::move(base)});
  table.columns.push_back({"quote", std::move(quote)});
  table.columns.push_back({"day", std::move(day)});
  table.columns.push_back({"value", std::move(value)});
  return table;
}

std::vector<FxRate> fx_rows(const storage::ColumnTable& table) {
  const auto& rate = table.column("rate").as<storage::Strings>().values;
  const auto& base = table.column("base").as<storage::Strings>().values;
  const auto& quote = table.column("quote").as<storage::Strings>().values;
  const auto& day = table.column("day").as<storage::Dates>().values;
  const auto& value = table.column("value").as<storage::Decimals>();
  std::vector<FxRate> rows;
  rows.reserve(rate.size());
  for (std::size_t i = 0; i < rate.size(); ++i)
    rows.push_back({rate[i], base[i], quote[i], Date{day[i]}, Decimal(value.values[i], value.scale)});
  return rows;
}

std::vector<FxRate> read_fx_rates(const std::filesystem::path& file) {
  const storage::TextTable table = storage::parse_delimited_text(storage::read_text_file(file), {}, file);
  const auto find = [&](std::initializer_list<std::string_view> names) {
    for (std::size_t i = 0; i < table.names().size(); ++i) {
      const std::string name = to_upper(table.names()[i]);
      if (std::ranges::find(names, name) != names.end()) return static_cast<int>(i);
    }
    return -1;
  };
  const int day = find({"DATE", "DAY"}), base = find({"BASE", "FROM"}), quote = find({"QUOTE", "TO"});
  const int value = find({"VALUE", "RATE"}), name = find({"RATE_NAME", "NAME"});
  if (day < 0 || base < 0 || quote < 0 || value < 0) {
    std::string found;
    for (const std::string& n : table.names()) found += (found.empty() ? "" : ", ") + n;
    throw Error{ErrorCode::MissingColumn,
                file.string() + ": exchange rates need the columns date, base, quote and rate; found " + found,
                "a row says: on this day 1 base is worth `rate` quote"}
        .with("file", file.string());
  }
  std::vector<FxRate> rows;
  for (std::int64_t i = 0; i < table.rows(); ++i) {
    const auto cell = [&](int column) { return trim(table.column(column)[static_cast<std::size_t>(i)]); };
    if (cell(value).empty()) continue;  // no rate that day: the one before it stands
    try {
      rows.push_back({name < 0 ? "mid" : std::string(cell(name)), to_upper(cell(base)), to_upper(cell(quote)),
                      Date::parse(cell(day)), Decimal::parse(cell(value))});
    } catch (const Error& e) {
      throw Error{ErrorCode::BadCell, file.string() + " line " + std::to_string(table.line_of(i)) + ": " + e.message()}
          .with("file", file.string());
    }
  }
  return rows;
}

}  // namespace rustybt::data
