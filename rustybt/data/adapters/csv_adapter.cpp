#include "rustybt/data/adapters/csv_adapter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "rustybt/core/error.hpp"
#include "rustybt/core/text.hpp"
#include "rustybt/data/adapters/lean_factors.hpp"
#include "rustybt/data/adapters/parquet_text.hpp"
#include "rustybt/data/bundles/symbol_item.hpp"

namespace rustybt::data::adapters {

namespace fs = std::filesystem;

namespace {

std::string lower_name(const fs::path& file) {
  std::string name = file.filename().string();
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

bool is_parquet(const fs::path& file) {
  const std::string name = lower_name(file);
  return name.ends_with(".parquet") || name.ends_with(".pq");
}

bool is_text(const fs::path& file) {
  std::string name = lower_name(file);
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  return name.ends_with(".csv") || name.ends_with(".txt") || name.ends_with(".tsv") || name.ends_with(".psv");
}

/// "data/aapl.csv.gz" -> "AAPL".
std::string symbol_of(const fs::path& file) {
  fs::path name = file.filename();
  if (lower_name(name).ends_with(".gz")) name = name.stem();
  return to_upper(name.stem().string());
}

struct OpenFile {
  Mapping mapping;
  storage::TextTable table;
};

/// Position of a column said by name, or by number from 1.
int find_column(const std::vector<std::string>& names, const std::string& said, Role role, const fs::path& file) {
  if (const auto at = std::ranges::find(names, said); at != names.end()) return static_cast<int>(at - names.begin());
  int number = 0;
  const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), number);
  if (error == std::errc{} && end == said.data() + said.size() && number >= 1 &&
      number <= static_cast<int>(names.size()))
    return number - 1;
  throw Error(ErrorCode::MissingColumn, fmt::format("{}: no column \"{}\" for {}; found: {}", file.string(), said,
                                                    role_name(role), fmt::join(names, ", ")))
      .with("file", file.string());
}

OpenFile open_file(const fs::path& file, const FileOptions& options) {
  Mapping mapping;
  mapping.file = file;
  mapping.is_parquet = is_parquet(file);
  std::optional<storage::TextTable> table;
  if (mapping.is_parquet) {
    table = read_parquet_as_text(file);
  } else {
    std::string text = storage::read_text_file(file);
    mapping.format = guess_text_format(text);
    if (options.delimiter) mapping.format.delimiter = *options.delimiter;
    if (options.header) mapping.format.header = *options.header;
    table = storage::parse_delimited_text(std::move(text), mapping.format, file);
  }
  mapping.names.assign(table->names().begin(), table->names().end());
  mapping.columns = mapping.format.header ? guess_columns(mapping.names) : guess_columns_without_header(*table);
  for (const auto& [role, said] : options.columns) {
    const int column = find_column(mapping.names, said, role, file);
    for (int& at : mapping.columns.at)  // a column said to be one thing is nothing else
      if (at == column) at = -1;
    mapping.columns[role] = column;
  }
  if (mapping.columns[Role::Symbol] < 0) mapping.symbol = options.symbol.empty() ? symbol_of(file) : options.symbol;
  if (!options.date_format.empty()) {
    mapping.time_format = {TimeFormat::Kind::Pattern, options.date_format};
  } else if (mapping.columns[Role::Time] >= 0) {
    try {
      mapping.time_format = detect_time_format(table->column(mapping.columns[Role::Time])).value_or(TimeFormat{});
    } catch (Error& e) {
      throw e.with("file", file.string());
    }
  }
  return {std::move(mapping), std::move(*table)};
}

/// Put the rows of a later file behind those of an earlier one; scales are made equal.
void append_series(BarSeries& to, BarSeries&& from, const std::string& symbol, const fs::path& file) {
  if (from.times.empty()) return;
  if (to.times.empty()) {
    to = std::move(from);
    return;
  }
  if (from.times.front() <= to.times.back()) {
    throw Error(ErrorCode::DuplicateRow,
                fmt::format("{}: its rows of {} do not begin after those of the files before", file.string(), symbol),
                "keep each time of a symbol in one file, and name the files so that they sort by time")
        .with("file", file.string())
        .with("symbol", symbol);
  }
  to.times.insert(to.times.end(), from.times.begin(), from.times.end());
  const auto join = [&](int field, int to_scale, int from_scale) {
    const int scale = std::max(to_scale, from_scale);
    const auto raise = [&](std::vector<std::int64_t>& column, int by) {
      const auto factor = static_cast<std::int64_t>(power_of_ten(by));
      for (std::int64_t& v : column)
        if (v != kMissing && __builtin_mul_overflow(v, factor, &v))
          throw Error(ErrorCode::Overflow,
                      fmt::format("{}: the numbers of {} need more than 18 digits", file.string(), symbol));
    };
    raise(to.columns[field], scale - to_scale);
    raise(from.columns[field], scale - from_scale);
    to.columns[field].insert(to.columns[field].end(), from.columns[field].begin(), from.columns[field].end());
  };
  for (int f = 0; f < 4; ++f) join(f, to.price_scale, from.price_scale);
  join(4, to.volume_scale, from.volume_scale);
  to.price_scale = std::max(to.price_scale, from.price_scale);
  to.volume_scale = std::max(to.volume_scale, from.volume_scale);
}

void append_bars(SymbolBars& to, SymbolBars&& from, const fs::path& file) {
  append_series(to.daily, std::move(from.daily), to.symbol, file);
  append_series(to.minute, std::move(from.minute), to.symbol, file);
  std::ranges::move(from.dividends, std::back_inserter(to.dividends));
  std::ranges::move(from.splits, std::back_inserter(to.splits));
}

}  // namespace

std::string Mapping::describe() const {
  std::string out;
  if (is_parquet) {
    out = fmt::format("{}: Parquet, {} columns\n", file.string(), names.size());
  } else {
    const std::string delimiter = format.delimiter == '\t' ? "tab" : fmt::format("\"{}\"", format.delimiter);
    const std::string header =
        format.header ? fmt::format("header on line {}", format.skip_lines + 1) : std::string("no header");
    out = fmt::format("{}: delimiter {}, {}, {} columns\n", file.string(), delimiter, header, names.size());
  }
  std::vector<bool> used(names.size(), false);
  for (int r = 0; r < kRoleCount; ++r) {
    const Role role = static_cast<Role>(r);
    const int at = columns[role];
    if (at < 0) continue;
    used[static_cast<std::size_t>(at)] = true;
    std::string note;
    if (role == Role::Time) note = fmt::format(" ({})", time_format.describe());
    if (role == Role::AdjustedClose) note = " (not used: bars are kept as traded)";
    out += fmt::format("  {:<14} <- {}{}\n", role_name(role), names[static_cast<std::size_t>(at)], note);
  }
  if (!symbol.empty()) out += fmt::format("  {:<14} <- \"{}\" for every row\n", role_name(Role::Symbol), symbol);
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!used[i]) rest.push_back(names[i]);
  if (!rest.empty()) out += fmt::format("  not used: {}\n", fmt::join(rest, ", "));
  return out;
}

std::vector<fs::path> bar_files(const fs::path& path) {
  if (!fs::exists(path)) throw Error(ErrorCode::FileNotFound, fmt::format("{} does not exist", path.string()));
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path))
    if (entry.is_regular_file() && (is_text(entry.path()) || is_parquet(entry.path()))) files.push_back(entry.path());
  if (files.empty()) {
    throw Error(ErrorCode::EmptyData,
                fmt::format("{} has no file named *.csv, *.txt, *.tsv (also .gz) or *.parquet", path.string()));
  }
  std::ranges::sort(files);
  return files;
}

Mapping guess_mapping(const fs::path& file, const FileOptions& options) { return open_file(file, options).mapping; }

namespace {

/// What one file holds.
struct FileBars {
  fs::path file;
  std::vector<SymbolBars> symbols;
  std::vector<RowsLeftOut> left_out;
};

/// Read files one after another.
void for_each_file(const fs::path& path, const FileOptions& said, const utils::CalendarPtr& calendar,
                   const IngestOptions& options, const std::function<void(FileBars)>& take) {
  const std::vector<fs::path> files = bar_files(path);
  if (files.size() > 1 && !said.symbol.empty())
    throw Error(ErrorCode::InvalidArgument, fmt::format("one symbol (\"{}\") for {} files", said.symbol, files.size()));
  if (said.time_zone != "UTC" && said.time_zone != "America/New_York") {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("time zone \"{}\"; UTC and America/New_York are known", said.time_zone),
                "write the times with their offset (2014-06-05T09:31:00+02:00)");
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (options.progress)
      options.progress("reading " + files[i].filename().string(), static_cast<std::int64_t>(i),
                       static_cast<std::int64_t>(files.size()));
    FileBars bars{files[i], {}, {}};
    {
      const OpenFile open = open_file(files[i], said);
      BarTextOptions how;
      how.file = files[i].string();
      how.symbol = open.mapping.symbol;
      how.columns = open.mapping.columns;
      how.time_format = open.mapping.time_format;
      how.time_zone = said.time_zone;
      how.frequency = said.frequency;
      how.stamped_at = said.stamped_at;
      how.sort = said.sort;
      how.calendar = calendar;
      how.log = options.log;
      how.left_out = &bars.left_out;
      bars.symbols = read_bars(open.table, how);
      for (SymbolBars& own : bars.symbols)
        for (BarSeries* series : {&own.daily, &own.minute}) series->price_scale += said.price_decimals;
    }
    take(std::move(bars));
  }
}

BundleContent empty_content(const fs::path& path, const FileOptions& said) {
  BundleContent content;
  content.calendar_name = said.calendar;
  content.source = path.string();
  content.exchanges.push_back({said.exchange, said.exchange, said.country_code});
  return content;
}

}  // namespace

BundleContent read_files(const fs::path& path, const FileOptions& said, const IngestOptions& options) {
  const utils::CalendarPtr calendar = utils::get_calendar(said.calendar);
  BundleContent content = empty_content(path, said);
  std::map<std::string, SymbolBars> by_symbol;
  for_each_file(path, said, calendar, options, [&](FileBars file) {
    for (SymbolBars& bars : file.symbols) {
      const std::string symbol = to_upper(bars.symbol);
      SymbolBars& all = by_symbol[symbol];
      all.symbol = symbol;
      append_bars(all, std::move(bars), file.file);
    }
    std::ranges::move(file.left_out, std::back_inserter(content.left_out));
  });
  for (auto& [symbol, bars] : by_symbol)
    add_item(std::move(bars), content.exchanges[0], *calendar, content, said.asset_type);
  if (!said.factor_files.empty()) add_lean_factors(said.factor_files, *calendar, content);
  return content;
}

void FileAdapter::deliver(const DataRequest& request, const IngestOptions& options,
                          const std::function<void(BundleContent)>& take) const {
  const FileOptions said = options_of(request);
  if (!said.factor_files.empty()) return take(read_files(request.path, said, options));  // once per symbol
  const utils::CalendarPtr calendar = utils::get_calendar(said.calendar);
  for_each_file(request.path, said, calendar, options, [&](FileBars file) {
    BundleContent content = empty_content(request.path, said);
    content.left_out = std::move(file.left_out);
    for (SymbolBars& bars : file.symbols)
      add_item(std::move(bars), content.exchanges[0], *calendar, content, said.asset_type);
    take(std::move(content));
  });
}

// --- the adapter
// ------------------------------------------------------------------------------------------------------

std::vector<SettingHelp> FileAdapter::settings() const {
  return {{"symbol", "symbol of the rows of a single file (default: a symbol column, else the file's name)"},
          {"map",
           "columns by name or number, as date=Day,close=Last (date, time_of_day, symbol, open, high, low, close, "
           "volume, dividend, split)"},
          {"delimiter", "one character, or tab (default: guessed)"},
          {"header", "yes or no (default: guessed)"},
          {"date_format", "form of the dates, as %d/%m/%Y (default: guessed)"},
          {"timezone", "of times without an offset: UTC (default) or America/New_York"},
          {"frequency", "auto (default), daily or minute"},
          {"stamped_at", "what a minute's time is: auto (default), end or start"},
          {"sort", "yes: put rows in order of time first"},
          {"price_decimals", "prices are whole numbers of 10^-n: 4 for LEAN's equities (default 0)"},
          {"factor_files", "folder of LEAN factor files (aapl.csv, ...): their splits and dividends"},
          {"asset_type", "equity (default), crypto or fx; the symbols of both are pairs such as BTC/USDT or BTC-USDT"},
          {"calendar", "trading calendar (default XNYS; crypto 24/7, fx 24/5)"},
          {"exchange", "exchange of the assets (default NYSE)"},
          {"country", "country of the exchange (default US)"}};
}

FileOptions FileAdapter::options_of(const DataRequest& request) const {
  const Settings settings(*this, request);
  FileOptions out;
  out.symbol = settings.text("symbol", "");
  if (const std::string* map = settings.find("map")) {
    std::string_view rest = *map;
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(part.size() + 1, rest.size()));
      const std::size_t equals = part.find('=');
      const auto role = find_role(part.substr(0, equals));
      if (equals == std::string_view::npos || !role)
        throw Error(ErrorCode::InvalidArgument,
                    fmt::format("map has \"{}\", expected FIELD=COLUMN with a field such as date or close", part));
      out.columns[*role] = part.substr(equals + 1);
    }
  }
  if (const std::string* delimiter = settings.find("delimiter")) {
    if (*delimiter != "tab" && *delimiter != "\\t" && delimiter->size() != 1)
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("delimiter is \"{}\", expected one character or tab", *delimiter));
    out.delimiter = delimiter->size() == 1 ? delimiter->front() : '\t';
  }
  if (settings.find("header")) out.header = settings.flag("header", true);
  out.date_format = settings.text("date_format", "");
  out.time_zone = settings.text("timezone", out.time_zone);
  out.frequency = static_cast<BarFrequency>(settings.choice("frequency", {"auto", "daily", "minute"}, 0));
  out.stamped_at = static_cast<StampedAt>(settings.choice("stamped_at", {"auto", "end", "start"}, 0));
  out.sort = settings.flag("sort", false);
  out.price_decimals = static_cast<int>(settings.integer("price_decimals", 0));
  if (out.price_decimals < 0 || out.price_decimals > 9)
    throw Error(ErrorCode::InvalidArgument, fmt::format("price_decimals is {}, expected 0 to 9", out.price_decimals));
  out.factor_files = settings.text("factor_files", "");
  out.asset_type = assets::parse_asset_type(settings.text("asset_type", "equity"));
  if (out.asset_type == assets::AssetType::Future)
    throw Error(ErrorCode::InvalidArgument, "bars of futures need terms that a file of bars does not have",
                "ingest them from Python: rustybt.data.bundles.write_frames(..., assets=[...])");
  if (out.asset_type != assets::AssetType::Equity) {
    out.calendar = assets::make_asset(out.asset_type).calendar_name;
    out.exchange = out.asset_type == assets::AssetType::FxPair ? "FX" : "CRYPTO";
    out.country_code = "??";
  }
  out.calendar = settings.text("calendar", out.calendar);
  out.exchange = settings.text("exchange", out.exchange);
  out.country_code = settings.text("country", out.country_code);
  return out;
}

std::string FileAdapter::describe(const DataRequest& request) const {
  const FileOptions options = options_of(request);
  const auto files = bar_files(request.path);
  std::string out = guess_mapping(files.front(), options).describe();
  if (files.size() > 1) out += fmt::format("and {} more files, each guessed in the same way\n", files.size() - 1);
  return out;
}

BundleContent FileAdapter::fetch(const DataRequest& request, const IngestOptions& options) const {
  return read_files(request.path, options_of(request), options);
}

}  // namespace rustybt::data::adapters
