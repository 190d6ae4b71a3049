#include <arrow/io/file.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/statistics.h>

#include <algorithm>

#include "rustybt/storage/arrow_convert.hpp"
#include "rustybt/storage/arrow_errors.ipp"
#include "rustybt/storage/columnar.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::storage {

namespace {

std::unique_ptr<parquet::arrow::FileReader> open_parquet(const fs::path& path, const FileErrors& errors) {
  require_file(path);
  auto input = errors.take(arrow::io::ReadableFile::Open(path.string()));
  parquet::ReaderProperties file_properties;
  file_properties.set_page_checksum_verification(true);
  parquet::ArrowReaderProperties properties;
  properties.set_smallest_decimal_enabled(true);  // decimals in 8 bytes need no detour over 16
  parquet::arrow::FileReaderBuilder builder;
  errors.check(builder.Open(std::move(input), file_properties));
  const parquet::SchemaDescriptor& columns = *builder.raw_reader()->metadata()->schema();
  for (int i = 0; i < columns.num_columns(); ++i) {  // more digits than Arrow has would end the process
    const auto& type = columns.Column(i)->logical_type();
    if (type && type->is_decimal() &&
        static_cast<const parquet::DecimalLogicalType&>(*type).precision() > arrow::Decimal256Type::kMaxPrecision)
      errors.fail(
          fmt::format("column {} has decimals of type {}", columns.Column(i)->path()->ToDotString(), type->ToString()));
  }
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

/// Integer, date or timestamp of a column's statistics: days, nanoseconds or the number itself.
std::optional<std::int64_t> statistic(const parquet::Statistics& statistics, const parquet::ColumnDescriptor& column,
                                      bool largest) {
  std::int64_t value = 0;
  if (statistics.physical_type() == parquet::Type::INT64) {
    const auto& typed = static_cast<const parquet::Int64Statistics&>(statistics);
    value = largest ? typed.max() : typed.min();
  } else if (statistics.physical_type() == parquet::Type::INT32) {
    const auto& typed = static_cast<const parquet::Int32Statistics&>(statistics);
    value = largest ? typed.max() : typed.min();
  } else {
    return std::nullopt;
  }
  const auto& logical = *column.logical_type();
  if (logical.is_none() || logical.is_date()) return value;
  if (logical.is_int())
    return static_cast<const parquet::IntLogicalType&>(logical).is_signed() ? std::optional(value) : std::nullopt;
  if (!logical.is_timestamp()) return std::nullopt;
  std::int64_t unit = 1;
  switch (static_cast<const parquet::TimestampLogicalType&>(logical).time_unit()) {
    case parquet::LogicalType::TimeUnit::MILLIS:
      unit = 1'000'000;
      break;
    case parquet::LogicalType::TimeUnit::MICROS:
      unit = 1'000;
      break;
    case parquet::LogicalType::TimeUnit::NANOS:
      break;
    default:
      return std::nullopt;
  }
  if (__builtin_mul_overflow(value, unit, &value)) return std::nullopt;
  return value;
}

}  // namespace

// --- writing --------------------------------------------------------------------------------------------------------

struct ParquetWriter::State {
  State(const fs::path& file, const ParquetOptions& how)
      : path(file), options(how), errors(file, ErrorCode::FileNotWritable) {}
  fs::path path;
  ParquetOptions options;
  FileErrors errors;
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<arrow::io::FileOutputStream> sink;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  Metadata metadata;
};

ParquetWriter::ParquetWriter(const fs::path& path, const ParquetOptions& options)
    : state_(std::make_unique<State>(path, options)) {
  if (options.row_group_rows < 1)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("row groups have 1 row or more, found {}", options.row_group_rows));
}

ParquetWriter::~ParquetWriter() = default;

void ParquetWriter::write(const ColumnTable& rows) {
  State& s = *state_;
  // the caller's table outlives this function, so nobody needs to own it
  const auto data =
      to_arrow(std::shared_ptr<const ColumnTable>(std::shared_ptr<const void>(), &rows), DecimalWidth::Smallest);
  s.errors.guard([&] {
    if (!s.writer) {
      s.schema = data->schema()->RemoveMetadata();
      s.metadata = rows.metadata;
      s.sink = s.errors.take(arrow::io::FileOutputStream::Open(s.path.string()));
      s.writer = s.errors.take(parquet::arrow::FileWriter::Open(*data->schema(), arrow::default_memory_pool(), s.sink,
                                                                writer_properties(*data->schema(), s.options)));
    }
    if (!data->schema()->Equals(*s.schema, /*check_metadata=*/false)) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("{}: the parts of a Parquet file have one shape; found {} after {}", s.path.string(),
                              data->schema()->ToString(), s.schema->ToString()));
    }
    s.errors.check(s.writer->WriteTable(*data, s.options.row_group_rows));
  });
}

void ParquetWriter::close() {
  State& s = *state_;
  require_invariant(s.writer != nullptr, "a Parquet file has a part, if an empty one");
  s.errors.guard([&] {
    if (const auto metadata = to_arrow(s.metadata)) s.errors.check(s.writer->AddKeyValueMetadata(metadata));
    s.errors.check(s.writer->Close());
    s.errors.check(s.sink->Close());
  });
  s.writer.reset();
  sync_file(s.path);
}

void write_parquet(const fs::path& path, const ColumnTable& table, const ParquetOptions& options) {
  ParquetWriter writer(path, options);
  writer.write(table);
  writer.close();
}

// --- reading --------------------------------------------------------------------------------------------------------

struct ParquetReader::State {
  explicit State(const fs::path& file) : path(file), errors(file, ErrorCode::FileNotReadable) {}
  fs::path path;
  FileErrors errors;
  std::unique_ptr<parquet::arrow::FileReader> reader;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::string> names;

  [[nodiscard]] int column(std::string_view name) const {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) throw_missing_column(name, path.string(), names);
    return static_cast<int>(found - names.begin());
  }
  /// Columns `wanted` (none: all) of `rows` rows, each through `read(index, &chunks)`.
  template <class Read>
  ColumnTable table(std::span<const std::string> wanted, std::int64_t rows, const Read& read) const {
    return errors.guard([&] {
      ColumnTable out;
      out.metadata = from_arrow(schema->metadata().get());
      for (const std::string& name : wanted.empty() ? std::span<const std::string>(names) : wanted) {
        std::shared_ptr<arrow::ChunkedArray> chunks;
        errors.check(read(column(name), &chunks));
        if (chunks->length() != rows) {  // Arrow itself checks it only for whole tables
          throw Error(ErrorCode::FileNotReadable, fmt::format("{} is damaged: column {} has {} of {} rows",
                                                              path.string(), name, chunks->length(), rows))
              .with("file", path.string())
              .with("column", name);
        }
        out.columns.push_back(from_arrow(path.string(), name, *chunks));
      }
      return out;
    });
  }
};

ParquetReader::ParquetReader(const fs::path& path) : state_(std::make_unique<State>(path)) {
  State& s = *state_;
  s.errors.guard([&] {
    s.reader = open_parquet(path, s.errors);
    s.errors.check(s.reader->GetSchema(&s.schema));
  });
  s.names = s.schema->field_names();
}

ParquetReader::ParquetReader(ParquetReader&&) noexcept = default;
ParquetReader& ParquetReader::operator=(ParquetReader&&) noexcept = default;
ParquetReader::~ParquetReader() = default;

ParquetInfo ParquetReader::info() const {
  ParquetInfo info;
  for (const auto& field : state_->schema->fields()) info.fields.push_back({field->name(), field->type()->ToString()});
  info.rows = state_->reader->parquet_reader()->metadata()->num_rows();
  info.metadata = from_arrow(state_->schema->metadata().get());
  return info;
}

int ParquetReader::row_groups() const { return state_->reader->num_row_groups(); }

std::int64_t ParquetReader::rows(int row_group) const {
  return state_->reader->parquet_reader()->metadata()->RowGroup(row_group)->num_rows();
}

std::optional<ParquetReader::Range> ParquetReader::range(int row_group, std::string_view name) const {
  const State& s = *state_;
  return s.errors.guard([&]() -> std::optional<Range> {
    const int index = s.column(name);
    const auto metadata = s.reader->parquet_reader()->metadata();
    if (metadata->num_columns() != static_cast<int>(s.names.size())) return std::nullopt;  // nested columns
    const auto chunk = metadata->RowGroup(row_group)->ColumnChunk(index);
    if (!chunk->is_stats_set()) return std::nullopt;
    const auto statistics = chunk->statistics();
    if (!statistics || !statistics->HasMinMax()) return std::nullopt;
    const auto& column = *metadata->schema()->Column(index);
    const auto least = statistic(*statistics, column, false), most = statistic(*statistics, column, true);
    return least && most ? std::optional(Range{*least, *most}) : std::nullopt;
  });
}

ColumnTable ParquetReader::read(int row_group, std::span<const std::string> columns) const {
  return state_->table(columns, rows(row_group), [&](int column, std::shared_ptr<arrow::ChunkedArray>* chunks) {
    return state_->reader->RowGroup(row_group)->Column(column)->Read(chunks);
  });
}

ColumnTable ParquetReader::read_all(std::span<const std::string> columns) const {
  const std::int64_t rows = state_->reader->parquet_reader()->metadata()->num_rows();
  return state_->table(columns, rows, [&](int column, std::shared_ptr<arrow::ChunkedArray>* chunks) {
    return state_->reader->ReadColumn(column, chunks);
  });
}

ColumnTable read_parquet(const fs::path& path, std::span<const std::string> columns) {
  return ParquetReader(path).read_all(columns);
}

ParquetInfo inspect_parquet(const fs::path& path) { return ParquetReader(path).info(); }

}  // namespace rustybt::storage
