#pragma once
// Result tables as columns (for Arrow, Parquet, reports), and the headline figures of a run.

#include <string>
#include <vector>

#include "rustybt/algorithm/run.hpp"
#include "rustybt/storage/columnar.hpp"

namespace rustybt::algorithm {

/// "performance", "transactions", "orders", "positions", "recorded"; with minute emission also "minute_performance" and
/// "minute_orders", where capital was changed "capital_changes", with costs of holding "financing", with lots fifo or
/// lifo "closed_lots".
[[nodiscard]] std::vector<std::string> result_table_names(const RunResult& result);
/// The tables that every run has, and those that some have.
[[nodiscard]] std::vector<std::string> common_result_table_names();
[[nodiscard]] std::vector<std::string> optional_result_table_names();
/// One table with Zipline's column names; money and prices as decimals, times UTC. @throws Error{InvalidArgument}
[[nodiscard]] storage::ColumnTable result_table(const RunResult& result, std::string_view name);

struct Summary {
  Date first_session{}, last_session{};
  int sessions = 0;
  double total_return = 0, annual_return = 0, annual_volatility = 0, sharpe = 0, sortino = 0, max_drawdown = 0,
         calmar = 0;
  double alpha = 0, beta = 0, benchmark_return = 0, max_leverage = 0;
  Decimal starting_cash, ending_value, ending_cash, commissions;
  Decimal borrow_cost, financing, funding;  ///< paid (> 0) or received for holding
  std::int64_t orders = 0, transactions = 0, bars = 0;
};
[[nodiscard]] Summary summarize(const RunResult& result);

}  // namespace rustybt::algorithm
