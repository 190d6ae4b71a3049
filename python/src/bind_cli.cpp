// `python -m rustybt`: the same command line as the native executable, with .py strategies loaded here.

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python_strategy.hpp"
#include "rustybt/cli/commands.hpp"

namespace rustybt::python {
namespace {

PythonStrategy::Functions functions_of(const nb::dict& given) {
  return {given["initialize"], given["handle_data"], given["before_trading_start"], given["analyze"], given["metrics"]};
}

nb::list texts(const std::vector<std::filesystem::path>& files) {
  nb::list names;
  for (const std::filesystem::path& file : files) names.append(file.string());
  return names;
}

cli::LoadedScript load_script(const cli::Script& script) {
  const nb::object loaded =
      nb::module_::import_("rustybt._script")
          .attr("load")(script.file.string(), script.metrics_set, script.definitions, texts(script.extensions));
  cli::LoadedScript result;
  result.strategy = std::make_unique<PythonStrategy>(
      nb::object(loaded.attr("context")), functions_of(nb::cast<nb::dict>(loaded.attr("functions"))), nullptr);
  result.imported_zipline = nb::cast<bool>(loaded.attr("imported_zipline"));
  return result;
}

std::optional<ErrorCode> code_of(int number) {
  for (const ErrorEntry& entry : kErrorTable)
    if (static_cast<int>(entry.code) == number) return entry.code;
  return std::nullopt;
}

/// The exception as an error of ours: code, remedy and the line of the script that led to it.
Error explained(nb::handle exception, const std::string& message) {
  const nb::object facts = nb::module_::import_("rustybt._script").attr("explain")(exception);
  int number = 0;
  static_cast<void>(nb::try_cast(nb::object(facts[0]), number));  // an exception of others may have any `code`
  Error error(code_of(number).value_or(ErrorCode::StrategyFailed), message, nb::cast<std::string>(nb::str(facts[1])));
  if (std::string where = nb::cast<std::string>(facts[2]); !where.empty()) error.with("where", std::move(where));
  return error;
}

std::optional<cli::ScriptFailure> describe_exception(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const nb::python_error& e) {
    const nb::object script = nb::module_::import_("rustybt._script");
    cli::ScriptFailure failure;
    failure.traceback = nb::cast<std::string>(script.attr("format_traceback")(e.value()));
    failure.message = nb::cast<std::string>(script.attr("format_message")(e.value()));
    if (e.matches(PyExc_KeyboardInterrupt))
      failure.error.emplace(ErrorCode::Interrupted, "interrupted");
    else if (PyErr_GivenExceptionMatches(e.value().ptr(), PyExc_Exception))
      failure.error = explained(e.value(), failure.message);
    return failure;
  } catch (...) {
    return std::nullopt;
  }
}

void flush_output() { nb::module_::import_("rustybt._script").attr("flush")(); }

void register_sources(data::BundleRegistry& registry, const std::vector<std::filesystem::path>& extensions) {
  const nb::object made = nb::module_::import_("rustybt.data.bundles._extension").attr("load")(texts(extensions));
  for (const nb::handle name : nb::cast<nb::list>(made)) {
    registry.register_source(
        {nb::cast<std::string>(name), "registered by an extension",
         [name = nb::cast<std::string>(name)](const data::IngestOptions&) {
           nb::module_::import_("rustybt.data.bundles.core").attr("ingest")(name, nb::arg("show_progress") = true);
         }});
  }
}

nb::object adapter_registry() { return nb::module_::import_("rustybt.data.adapters.registry"); }

std::vector<std::string> adapter_names() {
  return nb::cast<std::vector<std::string>>(adapter_registry().attr("third_party")());
}

void ingest_with_adapter(const std::string& adapter, const std::string& bundle,
                         const std::map<std::string, std::string>& settings) {
  adapter_registry().attr("ingest_with_settings")(adapter, bundle, settings);
}

int run_cli(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const cli::CliEnvironment environment{load_script,      describe_exception, flush_output,
                                        register_sources, adapter_names,      ingest_with_adapter};
  return cli::run_cli(static_cast<int>(arguments.size()), argv.data(), environment);
}

}  // namespace

void bind_cli(nb::module_& m) {
  m.def("run_cli", &run_cli, nb::arg("arguments"), "Run the command line; returns the exit status.");
}

}  // namespace rustybt::python
