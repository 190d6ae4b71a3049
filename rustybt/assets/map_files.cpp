#include "rustybt/assets/map_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::assets {

namespace {

constexpr int kStillTraded = 2050;

[[noreturn]] void fail(ErrorCode code, const std::string& name, int line, std::string what) {
  throw Error(code, fmt::format("{}, line {}: {}", name, line, what),
              "a line of a map file is YYYYMMDD,ticker[,exchange]")
      .with("file", name)
      .with("line", std::to_string(line));
}

Date parse_day(std::string_view text, const std::string& name, int line) {
  const bool digits = text.size() == 8 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) fail(ErrorCode::BadCell, name, line, fmt::format("expected a day YYYYMMDD, found \"{}\"", text));
  try {
    return Date::parse(fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2)));
  } catch (const Error&) {
    fail(ErrorCode::BadCell, name, line, fmt::format("there is no day {}", text));
  }
}

}  // namespace

bool MapFile::is_delisted() const { return tickers.back().end.year() < kStillTraded; }

MapFile parse_map_file(std::string_view text, std::string name) {
  MapFile map;
  map.name = std::move(name);
  std::optional<Date> previous;
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (row.empty()) continue;
    const std::size_t comma = std::min(row.find(','), row.size());
    const Date day = parse_day(trim(row.substr(0, comma)), map.name, line);
    const std::string_view rest = comma < row.size() ? row.substr(comma + 1) : std::string_view{};
    const std::string symbol = to_upper(trim(rest.substr(0, std::min(rest.find(','), rest.size()))));
    if (symbol.empty()) fail(ErrorCode::BadCell, map.name, line, "the ticker is missing");
    if (previous && day <= *previous)
      fail(ErrorCode::RowsOutOfOrder, map.name, line,
           fmt::format("{} is not after {}", day.to_string(), previous->to_string()));
    // the first line is where the first ticker begins; a ticker ends with its line, the next begins the day after
    if (previous) {
      const Date start = map.tickers.empty() ? *previous : *previous + 1;
      if (!map.tickers.empty() && map.tickers.back().symbol == symbol) {
        map.tickers.back().end = day;
      } else {
        map.tickers.push_back({symbol, start, day});
      }
    }
    previous = day;
  }
  if (map.tickers.empty())
    throw Error(ErrorCode::EmptyData,
                fmt::format("{}: a map file needs the first day and the end of one ticker", map.name))
        .with("file", map.name);
  return map;
}

MapFile read_map_file(const std::filesystem::path& file) {
  MapFile map = parse_map_file(storage::read_file(file), file.string());
  map.name = file.stem().string();
  return map;
}

std::vector<MapFile> read_map_folder(const std::filesystem::path& folder) {
  std::vector<MapFile> maps;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".csv") maps.push_back(read_map_file(entry.path()));
  if (error)
    throw Error(ErrorCode::FileNotFound,
                fmt::format("cannot read the map files of {}: {}", folder.string(), error.message()))
        .with("file", folder.string());
  std::ranges::sort(maps, {}, &MapFile::name);
  return maps;
}

std::vector<SymbolMapping> symbol_mappings(const MapFile& map, Sid sid) {
  std::vector<SymbolMapping> mappings;
  for (const MapFile::Ticker& t : map.tickers) mappings.push_back({sid, t.symbol, t.start, t.end});
  return mappings;
}

}  // namespace rustybt::assets
