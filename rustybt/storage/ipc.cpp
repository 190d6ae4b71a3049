#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "rustybt/storage/arrow_convert.hpp"
#include "rustybt/storage/arrow_errors.ipp"
#include "rustybt/storage/columnar.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::storage {

namespace {

/// Addresses without memory behind them: they stand for values that come later; touching them is a fault.
class Placeholder {
 public:
  explicit Placeholder(std::size_t bytes) : bytes_(std::max<std::size_t>(bytes, 1)) {
    address_ = ::mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require_invariant(address_ != MAP_FAILED, "there are addresses for the columns of a file");
  }
  Placeholder(const Placeholder&) = delete;
  Placeholder& operator=(const Placeholder&) = delete;
  ~Placeholder() { ::munmap(address_, bytes_); }
  [[nodiscard]] const std::uint8_t* data() const { return static_cast<const std::uint8_t*>(address_); }
  [[nodiscard]] bool contains(const void* p) const {
    const auto* byte = static_cast<const std::uint8_t*>(p);
    return byte >= data() && byte < data() + bytes_;
  }

 private:
  void* address_;
  std::size_t bytes_;
};

/// Lets Arrow lay a file out: writes everything but the placeholders, and notes where those belong.
class LayoutStream final : public arrow::io::OutputStream {
 public:
  LayoutStream(int descriptor, const Placeholder& placeholder) : descriptor_(descriptor), placeholder_(placeholder) {}

  arrow::Status Write(const void* data, std::int64_t bytes) override {
    if (placeholder_.contains(data)) {
      if (bytes > 0) offsets_.emplace_back(static_cast<const std::uint8_t*>(data) - placeholder_.data(), position_);
      position_ += bytes;
      return arrow::Status::OK();
    }
    const char* at = static_cast<const char*>(data);
    for (std::int64_t left = bytes; left > 0;) {
      const ssize_t n = ::pwrite(descriptor_, at, static_cast<std::size_t>(left), position_);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return arrow::Status::IOError(std::strerror(errno));
      at += n;
      left -= n;
      position_ += n;
    }
    return arrow::Status::OK();
  }
  using arrow::io::OutputStream::Write;
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  [[nodiscard]] bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override { return position_; }

  [[nodiscard]] std::int64_t offset_of(std::int64_t placeholder) const {
    for (const auto& [from, to] : offsets_)
      if (from == placeholder) return to;
    return position_;  // a column without values
  }

 private:
  int descriptor_;
  const Placeholder& placeholder_;
  std::int64_t position_ = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> offsets_;
  bool closed_ = false;
};

}  // namespace

// --- writing --------------------------------------------------------------------------------------------------------

struct IpcWriter::State {
  fs::path path;
  int descriptor = -1;
  std::vector<std::int64_t> offsets;  ///< of the columns' values in the file
  std::vector<std::int64_t> lengths;

  [[noreturn]] void fail() const { FileErrors(path, ErrorCode::FileNotWritable).fail(std::strerror(errno)); }
  ~State() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

IpcWriter::IpcWriter(const fs::path& path, std::span<const Plan> columns, const Metadata& metadata)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.path = path;
  std::set<std::string_view> names;
  bool equal = true;
  std::int64_t bytes = 0;
  for (const Plan& column : columns) {
    equal = equal && column.length == columns.front().length;
    bytes += (column.length * 8 + 63) / 64 * 64;
    if (!names.insert(column.name).second)
      throw Error(ErrorCode::InvalidArgument, fmt::format("two columns are called {}", column.name));
  }
  const Placeholder placeholder(static_cast<std::size_t>(bytes));
  std::vector<std::int64_t> places;
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  std::int64_t place = 0;
  for (const Plan& column : columns) {
    places.push_back(place);
    std::shared_ptr<arrow::Array> array = std::make_shared<arrow::Int64Array>(
        column.length, std::make_shared<arrow::Buffer>(placeholder.data() + place, column.length * 8));
    place += (column.length * 8 + 63) / 64 * 64;
    if (!equal) {
      array = std::make_shared<arrow::LargeListArray>(
          arrow::large_list(arrow::int64()), 1, arrow::Buffer::FromVector(std::vector<std::int64_t>{0, column.length}),
          array);
    }
    fields.push_back(arrow::field(column.name, array->type(), /*nullable=*/false));
    arrays.push_back(std::move(array));
    s.lengths.push_back(column.length);
  }
  const auto schema = arrow::schema(std::move(fields), to_arrow(metadata));
  const std::int64_t rows = columns.empty() ? 0 : (equal ? columns.front().length : 1);

  s.descriptor = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  if (s.descriptor < 0) s.fail();
  const FileErrors errors(path, ErrorCode::FileNotWritable);
  arrow::ipc::IpcWriteOptions options = arrow::ipc::IpcWriteOptions::Defaults();
  options.alignment = 64;
  options.allow_64bit = true;
  LayoutStream layout(s.descriptor, placeholder);
  auto writer = errors.take(arrow::ipc::MakeFileWriter(&layout, schema, options));
  errors.check(writer->WriteRecordBatch(*arrow::RecordBatch::Make(schema, rows, std::move(arrays))));
  errors.check(writer->Close());
  for (const std::int64_t p : places) s.offsets.push_back(layout.offset_of(p));
}

IpcWriter::~IpcWriter() = default;

void IpcWriter::put(int column, std::int64_t first, std::span<const std::int64_t> values) {
  const State& s = *state_;
  const auto index = static_cast<std::size_t>(column);
  require_invariant(first >= 0 && first + static_cast<std::int64_t>(values.size()) <= s.lengths[index],
                    "values lie inside their column");
  const char* at = reinterpret_cast<const char*>(values.data());
  std::int64_t position = s.offsets[index] + first * 8;
  for (std::size_t left = values.size_bytes(); left > 0;) {
    const ssize_t n = ::pwrite(s.descriptor, at, left, position);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) s.fail();
    at += n;
    left -= static_cast<std::size_t>(n);
    position += n;
  }
}

void IpcWriter::close() {
  State& s = *state_;
  if (::fsync(s.descriptor) != 0) s.fail();
  const int descriptor = std::exchange(s.descriptor, -1);
  if (::close(descriptor) != 0) s.fail();
}

void write_ipc(const fs::path& path, std::span<const IpcColumn> columns, const Metadata& metadata) {
  std::vector<IpcWriter::Plan> plans;
  for (const IpcColumn& column : columns)
    plans.push_back({column.name, static_cast<std::int64_t>(column.values.size())});
  IpcWriter writer(path, plans, metadata);
  for (std::size_t i = 0; i < columns.size(); ++i) writer.put(static_cast<int>(i), 0, columns[i].values);
  writer.close();
}

// --- reading --------------------------------------------------------------------------------------------------------

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

}  // namespace rustybt::storage
