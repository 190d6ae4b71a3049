#include "rustybt/data/adapters/parquet_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <type_traits>

#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/timestamp.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::data::adapters {

namespace {

std::vector<std::string> to_text(const storage::Column& column) {
  std::vector<std::string> cells(column.size());
  std::visit(
      [&](const auto& typed) {
        using Kind = std::decay_t<decltype(typed)>;
        for (std::size_t i = 0; i < cells.size(); ++i) {
          if (!column.is_valid(i)) continue;
          const auto& value = typed.values[i];
          if constexpr (std::is_same_v<Kind, storage::Strings>) {
            cells[i] = value;
          } else if constexpr (std::is_same_v<Kind, storage::Decimals>) {
            cells[i] = Decimal(value, typed.scale).to_string();
          } else if constexpr (std::is_same_v<Kind, storage::Timestamps>) {
            cells[i] = Timestamp{value}.to_string();
          } else if constexpr (std::is_same_v<Kind, storage::Dates>) {
            cells[i] = Date{value}.to_string();
          } else {
            cells[i] = fmt::format("{}", value);  // nan stays "nan", which is a missing cell
          }
        }
      },
      column.values);
  return cells;
}

}  // namespace

storage::TextTable read_parquet_as_text(const std::filesystem::path& file) {
  const storage::ColumnTable table = storage::read_parquet(file);
  if (table.rows() == 0) throw Error(ErrorCode::EmptyData, fmt::format("{} has no rows", file.string()));
  return to_text_table(table);
}

storage::TextTable to_text_table(const storage::ColumnTable& table) {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> columns;
  for (const storage::Column& column : table.columns) {
    names.push_back(column.name);
    columns.push_back(to_text(column));
  }
  return {std::move(names), std::move(columns)};
}

}  // namespace rustybt::data::adapters
