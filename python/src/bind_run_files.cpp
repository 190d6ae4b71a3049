// What a notebook shares with the command line: the words of a run, and the files that a run leaves.

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "result.hpp"
#include "rustybt/cli/benchmark_file.hpp"
#include "rustybt/cli/capital_changes_file.hpp"
#include "rustybt/cli/run_files.hpp"

namespace rustybt::python {
namespace {

namespace fs = std::filesystem;

nb::list texts(const std::vector<fs::path>& files) {
  nb::list names;
  for (const fs::path& file : files) names.append(file.string());
  return names;
}

/// The options of `rustybt run`; of those that name a file, what it holds.
nb::dict run_words(std::vector<std::string> words, const std::string& name) {
  const cli::RunWords found = cli::parse_run_words(std::move(words), name);
  const cli::RunCommand& run = found.command;
  nb::dict all;
  all["help"] = found.help;
  const auto text = [&all](const char* key, const std::string& value) {
    all[key] = value.empty() ? nb::none() : nb::object(nb::str(value.c_str()));
  };
  text("bundle", run.bundle);
  text("start", run.start);
  text("end", run.end);
  text("capital", run.capital);
  text("preset", run.preset);
  text("benchmark", run.benchmark);
  text("calendar", run.calendar);
  text("metrics_set", run.metrics_set);
  text("base_currency", run.base_currency);
  text("output", run.outputs.folder.string());
  text("report", run.outputs.report.string());
  all["data_frequency"] = run.frequency;
  all["emission_rate"] = run.emission_rate;
  all["policies"] = run.policies;
  all["definitions"] = run.definitions;
  all["extensions"] = texts(run.extensions);
  all["benchmark_returns"] = nb::none();
  if (!run.benchmark_file.empty()) {
    nb::list returns;
    for (const algorithm::DailyReturn& r : cli::read_benchmark_returns(run.benchmark_file))
      returns.append(nb::make_tuple(r.day.to_string(), r.value));
    all["benchmark_returns"] = returns;
  }
  nb::dict changes;
  if (!run.capital_changes.empty()) {
    for (const auto& [at, change] : cli::read_capital_changes(run.capital_changes)) {
      nb::dict one;
      one["type"] = change.type == gens::CapitalChange::Type::Delta ? "delta" : "target";
      one["value"] = decimal_object(change.value);
      changes[utc_timestamp(at.ns)] = one;
    }
  }
  all["capital_changes"] = changes;
  return all;
}

cli::RunRecord record_of(const PyResult& result, const std::string& strategy, const std::string& command) {
  cli::RunFacts facts;
  facts.strategy = strategy;
  facts.command = command;
  facts.capital_reason = "as given";
  return cli::make_record(*result.result, facts);
}

/// Write tables and summary.json into a folder, or a page, or both. An empty path: not wanted.
void write_run(const PyResult& result, const std::string& strategy, const std::string& command, const fs::path& folder,
               const fs::path& page) {
  const cli::RunOutputs to = cli::prepare_outputs({folder, page});
  cli::write_outputs(record_of(result, strategy, command), to);
}

std::string report_page(const PyResult& result, const std::string& strategy, const std::string& command) {
  return analytics::render_report(cli::report_input(record_of(result, strategy, command)));
}

}  // namespace

void bind_run_files(nb::module_& m) {
  m.def("run_words", &run_words, nb::arg("words"), nb::arg("name"));
  m.def("write_run", &write_run, nb::arg("result"), nb::arg("strategy"), nb::arg("command"), nb::arg("folder"),
        nb::arg("page"));
  m.def("report_page", &report_page, nb::arg("result"), nb::arg("strategy"), nb::arg("command"));
}

}  // namespace rustybt::python
