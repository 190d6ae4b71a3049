#include "rustybt/algorithm/result.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "rustybt/core/error.hpp"

namespace rustybt::algorithm {
namespace {

using finance::PerformanceRow;
using storage::Column;
using storage::ColumnTable;

/// Collects exact values and gives them one scale: the smallest, from 2 up, that holds every value.
///
/// Files hold decimals of 18 digits. Where the values do not fit (a commission of a custom model with 18 decimals), the
/// column is rounded half-even to 9 decimals, or to as many below 9 as the largest value leaves.
class DecimalColumn {
 public:
  explicit DecimalColumn(std::size_t rows) { cells_.reserve(rows); }

  void add(int128 mantissa, int scale) {
    cells_.push_back({mantissa, scale, true});
    while (scale > scale_ && mantissa % power_of_ten(scale - scale_) != 0) ++scale_;
  }
  void add(const Decimal& value) { add(value.coefficient(), value.scale()); }
  void add_missing() { cells_.push_back({0, 0, false}); }

  [[nodiscard]] Column make(std::string name) const {
    Column column{std::move(name), storage::Decimals{}};
    if (write(column, scale_)) return column;
    for (int scale = std::min(scale_, kRoundedScale); scale >= 0; --scale) {
      if (write(column, scale)) return column;
    }
    throw Error(ErrorCode::Overflow,
                fmt::format("column {} has a value of more than 18 digits before the point", column.name));
  }

 private:
  static constexpr int kRoundedScale = 9;
  static constexpr std::int64_t kLargest = 999'999'999'999'999'999;

  /// False when a value has more than 18 digits at this scale.
  bool write(Column& column, int scale) const {
    if (scale > 18) return false;
    storage::Decimals decimals{{}, scale};
    decimals.values.reserve(cells_.size());
    bool all_valid = true;
    for (const Cell& cell : cells_) {
      all_valid = all_valid && cell.valid;
      int128 mantissa = cell.mantissa;
      if (cell.scale > scale) {
        mantissa = divide_rounded(mantissa, power_of_ten(cell.scale - scale), Rounding::HalfEven);
      } else if (cell.scale < scale && __builtin_mul_overflow(mantissa, power_of_ten(scale - cell.scale), &mantissa)) {
        return false;
      }
      if (mantissa > kLargest || mantissa < -kLargest) return false;
      decimals.values.push_back(static_cast<std::int64_t>(mantissa));
    }
    column.values = std::move(decimals);
    column.validity.clear();
    if (!all_valid) {
      for (const Cell& cell : cells_) column.validity.push_back(cell.valid);
    }
    return true;
  }

  struct Cell {
    int128 mantissa;
    int scale;
    bool valid;
  };
  std::vector<Cell> cells_;
  int scale_ = 2;
};

/// Doubles; NaN is a missing value, as Zipline's None.
Column make_doubles(std::string name, std::vector<double> values) {
  Column column{std::move(name), storage::Doubles{}};
  bool all_valid = true;
  for (const double v : values) all_valid = all_valid && !std::isnan(v);
  if (!all_valid) {
    for (double& v : values) {
      column.validity.push_back(!std::isnan(v));
      if (std::isnan(v)) v = 0;
    }
  }
  column.values = storage::Doubles{std::move(values)};
  return column;
}

/// Builds columns from the rows of one table, in order.
template <class Row>
class Columns {
 public:
  Columns(const RunResult& result, std::span<const Row> rows) : result_(result), rows_(rows) {}

  template <class Value>
  void dates(std::string name, Value value) {
    add<storage::Dates, std::int32_t>(std::move(name), value);
  }
  template <class Value>
  void times(std::string name, Value value) {
    add<storage::Timestamps, std::int64_t>(std::move(name), value);
  }
  template <class Value>
  void integers(std::string name, Value value) {
    add<storage::Int64s, std::int64_t>(std::move(name), value);
  }
  template <class Value>
  void truths(std::string name, Value value) {
    add<storage::Bools, std::uint8_t>(std::move(name), value);
  }
  template <class Value>
  void texts(std::string name, Value value) {
    add<storage::Strings, std::string>(std::move(name), value);
  }
  template <class Value>
  void doubles(std::string name, Value value) {
    std::vector<double> values;
    values.reserve(rows_.size());
    for (const Row& row : rows_) values.push_back(value(row));
    table_.columns.push_back(make_doubles(std::move(name), std::move(values)));
  }
  template <class Value>
  void money(std::string name, Value value) {
    const int scale = result_.context->money().digits;
    DecimalColumn column(rows_.size());
    for (const Row& row : rows_) column.add(Money(value(row)).units, scale);
    table_.columns.push_back(column.make(std::move(name)));
  }
  /// `value` calls add or add_missing once per row.
  template <class Value>
  void decimals(std::string name, Value value) {
    DecimalColumn column(rows_.size());
    for (const Row& row : rows_) value(column, row);
    table_.columns.push_back(column.make(std::move(name)));
  }
  /// Amounts: integers where every asset is traded in whole units, else decimals.
  template <class Value>
  void amounts(std::string name, Value value) {
    bool whole = true;
    for (const Row& row : rows_) whole = whole && scale_of(value(row).first).quantity_digits == 0;
    if (whole) {
      integers(std::move(name), [&](const Row& row) { return value(row).second; });
    } else {
      decimals(std::move(name), [&](DecimalColumn& column, const Row& row) {
        const auto [asset, amount] = value(row);
        column.add(amount, scale_of(asset).quantity_digits);
      });
    }
  }
  void session() {
    dates("session",
          [&](const Row& row) { return result_.sessions[static_cast<std::size_t>(row.session)].label.days; });
  }
  template <class Value>
  void asset(Value value) {
    integers("sid", [&](const Row& row) { return (*result_.bundle.finder)[value(row)].sid.value; });
    texts("symbol", [&](const Row& row) { return (*result_.bundle.finder)[value(row)].symbol; });
  }
  /// Price at the asset's fill scale; kNoPrice is missing.
  template <class Value>
  void price(std::string name, Value value) {
    decimals(std::move(name), [&](DecimalColumn& column, const Row& row) {
      const auto [asset, mantissa] = value(row);
      if (mantissa == finance::kNoPrice) {
        column.add_missing();
      } else {
        column.add(mantissa, scale_of(asset).fill_scale);
      }
    });
  }
  [[nodiscard]] ColumnTable take() { return std::move(table_); }

 private:
  [[nodiscard]] const finance::AssetScale& scale_of(AssetIndex a) const { return (*result_.context)[a]; }
  template <class Kind, class Cell, class Value>
  void add(std::string name, Value value) {
    Kind kind;
    kind.values.reserve(rows_.size());
    for (const Row& row : rows_) kind.values.push_back(static_cast<Cell>(value(row)));
    table_.columns.push_back({std::move(name), std::move(kind)});
  }

  const RunResult& result_;
  std::span<const Row> rows_;
  ColumnTable table_;
};

/// The figures of sessions; with minute emission also those of minutes.
template <class Row>
ColumnTable performance_table(const RunResult& result, std::span<const Row> rows) {
  Columns<Row> c(result, rows);
  const auto money = [&c](const char* name, Money PerformanceRow::* field) {
    c.money(name, [field](const PerformanceRow& row) { return row.*field; });
  };
  const auto doubles = [&c](const char* name, double PerformanceRow::* field) {
    c.doubles(name, [field](const PerformanceRow& row) { return row.*field; });
  };
  const auto integers = [&c](const char* name, int PerformanceRow::* field) {
    c.integers(name, [field](const PerformanceRow& row) { return row.*field; });
  };
  c.session();
  c.times("period_open", [](const PerformanceRow& row) { return row.period_open_ns; });
  c.times("period_close", [](const PerformanceRow& row) { return row.period_close_ns; });
  money("starting_cash", &PerformanceRow::starting_cash);
  money("starting_value", &PerformanceRow::starting_value);
  money("starting_exposure", &PerformanceRow::starting_exposure);
  money("ending_cash", &PerformanceRow::ending_cash);
  money("ending_value", &PerformanceRow::ending_value);
  money("ending_exposure", &PerformanceRow::ending_exposure);
  money("portfolio_value", &PerformanceRow::portfolio_value);
  money("pnl", &PerformanceRow::pnl);
  money("capital_used", &PerformanceRow::capital_used);
  doubles("returns", &PerformanceRow::returns);
  money("long_value", &PerformanceRow::long_value);
  money("short_value", &PerformanceRow::short_value);
  money("long_exposure", &PerformanceRow::long_exposure);
  money("short_exposure", &PerformanceRow::short_exposure);
  integers("longs_count", &PerformanceRow::longs_count);
  integers("shorts_count", &PerformanceRow::shorts_count);
  doubles("gross_leverage", &PerformanceRow::gross_leverage);
  doubles("net_leverage", &PerformanceRow::net_leverage);
  doubles("max_leverage", &PerformanceRow::max_leverage);
  doubles("algorithm_period_return", &PerformanceRow::algorithm_period_return);
  doubles("benchmark_period_return", &PerformanceRow::benchmark_period_return);
  doubles("algo_volatility", &PerformanceRow::algo_volatility);
  doubles("benchmark_volatility", &PerformanceRow::benchmark_volatility);
  doubles("sharpe", &PerformanceRow::sharpe);
  doubles("sortino", &PerformanceRow::sortino);
  doubles("max_drawdown", &PerformanceRow::max_drawdown);
  doubles("alpha", &PerformanceRow::alpha);
  doubles("beta", &PerformanceRow::beta);
  // constants in Zipline's frame too
  c.doubles("excess_return", [](const PerformanceRow&) { return 0.0; });
  c.doubles("treasury_period_return", [](const PerformanceRow&) { return 0.0; });
  integers("trading_days", &PerformanceRow::trading_days);
  c.texts("period_label", [&result](const PerformanceRow& row) {
    return result.sessions[static_cast<std::size_t>(row.session)].label.to_string().substr(0, 7);
  });
  if constexpr (std::is_same_v<Row, finance::MinutePerformanceRow>) {
    c.money("cumulative_pnl", [](const Row& row) { return row.cumulative_pnl; });
    c.money("cumulative_capital_used", [](const Row& row) { return row.cumulative_capital_used; });
  }
  return c.take();
}

ColumnTable transactions_table(const RunResult& result) {
  using Row = finance::TransactionRow;
  Columns<Row> c(result, result.tables.transactions.rows());
  c.session();
  c.times("dt", [](const Row& row) { return row.dt_ns; });
  c.asset([](const Row& row) { return row.asset; });
  c.amounts("amount", [](const Row& row) { return std::pair(row.asset, row.amount); });
  c.price("price", [](const Row& row) { return std::pair(row.asset, row.price); });
  c.integers("order_id", [](const Row& row) { return row.order.value; });
  return c.take();
}

ColumnTable orders_table(const RunResult& result, std::span<const finance::OrderRow> rows) {
  using Row = finance::OrderRow;
  Columns<Row> c(result, rows);
  c.session();
  c.integers("id", [](const Row& row) { return row.order.id.value; });
  c.times("dt", [](const Row& row) { return row.order.dt_ns; });
  c.times("created", [](const Row& row) { return row.order.created_ns; });
  c.asset([](const Row& row) { return row.order.asset; });
  c.amounts("amount", [](const Row& row) { return std::pair(row.order.asset, row.order.amount); });
  c.amounts("filled", [](const Row& row) { return std::pair(row.order.asset, row.order.filled); });
  c.money("commission", [](const Row& row) { return row.order.commission; });
  c.price("stop", [](const Row& row) { return std::pair(row.order.asset, row.order.stop); });
  c.price("limit", [](const Row& row) { return std::pair(row.order.asset, row.order.limit); });
  c.truths("stop_reached", [](const Row& row) { return row.order.stop_reached; });
  c.truths("limit_reached", [](const Row& row) { return row.order.limit_reached; });
  c.integers("status", [](const Row& row) { return finance::zipline_status(row.order.status); });
  c.texts("state", [](const Row& row) { return std::string(finance::to_string(row.order.status)); });
  return c.take();
}

ColumnTable positions_table(const RunResult& result) {
  using Row = finance::PositionRow;
  Columns<Row> c(result, result.tables.positions.rows());
  c.session();
  c.asset([](const Row& row) { return row.asset; });
  c.amounts("amount", [](const Row& row) { return std::pair(row.asset, row.amount); });
  c.decimals("cost_basis", [&result](DecimalColumn& column, const Row& row) {
    column.add(row.amount == 0 ? Decimal() : result.context->price_of_total(row.asset, row.cost, row.amount));
  });
  c.price("last_sale_price", [](const Row& row) { return std::pair(row.asset, row.last_sale_price); });
  return c.take();
}

ColumnTable capital_changes_table(const RunResult& result) {
  using Row = finance::CapitalChangeRow;
  Columns<Row> c(result, result.tables.capital_changes.rows());
  c.session();
  c.times("dt", [](const Row& row) { return row.dt_ns; });
  c.decimals("target", [&result](DecimalColumn& column, const Row& row) {
    if (row.has_target)
      column.add(row.target.units, result.context->money().digits);
    else
      column.add_missing();
  });
  c.money("delta", [](const Row& row) { return row.delta; });
  return c.take();
}

std::string kind_name(finance::HoldingCost kind) {
  return kind == finance::HoldingCost::Borrow      ? "borrow"
         : kind == finance::HoldingCost::Financing ? "financing"
                                                   : "funding";
}

ColumnTable financing_table(const RunResult& result) {
  using Row = finance::FinancingRow;
  Columns<Row> c(result, result.tables.financing.rows());
  c.session();
  c.times("dt", [](const Row& row) { return row.dt_ns; });
  c.asset([](const Row& row) { return row.asset; });
  c.texts("kind", [](const Row& row) { return kind_name(row.kind); });
  c.money("basis", [](const Row& row) { return row.basis; });
  c.decimals("rate", [](DecimalColumn& column, const Row& row) { column.add(row.rate); });
  c.integers("days", [](const Row& row) { return row.days; });
  c.money("amount", [](const Row& row) { return row.amount; });
  return c.take();
}

ColumnTable closed_lots_table(const RunResult& result) {
  using Row = finance::ClosedLotRow;
  Columns<Row> c(result, result.tables.closed_lots.rows());
  c.times("opened", [](const Row& row) { return row.opened_ns; });
  c.times("closed", [](const Row& row) { return row.closed_ns; });
  c.asset([](const Row& row) { return row.asset; });
  c.amounts("amount", [](const Row& row) { return std::pair(row.asset, row.amount); });
  c.money("cost", [](const Row& row) { return row.cost; });
  c.money("proceeds", [](const Row& row) { return row.proceeds; });
  c.money("realised", [](const Row& row) { return row.proceeds - row.cost; });
  return c.take();
}

void add_holding_costs(const RunResult& result, Summary& summary) {
  Money sums[3];
  for (const finance::FinancingRow& row : result.tables.financing.rows())
    sums[static_cast<std::size_t>(row.kind)] -= row.amount;
  Decimal* const to[] = {&summary.borrow_cost, &summary.financing, &summary.funding};
  for (std::size_t i = 0; i < 3; ++i) *to[i] = result.context->money().to_decimal(sums[i]).normalized();
}

std::string text_of(const finance::RecordedValue& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(double v) const { return fmt::format("{}", v); }
    std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(finance::ObjectHandle) const { return {}; }
  };
  return std::visit(Visitor{}, value);
}

/// One recorded name: the narrowest kind that holds all its values (integers and doubles together are doubles, any
/// other mixture is text); objects of the embedding language are missing here.
Column recorded_column(std::string name, const std::vector<const finance::RecordedValue*>& cells) {
  bool all_bool = true, all_integer = true, all_number = true, any = false, all_valid = true;
  const auto is_there = [](const finance::RecordedValue* v) {
    return v != nullptr && !std::holds_alternative<std::monostate>(*v) &&
           !std::holds_alternative<finance::ObjectHandle>(*v);
  };
  for (const finance::RecordedValue* v : cells) {
    if (!is_there(v)) {
      all_valid = false;
      continue;
    }
    any = true;
    const bool integer = std::holds_alternative<std::int64_t>(*v);
    all_bool = all_bool && std::holds_alternative<bool>(*v);
    all_integer = all_integer && integer;
    all_number = all_number && (integer || std::holds_alternative<double>(*v));
  }
  Column column{std::move(name), storage::Strings{}};
  if (!all_valid) {
    for (const finance::RecordedValue* v : cells) column.validity.push_back(is_there(v));
  }
  const auto fill = [&cells, &is_there]<class Kind>(Kind kind, auto value) {
    for (const finance::RecordedValue* v : cells) {
      kind.values.push_back(is_there(v) ? value(*v) : typename decltype(kind.values)::value_type{});
    }
    return storage::ColumnValues(std::move(kind));
  };
  if (any && all_bool) {
    column.values = fill(storage::Bools{}, [](const auto& v) { return static_cast<std::uint8_t>(std::get<bool>(v)); });
  } else if (any && all_integer) {
    column.values = fill(storage::Int64s{}, [](const auto& v) { return std::get<std::int64_t>(v); });
  } else if (!any || all_number) {
    column.values = fill(storage::Doubles{}, [](const auto& v) {
      const auto* integer = std::get_if<std::int64_t>(&v);
      return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(v);
    });
  } else {
    column.values = fill(storage::Strings{}, [](const auto& v) { return text_of(v); });
  }
  return column;
}

ColumnTable recorded_table(const RunResult& result) {
  const finance::ResultTables& tables = result.tables;
  Columns<PerformanceRow> c(result, tables.performance.rows());
  c.session();
  ColumnTable table = c.take();
  const std::size_t sessions = tables.performance.size();
  std::vector<std::vector<const finance::RecordedValue*>> cells(tables.recorded_names.size());
  for (auto& column : cells) column.resize(sessions, nullptr);
  for (const finance::RecordedCell& cell : tables.recorded) {
    const auto session = static_cast<std::size_t>(cell.session);
    if (session < sessions) cells[static_cast<std::size_t>(cell.name)][session] = &cell.value;
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string& name = tables.recorded_names[i];
    table.columns.push_back(recorded_column(name == "session" ? "recorded_session" : name, cells[i]));
  }
  return table;
}

/// Sum of the commissions of all orders: the last row of an order holds what it has cost in all.
void add_orders(const RunResult& result, Summary& summary) {
  std::vector<Money> commission;
  std::vector<bool> seen;
  for (const finance::OrderRow& row : result.tables.orders.rows()) {
    const auto id = static_cast<std::size_t>(row.order.id.value);
    if (id >= seen.size()) {
      seen.resize(id + 1);
      commission.resize(id + 1);
    }
    if (!seen[id]) ++summary.orders;
    seen[id] = true;
    commission[id] = row.order.commission;
  }
  Money total;
  for (const Money& money : commission) total += money;
  if (!result.context->currencies().empty()) total = result.commissions_paid;
  summary.commissions = result.context->money().to_decimal(total).normalized();
}

}  // namespace

std::vector<std::string> common_result_table_names() {
  return {"performance", "transactions", "orders", "positions", "recorded"};
}

std::vector<std::string> optional_result_table_names() {
  return {"minute_performance", "minute_orders", "capital_changes", "financing", "closed_lots"};
}

std::vector<std::string> result_table_names(const RunResult& result) {
  std::vector<std::string> names = common_result_table_names();
  if (result.minute_emission) names.insert(names.end(), {"minute_performance", "minute_orders"});
  if (result.tables.capital_changes.size() != 0) names.emplace_back("capital_changes");
  if (result.tables.financing.size() != 0) names.emplace_back("financing");
  if (result.policies.lots != finance::LotMethod::Average) names.emplace_back("closed_lots");
  return names;
}

ColumnTable result_table(const RunResult& result, std::string_view name) {
  if (name == "performance") return performance_table(result, result.tables.performance.rows());
  if (name == "transactions") return transactions_table(result);
  if (name == "orders") return orders_table(result, result.tables.orders.rows());
  if (name == "positions") return positions_table(result);
  if (name == "recorded") return recorded_table(result);
  if (name == "capital_changes") return capital_changes_table(result);
  if (name == "financing") return financing_table(result);
  if (name == "closed_lots") return closed_lots_table(result);
  if (name == "minute_performance" && result.minute_emission)
    return performance_table(result, result.tables.minute_performance.rows());
  if (name == "minute_orders" && result.minute_emission)
    return orders_table(result, result.tables.minute_orders.rows());
  throw Error(ErrorCode::InvalidArgument, fmt::format("no result table is called '{}'", name),
              fmt::format("the tables are {}", fmt::join(result_table_names(result), ", ")));
}

Summary summarize(const RunResult& result) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  Summary summary;
  summary.starting_cash = summary.ending_value = summary.ending_cash = result.capital;
  summary.transactions = static_cast<std::int64_t>(result.tables.transactions.size());
  summary.bars = result.bars;
  summary.sharpe = summary.sortino = summary.calmar = summary.alpha = summary.beta = summary.annual_volatility = kNone;
  if (result.context) add_orders(result, summary);
  if (result.context) add_holding_costs(result, summary);
  const auto rows = result.tables.performance.rows();
  if (rows.empty()) return summary;

  const PerformanceRow& last = rows.back();
  const MoneyScale money = result.context->money();
  summary.first_session = result.sessions[static_cast<std::size_t>(rows.front().session)].label;
  summary.last_session = result.sessions[static_cast<std::size_t>(last.session)].label;
  summary.sessions = static_cast<int>(rows.size());
  summary.total_return = last.algorithm_period_return;
  // empyrical's annual_return and calmar_ratio (zipline_semantics 12)
  summary.annual_return = std::pow(1.0 + summary.total_return, 252.0 / summary.sessions) - 1.0;
  summary.annual_volatility = last.algo_volatility;
  summary.sharpe = last.sharpe;
  summary.sortino = last.sortino;
  summary.max_drawdown = last.max_drawdown;
  summary.calmar = last.max_drawdown < 0 ? summary.annual_return / -last.max_drawdown : kNone;
  summary.alpha = last.alpha;
  summary.beta = last.beta;
  summary.benchmark_return = last.benchmark_period_return;
  summary.max_leverage = last.max_leverage;
  summary.ending_value = money.to_decimal(last.portfolio_value).normalized();
  summary.ending_cash = money.to_decimal(last.ending_cash).normalized();
  return summary;
}

}  // namespace rustybt::algorithm
