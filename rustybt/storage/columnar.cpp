#include "rustybt/storage/columnar.hpp"

#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>

#include <algorithm>
#include <utility>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/arrow_convert.hpp"
#include "rustybt/storage/arrow_errors.ipp"

namespace rustybt::storage {

namespace {

std::vector<std::string> names_of(std::span<const Column> columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

}  // namespace

// --- tables ---------------------------------------------------------------------------------------------------------

std::size_t Column::size() const {
  return std::visit([](const auto& kind_values) { return kind_values.values.size(); }, values);
}

std::string_view Column::kind() const {
  static constexpr std::string_view kNames[] = {"int64", "decimal", "double", "string", "timestamp", "date", "bool"};
  static_assert(std::size(kNames) == std::variant_size_v<ColumnValues>);
  return kNames[values.index()];
}

void Column::throw_wrong_kind(std::string_view expected) const {
  throw Error(ErrorCode::WrongType, fmt::format("column {}: expected {}, found {}", name, expected, kind()))
      .with("column", name);
}

const Column* ColumnTable::find(std::string_view name) const {
  const auto found = std::ranges::find(columns, name, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

const Column& ColumnTable::column(std::string_view name) const {
  if (const Column* found = find(name)) return *found;
  throw_missing_column(name, "", names_of(columns));
}

// --- Arrow C stream -------------------------------------------------------------------------------------------------

void export_stream(ColumnTable table, ArrowArrayStream* out) {
  const auto data = to_arrow(std::make_shared<const ColumnTable>(std::move(table)), DecimalWidth::Full);
  const arrow::Status status = arrow::ExportRecordBatchReader(std::make_shared<arrow::TableBatchReader>(data), out);
  require_invariant(status.ok(), "a table can be exported as a stream");
}

ColumnTable import_stream(ArrowArrayStream* stream, const std::string& origin) {
  const FileErrors errors(origin, ErrorCode::FileNotReadable);
  const auto reader = errors.take(arrow::ImportRecordBatchReader(stream));
  const auto table = errors.take(reader->ToTable());
  ColumnTable out;
  for (int i = 0; i < table->num_columns(); ++i)
    out.columns.push_back(from_arrow(origin, table->field(i)->name(), *table->column(i)));
  return out;
}

}  // namespace rustybt::storage
