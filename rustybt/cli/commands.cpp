// The tree of commands: words, options and help. What they do is in run.cpp, demo.cpp and bundle.cpp.

#include "rustybt/cli/commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>

#include "rustybt/cli/actions.hpp"
#include "rustybt/data/adapters/registry.hpp"
#include "rustybt/version.hpp"

namespace rustybt::cli {

namespace {

using Action = std::function<int(Invocation&)>;

/// The words of all commands, filled in by the parser, and the action of the one that was given.
class CommandTree {
 public:
  CommandTree() {
    app_.name("rustybt");
    app_.set_version_flag("--version", fmt::format("rustybt {}", kVersion));
    app_.require_subcommand(1);
    app_.failure_message(CLI::FailureMessage::simple);
    app_.get_formatter()->column_width(32);
    app_.footer(
        "First steps:\n"
        "  rustybt demo                                   a backtest on an invented market, and its report\n"
        "  rustybt ingest prices/ --name mine             your own CSV or Parquet files\n"
        "  rustybt run strategy.py --bundle mine --report report.html\n"
        "`rustybt COMMAND --help` shows the options and an example. Data lies in $RUSTYBT_ROOT, default ~/.rustybt.");
    add_demo();
    add_ingest();
    add_run();
    add_strategy();
    add_report();
    add_bundles();
    add_data();
    add_clean();
    add_keys();
    add_calendars();
    add_version();
  }

  /// The words of a run that `run`, `strategy check` and notebooks share.
  static void add_run_options(CLI::App& c, RunCommand& run);
  static void add_outputs(CLI::App& c, RunOutputs& outputs);

  void parse(int argc, char** argv) { app_.parse(argc, argv); }
  [[nodiscard]] CLI::App& app() { return app_; }
  [[nodiscard]] bool json() const { return json_; }
  [[nodiscard]] const Action& action() const { return action_; }
  /// What is wrong with the words, in terms of the commands.
  [[nodiscard]] Error explain(const CLI::ParseError& mistake) const {
    std::string given = "rustybt";
    const CLI::App* at = &app_;
    while (!at->get_subcommands().empty()) {
      at = at->get_subcommands().front();
      given += " " + at->get_name();
    }
    std::string message = mistake.what();
    if (const std::string names = names_below(*at); !names.empty()) {
      const std::vector<std::string> words = at->remaining(true);
      const auto word = std::ranges::find_if(words, [](const std::string& w) { return !w.starts_with('-'); });
      message = word == words.end() ? fmt::format("`{}` needs a command: {}", given, names)
                                    : fmt::format("`{}` has no command '{}', only {}", given, *word, names);
    }
    return Error(ErrorCode::InvalidArgument, message, fmt::format("`{} --help` shows what it takes", given));
  }

 private:
  static std::string names_below(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(command->get_name());
    return fmt::format("{}", fmt::join(names, ", "));
  }

  CLI::App* add(CLI::App& parent, const char* name, const char* description, const std::string& footer, Action action) {
    CLI::App* command = parent.add_subcommand(name, description);
    command->add_flag("--json", json_, "print the result as JSON on standard output, and nothing else there");
    command->footer(footer);
    command->callback([this, action = std::move(action)] { action_ = action; });
    return command;
  }

  void add_demo() {
    demo_outputs_.report = "report.html";
    CLI::App* c = add(app_, "demo", "run a demonstration backtest on an invented market and write its report",
                      "Example:\n  rustybt demo --report /tmp/demo.html",
                      [this](Invocation& invocation) { return run_demo(invocation, demo_outputs_); });
    c->add_option("--report", demo_outputs_.report, "HTML file to write (default report.html)")->type_name("FILE");
    c->add_option("--output", demo_outputs_.folder,
                  "folder for Parquet tables and summary.json (default: REPORT_tables)")
        ->type_name("FOLDER");
  }

  void add_ingest() {
    CLI::App* c =
        add(app_, "ingest", "make a bundle of data that runs can use",
            "SOURCE is a CSV or Parquet file, a folder of them (one symbol per file, or a symbol column), or one of\n"
            "csv, parquet, csvdir, synthetic with its FOLDER. Columns, delimiter and dates are guessed and shown.\n"
            "Web sources are yfinance, polygon, alpaca and alphavantage; they take --symbols, --start and --end.\n"
            "Examples:\n"
            "  rustybt ingest prices/ --name mine\n"
            "  rustybt ingest export.csv --map date=Day --map close=Last --date-format %d.%m.%Y --symbol AAPL\n"
            "  rustybt ingest today.csv --name mine --append\n"
            "  rustybt ingest csvdir FOLDER --name zipline-files\n"
            "  rustybt ingest synthetic --seed 7 --assets 50 --name invented\n"
            "  rustybt ingest yfinance --symbols AAPL,MSFT --start 2015-01-01 --name web",
            [this](Invocation& invocation) {
              for (const auto& [name, value] : ingest_texts_) {
                if (!value.empty()) ingest_.settings[name] = value;
              }
              if (!ingest_map_.empty()) ingest_.settings["map"] = fmt::format("{}", fmt::join(ingest_map_, ","));
              return ingest(invocation, ingest_);
            });
    CLI::Option* source = c->add_option("SOURCE,--bundle,-b", ingest_.source,
                                        "file, folder, name of a source, or of a bundle that an extension registers");
    source->required();
    c->add_option("FOLDER", ingest_.path, "file or folder of a named source");
    c->add_option("--fx-rates", ingest_.fx_rates,
                  "CSV of exchange rates (date, base, quote, rate) to keep with the bars")
        ->type_name("FILE");
    c->add_option("--extension", ingest_.extensions,
                  "Python file that registers bundles (besides RUSTYBT_ROOT/extension.py); may be repeated")
        ->allow_extra_args(false)
        ->type_name("FILE");
    c->add_option("--name", ingest_.name, "name of the bundle (default: the file's or the source's)")
        ->type_name("NAME");
    c->add_flag("--append", ingest_.append, "add to the bundle instead of replacing it: later sessions, more symbols");
    c->add_option("--on-conflict", ingest_.on_conflict,
                  "when a bar comes again with other values: refuse (default), or replace the earlier one")
        ->check(CLI::IsMember({"refuse", "replace"}))
        ->type_name("WHAT");
    c->add_flag("--dry-run", ingest_.dry_run, "show how the files are understood, write nothing");
    // the sources say themselves what can be set
    const data::adapters::AdapterRegistry adapters = data::adapters::default_adapters();
    for (const std::string& adapter : adapters.names()) {
      for (const data::adapters::SettingHelp& setting : adapters.make(adapter)->settings()) {
        if (setting.name == "map" || ingest_texts_.contains(setting.name)) continue;
        std::string option = "--" + setting.name;
        std::replace(option.begin(), option.end(), '_', '-');
        if (setting.name == "sort") {  // the error about rows out of order says: pass --sort
          c->add_flag_callback("--sort", [this] { ingest_texts_["sort"] = "yes"; }, "put rows in order of time first");
          ingest_texts_["sort"].clear();
          continue;
        }
        c->add_option(option, ingest_texts_[setting.name], setting.help)->type_name("TEXT");
      }
    }
    c->add_option(
         "--map", ingest_map_,
         "column of a field, by name or number (from 1); may be repeated: date, symbol, open, high, low, close, "
         "volume, ...")
        ->allow_extra_args(false)
        ->type_name("FIELD=COLUMN");
  }

  static std::string policy_help() {
    std::vector<std::vector<std::string>> rows;
    const auto zipline = finance::Policies::of(finance::Preset::Zipline).describe();
    const auto own = finance::Policies::of(finance::Preset::Rustybt).describe();
    for (std::size_t i = 0; i < own.size(); ++i)
      rows.push_back({"  " + own[i].first, zipline[i].second, own[i].second});
    return align_table({{"  policy"}, {"preset zipline"}, {"preset rustybt"}}, rows);
  }

  static void add_strategy_option(CLI::App& c, RunCommand& run) {
    c.add_option("STRATEGY", run.strategy, "the strategy's file")->required();
  }

  void add_run() {
    CLI::App* c = add(
        app_, "run", "run a strategy (.py, .cpp or .so) over a bundle",
        fmt::format(
            "Policies for --set policy=value (docs/policies.md says what they mean):\n{}"
            "Example:\n  rustybt run strategy.py --bundle mine --start 2020-01-01 --end 2022-12-31 --capital 50000 \\\n"
            "    --set limit_check=trigger_only --output results --report report.html",
            policy_help()),
        [this](Invocation& invocation) { return run_strategy(invocation, run_); });
    add_strategy_option(*c, run_);
    add_run_options(*c, run_);
    add_outputs(*c, run_.outputs);
  }

  void add_strategy() {
    CLI::App* strategy = app_.add_subcommand("strategy", "look at a strategy itself: check");
    strategy->require_subcommand(1);
    strategy->footer("Example:\n  rustybt strategy check strategy.py --bundle mine");
    CLI::App* c =
        add(*strategy, "check", "does it see the future, repeat itself, need time to warm up?",
            "Runs the strategy again and again: with the bars (and the tables it reads itself) after some\n"
            "dates cut off, mirrored and shuffled; twice the same; with other hash seeds; with later starts.\n"
            "Exit status: 0 all passed, 1 a check failed.\n"
            "Example:\n  rustybt strategy check strategy.py --bundle mine --start 2020-01-01 --cuts 12",
            [this](Invocation& invocation) { return check_strategy(invocation, strategy_check_); });
    add_strategy_option(*c, strategy_check_.run);
    add_run_options(*c, strategy_check_.run);
    c->add_option("--cuts", strategy_check_.cuts, "dates after which the future is changed (default 8)")
        ->check(CLI::Range(1, 1000))
        ->type_name("N");
    c->add_option("--later", strategy_check_.later,
                  "start so many sessions later; may be repeated (default: a tenth, a quarter, half of the run)")
        ->allow_extra_args(false)
        ->type_name("N");
    c->add_flag("--skip-warm-up", strategy_check_.skip_warm_up, "no later starts");
    c->add_option("--trust", strategy_check_.trusted,
                  "file whose later rows are known beforehand, as a calendar's; may be repeated")
        ->allow_extra_args(false)
        ->type_name("FILE");
    CLI::App* probe = add(*strategy, "probe", "one run of the check", "",
                          [this](Invocation& invocation) { return probe_strategy(invocation, probe_); });
    probe->group("");
    add_strategy_option(*probe, probe_.run);
    add_run_options(*probe, probe_.run);
    probe->add_option("FOLDER", probe_.folder)->required();
    probe->add_option("--future", probe_.future);
    probe->add_option("--stop-after", probe_.stop_after);
  }

  void add_report() {
    CLI::App* c = add(app_, "report", "make the HTML page of a run again, from the folder of --output",
                      "Example:\n  rustybt report results --report page.html",
                      [this](Invocation& invocation) { return make_report(invocation, report_folder_, report_page_); });
    c->add_option("FOLDER", report_folder_, "folder that `rustybt run --output` made")->required();
    c->add_option("--report", report_page_, "HTML file to write (default: FOLDER/report.html)")->type_name("FILE");
  }

  void add_bundles() { add(app_, "bundles", "list the bundles", "Example:\n  rustybt bundles --json", list_bundles); }

  void add_data() {
    CLI::App* data = app_.add_subcommand("data", "look at data: list, info, check, convert, synth, migrate");
    data->require_subcommand(1);
    data->footer("Example:\n  rustybt data check mine");
    CLI::App* list = add(*data, "list", "list the bundles, the symbols of one, or where a symbol is",
                         "Examples:\n  rustybt data list mine\n  rustybt data list --symbol AAPL",
                         [this](Invocation& invocation) { return list_data(invocation, data_list_); });
    list->add_option("NAME", data_list_.bundle, "bundle whose symbols to list");
    list->add_option("--symbol", data_list_.symbol, "only this symbol")->type_name("SYMBOL");
    CLI::App* info = add(*data, "info", "all that is known of a bundle: versions, files, ranges, quality",
                         "Example:\n  rustybt data info mine",
                         [this](Invocation& invocation) { return describe_data(invocation, data_bundle_); });
    info->add_option("NAME", data_bundle_, "bundle to describe")->required();
    CLI::App* check =
        add(*data, "check", "say what is wrong with the data of a bundle, a file or a folder",
            "A bundle's hashes and row counts are verified first; then the same rules look at every bar: missing "
            "sessions,\n"
            "duplicates, impossible prices, spikes, stale prices, splits that were not applied, time zones.\n"
            "Exit status: 0 without errors (warnings allowed), 1 with errors.\n"
            "Examples:\n"
            "  rustybt data check mine\n"
            "  rustybt data check prices/AAPL.csv --json\n"
            "  rustybt data check prices/AAPL.csv --fix repaired/AAPL.csv",
            [this](Invocation& invocation) { return check_data(invocation, check_); });
    check->add_option("NAME", check_.what, "bundle, file or folder to check")->required();
    check->add_option("--asset-class", check_.asset_class, "equity, crypto, fx or future (default: told from the data)")
        ->check(CLI::IsMember({"equity", "crypto", "fx", "future"}))
        ->type_name("TEXT");
    check->add_option("--calendar", check_.calendar, "trading calendar (default: told from the data)")
        ->type_name("NAME");
    check
        ->add_option("--fix", check_.fix,
                     "write a repaired copy here, and beside it OUT.changes.csv with every change; what cannot be "
                     "repaired without guessing stays")
        ->type_name("OUT");
    check->add_flag("--fill", check_.fill,
                    "with --fix: missing prices, up to 5 in a row, come to lie between the rows around them");
    check->add_flag("--all", check_.all, "list every finding, however many there are");
    add_convert(*data);
    add_synth(*data);
    add_cache(*data);
    add_migrate(*data);
  }

  static void add_file_kind(CLI::App& command, std::string& format, std::string& frequency) {
    command.add_option("--format", format, "csv, parquet or csvdir (default: by the name of TARGET)")
        ->check(CLI::IsMember({"csv", "parquet", "csvdir"}))
        ->type_name("TEXT");
    command.add_option("--frequency", frequency, "daily or minute (default daily)")
        ->check(CLI::IsMember({"daily", "minute"}))
        ->type_name("TEXT");
  }

  void add_convert(CLI::App& data) {
    CLI::App* c =
        add(data, "convert", "write the bars of a bundle as CSV or Parquet, exactly as they were ingested",
            "TARGET.csv and TARGET.parquet are one file with a column symbol; any other name is a folder with a\n"
            "CSV file per symbol (csvdir). Minutes bear the time of their end, in UTC.\n"
            "Examples:\n"
            "  rustybt data convert mine mine.parquet\n"
            "  rustybt data convert mine closes.csv --symbol AAPL --field close --start 2020-01-01\n"
            "  rustybt data convert mine hours.parquet --to 1h",
            [this](Invocation& invocation) { return convert_data(invocation, convert_); });
    c->add_option("NAME", convert_.source, "bundle to convert")->required();
    c->add_option("TARGET", convert_.target, "new file or folder")->required();
    add_file_kind(*c, convert_.format, convert_.frequency);
    c->add_option("--to", convert_.to,
                  "longer bars, counted from the open of each session: 5m, 15m, 30m, 1h, 4h, 1d, 1w, 1mo")
        ->type_name("LENGTH");
    c->add_flag("--label-start", convert_.label_start, "with --to: name bars by their start instead of their end");
    c->add_option("--symbol", convert_.symbols, "only this symbol; may be repeated")
        ->allow_extra_args(false)
        ->type_name("SYMBOL");
    c->add_option("--field", convert_.fields, "only this field; may be repeated: open, high, low, close, volume")
        ->allow_extra_args(false)
        ->type_name("FIELD");
    c->add_option("--start", convert_.start, "first day")->type_name("YYYY-MM-DD");
    c->add_option("--end", convert_.end, "last day")->type_name("YYYY-MM-DD");
  }

  void add_synth(CLI::App& data) {
    CLI::App* c = add(data, "synth", "write an invented stock market as files; the same seed gives the same bytes",
                      "`rustybt ingest synthetic` makes a bundle of it, with its splits and dividends.\n"
                      "Example:\n  rustybt data synth market.csv --seed 7 --assets 50",
                      [this](Invocation& invocation) { return synthesize_data(invocation, synth_); });
    c->add_option("TARGET", synth_.target, "new file or folder")->required();
    add_file_kind(*c, synth_.format, synth_.frequency);
    c->add_option("--seed", synth_.seed, "number that everything follows from (default 1)")->type_name("N");
    c->add_option("--assets", synth_.assets, "stocks; a fund comes on top (default 20)")->type_name("N");
    c->add_option("--start", synth_.start, "first day (default 2019-01-01)")->type_name("YYYY-MM-DD");
    c->add_option("--end", synth_.end, "last day (default 2023-12-31)")->type_name("YYYY-MM-DD");
  }

  void add_cache(CLI::App& data) {
    CLI::App* c = add(data, "cache", "show what is kept of web sources, empty it, limit its size",
                      "A repeated `rustybt ingest yfinance ...` asks for nothing while the kept answers are fresh\n"
                      "(--freshness). The least recently used leave when a new answer does not fit the limit.\n"
                      "Examples:\n"
                      "  rustybt data cache\n"
                      "  rustybt data cache --limit 2GB\n"
                      "  rustybt data cache --clear",
                      [this](Invocation& invocation) { return show_cache(invocation, cache_); });
    c->add_flag("--clear", cache_.clear, "remove all answers");
    c->add_option("--limit", cache_.limit, "most it may hold from now on, as 500MB or 2GB (at first 10 GiB)")
        ->type_name("SIZE");
  }

  void add_migrate(CLI::App& data) {
    CLI::App* c =
        add(data, "migrate", "bring a bundle of Zipline's over, every cell read back and compared",
            "FOLDER is a bundle of Zipline's, as ~/.zipline/data/quandl (its newest ingestion is taken), or one\n"
            "ingestion of it. Bundles in ZIPLINE_ROOT also open without a migration: rustybt run --bundle NAME\n"
            "Examples:\n"
            "  rustybt data migrate ~/.zipline/data/quandl --dry-run\n"
            "  rustybt data migrate ~/.zipline/data/quandl --name quandl\n"
            "  rustybt data migrate quandl --rollback",
            [this](Invocation& invocation) { return migrate(invocation, migrate_); });
    c->add_option("FOLDER", migrate_.folder, "Zipline's bundle")->required();
    c->add_option("--name", migrate_.name, "name of our bundle (default: Zipline's)")->type_name("NAME");
    c->add_option("--table", migrate_.tables, "further table of bars (a .bcolz folder); may be repeated")
        ->allow_extra_args(false)
        ->type_name("FOLDER");
    c->add_flag("--dry-run", migrate_.dry_run, "say what would come over and what is wrong with it; write nothing");
    c->add_flag("--leave-out-bad-bars", migrate_.leave_out_bad_bars,
                "leave bars out that contradict themselves or lie on no session, and list them");
    c->add_flag("--rollback", migrate_.rollback, "make the version before the migration current again")
        ->excludes("--dry-run");
  }

  void add_clean() {
    CLI::App* c = add(app_, "clean", "remove old versions of a bundle", "Example:\n  rustybt clean mine --keep-last 1",
                      [this](Invocation& invocation) { return clean(invocation, clean_); });
    c->add_option("NAME", clean_.bundle, "bundle to clean")->required();
    c->add_option("--keep-last,-k", clean_.keep_last, "keep so many of the newest versions")->type_name("N");
    c->add_option("--before", clean_.before, "remove versions ingested before this time")->type_name("TIME");
    c->add_option("--after", clean_.after, "remove versions ingested after this time")->type_name("TIME");
  }

  void add_keys() {
    CLI::App* keys = app_.add_subcommand("keys", "keep the keys of data sources, encrypted: set, list, remove");
    keys->require_subcommand(1);
    keys->footer(
        "Keys lie in $RUSTYBT_ROOT/credentials. The passphrase comes from RUSTYBT_PASSPHRASE, from the file that\n"
        "RUSTYBT_KEY_FILE names, or is asked for. A source takes a key from --api-key, else from the environment\n"
        "variable of its name, else from here.\n"
        "Example:\n  rustybt keys set POLYGON_API_KEY");
    CLI::App* set = add(*keys, "set", "store a key; its value is asked for, or read from standard input",
                        "Example:\n  rustybt keys set POLYGON_API_KEY < key.txt",
                        [this](Invocation& invocation) { return set_key(invocation, key_name_); });
    set->add_option("NAME", key_name_, "name, as POLYGON_API_KEY")->required();
    add(*keys, "list", "list the names of the stored keys", "Example:\n  rustybt keys list", list_keys);
    CLI::App* remove = add(*keys, "remove", "remove a stored key", "Example:\n  rustybt keys remove POLYGON_API_KEY",
                           [this](Invocation& invocation) { return remove_key(invocation, key_name_); });
    remove->add_option("NAME", key_name_, "name of the key")->required();
  }

  void add_calendars() {
    add(app_, "calendars", "list the trading calendars", "Example:\n  rustybt calendars", list_calendars);
  }

  void add_version() { add(app_, "version", "print the version", "Example:\n  rustybt version --json", show_version); }

  CLI::App app_{"Exact-money backtesting for strategies written for Zipline or in C++."};
  bool json_ = false;
  Action action_;
  RunOutputs demo_outputs_;
  RunCommand run_;
  StrategyCheckCommand strategy_check_;
  ProbeCommand probe_;
  IngestCommand ingest_;
  std::map<std::string, std::string> ingest_texts_;
  std::vector<std::string> ingest_map_;
  std::filesystem::path report_folder_, report_page_;
  std::string data_bundle_;
  DataListCommand data_list_;
  ConvertCommand convert_;
  SynthCommand synth_;
  CacheCommand cache_;
  CheckCommand check_;
  CleanCommand clean_;
  std::string key_name_;
  MigrateCommand migrate_;
};

void CommandTree::add_run_options(CLI::App& c, RunCommand& run) {
  c.add_option("--bundle,-b", run.bundle, "bundle to run on (default: the one ingested last)")->type_name("NAME");
  c.add_option("--start,-s", run.start, "first day (default: the bundle's)")->type_name("YYYY-MM-DD");
  c.add_option("--end,-e", run.end, "last day (default: the bundle's)")->type_name("YYYY-MM-DD");
  c.add_option("--capital,--capital-base", run.capital, "starting cash (default 100000)")->type_name("AMOUNT");
  c.add_option("--preset", run.preset, "zipline or rustybt (default: zipline for a script that imports zipline)")
      ->type_name("NAME");
  c.add_option("--set", run.policies, "choose one policy; may be repeated")
      ->allow_extra_args(false)
      ->type_name("POLICY=VALUE");
  c.add_option("--data-frequency", run.frequency, "daily or minute (default daily)")
      ->check(CLI::IsMember({"daily", "minute"}))
      ->type_name("TEXT");
  c.add_option("--base-currency", run.base_currency,
               "currency of the books; assets quoted in another one are valued through the bundle's exchange rates")
      ->type_name("CODE");
  c.add_option("--emission-rate", run.emission_rate,
               "daily or minute (default daily): how often the books are written to the result")
      ->check(CLI::IsMember({"daily", "minute"}))
      ->type_name("TEXT");
  c.add_option("--benchmark,--benchmark-symbol", run.benchmark, "symbol to compare with")->type_name("SYMBOL");
  c.add_option("--benchmark-file", run.benchmark_file, "CSV of daily returns to compare with (columns date, return)")
      ->excludes("--benchmark")
      ->type_name("FILE");
  c.add_flag("--no-benchmark", run.no_benchmark, "compare with zero returns (the default)")
      ->excludes("--benchmark")
      ->excludes("--benchmark-file");
  c.add_option("--capital-changes", run.capital_changes,
               "CSV of cash that comes or goes (columns date, type: delta or target, value)")
      ->type_name("FILE");
  c.add_option("--metrics-set", run.metrics_set,
               "default, none, classic, or one that the script registers (rustybt.finance.metrics)")
      ->type_name("NAME");
  c.add_option("--calendar,--trading-calendar", run.calendar, "trading calendar (default: the bundle's)")
      ->type_name("NAME");
  c.add_option("--define,-D", run.definitions, "put a name into the script before it runs; may be repeated")
      ->allow_extra_args(false)
      ->type_name("NAME=EXPRESSION");
  c.add_option("--extension", run.extensions,
               "Python file to run first (besides RUSTYBT_ROOT/extension.py); may be repeated")
      ->allow_extra_args(false)
      ->type_name("FILE");
}

void CommandTree::add_outputs(CLI::App& c, RunOutputs& outputs) {
  c.add_option("--output,-o", outputs.folder, "folder for Parquet tables and summary.json")->type_name("FOLDER");
  c.add_option("--report", outputs.report, "HTML file to write")->type_name("FILE");
}

}  // namespace

int show_version(Invocation& invocation) {
  invocation.console.print(fmt::format("rustybt {}\n", kVersion));
  invocation.console.print_json(
      fmt::format("{{\"rustybt\": \"{}\", \"compiler\": \"g++ {}\"}}", kVersion, __VERSION__));
  return 0;
}

RunWords parse_run_words(std::vector<std::string> words, const std::string& name) {
  RunWords found;
  CLI::App app("Run the strategy in this cell; its value is the result.", name);
  app.get_formatter()->column_width(32);
  CommandTree::add_run_options(app, found.command);
  CommandTree::add_outputs(app, found.command.outputs);
  std::ranges::reverse(words);
  try {
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    found.help = app.help();
  } catch (const CLI::ParseError& mistake) {
    throw Error(ErrorCode::InvalidArgument, mistake.what(), fmt::format("{} --help lists the options", name));
  }
  return found;
}

int run_cli(int argc, char** argv, const CliEnvironment& environment) {
  if (environment.load_script) ::unsetenv("RUSTYBT_HANDED_OVER");
  CommandTree tree;
  try {
    tree.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return tree.app().exit(wanted);
  } catch (const CLI::ParseError& mistake) {
    const bool json =
        std::any_of(argv + 1, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
    Console console(json, {});
    const Error error = tree.explain(mistake);
    console.print_error(error);
    return error.exit_status();
  }

  Console console(tree.json(), environment.flush_output);
  Invocation invocation{argc, argv, environment, console};
  try {
    return tree.action()(invocation);
  } catch (const Error& error) {
    console.print_error(error);
    return error.code() == ErrorCode::Interrupted ? 130 : error.exit_status();
  } catch (const std::exception& failure) {
    const Error error(ErrorCode::InvariantViolation, failure.what());
    console.print_error(error);
    return error.exit_status();
  }
}

int run_cli(int argc, char** argv) { return run_cli(argc, argv, CliEnvironment{}); }

}  // namespace rustybt::cli
