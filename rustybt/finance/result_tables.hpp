#pragma once
// What a run leaves behind: plain rows, appended with one capacity check, turned into columns at the edge.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "rustybt/core/ids.hpp"
#include "rustybt/core/money.hpp"
#include "rustybt/finance/order.hpp"

namespace rustybt::finance {

template <class Row>
class Table {
 public:
  Row& add(const Row& row) { return rows_.emplace_back(row); }
  [[nodiscard]] std::span<const Row> rows() const { return rows_; }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  void clear() { rows_.clear(); }
  /// Drop rows from the end while `is_dropped` says so.
  template <class Predicate>
  void erase_tail(Predicate is_dropped) {
    while (!rows_.empty() && is_dropped(rows_.back())) rows_.pop_back();
  }

 private:
  std::vector<Row> rows_;
};

struct TransactionRow {
  std::int32_t session = 0;   ///< index into the run's sessions
  AssetIndex asset;
  std::int64_t amount = 0;    ///< quantity digits
  std::int64_t price = 0;     ///< fill scale
  std::int64_t dt_ns = 0;
  OrderId order;              ///< 0: automatic close
};

/// An order as it stood when the session's packet was made.
struct OrderRow {
  std::int32_t session = 0;
  Order order;
};

struct PositionRow {
  std::int32_t session = 0;
  AssetIndex asset;
  std::int64_t amount = 0;
  Money cost;
  std::int64_t last_sale_price = 0;
};

/// One session of the performance frame (zipline_semantics 5). NaN = None.
struct PerformanceRow {
  std::int32_t session = 0;      ///< index into the run's sessions; label and times come from the calendar
  std::int64_t period_open_ns = 0, period_close_ns = 0;
  Money starting_cash, starting_value, starting_exposure;
  Money ending_cash, ending_value, ending_exposure;
  Money pnl, capital_used, portfolio_value;
  Money long_value, short_value, long_exposure, short_exposure;
  int longs_count = 0, shorts_count = 0, trading_days = 0;
  double returns = 0, gross_leverage = 0, net_leverage = 0, max_leverage = 0;
  double algorithm_period_return = 0, benchmark_period_return = 0;
  double algo_volatility = 0, benchmark_volatility = 0, sharpe = 0, sortino = 0, max_drawdown = 0, alpha = 0, beta = 0;
  std::int32_t first_recorded = 0, recorded_count = 0;  ///< range in `recorded`
};

/// A value given to record(): a number, a truth value, text, or an object kept by the embedding language (its handle).
struct ObjectHandle { std::int64_t index = -1; };
using RecordedValue = std::variant<std::monostate, double, std::int64_t, bool, std::string, ObjectHandle>;

struct RecordedCell {
  std::int32_t session = 0;
  std::int32_t name = 0;      ///< index into recorded_names
  RecordedValue value;
};

struct ResultTables {
  Table<PerformanceRow> performance;
  Table<TransactionRow> transactions;
  Table<OrderRow> orders;
  Table<PositionRow> positions;
  std::vector<std::string> recorded_names;
  std::vector<RecordedCell> recorded;

  void clear() { *this = ResultTables{}; }
};

}  // namespace rustybt::finance
