// What the HTML page shows of a run, from its tables and its summary.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "rustybt/cli/console.hpp"
#include "rustybt/cli/run_record.hpp"

namespace rustybt::cli {

using analytics::ReportFact;
using analytics::ReportInput;
using analytics::ReportTable;
using analytics::Tone;
using Json = nlohmann::ordered_json;
using storage::Column;
using storage::ColumnTable;

namespace {

constexpr std::size_t kRowsAtEachEnd = 10;

double number(const Json& value) { return value.is_number() ? value.get<double>() : std::nan(""); }
std::string text(const Json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

/// The report's minus is the typographic one; the tables of the terminal keep the plain one.
std::string typeset(std::string value) {
  if (value.starts_with('-') && value.size() > 1) value.replace(0, 1, "\u2212");
  return value == "-" ? "\u2013" : value;
}
std::string percent(double value, int digits = 2) { return typeset(signed_percent(value, digits)); }
std::string decimal(double value, int digits) { return typeset(fixed(value, digits)); }
std::string money(const Json& value) { return typeset(grouped(Decimal::parse(text(value)), 2)); }
Tone tone_of(double value) { return value > 0 ? Tone::Good : value < 0 ? Tone::Bad : Tone::Neutral; }

double as_double(const Column& column, std::size_t row) {
  if (!column.is_valid(row)) return std::nan("");
  if (const auto* doubles = std::get_if<storage::Doubles>(&column.values)) return doubles->values[row];
  const auto& decimals = column.as<storage::Decimals>();
  return mantissa_to_double(decimals.values[row], decimals.scale);
}

Decimal as_decimal(const Column& column, std::size_t row) {
  if (const auto* integers = std::get_if<storage::Int64s>(&column.values)) return Decimal(integers->values[row], 0);
  const auto& decimals = column.as<storage::Decimals>();
  return Decimal(decimals.values[row], decimals.scale);
}

/// First rows shown of so many; the last ones begin at shown_last().
std::size_t shown_first(std::size_t rows) { return rows <= 2 * kRowsAtEachEnd ? rows : kRowsAtEachEnd; }
std::size_t shown_last(std::size_t rows) { return std::max(shown_first(rows), rows - std::min(rows, kRowsAtEachEnd)); }

/// Digits after the point that the shown rows of a column need, at least two: no digit is left out, points stand in
/// line.
int digits_of(const Column& column) {
  int digits = 2;
  const std::size_t rows = column.size();
  for (std::size_t row = 0; row < rows; ++row) {
    if (row < shown_first(rows) || row >= shown_last(rows))
      digits = std::max(digits, as_decimal(column, row).normalized().scale());
  }
  return digits;
}

std::string amount_text(const Column& column, std::size_t row) {
  const Decimal value = as_decimal(column, row).normalized();
  return typeset(grouped(value, value.scale()));
}

/// Calls `make(row)` for the first and the last rows.
template <class Make>
void add_rows(ReportTable& table, std::size_t rows, Make make) {
  table.rows = static_cast<std::int64_t>(rows);
  for (std::size_t i = 0; i < shown_first(rows); ++i) table.first_rows.push_back(make(i));
  for (std::size_t i = shown_last(rows); i < rows; ++i) table.last_rows.push_back(make(i));
}

ReportTable transactions_part(const RunRecord& record) {
  const ColumnTable& data = record.table("transactions");
  const auto& times = data.column("dt").as<storage::Timestamps>().values;
  const auto& symbols = data.column("symbol").as<storage::Strings>().values;
  const auto& orders = data.column("order_id").as<storage::Int64s>().values;
  const Column& amounts = data.column("amount");
  const Column& prices = data.column("price");
  const auto value_of = [&](std::size_t row) { return as_decimal(amounts, row) * as_decimal(prices, row); };

  const int digits = digits_of(prices);
  ReportTable table{"Transactions",
                    {{"Time (UTC)"}, {"Symbol"}, {"Amount", true}, {"Price", true}, {"Value", true}, {"Order", true}},
                    {},
                    {},
                    0,
                    {},
                    "transactions.parquet"};
  add_rows(table, data.rows(), [&](std::size_t row) -> std::vector<std::string> {
    std::string time = Timestamp{times[row]}.to_string().substr(0, 16);
    time[10] = ' ';
    return {time,
            symbols[row],
            amount_text(amounts, row),
            typeset(grouped(as_decimal(prices, row), digits)),
            typeset(grouped(value_of(row), 2)),
            orders[row] == 0 ? "closed" : grouped(orders[row])};
  });
  Decimal bought, sold;
  for (std::size_t row = 0; row < data.rows(); ++row) {
    const Decimal value = value_of(row);
    (as_decimal(amounts, row).sign() > 0 ? bought : sold) =
        (as_decimal(amounts, row).sign() > 0 ? bought + value : sold - value);
  }
  table.totals = {{"Transactions", grouped(table.rows)},
                  {"Bought", grouped(bought, 2)},
                  {"Sold", grouped(sold, 2)},
                  {"Turned over", grouped(bought + sold, 2)}};
  return table;
}

ReportTable positions_part(const RunRecord& record) {
  const ColumnTable& data = record.table("positions");
  const auto& sessions = data.column("session").as<storage::Dates>().values;
  const auto& symbols = data.column("symbol").as<storage::Strings>().values;
  const Column& amounts = data.column("amount");
  const Column& costs = data.column("cost_basis");
  const Column& prices = data.column("last_sale_price");
  const int digits = digits_of(prices);
  ReportTable table{
      "Positions at the close",
      {{"Session"}, {"Symbol"}, {"Amount", true}, {"Cost basis", true}, {"Last price", true}, {"Value", true}},
      {},
      {},
      0,
      {},
      "positions.parquet"};
  add_rows(table, data.rows(), [&](std::size_t row) -> std::vector<std::string> {
    return {Date{sessions[row]}.to_string(),
            symbols[row],
            amount_text(amounts, row),
            typeset(grouped(as_decimal(costs, row), 4)),
            typeset(grouped(as_decimal(prices, row), digits)),
            typeset(grouped(as_decimal(amounts, row) * as_decimal(prices, row), 2))};
  });
  const std::set<std::string> held(symbols.begin(), symbols.end());
  std::size_t most = 0, run = 0;
  for (std::size_t row = 0; row < sessions.size(); ++row) {
    run = row > 0 && sessions[row] == sessions[row - 1] ? run + 1 : 1;
    most = std::max(most, run);
  }
  const Column& values = record.table("performance").column("ending_value");
  table.totals = {
      {"Rows", grouped(table.rows)},
      {"Assets ever held", grouped(static_cast<std::int64_t>(held.size()))},
      {"Most at once", grouped(static_cast<std::int64_t>(most))},
      {"Value at the end", values.size() > 0 ? typeset(grouped(as_decimal(values, values.size() - 1), 2)) : "0.00"}};
  return table;
}

std::vector<analytics::ReportFigure> figures(const Json& summary, const std::vector<double>& returns) {
  const Json& head = summary.at("headline");
  const std::string benchmark = text(summary.at("settings").at("benchmark"));
  const bool has_benchmark = benchmark != "none";
  const double total = number(head.at("total_return"));
  const auto up = std::count_if(returns.begin(), returns.end(), [](double r) { return r > 0; });
  const auto [worst, best] = std::minmax_element(returns.begin(), returns.end());
  const bool any = !returns.empty();
  std::vector<analytics::ReportFigure> out = {
      {"Total return", percent(total),
       has_benchmark ? fmt::format("{} {}", benchmark, percent(number(head.at("benchmark_return")))) : "no benchmark",
       tone_of(total)},
      {"Annual return", percent(number(head.at("annual_return"))), "compounded"},
      {"Sharpe ratio", decimal(number(head.at("sharpe")), 2),
       fmt::format("Sortino {}", decimal(number(head.at("sortino")), 2))},
      {"Max drawdown", percent(number(head.at("max_drawdown"))),
       fmt::format("Calmar {}", decimal(number(head.at("calmar")), 2)), tone_of(number(head.at("max_drawdown")))},
      {"Volatility", typeset(plain_percent(number(head.at("annual_volatility")))), "annual"},
      {"Final value", money(head.at("ending_value")), fmt::format("from {}", money(head.at("starting_cash")))},
      {"Sessions up",
       any ? fmt::format("{:.1f} %", 100.0 * static_cast<double>(up) / static_cast<double>(returns.size())) : "\u2013",
       fmt::format("of {}", grouped(head.at("sessions").get<std::int64_t>()))},
      {"Worst session", any ? percent(*worst) : "\u2013", any ? fmt::format("best {}", percent(*best)) : ""},
      {"Max leverage", decimal(number(head.at("max_leverage")), 2), "gross"},
      {"Commissions", money(head.at("commissions")),
       fmt::format("{} transactions", grouped(head.at("transactions").get<std::int64_t>()))},
      {"Orders", grouped(head.at("orders").get<std::int64_t>()),
       fmt::format("{} bars", text(summary.at("settings").at("frequency")))},
  };
  if (head.contains("margin_calls"))
    out.push_back({"Margin calls", grouped(head.at("margin_calls").get<std::int64_t>()), "equity below maintenance"});
  for (const auto& [name, title] : kHoldingCosts) {
    if (const Json& settings = summary.at("settings"); settings.contains(name) && settings.at(name).is_string())
      out.push_back({title, money(head.at(name)), "paid for holding"});
  }
  if (has_benchmark) {
    out.push_back(
        {"Beta", decimal(number(head.at("beta")), 2), fmt::format("alpha {}", percent(number(head.at("alpha"))))});
  } else {
    out.push_back({"Final cash", money(head.at("ending_cash")), "not invested"});
  }
  return out;
}

std::vector<ReportFact> provenance(const Json& summary) {
  const Json& settings = summary.at("settings");
  const Json& data = summary.at("data");
  const auto is_default = [](const Json& value) { return value.get<bool>() ? "default: the strategy set none" : ""; };
  std::vector<ReportFact> facts = {
      {"Strategy", text(summary.at("strategy"))},
      {"Capital", money(settings.at("capital")), text(settings.at("capital_reason"))},
      {"Slippage", text(settings.at("slippage")), is_default(settings.at("slippage_is_default"))},
      {"Commission", text(settings.at("commission")), is_default(settings.at("commission_is_default"))},
      {"Benchmark", text(settings.at("benchmark"))},
      {"Calendar", text(settings.at("calendar"))},
      {"Bundle", text(data.at("bundle")), text(data.at("source"))},
      {"Ingested", text(data.at("ingested_at")), fmt::format("version {}", text(data.at("version")))},
      {"Data hash", text(data.at("hash"))},
      {"rustybt", text(summary.at("versions").at("rustybt")), text(summary.at("versions").at("compiler"))},
      {"Seed", summary.at("seed").is_number() ? fmt::format("{}", summary.at("seed").get<std::uint64_t>()) : "none"},
  };
  for (const auto& [name, title] : kHoldingCosts) {
    if (settings.contains(name) && settings.at(name).is_string())
      facts.insert(facts.begin() + 4, {title, text(settings.at(name))});
  }
  for (const auto& [name, title] : kOrderModels) {
    if (settings.contains(name) && settings.at(name).is_string())
      facts.insert(facts.begin() + 4, {title, text(settings.at(name))});
  }
  if (settings.contains("base_currency") && settings.at("base_currency").is_string())
    facts.insert(facts.begin() + 2,
                 {"Base currency", text(settings.at("base_currency")), "others at the bundle's rates"});
  if (const std::string hash = text(summary.at("strategy_sha256")); !hash.empty())
    facts.insert(facts.begin() + 1, {"Strategy hash", hash});
  return facts;
}

}  // namespace

ReportInput report_input(const RunRecord& record) {
  const Json summary = Json::parse(record.summary);
  const ColumnTable& performance = record.table("performance");
  ReportInput input;
  input.title = std::filesystem::path(text(summary.at("strategy"))).filename().string();
  input.starting_capital = Decimal::parse(text(summary.at("settings").at("capital"))).to_double();
  const auto& sessions = performance.column("session").as<storage::Dates>().values;
  const Column& values = performance.column("portfolio_value");
  const Column& returns = performance.column("returns");
  const Column& benchmark = performance.column("benchmark_period_return");
  for (std::size_t row = 0; row < sessions.size(); ++row) {
    input.sessions.push_back(Date{sessions[row]});
    input.equity.push_back(as_double(values, row));
    input.returns.push_back(as_double(returns, row));
  }
  input.benchmark_name = text(summary.at("settings").at("benchmark"));
  if (input.benchmark_name != "none") {
    double before = 0;
    for (std::size_t row = 0; row < sessions.size(); ++row) {
      const double now = as_double(benchmark, row);
      input.benchmark_returns.push_back(std::isfinite(now) ? (1 + now) / (1 + before) - 1 : 0.0);
      if (std::isfinite(now)) before = now;
    }
  }
  const Json& head = summary.at("headline");
  input.subtitle =
      input.sessions.empty()
          ? fmt::format("bundle {}, no session was completed", text(summary.at("data").at("bundle")))
          : fmt::format("{} to {}, {} sessions, {} bars of bundle {}", text(head.at("first_session")),
                        text(head.at("last_session")), grouped(head.at("sessions").get<std::int64_t>()),
                        text(summary.at("settings").at("frequency")), text(summary.at("data").at("bundle")));
  input.headline = figures(summary, input.returns);
  input.tables = {transactions_part(record), positions_part(record)};

  const std::string preset = text(summary.at("preset").at("name"));
  input.policies.push_back({"preset", preset, text(summary.at("preset").at("reason"))});
  const Json& chosen = summary.at("preset").at("set");
  for (const auto& [name, value] : summary.at("policies").items()) {
    input.policies.push_back({name, text(value), chosen.contains(name) ? "--set" : ""});
  }
  input.provenance = provenance(summary);
  if (summary.at("end") == "interrupted")
    input.notes.push_back("The run was interrupted: this is what was done until then.");
  if (summary.contains("error")) {
    const Json& error = summary.at("error");
    const std::string when = text(error.at("at"));
    input.notes.push_back(fmt::format("The run failed{}: {} {}: {}", when.empty() ? "" : " at " + when,
                                      error.at("code").get<int>(), text(error.at("name")), text(error.at("message"))));
  }
  if (summary.at("settings").at("slippage_is_default").get<bool>()) {
    input.notes.push_back(fmt::format("The strategy chose no slippage model; the default is {}.",
                                      text(summary.at("settings").at("slippage"))));
  }
  if (summary.at("settings").at("commission_is_default").get<bool>()) {
    input.notes.push_back(fmt::format("The strategy chose no commission model; the default is {}.",
                                      text(summary.at("settings").at("commission"))));
  }
  input.command = text(summary.at("command"));
  return input;
}

}  // namespace rustybt::cli
