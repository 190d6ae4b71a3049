#include "rustybt/cli/run_record.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "rustybt/cli/console.hpp"
#include "rustybt/storage/files.hpp"
#include "rustybt/version.hpp"

namespace rustybt::cli {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

std::string end_name(algorithm::RunEnd end) {
  switch (end) {
    case algorithm::RunEnd::Completed:
      return "completed";
    case algorithm::RunEnd::Interrupted:
      return "interrupted";
    default:
      return "failed";
  }
}

Json headline_json(const algorithm::Summary& s) {
  return {{"first_session", s.sessions > 0 ? Json(s.first_session.to_string()) : Json()},
          {"last_session", s.sessions > 0 ? Json(s.last_session.to_string()) : Json()},
          {"sessions", s.sessions},
          {"total_return", s.total_return},
          {"annual_return", s.annual_return},
          {"annual_volatility", s.annual_volatility},
          {"sharpe", s.sharpe},
          {"sortino", s.sortino},
          {"max_drawdown", s.max_drawdown},
          {"calmar", s.calmar},
          {"alpha", s.alpha},
          {"beta", s.beta},
          {"benchmark_return", s.benchmark_return},
          {"max_leverage", s.max_leverage},
          // money is exact: text, not a binary number
          {"starting_cash", s.starting_cash.to_string()},
          {"ending_value", s.ending_value.to_string()},
          {"ending_cash", s.ending_cash.to_string()},
          {"commissions", s.commissions.to_string()},
          {"borrow_cost", s.borrow_cost.to_string()},
          {"financing", s.financing.to_string()},
          {"funding", s.funding.to_string()},
          {"orders", s.orders},
          {"transactions", s.transactions},
          {"bars", s.bars}};
}

double number(const Json& value) { return value.is_number() ? value.get<double>() : std::nan(""); }
std::string text(const Json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

std::string money(const Json& value) { return grouped(Decimal::parse(text(value)), 2); }

}  // namespace

const storage::ColumnTable& RunRecord::table(std::string_view name) const {
  for (const auto& [table_name, table] : tables) {
    if (table_name == name) return table;
  }
  throw Error(ErrorCode::MissingColumn, fmt::format("the run has no table '{}'", name), "run the strategy again");
}

RunRecord make_record(const algorithm::RunResult& result, const RunFacts& facts) {
  RunRecord record;
  for (const std::string& name : algorithm::result_table_names(result))
    record.tables.emplace_back(name, algorithm::result_table(result, name));

  Json policies = Json::object();
  for (const auto& [name, value] : result.policies.describe()) policies[name] = value;
  Json chosen = Json::object();
  for (const auto& [name, value] : facts.chosen_policies) chosen[name] = value;
  const data::BundleInfo& bundle = result.bundle.info;
  Json summary = {
      {"strategy", facts.strategy},
      {"strategy_sha256", facts.strategy_sha256.empty() ? Json() : Json(facts.strategy_sha256)},
      {"end", end_name(result.end)},
      {"headline", headline_json(algorithm::summarize(result))},
      {"settings",
       {{"capital", result.capital.to_string()},
        {"capital_reason", facts.capital_reason},
        {"frequency", result.frequency == data::DataFrequency::Daily ? "daily" : "minute"},
        {"calendar", result.calendar_name},
        {"base_currency", result.base_currency.empty() ? Json() : Json(result.base_currency)},
        {"benchmark", result.benchmark},
        {"slippage", result.slippage},
        {"slippage_is_default", result.default_slippage},
        {"commission", result.commission},
        {"commission_is_default", result.default_commission},
        {"borrow_cost", result.borrow_cost.empty() ? Json() : Json(result.borrow_cost)},
        {"financing", result.financing.empty() ? Json() : Json(result.financing)},
        {"funding", result.funding.empty() ? Json() : Json(result.funding)},
        {"latency", result.latency.empty() ? Json() : Json(result.latency)},
        {"partial_fill", result.partial_fill.empty() ? Json() : Json(result.partial_fill)},
        {"margin", result.margin.empty() ? Json() : Json(result.margin)}}},
      {"preset", {{"name", result.policies.preset_name()}, {"reason", result.preset_reason}, {"set", chosen}}},
      {"policies", policies},
      {"data",
       {{"bundle", bundle.name},
        {"version", bundle.version_id},
        {"hash", bundle.data_hash},
        {"source", bundle.source},
        {"ingested_at", bundle.ingested_at}}},
      {"versions", {{"rustybt", kVersion}, {"compiler", "g++ " __VERSION__}}},
      {"seed", facts.seed ? Json(*facts.seed) : Json()},
      {"command", facts.command},
  };
  if (!result.margin.empty()) summary["headline"]["margin_calls"] = result.margin_calls.size();
  if (const auto changes = result.tables.capital_changes.rows(); !changes.empty()) {
    Money total;
    for (const finance::CapitalChangeRow& row : changes) total += row.delta;
    summary["headline"]["capital_changes"] = result.context->money().to_decimal(total).normalized().to_string();
  }
  if (facts.error) {
    Json context = Json::object();
    for (const auto& [key, value] : facts.error->context()) context[key] = value;
    summary["error"] = {{"code", facts.error->number()},
                        {"name", facts.error->name()},
                        {"message", facts.error->message()},
                        {"hint", facts.error->hint()},
                        {"context", context},
                        {"at", result.error_time ? Json(result.error_time->to_string()) : Json()}};
  }
  record.summary = dump(summary) + "\n";
  return record;
}

void write_record(const fs::path& folder, const RunRecord& record) {
  std::error_code failure;
  fs::remove(folder / "summary.json", failure);  // until the new one is there, the folder holds no run
  for (const std::string& name : algorithm::optional_result_table_names())
    fs::remove(folder / (name + ".parquet"), failure);
  for (const auto& [name, table] : record.tables) storage::write_parquet(folder / (name + ".parquet"), table);
  storage::write_file_atomically(folder / "summary.json", record.summary);
}

RunRecord read_record(const fs::path& folder) {
  if (!fs::exists(folder / "summary.json")) {
    throw Error(ErrorCode::FileNotFound,
                fmt::format("{} holds no run: there is no summary.json in it", folder.string()),
                "pass the folder that `rustybt run --output` made");
  }
  RunRecord record;
  record.summary = storage::read_file(folder / "summary.json");
  for (const std::string& name : algorithm::common_result_table_names())
    record.tables.emplace_back(name, storage::read_parquet(folder / (name + ".parquet")));
  for (const std::string& name : algorithm::optional_result_table_names()) {
    const fs::path file = folder / (name + ".parquet");
    if (fs::exists(file)) record.tables.emplace_back(name, storage::read_parquet(file));
  }
  try {
    (void)report_input(record);  // it looks at everything that a page shows
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::FileNotReadable,
                fmt::format("{}: not the summary of a run: {}", (folder / "summary.json").string(), e.what()));
  }
  return record;
}

std::string extend_summary(const RunRecord& record, std::string_view members) {
  Json summary = Json::parse(record.summary);
  summary.update(Json::parse(members));
  return dump(summary);
}

std::string describe_record(const RunRecord& record) {
  const Json summary = Json::parse(record.summary);
  const Json& head = summary.at("headline");
  const Json& settings = summary.at("settings");
  const std::string benchmark = text(settings.at("benchmark"));
  const bool has_benchmark = benchmark != "none";

  std::string out =
      fmt::format("\n{} on bundle {}: ", text(summary.at("strategy")), text(summary.at("data").at("bundle")));
  if (head.at("sessions").get<int>() > 0) {
    out +=
        fmt::format("{} to {}, {} sessions, {} bars\n\n", text(head.at("first_session")), text(head.at("last_session")),
                    grouped(head.at("sessions").get<std::int64_t>()), text(settings.at("frequency")));
  } else {
    out += "no session was completed\n\n";
  }
  std::vector<std::vector<std::string>> figures = {
      {"Total return", signed_percent(number(head.at("total_return"))), " ", "Final value",
       money(head.at("ending_value"))},
      {has_benchmark ? "Benchmark " + benchmark : "Benchmark",
       has_benchmark ? signed_percent(number(head.at("benchmark_return"))) : "none", " ", "Starting capital",
       money(head.at("starting_cash"))},
      {"Annual return", signed_percent(number(head.at("annual_return"))), " ", "Commissions",
       money(head.at("commissions"))},
      {"Sharpe ratio", fixed(number(head.at("sharpe")), 2), " ", "Orders",
       grouped(head.at("orders").get<std::int64_t>())},
      {"Max drawdown", signed_percent(number(head.at("max_drawdown"))), " ", "Transactions",
       grouped(head.at("transactions").get<std::int64_t>())},
      {"Volatility", plain_percent(number(head.at("annual_volatility"))), " ", "Max leverage",
       fixed(number(head.at("max_leverage")), 2)},
  };
  if (head.contains("margin_calls"))
    figures.push_back({"", "", " ", "Margin calls", grouped(head.at("margin_calls").get<std::int64_t>())});
  if (head.contains("capital_changes"))  // without them final value and return would not fit together
    figures.insert(figures.begin() + 2, {"", "", " ", "Capital changes", money(head.at("capital_changes"))});
  for (const auto& [name, title] : kHoldingCosts) {
    if (settings.contains(name) && settings.at(name).is_string())
      figures.push_back({"", "", " ", std::string(title), money(head.at(name))});
  }
  out += align_table({{"", false}, {"", true}, {"", false}, {"", false}, {"", true}}, figures);
  const auto with_default = [](const Json& name, const Json& is_default) {
    return text(name) + (is_default.get<bool>() ? "  (default: the strategy set none)" : "");
  };
  std::vector<std::vector<std::string>> facts = {
      {"Preset",
       fmt::format("{}  ({})", text(summary.at("preset").at("name")), text(summary.at("preset").at("reason")))},
      {"Slippage", with_default(settings.at("slippage"), settings.at("slippage_is_default"))},
      {"Commission", with_default(settings.at("commission"), settings.at("commission_is_default"))}};
  for (const auto& [name, title] : kHoldingCosts) {
    if (settings.contains(name) && settings.at(name).is_string())
      facts.push_back({std::string(title), text(settings.at(name))});
  }
  for (const auto& [name, title] : kOrderModels) {
    if (settings.contains(name) && settings.at(name).is_string()) facts.push_back({title, text(settings.at(name))});
  }
  for (const auto& [name, value] : summary.at("preset").at("set").items())
    facts.push_back({"Policy", fmt::format("{} = {}  (--set)", name, text(value))});
  return out + "\n" + align_table({{"", false}, {"", false}}, facts);
}

}  // namespace rustybt::cli
