#include "rustybt/data/columnar/parquet_bars.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFieldNames[kFieldCount] = {"open", "high", "low", "close", "volume"};
constexpr std::int64_t kDayNs = 86'400'000'000'000;

/// The number after "key=" in one of the path's folders.
std::optional<int> key_of(const fs::path& path, std::string_view key) {
  for (const fs::path& folder : path) {
    const std::string name = folder.string();
    if (!name.starts_with(key) || name.size() == key.size() || name[key.size()] != '=') continue;
    int value = 0;
    const char* begin = name.data() + key.size() + 1;
    if (std::from_chars(begin, name.data() + name.size(), value).ec == std::errc()) return value;
  }
  return std::nullopt;
}

/// Times that a hive path can hold, in days: [first, last].
std::pair<std::int64_t, std::int64_t> days_of_path(const fs::path& path) {
  const auto year = key_of(path, "year"), month = key_of(path, "month"), day = key_of(path, "day");
  if (!year) return {INT64_MIN, INT64_MAX};
  if (!month) return {Date::from_ymd(*year, 1, 1).days, Date::from_ymd(*year + 1, 1, 1).days - 1};
  if (day) {
    const std::int64_t days = Date::from_ymd(*year, *month, *day).days;
    return {days, days};
  }
  const Date next = *month == 12 ? Date::from_ymd(*year + 1, 1, 1) : Date::from_ymd(*year, *month + 1, 1);
  return {Date::from_ymd(*year, *month, 1).days, next.days - 1};
}

/// The names that the file has for what a bar needs.
struct Names {
  std::string asset;  ///< sid or symbol
  std::string time;
  bool by_symbol = false;
};

Names names_in(const storage::ParquetReader& reader, const fs::path& file, bool minutes) {
  const storage::ParquetInfo info = reader.info();
  const auto find = [&](std::initializer_list<const char*> wanted, const char* what) {
    for (const char* name : wanted)
      for (const auto& field : info.fields)
        if (field.name == name) return std::string(name);
    std::vector<std::string> there;
    for (const auto& field : info.fields) there.push_back(field.name);
    throw Error(
        ErrorCode::MissingColumn,
        fmt::format("{} has no column of {} ({}); there are: {}", file.string(), what,
                    fmt::join(std::vector<std::string>(wanted.begin(), wanted.end()), ", "), fmt::join(there, ", ")));
  };
  Names names;
  names.asset = find({"sid", "symbol"}, "assets");
  names.by_symbol = names.asset == "symbol";
  names.time =
      minutes ? find({"time", "timestamp", "dt"}, "times") : find({"session", "date", "day", "timestamp"}, "days");
  return names;
}

/// Times of a row group as days or ns.
std::vector<std::int64_t> times_of(const storage::Column& column, bool minutes) {
  std::vector<std::int64_t> times;
  times.reserve(column.size());
  if (const auto* days = std::get_if<storage::Dates>(&column.values); days && !minutes) {
    times.assign(days->values.begin(), days->values.end());
    return times;
  }
  const auto& stamps = column.as<storage::Timestamps>().values;
  for (const std::int64_t ns : stamps) times.push_back(minutes ? ns : Timestamp{ns}.date().days);
  return times;
}

/// A column of the result at the finest scale met so far.
struct FieldColumn {
  storage::Decimals out;
  std::vector<std::uint8_t> validity;
  bool has_missing = false;

  void append(const storage::Column& column, std::span<const std::size_t> rows, const fs::path& file) {
    const std::vector<std::int64_t>* values = nullptr;
    int scale = 0;
    if (const auto* decimals = std::get_if<storage::Decimals>(&column.values)) {
      values = &decimals->values;
      scale = decimals->scale;
    } else if (const auto* integers = std::get_if<storage::Int64s>(&column.values)) {
      values = &integers->values;
    } else {
      throw Error(ErrorCode::WrongType,
                  fmt::format("{}: column {}: expected decimals or integers, found {}", file.string(), column.name,
                              column.kind()),
                  "ingest the file: `rustybt ingest` makes exact numbers of it");
    }
    if (scale > out.scale) {
      for (std::int64_t& value : out.values) value = raise(value, scale - out.scale, column.name, file);
      out.scale = scale;
    }
    for (const std::size_t row : rows) {
      const bool is_valid = column.is_valid(row);
      has_missing = has_missing || !is_valid;
      validity.push_back(is_valid ? 1 : 0);
      out.values.push_back(is_valid ? raise((*values)[row], out.scale - scale, column.name, file) : 0);
    }
  }

  static std::int64_t raise(std::int64_t value, int by, const std::string& name, const fs::path& file) {
    if (by > 18 || __builtin_mul_overflow(value, kPowersOfTen64[static_cast<std::size_t>(std::min(by, 18))], &value))
      throw Error(ErrorCode::Overflow,
                  fmt::format("{}: column {}: a value does not fit 18 digits at the scale of the other files",
                              file.string(), name),
                  "read fewer assets at once");
    return value;
  }
};

bool overlaps(std::int64_t least, std::int64_t most, std::int64_t first, std::int64_t last) {
  return least <= last && most >= first;
}

}  // namespace

ParquetBars::ParquetBars(const fs::path& path, bool minutes) : minutes_(minutes) {
  const auto add = [&](const fs::path& file) {
    auto [first, last] = days_of_path(fs::is_directory(path) ? fs::relative(file, path) : file.filename());
    if (minutes && first != INT64_MIN) {
      first *= kDayNs;
      last = (last + 1) * kDayNs - 1;
    }
    files_.push_back({file, first, last});
  };
  if (fs::is_regular_file(path)) {
    add(path);
  } else if (fs::is_directory(path)) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path))
      if (entry.is_regular_file() && entry.path().extension() == ".parquet") add(entry.path());
  }
  if (files_.empty())
    throw Error(ErrorCode::FileNotFound, fmt::format("no Parquet file at {}", path.string()))
        .with("file", path.string());
  std::ranges::sort(files_, {}, &File::path);
}

storage::ColumnTable ParquetBars::load(const BarSelection& selection, Work* work) const {
  Work done;
  std::vector<Sid> sids = selection.sids;
  std::ranges::sort(sids);
  std::vector<std::string> symbols = selection.symbols;
  std::ranges::sort(symbols);
  storage::Int64s sid_column;
  storage::Strings symbol_column;
  std::vector<std::int64_t> times;
  std::vector<FieldColumn> fields(selection.fields.size());
  std::optional<bool> by_symbol;

  for (const File& file : files_) {
    ++done.files;
    if (!overlaps(file.first, file.last, selection.first, selection.last)) continue;
    const storage::ParquetReader reader(file.path);
    const Names names = names_in(reader, file.path, minutes_);
    if (by_symbol.value_or(names.by_symbol) != names.by_symbol) {
      throw Error(ErrorCode::WrongType,
                  fmt::format("{} names its assets by {}, the files before it by {}", file.path.string(), names.asset,
                              names.by_symbol ? "sid" : "symbol"));
    }
    by_symbol = names.by_symbol;
    std::vector<std::string> wanted{names.asset, names.time};
    for (const Field field : selection.fields) wanted.emplace_back(kFieldNames[static_cast<int>(field)]);
    bool is_read = false;
    for (int g = 0; g < reader.row_groups(); ++g) {
      ++done.row_groups;
      const auto time_range = reader.range(g, names.time);
      const bool in_days = !minutes_ && time_range && std::abs(time_range->most) < kDayNs;  // dates, not stamps
      if (time_range && (minutes_ || in_days) &&
          !overlaps(time_range->least, time_range->most, selection.first, selection.last))
        continue;
      if (!names.by_symbol && !sids.empty()) {
        const auto range = reader.range(g, names.asset);
        const auto next = range ? std::ranges::lower_bound(sids, Sid{range->least}) : sids.begin();
        if (range && (next == sids.end() || next->value > range->most)) continue;
      }
      ++done.row_groups_read;
      is_read = true;
      const storage::ColumnTable table = reader.read(g, wanted);
      const std::vector<std::int64_t> group_times = times_of(table.columns[1], minutes_);
      std::vector<std::size_t> rows;
      if (names.by_symbol) {
        const auto& values = table.columns[0].as<storage::Strings>().values;
        for (std::size_t i = 0; i < values.size(); ++i) {
          if (group_times[i] < selection.first || group_times[i] > selection.last) continue;
          if (!symbols.empty() && !std::ranges::binary_search(symbols, values[i])) continue;
          rows.push_back(i);
          symbol_column.values.push_back(values[i]);
        }
      } else {
        const auto& values = table.columns[0].as<storage::Int64s>().values;
        bool is_wanted = sids.empty();
        for (std::size_t i = 0; i < values.size(); ++i) {
          if (!sids.empty() && (i == 0 || values[i] != values[i - 1]))
            is_wanted = std::ranges::binary_search(sids, Sid{values[i]});
          if (!is_wanted || group_times[i] < selection.first || group_times[i] > selection.last) continue;
          rows.push_back(i);
          sid_column.values.push_back(values[i]);
        }
      }
      for (const std::size_t row : rows) times.push_back(group_times[row]);
      for (std::size_t f = 0; f < fields.size(); ++f) fields[f].append(table.columns[f + 2], rows, file.path);
    }
    done.files_read += is_read ? 1 : 0;
  }

  storage::ColumnTable out;
  if (by_symbol.value_or(false)) {
    out.columns.push_back({"symbol", std::move(symbol_column)});
  } else {
    out.columns.push_back({"sid", std::move(sid_column)});
  }
  if (minutes_) {
    out.columns.push_back({"time", storage::Timestamps{std::move(times)}});
  } else {
    out.columns.push_back({"session", storage::Dates{{times.begin(), times.end()}}});
  }
  for (std::size_t f = 0; f < fields.size(); ++f) {
    if (!fields[f].has_missing) fields[f].validity.clear();
    out.columns.push_back(
        {kFieldNames[static_cast<int>(selection.fields[f])], std::move(fields[f].out), std::move(fields[f].validity)});
  }
  if (work) *work = done;
  return out;
}

std::optional<std::int64_t> ParquetBars::find_end(Sid sid, bool last) const {
  BarSelection selection;
  selection.sids = {sid};
  selection.fields = {};
  std::optional<std::int64_t> end;
  const storage::ColumnTable table = load(selection);
  const auto consider = [&](std::int64_t time) {
    if (!end || (last ? time > *end : time < *end)) end = time;
  };
  if (minutes_) {
    for (const std::int64_t ns : table.column("time").as<storage::Timestamps>().values) consider(ns);
  } else {
    for (const std::int32_t day : table.column("session").as<storage::Dates>().values) consider(day);
  }
  return end;
}

}  // namespace rustybt::data
