#include "rustybt/storage/arrow_convert.hpp"

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/buffer.h>
#include <arrow/chunked_array.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/decimal.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <type_traits>
#include <utility>

#include "rustybt/core/error.hpp"

namespace rustybt::storage {

namespace {

constexpr std::int64_t kTenToThe18 = 1'000'000'000'000'000'000;
constexpr std::int64_t kDayMilliseconds = 86'400'000;

// --- to Arrow -------------------------------------------------------------------------------------------------------

/// A buffer over memory that `owner` keeps.
class BorrowedBuffer final : public arrow::Buffer {
 public:
  BorrowedBuffer(const void* data, std::size_t bytes, std::shared_ptr<const void> owner)
      : arrow::Buffer(static_cast<const std::uint8_t*>(data), static_cast<std::int64_t>(bytes)),
        owner_(std::move(owner)) {}

 private:
  std::shared_ptr<const void> owner_;
};

template <class T>
std::shared_ptr<arrow::Buffer> borrow(const std::vector<T>& values, std::shared_ptr<const void> owner) {
  static const std::uint64_t nothing[2] = {};  // Arrow wants an address for empty columns too
  const void* data = values.empty() ? static_cast<const void*>(nothing) : values.data();
  return std::make_shared<BorrowedBuffer>(data, values.size() * sizeof(T), std::move(owner));
}

std::shared_ptr<arrow::Buffer> pack_bits(const std::vector<std::uint8_t>& flags) {
  std::vector<std::uint8_t> bits(
      static_cast<std::size_t>(arrow::bit_util::BytesForBits(static_cast<std::int64_t>(flags.size()))));
  for (std::size_t i = 0; i < flags.size(); ++i)
    if (flags[i] != 0) bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | (1U << (i % 8)));
  return arrow::Buffer::FromVector(std::move(bits));
}

std::shared_ptr<arrow::DataType> decimal_type(const Column& column, const Decimals& decimals, DecimalWidth width) {
  if (decimals.scale < 0 || decimals.scale > 38) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("column {}: a decimal scale is 0 to 38, found {}", column.name, decimals.scale));
  }
  if (width == DecimalWidth::Full) return arrow::decimal128(38, decimals.scale);
  int digits = 18;
  for (std::size_t i = 0; i < decimals.values.size() && digits == 18; ++i) {
    const std::int64_t v = decimals.values[i];
    if ((v >= kTenToThe18 || v <= -kTenToThe18) && column.is_valid(i)) digits = 19;
  }
  digits = std::max({digits, decimals.digits, decimals.scale});
  if (digits <= 18) return arrow::decimal64(digits, decimals.scale);
  return arrow::decimal128(digits, decimals.scale);
}

template <class Builder>
std::shared_ptr<arrow::Array> build_strings(const Column& column, const Strings& strings) {
  Builder builder;
  arrow::Status status = builder.Reserve(static_cast<std::int64_t>(strings.values.size()));
  for (std::size_t i = 0; i < strings.values.size() && status.ok(); ++i)
    status = column.is_valid(i) ? builder.Append(strings.values[i]) : builder.AppendNull();
  std::shared_ptr<arrow::Array> array;
  if (status.ok()) status = builder.Finish(&array);
  require_invariant(status.ok(), "texts fit into memory");
  return array;
}

std::shared_ptr<arrow::Array> to_array(const Column& column, DecimalWidth width,
                                       const std::shared_ptr<const void>& owner) {
  const auto rows = static_cast<std::int64_t>(column.size());
  const std::shared_ptr<arrow::Buffer> validity = column.validity.empty() ? nullptr : pack_bits(column.validity);
  const std::int64_t nulls = std::ranges::count(column.validity, 0);
  const auto array = [&](std::shared_ptr<arrow::DataType> type, std::shared_ptr<arrow::Buffer> values) {
    return arrow::MakeArray(arrow::ArrayData::Make(std::move(type), rows, {validity, std::move(values)}, nulls));
  };
  const auto convert = [&](const auto& kind) -> std::shared_ptr<arrow::Array> {
    using Kind = std::decay_t<decltype(kind)>;
    if constexpr (std::is_same_v<Kind, Int64s>) {
      return array(arrow::int64(), borrow(kind.values, owner));
    } else if constexpr (std::is_same_v<Kind, Doubles>) {
      return array(arrow::float64(), borrow(kind.values, owner));
    } else if constexpr (std::is_same_v<Kind, Timestamps>) {
      return array(arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), borrow(kind.values, owner));
    } else if constexpr (std::is_same_v<Kind, Dates>) {
      return array(arrow::date32(), borrow(kind.values, owner));
    } else if constexpr (std::is_same_v<Kind, Bools>) {
      return array(arrow::boolean(), pack_bits(kind.values));
    } else if constexpr (std::is_same_v<Kind, Strings>) {
      const std::size_t bytes = std::accumulate(kind.values.begin(), kind.values.end(), std::size_t{0},
                                                [](std::size_t sum, const std::string& s) { return sum + s.size(); });
      const bool large = bytes > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());
      return large ? build_strings<arrow::LargeStringBuilder>(column, kind)
                   : build_strings<arrow::StringBuilder>(column, kind);
    } else {
      static_assert(std::is_same_v<Kind, Decimals>);
      std::shared_ptr<arrow::DataType> type = decimal_type(column, kind, width);
      if (type->id() == arrow::Type::DECIMAL64) return array(std::move(type), borrow(kind.values, owner));
      std::vector<__int128> wide(kind.values.begin(), kind.values.end());
      return array(std::move(type), arrow::Buffer::FromVector(std::move(wide)));
    }
  };
  return std::visit(convert, column.values);
}

void check_shape(const ColumnTable& table) {
  std::set<std::string_view> names;
  for (const Column& column : table.columns) {
    if (column.size() != table.rows() || (!column.validity.empty() && column.validity.size() != column.size())) {
      throw Error(
          ErrorCode::InvalidArgument,
          fmt::format("columns of a table are equally long: {} has {} values and {} validity flags, {} has {} values",
                      column.name, column.size(), column.validity.size(), table.columns.front().name, table.rows()));
    }
    if (!names.insert(column.name).second)
      throw Error(ErrorCode::InvalidArgument, fmt::format("two columns are called {}", column.name));
  }
}

// --- from Arrow -----------------------------------------------------------------------------------------------------

/// A float means the shortest decimal that names it: a price stored as 46.96 in 32 bits is 46.96, not
/// 46.959999084472656.
double shortest_as_double(float value) {
  if (!std::isfinite(value)) return value;
  std::array<char, 32> text;
  const char* end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double result = 0;
  std::from_chars(text.data(), end, result);
  return result;
}

/// One column on its way in: where it comes from, for errors.
class Importer {
 public:
  Importer(const std::string& file, std::string name, const arrow::ChunkedArray& chunks)
      : file_(file), chunks_(chunks) {
    out_.name = std::move(name);
  }

  Column run() {
    read_values();
    read_validity();
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(ErrorCode code, const std::string& what, std::string hint = {}) const {
    throw Error(code, fmt::format("{}: column {}: {}", file_, out_.name, what), std::move(hint))
        .with("file", file_)
        .with("column", out_.name);
  }

  [[noreturn]] void fail_overflow(std::size_t row, const std::string& value, std::string_view target) const {
    fail(ErrorCode::Overflow, fmt::format("row {} has {}, which does not fit {}", row + 1, value, target),
         "write the column with fewer digits");
  }

  /// Append `convert(array, index)` of every value that is there; `convert` sees the row's number through out.size().
  template <class ArrayType, class T, class Convert>
  void append(std::vector<T>& out, const Convert& convert) const {
    out.reserve(static_cast<std::size_t>(chunks_.length()));
    for (const auto& chunk : chunks_.chunks()) {
      const auto& array = static_cast<const ArrayType&>(*chunk);
      for (std::int64_t i = 0; i < array.length(); ++i) {
        if (array.IsNull(i)) {
          out.emplace_back();
        } else {
          out.push_back(convert(array, i));
        }
      }
    }
  }

  template <class ArrayType>
  void read_integers() {
    Int64s column;
    append<ArrayType>(column.values,
                      [](const ArrayType& a, std::int64_t i) { return static_cast<std::int64_t>(a.Value(i)); });
    out_.values = std::move(column);
  }

  void read_unsigned() {
    Int64s column;
    append<arrow::UInt64Array>(column.values, [&](const arrow::UInt64Array& a, std::int64_t i) {
      const std::uint64_t v = a.Value(i);
      if (v > static_cast<std::uint64_t>(INT64_MAX))
        fail_overflow(column.values.size(), std::to_string(v), "a signed 64-bit integer");
      return static_cast<std::int64_t>(v);
    });
    out_.values = std::move(column);
  }

  void read_doubles() {
    Doubles column;
    append<arrow::DoubleArray>(column.values, [](const arrow::DoubleArray& a, std::int64_t i) { return a.Value(i); });
    out_.values = std::move(column);
  }

  void read_floats() {
    Doubles column;
    append<arrow::FloatArray>(
        column.values, [](const arrow::FloatArray& a, std::int64_t i) { return shortest_as_double(a.Value(i)); });
    out_.values = std::move(column);
  }

  template <class ArrayType>
  void read_strings() {
    Strings column;
    append<ArrayType>(column.values, [](const ArrayType& a, std::int64_t i) { return std::string(a.GetView(i)); });
    out_.values = std::move(column);
  }

  void read_dictionary() {
    for (const auto& chunk : chunks_.chunks())  // Arrow takes numbers of words from the file as they are
      if (const arrow::Status valid = chunk->ValidateFull(); !valid.ok())
        fail(ErrorCode::FileNotReadable, "is damaged: " + valid.message());
    Strings column;
    append<arrow::DictionaryArray>(column.values, [&](const arrow::DictionaryArray& a, std::int64_t i) {
      const std::int64_t index = a.GetValueIndex(i);
      const arrow::Array& words = *a.dictionary();
      if (words.IsNull(index)) return std::string();
      if (words.type_id() == arrow::Type::STRING) return static_cast<const arrow::StringArray&>(words).GetString(index);
      if (words.type_id() == arrow::Type::LARGE_STRING)
        return static_cast<const arrow::LargeStringArray&>(words).GetString(index);
      if (words.type_id() == arrow::Type::STRING_VIEW)
        return std::string(static_cast<const arrow::StringViewArray&>(words).GetView(index));
      fail_type();
    });
    out_.values = std::move(column);
  }

  template <class ArrayType, class Wide>
  void read_decimals() {
    Decimals column;
    column.scale = static_cast<const arrow::DecimalType&>(*chunks_.type()).scale();
    if (column.scale < 0) fail_type();
    append<ArrayType>(column.values, [&](const ArrayType& a, std::int64_t i) {
      const Wide value(a.Value(i));
      if constexpr (std::is_same_v<Wide, arrow::Decimal128>) {
        const auto low = static_cast<std::int64_t>(value.low_bits());
        if (value.high_bits() != (low < 0 ? -1 : 0))
          fail_overflow(column.values.size(), value.ToString(column.scale),
                        fmt::format("64 bits at scale {}", column.scale));
        return low;
      } else {
        return static_cast<std::int64_t>(value.value());
      }
    });
    out_.values = std::move(column);
  }

  void read_timestamps() {
    std::int64_t unit = 1;
    switch (static_cast<const arrow::TimestampType&>(*chunks_.type()).unit()) {
      case arrow::TimeUnit::SECOND:
        unit = 1'000'000'000;
        break;
      case arrow::TimeUnit::MILLI:
        unit = 1'000'000;
        break;
      case arrow::TimeUnit::MICRO:
        unit = 1'000;
        break;
      case arrow::TimeUnit::NANO:
        break;
    }
    Timestamps column;
    append<arrow::TimestampArray>(column.values, [&](const arrow::TimestampArray& a, std::int64_t i) {
      std::int64_t ns = 0;
      if (__builtin_mul_overflow(a.Value(i), unit, &ns))
        fail_overflow(column.values.size(), fmt::format("{} as {}", a.Value(i), a.type()->ToString()),
                      "nanoseconds (1678 to 2261)");
      return ns;
    });
    out_.values = std::move(column);
  }

  void read_millisecond_dates() {
    Dates column;
    append<arrow::Date64Array>(column.values, [&](const arrow::Date64Array& a, std::int64_t i) {
      const std::int64_t ms = a.Value(i);
      const std::int64_t days = ms / kDayMilliseconds - (ms % kDayMilliseconds < 0 ? 1 : 0);
      if (days != static_cast<std::int32_t>(days))
        fail_overflow(column.values.size(), std::to_string(ms) + " ms", "32 bits of days");
      return static_cast<std::int32_t>(days);
    });
    out_.values = std::move(column);
  }

  [[noreturn]] void fail_type() const {
    fail(ErrorCode::WrongType, "cannot read values of type " + chunks_.type()->ToString(),
         "read only columns of numbers, decimals, texts, dates, times and truth values");
  }

  void read_values() {
    switch (chunks_.type()->id()) {
      case arrow::Type::INT8:
        return read_integers<arrow::Int8Array>();
      case arrow::Type::INT16:
        return read_integers<arrow::Int16Array>();
      case arrow::Type::INT32:
        return read_integers<arrow::Int32Array>();
      case arrow::Type::INT64:
        return read_integers<arrow::Int64Array>();
      case arrow::Type::UINT8:
        return read_integers<arrow::UInt8Array>();
      case arrow::Type::UINT16:
        return read_integers<arrow::UInt16Array>();
      case arrow::Type::UINT32:
        return read_integers<arrow::UInt32Array>();
      case arrow::Type::UINT64:
        return read_unsigned();
      case arrow::Type::FLOAT:
        return read_floats();
      case arrow::Type::DOUBLE:
        return read_doubles();
      case arrow::Type::STRING:
        return read_strings<arrow::StringArray>();
      case arrow::Type::LARGE_STRING:
        return read_strings<arrow::LargeStringArray>();
      case arrow::Type::STRING_VIEW:
        return read_strings<arrow::StringViewArray>();
      case arrow::Type::DICTIONARY:
        return read_dictionary();
      case arrow::Type::DECIMAL32:
        return read_decimals<arrow::Decimal32Array, arrow::Decimal32>();
      case arrow::Type::DECIMAL64:
        return read_decimals<arrow::Decimal64Array, arrow::Decimal64>();
      case arrow::Type::DECIMAL128:
        return read_decimals<arrow::Decimal128Array, arrow::Decimal128>();
      case arrow::Type::TIMESTAMP:
        return read_timestamps();
      case arrow::Type::DATE64:
        return read_millisecond_dates();
      case arrow::Type::DATE32: {
        Dates column;
        append<arrow::Date32Array>(column.values,
                                   [](const arrow::Date32Array& a, std::int64_t i) { return a.Value(i); });
        out_.values = std::move(column);
        return;
      }
      case arrow::Type::BOOL: {
        Bools column;
        append<arrow::BooleanArray>(
            column.values, [](const arrow::BooleanArray& a, std::int64_t i) { return std::uint8_t{a.Value(i)}; });
        out_.values = std::move(column);
        return;
      }
      case arrow::Type::NA:
        out_.values = Strings{std::vector<std::string>(static_cast<std::size_t>(chunks_.length()))};
        return;
      default:
        fail_type();
    }
  }

  void read_validity() {
    const bool dictionary = chunks_.type()->id() == arrow::Type::DICTIONARY;  // its words may be null too
    if (chunks_.null_count() == 0 && !dictionary) return;
    std::vector<std::uint8_t> flags;
    flags.reserve(static_cast<std::size_t>(chunks_.length()));
    for (const auto& chunk : chunks_.chunks()) {
      for (std::int64_t i = 0; i < chunk->length(); ++i) {
        bool valid = chunk->IsValid(i);
        if (valid && dictionary) {
          const auto& array = static_cast<const arrow::DictionaryArray&>(*chunk);
          valid = array.dictionary()->IsValid(array.GetValueIndex(i));
        }
        flags.push_back(valid ? 1 : 0);
      }
    }
    if (std::ranges::find(flags, 0) != flags.end()) out_.validity = std::move(flags);
  }

  const std::string& file_;
  const arrow::ChunkedArray& chunks_;
  Column out_;
};

}  // namespace

std::shared_ptr<arrow::Table> to_arrow(const std::shared_ptr<const ColumnTable>& table, DecimalWidth width) {
  check_shape(*table);
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const Column& column : table->columns) {
    arrays.push_back(to_array(column, width, table));
    fields.push_back(arrow::field(column.name, arrays.back()->type()));
  }
  return arrow::Table::Make(arrow::schema(std::move(fields), to_arrow(table->metadata)), arrays,
                            static_cast<std::int64_t>(table->rows()));
}

Column from_arrow(const std::string& file, std::string name, const arrow::ChunkedArray& chunks) {
  return Importer(file, std::move(name), chunks).run();
}

std::shared_ptr<arrow::KeyValueMetadata> to_arrow(const Metadata& metadata) {
  if (metadata.empty()) return nullptr;
  auto out = std::make_shared<arrow::KeyValueMetadata>();
  for (const auto& [key, value] : metadata) out->Append(key, value);
  return out;
}

Metadata from_arrow(const arrow::KeyValueMetadata* metadata) {
  Metadata out;
  for (std::int64_t i = 0; metadata != nullptr && i < metadata->size(); ++i)
    if (metadata->key(i) != "ARROW:schema") out.emplace_back(metadata->key(i), metadata->value(i));
  return out;
}

}  // namespace rustybt::storage
