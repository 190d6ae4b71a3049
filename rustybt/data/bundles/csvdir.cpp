#include "rustybt/data/bundles/csvdir.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/data/bundles/symbol_item.hpp"

namespace rustybt::data {

namespace fs = std::filesystem;

namespace {

/// "brk.csv.gz" -> "BRK"; empty for other files.
std::string symbol_of(const fs::path& file) {
  const std::string name = to_upper(file.filename().string());
  for (const std::string_view ending : {".CSV.GZ", ".CSV"}) {
    if (name.size() > ending.size() && name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return {};
}

std::map<std::string, fs::path> files_of(const fs::path& folder) {
  std::map<std::string, fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string symbol = symbol_of(entry.path());
    if (symbol.empty() || !entry.is_regular_file()) continue;
    if (const auto [other, is_new] = files.emplace(symbol, entry.path()); !is_new) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("two files for {}: {} and {}", symbol, other->second.string(), entry.path().string()),
                  "keep one of them");
    }
  }
  return files;
}

SymbolBars read_file(const fs::path& file, const std::string& symbol, BarFrequency frequency,
                     const utils::CalendarPtr& calendar, const Log& log, std::vector<RowsLeftOut>& left_out) {
  std::string text = storage::read_text_file(file);
  const storage::TextFormat format = guess_text_format(text);
  const storage::TextTable table = storage::parse_delimited_text(std::move(text), format, file);
  BarTextOptions options;
  options.file = file.string();
  options.symbol = symbol;
  options.columns = guess_columns(table.names());
  options.columns[Role::Time] = 0;
  options.columns[Role::TimeOfDay] = options.columns[Role::Symbol] = -1;  // the file's name says the symbol
  options.frequency = frequency;
  options.calendar = calendar;
  options.log = log;
  options.left_out = &left_out;
  options.time_format = detect_time_format(table.column(0)).value_or(TimeFormat{});
  return std::move(read_bars(table, options).front());
}

fs::path folder_of(const CsvdirOptions& csvdir) {
  fs::path folder = csvdir.folder;
  if (folder.empty()) {
    const char* variable = std::getenv("CSVDIR");
    if (!variable || !*variable)
      throw Error(ErrorCode::InvalidArgument, "csvdir: no folder given and CSVDIR is not set",
                  "name the folder, or set CSVDIR");
    folder = variable;
  }
  if (!fs::is_directory(folder))
    throw Error(ErrorCode::FileNotFound, fmt::format("csvdir: {} is not a folder", folder.string()));
  return folder;
}

}  // namespace

BundleContent read_csvdir(const CsvdirOptions& csvdir, const IngestOptions& options) {
  const fs::path folder = folder_of(csvdir);
  const utils::CalendarPtr calendar = utils::get_calendar(csvdir.calendar);
  auto daily = files_of(folder / "daily");
  const auto minute = files_of(folder / "minute");
  if (daily.empty() && minute.empty()) daily = files_of(folder);
  if (daily.empty() && minute.empty()) {
    throw Error(ErrorCode::EmptyData,
                fmt::format("{} has no SYMBOL.csv in daily/, in minute/ or directly in it", folder.string()));
  }

  BundleContent content;
  std::map<std::string, SymbolBars> by_symbol;
  const auto total = static_cast<std::int64_t>(daily.size() + minute.size());
  std::int64_t done = 0;
  const auto read = [&](const std::string& symbol, const fs::path& file, BarFrequency frequency) {
    if (options.progress) options.progress("reading " + file.filename().string(), done++, total);
    return read_file(file, symbol, frequency, calendar, options.log, content.left_out);
  };
  for (const auto& [symbol, file] : daily) by_symbol[symbol] = read(symbol, file, BarFrequency::Daily);
  for (const auto& [symbol, file] : minute) {
    SymbolBars bars = read(symbol, file, BarFrequency::Minute);
    if (const auto same = by_symbol.find(symbol); same != by_symbol.end()) {
      same->second.minute = std::move(bars.minute);  // the daily file has the actions
    } else {
      by_symbol[symbol] = std::move(bars);
    }
  }

  content.calendar_name = csvdir.calendar;
  content.source = "csvdir " + folder.string();
  content.exchanges.push_back({"CSVDIR", "CSVDIR", csvdir.country_code});
  for (auto& [symbol, bars] : by_symbol) add_item(std::move(bars), content.exchanges[0], *calendar, content);
  return content;
}

}  // namespace rustybt::data
