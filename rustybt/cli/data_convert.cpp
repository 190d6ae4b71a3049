// `rustybt data convert` and `data synth`: bars of a bundle, or invented ones, as files of others' kinds.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "rustybt/cli/actions.hpp"
#include "rustybt/core/decimal.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/core.hpp"
#include "rustybt/data/bundles/manifest.hpp"
#include "rustybt/data/columnar/parquet_daily_bars.hpp"
#include "rustybt/data/columnar/parquet_minute_bars.hpp"
#include "rustybt/data/resample.hpp"
#include "rustybt/data/synthetic.hpp"
#include "rustybt/storage/columnar.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFieldNames[data::kFieldCount] = {"open", "high", "low", "close", "volume"};
constexpr int kVolume = static_cast<int>(data::Field::Volume);

struct SymbolBars {
  std::string symbol;
  data::BarSeries bars;
};

bool is_minute(const ConvertCommand& command) { return command.frequency == "minute"; }

/// Columns to write, as indexes of fields.
std::vector<int> chosen_fields(const ConvertCommand& command) {
  std::vector<int> fields;
  for (const std::string& name : command.fields) {
    const auto* const found = std::ranges::find(kFieldNames, name);
    if (found == std::end(kFieldNames))
      throw Error(ErrorCode::UnknownField, fmt::format("no bar field named '{}'", name),
                  "fields are open, high, low, close, volume");
    fields.push_back(static_cast<int>(found - std::begin(kFieldNames)));
  }
  if (fields.empty()) fields = {0, 1, 2, 3, 4};
  return fields;
}

/// Days (or, for minutes, their ns) from the first to before the last.
std::pair<std::int64_t, std::int64_t> chosen_range(const ConvertCommand& command) {
  const auto edge = [&](const std::string& text, std::int64_t otherwise, int days_on) {
    if (text.empty()) return otherwise;
    const Date day{Date::parse(text).days + days_on};
    return is_minute(command) ? Timestamp::from_date(day).ns : std::int64_t{day.days};
  };
  return {edge(command.start, INT64_MIN, 0), edge(command.end, INT64_MAX, 1)};
}

/// The bars of a bundle's current version as they were ingested, rows without trade included.
std::vector<SymbolBars> read_bars(const ConvertCommand& command) {
  const fs::path root = data::default_root();
  const fs::path folder = data::bundle_folder(root, command.source);
  const fs::path manifest_path = data::manifest_file(folder);
  if (!fs::exists(manifest_path)) (void)data::load_bundle(root, command.source);  // throws with the names there are
  const data::Manifest manifest = data::parse_manifest(storage::read_file(manifest_path), manifest_path);

  std::map<std::int64_t, SymbolBars> by_sid;
  std::set<std::string> wanted(command.symbols.begin(), command.symbols.end());
  std::set<std::string> unknown = wanted;
  for (const data::ManifestAsset& asset : manifest.assets) {
    unknown.erase(asset.symbol);
    if (!wanted.empty() && !wanted.contains(asset.symbol)) continue;
    SymbolBars& own = by_sid[asset.sid.value];
    own.symbol = asset.symbol;
    own.bars.price_scale = asset.price_scale;
    own.bars.volume_scale = asset.volume_scale;
  }
  if (!unknown.empty())
    throw Error(ErrorCode::SymbolNotFound, fmt::format("{} has no symbol {}", command.source, *unknown.begin()),
                fmt::format("`rustybt data list {}` shows its symbols", command.source));

  const auto [first, end] = chosen_range(command);
  const fs::path bars_folder =
      data::version_folder(folder, manifest.info.version_id) / (is_minute(command) ? "minute" : "daily");
  if (fs::exists(bars_folder)) {
    data::BarSelection selection;
    for (const auto& [sid, own] : by_sid) selection.sids.push_back({sid});
    selection.first = first;
    selection.last = end - 1;
    const storage::ColumnTable table = is_minute(command) ? data::ParquetMinuteBars(bars_folder).load(selection)
                                                          : data::ParquetDailyBars(bars_folder).load(selection);
    const auto& sids = table.column("sid").as<storage::Int64s>().values;
    const storage::Column& times = table.column(is_minute(command) ? "time" : "session");
    for (std::size_t i = 0; i < sids.size(); ++i) {
      data::BarSeries& bars = by_sid.at(sids[i]).bars;
      bars.times.push_back(is_minute(command) ? times.as<storage::Timestamps>().values[i]
                                              : times.as<storage::Dates>().values[i]);
      for (int f = 0; f < data::kFieldCount; ++f) {
        const storage::Column& column = table.column(kFieldNames[f]);
        const auto& decimals = column.as<storage::Decimals>();
        // a table has the scale of its finest asset: what this asset does not need are zeros
        const int surplus = decimals.scale - (f == kVolume ? bars.volume_scale : bars.price_scale);
        bars.columns[f].push_back(!column.is_valid(i) ? data::kMissing
                                  : surplus <= 0
                                      ? decimals.values[i]
                                      : decimals.values[i] / static_cast<std::int64_t>(power_of_ten(surplus)));
      }
    }
  }
  std::vector<SymbolBars> out;
  for (auto& [sid, own] : by_sid)
    if (!own.bars.times.empty()) out.push_back(std::move(own));
  return out;
}

int scale_of(const data::BarSeries& bars, int field) { return field == kVolume ? bars.volume_scale : bars.price_scale; }

std::string time_text(std::int64_t time, bool minutes) {
  return minutes ? Timestamp{time}.to_string() : Date{static_cast<std::int32_t>(time)}.to_string();
}

/// "AAPL", or in quotes when it holds what separates.
std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

void append_csv(std::string& out, const SymbolBars& own, const std::vector<int>& fields, bool minutes,
                bool with_symbol) {
  const std::string symbol = with_symbol ? csv_text(own.symbol) + "," : std::string();
  for (std::size_t i = 0; i < own.bars.times.size(); ++i) {
    out += time_text(own.bars.times[i], minutes) + "," + symbol;
    for (std::size_t k = 0; k < fields.size(); ++k) {
      const std::int64_t value = own.bars.columns[fields[k]][i];
      if (value != data::kMissing) out += Decimal(value, scale_of(own.bars, fields[k])).to_string();
      out += k + 1 < fields.size() ? ',' : '\n';
    }
  }
}

std::string csv_header(const std::vector<int>& fields, bool with_symbol) {
  std::string header = with_symbol ? "date,symbol" : "date";
  for (const int f : fields) header += fmt::format(",{}", kFieldNames[f]);
  return header + "\n";
}

storage::ColumnTable as_table(const std::vector<SymbolBars>& all, const std::vector<int>& fields, bool minutes) {
  storage::Dates days;
  storage::Timestamps times;
  storage::Strings symbols;
  std::vector<storage::Decimals> columns(fields.size());
  std::vector<std::vector<std::uint8_t>> validity(fields.size());
  for (std::size_t k = 0; k < fields.size(); ++k)
    for (const SymbolBars& own : all) columns[k].scale = std::max(columns[k].scale, scale_of(own.bars, fields[k]));
  for (const SymbolBars& own : all) {
    for (const std::int64_t time : own.bars.times) {
      if (minutes) {
        times.values.push_back(time);
      } else {
        days.values.push_back(static_cast<std::int32_t>(time));
      }
    }
    symbols.values.insert(symbols.values.end(), own.bars.times.size(), own.symbol);
    for (std::size_t k = 0; k < fields.size(); ++k) {
      const auto factor = static_cast<std::int64_t>(power_of_ten(columns[k].scale - scale_of(own.bars, fields[k])));
      for (std::int64_t value : own.bars.columns[fields[k]]) {
        validity[k].push_back(value != data::kMissing);
        if (value == data::kMissing) {
          value = 0;
        } else if (__builtin_mul_overflow(value, factor, &value)) {
          throw Error(ErrorCode::Overflow,
                      fmt::format("{}: {} does not fit 19 digits at the decimals other symbols have", own.symbol,
                                  kFieldNames[fields[k]]),
                      "convert the symbols into several files, or to csv");
        }
        columns[k].values.push_back(value);
      }
    }
  }
  storage::ColumnTable table;
  if (minutes) {
    table.columns.push_back({"date", std::move(times)});
  } else {
    table.columns.push_back({"date", std::move(days)});
  }
  table.columns.push_back({"symbol", std::move(symbols)});
  for (std::size_t k = 0; k < fields.size(); ++k)
    table.columns.push_back({kFieldNames[fields[k]], std::move(columns[k]), std::move(validity[k])});
  return table;
}

/// Format by word, or by the target's name.
std::string format_of(const ConvertCommand& command) {
  if (!command.format.empty()) return command.format;
  const std::string ending = command.target.extension().string();
  if (ending == ".csv") return "csv";
  return ending == ".parquet" ? "parquet" : "csvdir";
}

/// Write everything, then give it its name.
void write_target(const ConvertCommand& command, const std::vector<SymbolBars>& all) {
  const std::vector<int> fields = chosen_fields(command);
  const bool minutes = is_minute(command);
  const std::string format = format_of(command);
  if (format == "csv") {
    std::string text = csv_header(fields, true);
    for (const SymbolBars& own : all) append_csv(text, own, fields, minutes, true);
    storage::write_file_atomically(command.target, text);
    return;
  }
  const fs::path part = command.target.string() + ".part";
  fs::remove_all(part);
  if (format == "parquet") {
    storage::write_parquet(part, as_table(all, fields, minutes));
  } else {
    const fs::path folder = part / (minutes ? "minute" : "daily");
    fs::create_directories(folder);
    for (const SymbolBars& own : all) {
      if (own.symbol.find('/') != std::string::npos)
        throw Error(ErrorCode::InvalidArgument, fmt::format("the symbol {} cannot name a file", own.symbol),
                    "convert to one .csv or .parquet file");
      std::string text = csv_header(fields, false);
      append_csv(text, own, fields, minutes, false);
      storage::write_file_atomically(folder / (own.symbol + ".csv"), text);
    }
  }
  fs::rename(part, command.target);
}

/// Bars of a length from those of a bundle, whose data are complete up to its last session.
std::vector<SymbolBars> longer_bars(Invocation& invocation, ConvertCommand& command, const data::Bundle& bundle) {
  data::ResampleOptions options;
  options.to = data::BarPeriod::parse(command.to);
  options.label = command.label_start ? data::BarLabel::Start : data::BarLabel::End;
  const bool from_days =
      !options.to.is_intraday() && options.to != data::BarPeriod::day() && bundle.info.daily_rows > 0;
  options.from = from_days ? data::BarPeriod::day() : data::BarPeriod::of_minutes(1);
  command.frequency = from_days ? "daily" : "minute";
  options.complete_until = bundle.calendar->close(*bundle.calendar->find_session(bundle.info.last_session));
  std::vector<SymbolBars> all = read_bars(command);
  std::int64_t partial = 0;
  for (SymbolBars& own : all) {
    data::ResampledBars found = data::resample(own.bars, bundle.calendar, options);
    if (found.last_is_partial) ++partial;
    own.bars = std::move(found.bars);
  }
  if (partial > 0)
    invocation.console.warn(fmt::format("the data end on {}, within the last bar of {} of {} symbols: it is partial",
                                        bundle.info.last_session.to_string(), command.to, grouped(partial)));
  command.frequency = options.to.is_intraday() ? "minute" : "daily";  // how times are written
  return all;
}

void require_new(const fs::path& target) {
  if (fs::exists(target))
    throw Error(ErrorCode::FileNotWritable, fmt::format("{} is there already", target.string()),
                "name a new file or folder; nothing is overwritten");
  const fs::path parent = fs::absolute(target).parent_path();
  if (!fs::is_directory(parent))
    throw Error(ErrorCode::FileNotFound, fmt::format("there is no folder {}", parent.string()), "make it first");
}

int finish(Invocation& invocation, const ConvertCommand& command, const std::vector<SymbolBars>& all) {
  if (all.empty())
    throw Error(ErrorCode::EmptyData,
                fmt::format("{} has no {} bars of what was asked for", command.source,
                            command.to.empty() ? command.frequency : command.to),
                fmt::format("`rustybt data list {}` shows symbols, frequencies and ranges", command.source));
  const std::string& length = command.to.empty() ? command.frequency : command.to;
  write_target(command, all);
  std::int64_t rows = 0;
  for (const SymbolBars& own : all) rows += static_cast<std::int64_t>(own.bars.times.size());
  invocation.console.print(fmt::format("{}: {} {} bars of {} symbols, {}\n", command.target.string(), grouped(rows),
                                       length, grouped(static_cast<std::int64_t>(all.size())), format_of(command)));
  invocation.console.print_json(nlohmann::ordered_json{
      {"target", command.target.string()},
      {"format", format_of(command)},
      {"frequency", length},
      {"symbols", all.size()},
      {"rows", rows}}.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  return 0;
}

}  // namespace

int convert_data(Invocation& invocation, const ConvertCommand& command) {
  (void)chosen_fields(command);
  require_new(command.target);
  const data::Bundle bundle = data::load_bundle(data::default_root(), command.source);
  const data::BundleInfo& info = bundle.info;
  ConvertCommand how = command;
  const std::vector<SymbolBars> all = command.to.empty() ? read_bars(command) : longer_bars(invocation, how, bundle);
  if (info.splits + info.dividends > 0)
    invocation.console.warn(fmt::format("prices are raw; {} splits and {} dividends stay in the bundle",
                                        grouped(info.splits), grouped(info.dividends)));
  return finish(invocation, how, all);
}

int synthesize_data(Invocation& invocation, const SynthCommand& command) {
  ConvertCommand target;
  target.source = "the invented market";
  target.target = command.target;
  target.format = command.format;
  target.frequency = command.frequency;
  require_new(command.target);
  data::SyntheticSpec spec;
  spec.seed = command.seed;
  spec.assets = command.assets;
  spec.minute = is_minute(target);
  if (!command.start.empty()) spec.first = Date::parse(command.start);
  if (!command.end.empty()) spec.last = Date::parse(command.end);
  std::vector<SymbolBars> all;
  data::BundleContent content = data::make_synthetic(spec);
  for (data::BundleContent::Item& item : content.items)
    all.push_back({item.asset.symbol, std::move(spec.minute ? item.minute : item.daily)});
  return finish(invocation, target, all);
}

}  // namespace rustybt::cli
