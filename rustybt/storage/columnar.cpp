#include "rustybt/storage/columnar.hpp"

#include <arrow/array.h>
#include <arrow/c/bridge.h>
#include <arrow/chunked_array.h>
#include <arrow/io/file.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <set>
#include <utility>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/arrow_convert.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::storage {

namespace {

namespace fs = std::filesystem;

/// Arrow's failures as ours, with the file's name.
class FileErrors {
 public:
  FileErrors(const fs::path& path, ErrorCode code) : path_(path), code_(code) {}

  [[noreturn]] void fail(std::string_view what) const {
    const std::string_view action = code_ == ErrorCode::FileNotWritable ? "write" : "read";
    throw Error(code_, fmt::format("cannot {} {}: {}", action, path_.string(), what)).with("file", path_.string());
  }
  void check(const arrow::Status& status) const {
    if (!status.ok()) fail(status.message());
  }
  template <class T>
  T take(arrow::Result<T> result) const {
    check(result.status());
    return std::move(result).MoveValueUnsafe();
  }
  /// Run `body`; what Parquet throws from below Arrow's interface becomes an Error too.
  template <class Body>
  auto guard(const Body& body) const {
    try {
      return body();
    } catch (const parquet::ParquetException& e) {
      fail(e.what());
    }
  }

 private:
  const fs::path& path_;
  ErrorCode code_;
};

[[noreturn]] void throw_missing_column(std::string_view name, std::string_view where,
                                       const std::vector<std::string>& there) {
  throw Error(ErrorCode::MissingColumn, fmt::format("no column {}{}{}; there are: {}", name,
                                                    where.empty() ? "" : " in ", where, fmt::join(there, ", ")))
      .with("column", std::string(name));
}

std::vector<std::string> names_of(std::span<const Column> columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

void require_file(const fs::path& path) {
  if (!fs::exists(path))
    throw Error(ErrorCode::FileNotFound, fmt::format("no file {}", path.string())).with("file", path.string());
}

std::unique_ptr<parquet::arrow::FileReader> open_parquet(const fs::path& path, const FileErrors& errors) {
  require_file(path);
  auto input = errors.take(arrow::io::ReadableFile::Open(path.string()));
  parquet::ReaderProperties file_properties;
  file_properties.set_page_checksum_verification(true);
  parquet::ArrowReaderProperties properties;
  properties.set_smallest_decimal_enabled(true);  // decimals in 8 bytes need no detour over 16
  parquet::arrow::FileReaderBuilder builder;
  errors.check(builder.Open(std::move(input), file_properties));
  return errors.take(builder.properties(properties)->Build());
}

std::shared_ptr<parquet::WriterProperties> writer_properties(const arrow::Schema& schema,
                                                             const ParquetOptions& options) {
  parquet::WriterProperties::Builder builder;
  builder.compression(parquet::Compression::ZSTD)->compression_level(options.zstd_level);
  builder.enable_statistics()->enable_store_decimal_as_integer()->enable_page_checksum();
  builder.max_row_group_length(options.row_group_rows);
  for (const auto& field : schema.fields()) {
    switch (field->type()->id()) {
      case arrow::Type::INT64:
      case arrow::Type::TIMESTAMP:
      case arrow::Type::DATE32:
      case arrow::Type::DECIMAL64:
        builder.disable_dictionary(field->name())->encoding(field->name(), parquet::Encoding::DELTA_BINARY_PACKED);
        break;
      default:
        break;  // the writer's own choice: dictionaries that fall back to plain
    }
  }
  return builder.build();
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

// --- Parquet --------------------------------------------------------------------------------------------------------

void write_parquet(const fs::path& path, const ColumnTable& table, const ParquetOptions& options) {
  if (options.row_group_rows < 1)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("row groups have 1 row or more, found {}", options.row_group_rows));
  const FileErrors errors(path, ErrorCode::FileNotWritable);
  // the caller's table outlives this function, so nobody needs to own it
  const auto data =
      to_arrow(std::shared_ptr<const ColumnTable>(std::shared_ptr<const void>(), &table), DecimalWidth::Smallest);
  errors.guard([&] {
    auto sink = errors.take(arrow::io::FileOutputStream::Open(path.string()));
    auto writer = errors.take(parquet::arrow::FileWriter::Open(*data->schema(), arrow::default_memory_pool(), sink,
                                                               writer_properties(*data->schema(), options)));
    errors.check(writer->WriteTable(*data, options.row_group_rows));
    if (const auto metadata = to_arrow(table.metadata)) errors.check(writer->AddKeyValueMetadata(metadata));
    errors.check(writer->Close());
    errors.check(sink->Close());
  });
  sync_file(path);
}

ColumnTable read_parquet(const fs::path& path, std::span<const std::string> columns) {
  const FileErrors errors(path, ErrorCode::FileNotReadable);
  return errors.guard([&] {
    const auto reader = open_parquet(path, errors);
    std::shared_ptr<arrow::Schema> schema;
    errors.check(reader->GetSchema(&schema));
    const std::vector<std::string> there = schema->field_names();
    ColumnTable table;
    table.metadata = from_arrow(schema->metadata().get());
    for (const std::string& name : columns.empty() ? std::span<const std::string>(there) : columns) {
      const auto found = std::ranges::find(there, name);
      if (found == there.end()) throw_missing_column(name, path.string(), there);
      std::shared_ptr<arrow::ChunkedArray> chunks;
      errors.check(reader->ReadColumn(static_cast<int>(found - there.begin()), &chunks));
      table.columns.push_back(from_arrow(path.string(), name, *chunks));
    }
    return table;
  });
}

ParquetInfo inspect_parquet(const fs::path& path) {
  const FileErrors errors(path, ErrorCode::FileNotReadable);
  return errors.guard([&] {
    const auto reader = open_parquet(path, errors);
    std::shared_ptr<arrow::Schema> schema;
    errors.check(reader->GetSchema(&schema));
    ParquetInfo info;
    for (const auto& field : schema->fields()) info.fields.push_back({field->name(), field->type()->ToString()});
    info.rows = reader->parquet_reader()->metadata()->num_rows();
    info.metadata = from_arrow(schema->metadata().get());
    return info;
  });
}

// --- Arrow IPC ------------------------------------------------------------------------------------------------------

void write_ipc(const fs::path& path, std::span<const IpcColumn> columns, const Metadata& metadata) {
  std::set<std::string_view> names;
  bool equal = true;
  for (const IpcColumn& column : columns) {
    equal = equal && column.values.size() == columns.front().values.size();
    if (!names.insert(column.name).second)
      throw Error(ErrorCode::InvalidArgument, fmt::format("two columns are called {}", column.name));
  }
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const IpcColumn& column : columns) {
    const auto length = static_cast<std::int64_t>(column.values.size());
    std::shared_ptr<arrow::Array> array = std::make_shared<arrow::Int64Array>(
        length,
        std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(column.values.data()), length * 8));
    if (!equal) {
      array = std::make_shared<arrow::LargeListArray>(
          arrow::large_list(arrow::int64()), 1, arrow::Buffer::FromVector(std::vector<std::int64_t>{0, length}), array);
    }
    fields.push_back(arrow::field(column.name, array->type(), /*nullable=*/false));
    arrays.push_back(std::move(array));
  }
  const auto schema = arrow::schema(std::move(fields), to_arrow(metadata));
  const auto rows = static_cast<std::int64_t>(columns.empty() ? 0 : (equal ? columns.front().values.size() : 1));

  const FileErrors errors(path, ErrorCode::FileNotWritable);
  arrow::ipc::IpcWriteOptions options = arrow::ipc::IpcWriteOptions::Defaults();
  options.alignment = 64;
  options.allow_64bit = true;
  auto sink = errors.take(arrow::io::FileOutputStream::Open(path.string()));
  auto writer = errors.take(arrow::ipc::MakeFileWriter(sink, schema, options));
  errors.check(writer->WriteRecordBatch(*arrow::RecordBatch::Make(schema, rows, std::move(arrays))));
  errors.check(writer->Close());
  errors.check(sink->Close());
  sync_file(path);
}

struct MappedTable::State {
  std::string path;
  std::shared_ptr<arrow::RecordBatch> batch;  // its buffers keep the map
  std::vector<std::pair<std::string, std::span<const std::int64_t>>> columns;
  Metadata metadata;
};

MappedTable::MappedTable(std::unique_ptr<const State> state) : state_(std::move(state)) {}
MappedTable::MappedTable(MappedTable&&) noexcept = default;
MappedTable& MappedTable::operator=(MappedTable&&) noexcept = default;
MappedTable::~MappedTable() = default;

std::span<const std::int64_t> MappedTable::column(std::string_view name) const {
  std::vector<std::string> there;
  for (const auto& [column_name, values] : state_->columns) {
    if (column_name == name) return values;
    there.push_back(column_name);
  }
  throw_missing_column(name, state_->path, there);
}

const Metadata& MappedTable::metadata() const { return state_->metadata; }

const std::string& MappedTable::metadata(std::string_view key) const {
  const auto found = std::ranges::find(state_->metadata, key, &Metadata::value_type::first);
  if (found == state_->metadata.end()) {
    throw Error(ErrorCode::MissingColumn, fmt::format("{} has no metadata {}", state_->path, key),
                "the file is of another program or version")
        .with("file", state_->path);
  }
  return found->second;
}

MappedTable map_ipc(const fs::path& path) {
  require_file(path);
  const FileErrors errors(path, ErrorCode::FileNotReadable);
  const auto file = errors.take(arrow::io::MemoryMappedFile::Open(path.string(), arrow::io::FileMode::READ));
  arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  const auto reader = errors.take(arrow::ipc::RecordBatchFileReader::Open(file, options));
  if (reader->num_record_batches() != 1)
    errors.fail(fmt::format("expected 1 record batch, found {}", reader->num_record_batches()));
  auto state = std::make_unique<MappedTable::State>();
  state->path = path.string();
  state->batch = errors.take(reader->ReadRecordBatch(0));
  errors.check(state->batch->ValidateFull());
  state->metadata = from_arrow(reader->schema()->metadata().get());
  for (int i = 0; i < state->batch->num_columns(); ++i) {
    const std::string& name = state->batch->column_name(i);
    std::shared_ptr<arrow::Array> array = state->batch->column(i);
    if (array->type_id() == arrow::Type::LARGE_LIST && array->length() == 1 && array->null_count() == 0)
      array = static_cast<const arrow::LargeListArray&>(*array).value_slice(0);
    if (array->type_id() != arrow::Type::INT64 || array->null_count() != 0)
      errors.fail(fmt::format("column {}: expected int64 without nulls, found {}", name, array->type()->ToString()));
    const std::int64_t* values = static_cast<const arrow::Int64Array&>(*array).raw_values();
    if (reinterpret_cast<std::uintptr_t>(values) % alignof(std::int64_t) != 0)
      errors.fail(fmt::format("column {} is not aligned", name));
    state->columns.emplace_back(name, std::span(values, static_cast<std::size_t>(array->length())));
  }
  return MappedTable(std::move(state));
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
