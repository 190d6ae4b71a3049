// Commands about data: ingest, bundles, data list, clean, calendars.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rustybt/cli/actions.hpp"
#include "rustybt/cli/progress.hpp"
#include "rustybt/cli/python_handover.hpp"
#include "rustybt/data/adapters/registry.hpp"
#include "rustybt/data/bundles/bundle_writer.hpp"
#include "rustybt/data/bundles/manifest.hpp"
#include "rustybt/data/bundles/zipline_root.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::cli {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

Json rows_json(const data::RowLedger& rows) {
  Json left_out = Json::array();
  for (const data::RowsLeftOut& part : rows.left_out)
    left_out.push_back({{"source", part.source}, {"reason", part.reason}, {"rows", part.rows}});
  return {{"read", rows.read},         {"added", rows.added},           {"replacing", rows.replacing},
          {"repeated", rows.repeated}, {"superseded", rows.superseded}, {"left_out", left_out}};
}

/// "1,510 rows read: 5 added, 1,505 known already", then a line for each reason to leave rows out.
std::string describe_rows(const data::RowLedger& rows) {
  std::vector<std::string> parts;
  const auto say = [&](std::int64_t count, std::string_view what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", grouped(count), what));
  };
  say(rows.added, "added");
  say(rows.replacing, "replace earlier values");
  say(rows.repeated, "known already");
  say(rows.superseded, "replaced by a later row of the source");
  say(rows.rows_left_out(), "left out");
  std::string text = fmt::format("{} rows read: {}\n", grouped(rows.read), fmt::join(parts, ", "));
  for (const data::RowsLeftOut& part : rows.left_out)
    text += fmt::format("  {}: {} rows left out: {}\n", part.source, grouped(part.rows), part.reason);
  return text;
}

Json info_json(const data::BundleInfo& info) {
  return {{"name", info.name},
          {"version", info.version_id},
          {"calendar", info.calendar_name},
          {"first_session", info.first_session.to_string()},
          {"last_session", info.last_session.to_string()},
          {"assets", info.assets},
          {"daily_rows", info.daily_rows},
          {"minute_rows", info.minute_rows},
          {"splits", info.splits},
          {"dividends", info.dividends},
          {"rows", rows_json(info.rows)},
          {"restatements", info.restatements},
          {"data_hash", info.data_hash},
          {"ingested_at", info.ingested_at},
          {"source", info.source}};
}

/// "prices/My Stocks.csv.gz" -> "my-stocks": a bundle's name is a folder's name.
std::string name_of(const fs::path& path) {
  fs::path file = fs::absolute(path).lexically_normal();
  if (!file.has_filename()) file = file.parent_path();
  std::string name = file.filename().string();
  if (!fs::is_directory(path)) name = name.substr(0, std::max<std::size_t>(name.find('.'), 1));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!is_plain) c = '-';
  }
  return name;
}

/// Where the content comes from, chosen and described but not read.
struct Source {
  std::string name;           ///< default name of the bundle
  std::string understanding;  ///< for a person; empty for registered sources
  std::function<data::BundleInfo(std::string_view name, const data::IngestOptions&)> ingest;
};

/// The file that extends every command, of this root or of Zipline's; empty when there is none.
fs::path default_extension() {
  for (const fs::path& root : {data::default_root(), data::zipline_root()})
    if (fs::exists(root / "extension.py")) return root / "extension.py";
  return {};
}

/// A bundle that the user's Python makes.
Source registered_source(Invocation& invocation, const data::BundleSource& source, const IngestCommand& command) {
  if (!command.settings.empty() || !command.path.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("the registered bundle '{}' takes no folder and no settings; found {}", source.name,
                            command.path.empty() ? command.settings.begin()->first : command.path.string()),
                "its own function decides what it reads");
  }
  if (command.append) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("the registered bundle '{}' is always made whole", source.name),
                "leave out --append, or append files to a bundle of another name");
  }
  if (!command.name.empty() && command.name != source.name) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("the registered bundle '{}' keeps its name; found --name {}", source.name, command.name),
                "register the function under the other name");
  }
  return {source.name, {}, [&invocation, source](std::string_view name, const data::IngestOptions& options) {
            try {
              source.ingest(options);
            } catch (...) {
              throw explain_failure(invocation, std::current_exception(), "the ingest function of " + source.name);
            }
            return data::load_bundle(options.root, name).info;
          }};
}

std::vector<std::string> outer_adapters(Invocation& invocation) {
  if (!invocation.environment.adapter_names) return {};
  try {
    return invocation.environment.adapter_names();
  } catch (...) {
    throw explain_failure(invocation, std::current_exception(), "an installed adapter");
  }
}

/// A bundle that an adapter of the embedding language makes.
Source outer_adapter(Invocation& invocation, const IngestCommand& command) {
  if (!command.path.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("the adapter '{}' takes no path; found {}", command.source, command.path.string()),
                "it takes --symbols, --start, --end and --frequency");
  }
  return {command.source, {}, [&invocation, command](std::string_view name, const data::IngestOptions& options) {
            try {
              invocation.environment.ingest_with_adapter(command.source, std::string(name), command.settings);
            } catch (...) {
              throw explain_failure(invocation, std::current_exception(), "the adapter " + command.source);
            }
            return data::load_bundle(options.root, name).info;
          }};
}

/// The process becomes `python -m rustybt` where that can know a source that this one does not.
void hand_over_unknown_source(Invocation& invocation, const IngestCommand& command) {
  if (invocation.environment.register_sources) return;
  std::string python;
  try {
    python = find_python();
  } catch (const Error&) {
    if (!command.extensions.empty() || !default_extension().empty()) throw;  // only Python can run these
    return;
  }
  invocation.console.give_back_output();
  hand_over_to_python(python, invocation.argc, invocation.argv);
}

Source find_source(Invocation& invocation, const IngestCommand& command) {
  data::BundleRegistry registry;
  if (invocation.environment.register_sources) {
    try {
      invocation.environment.register_sources(registry, command.extensions);
    } catch (...) {
      throw explain_failure(invocation, std::current_exception(), "an extension");
    }
  }
  const data::adapters::AdapterRegistry adapters = data::adapters::default_adapters();
  const std::vector<std::string> registered = registry.names();
  const std::vector<std::string> names = adapters.names();

  if (std::ranges::find(registered, command.source) != registered.end())
    return registered_source(invocation, registry.source(command.source), command);
  const std::vector<std::string> outer = outer_adapters(invocation);
  if (std::ranges::find(outer, command.source) != outer.end()) return outer_adapter(invocation, command);

  std::string adapter_name = command.source;
  data::adapters::DataRequest request{command.path, command.settings};
  request.find_key = [passphrase = terminal_passphrase()](const std::string& name) {
    return find_key(name, passphrase);
  };
  if (std::ranges::find(names, command.source) == names.end()) {
    if (!fs::exists(command.source)) {
      hand_over_unknown_source(invocation, command);
      std::vector<std::string> all = names;
      for (const auto* more : {&registered, &outer}) all.insert(all.end(), more->begin(), more->end());
      throw Error(
          ErrorCode::FileNotFound,
          fmt::format("'{}' is neither a source ({}) nor a file or folder", command.source, fmt::join(all, ", ")),
          "pass one of these, or the path of a CSV or Parquet file or of a folder of them");
    }
    if (!command.path.empty()) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("two paths: {} and {}", command.source, command.path.string()),
                  "put the files into one folder and pass that");
    }
    request.path = command.source;
    adapter_name = data::adapters::guess_adapter(request.path);
  }
  const std::shared_ptr<data::adapters::DataAdapter> adapter = adapters.make(adapter_name);
  Source source;
  source.name = request.path.empty() ? adapter_name : name_of(request.path);
  source.understanding = adapter->describe(request);
  source.ingest = [adapter, request, rates = command.fx_rates](std::string_view name,
                                                               const data::IngestOptions& options) {
    data::BundleWriter writer(name, options);
    std::vector<data::FxRate> fx_rates;
    if (!rates.empty()) fx_rates = data::read_fx_rates(rates);
    adapter->deliver(request, options, [&](data::BundleContent part) {
      part.fx_rates = std::exchange(fx_rates, {});  // once, with the first part
      writer.add(std::move(part));
    });
    return writer.commit();
  };
  return source;
}

}  // namespace

int ingest(Invocation& invocation, const IngestCommand& command) {
  Console& console = invocation.console;
  const Source source = find_source(invocation, command);
  const std::string name = command.name.empty() ? source.name : command.name;
  (void)data::bundle_folder(data::default_root(), name);  // a bad name is refused before all the reading
  if (!source.understanding.empty()) console.print(source.understanding);
  if (command.dry_run) {
    console.print_json(dump({{"name", name}, {"understood", source.understanding}}));
    return 0;
  }

  const WallClock clock;
  ProgressPace pace(console.error_is_terminal());
  data::IngestOptions options;
  options.root = data::default_root();
  options.clock = &clock;
  options.log = console.log();
  options.append = command.append;
  options.on_conflict = command.on_conflict == "replace" ? data::OnConflict::Replace : data::OnConflict::Refuse;
  options.progress = [&](std::string_view what, std::int64_t done, std::int64_t total) {
    if (!pace.is_due()) return;
    console.show_progress(total > 0 && done < total ? fmt::format("{}  {} of {}", what, grouped(done), grouped(total))
                                                    : std::string(what));
  };
  const data::BundleInfo info = source.ingest(name, options);
  console.clear_progress();

  console.print(
      fmt::format("\nbundle {}: {} assets, {} daily and {} minute bars, {} splits, {} dividends\n{} to {} on calendar "
                  "{}, data hash {}\n",
                  info.name, grouped(info.assets), grouped(info.daily_rows), grouped(info.minute_rows),
                  grouped(info.splits), grouped(info.dividends), info.first_session.to_string(),
                  info.last_session.to_string(), info.calendar_name, info.data_hash.substr(0, 16)));
  console.print(describe_rows(info.rows));
  if (info.restatements > 0) {
    const fs::path folder = data::version_folder(data::bundle_folder(options.root, name), info.version_id);
    console.print(fmt::format("{} cells restated, listed in {}\n", grouped(info.restatements),
                              (folder / "restatements.csv").string()));
  }
  Json result = info_json(info);
  result["understood"] = source.understanding;
  result["seconds"] = pace.seconds();
  console.print_json(dump(result));
  return 0;
}

int list_bundles(Invocation& invocation) {
  Console& console = invocation.console;
  const fs::path root = data::default_root();
  Json bundles = Json::array();
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> unreadable;
  for (const data::BundleInfo& info : data::list_bundles(root)) {
    bundles.push_back(info_json(info));
    if (info.version_id.empty()) {  // the manifest cannot be read
      rows.push_back({info.name, "unreadable", "", "", "", "", "", ""});
      unreadable.push_back(fmt::format("{} is {}", info.name, info.source));
    } else {
      rows.push_back({info.name, info.calendar_name, info.first_session.to_string(), info.last_session.to_string(),
                      grouped(info.assets), grouped(info.daily_rows), grouped(info.minute_rows),
                      info.ingested_at.substr(0, 19)});
    }
  }
  Json zipline = Json::array();
  for (const data::ZiplineBundleFolder& other : data::list_zipline_bundles(root)) {
    zipline.push_back({{"name", other.name}, {"folder", other.folder.string()}});
    rows.push_back({other.name, "", "", "", "", "", "", "in Zipline's root"});
  }
  if (rows.empty()) {
    console.print(fmt::format(
        "no bundles in {}\n`rustybt demo` makes an invented one, `rustybt ingest FILE` one of your own data\n",
        root.string()));
  } else {
    console.print(align_table({{"BUNDLE"},
                               {"CALENDAR"},
                               {"FIRST"},
                               {"LAST"},
                               {"ASSETS", true},
                               {"DAILY BARS", true},
                               {"MINUTE BARS", true},
                               {"INGESTED"}},
                              rows));
  }
  for (const std::string& what : unreadable) console.warn(what);
  console.print_json(dump({{"root", root.string()}, {"bundles", bundles}, {"zipline_bundles", zipline}}));
  return 0;
}

int clean(Invocation& invocation, const CleanCommand& command) {
  const auto time = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(Timestamp::parse(text));
  };
  const std::vector<std::string> removed = data::clean_bundle(data::default_root(), command.bundle, command.keep_last,
                                                              time(command.before), time(command.after));
  std::string text;
  for (const std::string& id : removed) text += fmt::format("removed {} {}\n", command.bundle, id);
  invocation.console.print(removed.empty() ? "nothing to remove\n" : text);
  invocation.console.print_json(dump({{"bundle", command.bundle}, {"removed", removed}}));
  return 0;
}

int list_calendars(Invocation& invocation) {
  const std::vector<std::string> names = utils::calendar_names();
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  invocation.console.print(text);
  invocation.console.print_json(dump({{"calendars", names}}));
  return 0;
}

}  // namespace rustybt::cli
