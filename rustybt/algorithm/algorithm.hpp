#pragma once
// TradingAlgorithm: what a strategy can call (`context`), and Strategy: what a strategy is (zipline_semantics 1).

#include <algorithm>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/algorithm/bar_data.hpp"
#include "rustybt/finance/controls.hpp"
#include "rustybt/finance/margin.hpp"
#include "rustybt/gens/tradesimulation.hpp"
#include "rustybt/utils/events.hpp"

namespace rustybt::algorithm {

class TradingAlgorithm;
using Context = TradingAlgorithm;
using finance::CancelPolicy;
using finance::CommissionModel;
using finance::ExecutionStyle;
using finance::OnError;
using finance::SlippageModel;
using utils::DateRule;
using utils::TimeRule;

struct RunResult;

/// A strategy: derive, override what you need. The same names as in Python.
class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual void initialize(Context&) {}
  virtual void before_trading_start(Context&, BarData&) {}
  virtual void handle_data(Context&, BarData&) {}
  virtual void analyze(Context&, const RunResult&) {}
  /// After the last bar, after an error too, before the result is made: the last time that books and records are there.
  virtual void run_ends(Context&) {}
  /// After each session's books are closed and its row is written, before its recorded values are kept: for embeddings
  /// that record values of their own.
  virtual void session_end(Context&, int /*session*/) {}
  /// Where watches_periods(): a session begins (dividends booked, splits not), a minute's row is written (minute
  /// emission).
  virtual void session_start(Context&, int /*session*/) {}
  virtual void minute_end(Context&, int /*session*/) {}
  [[nodiscard]] virtual bool watches_periods() const { return false; }
  /// False saves the call where a strategy does not override before_trading_start.
  [[nodiscard]] virtual bool has_before_trading_start() const { return true; }
};

/// The money side of a strategy's account, read at the current moment, in doubles; exact values through ledger().
struct Portfolio {
  double cash_flow = 0, starting_cash = 0, portfolio_value = 0, pnl = 0, returns = 0, cash = 0;
  double positions_value = 0, positions_exposure = 0;
};

/// zipline_semantics 4.6.
struct Account {
  double settled_cash = 0, total_positions_value = 0, total_positions_exposure = 0, cushion = 0, leverage = 0,
         net_leverage = 0;
  double net_liquidation = 0, equity_with_loan = 0;
  /// Without set_margin as in Zipline: no requirement, all cash available, no limit.
  double initial_margin_requirement = 0, maintenance_margin_requirement = 0, available_funds = 0, excess_liquidity = 0,
         regt_equity = 0;
  double regt_margin = std::numeric_limits<double>::infinity(), buying_power = regt_margin;
};

struct Position {
  AssetIndex asset;
  double amount = 0, cost_basis = 0, last_sale_price = 0;
  std::optional<Timestamp> last_sale_date;
};

using ScheduledFunction = std::function<void(Context&, BarData&)>;

/// The running algorithm. Orders are validated, rounded and checked here, so blotter and ledger only see legal ones.
class TradingAlgorithm final : public gens::StrategyHooks {
 public:
  TradingAlgorithm(Strategy& strategy, const gens::SimulationParameters& parameters, const finance::Policies& policies,
                   data::DataPortal& portal, utils::CalendarPtr calendar, Log log);
  ~TradingAlgorithm() override;

  // --- assets
  // -------------------------------------------------------------------------------------------------------------
  AssetIndex symbol(std::string_view symbol, std::optional<std::string> country_code = std::nullopt) const;
  std::vector<AssetIndex> symbols(std::span<const std::string> symbols) const;
  AssetIndex sid(std::int64_t sid) const;
  /// A futures contract by its symbol. @throws Error{SymbolNotFound}
  AssetIndex future_symbol(std::string_view symbol) const;
  /// A chain of contracts: offset 0 is the active one. @throws Error{SymbolNotFound} for a root without contracts
  assets::ContinuousFuture continuous_future(std::string_view root_symbol, int offset = 0,
                                             assets::RollStyle roll = assets::RollStyle::Volume,
                                             assets::RollAdjustment adjustment = assets::RollAdjustment::Mul) const;
  void set_symbol_lookup_date(Date date) { lookup_date_ = date; }
  [[nodiscard]] const assets::Asset& asset(AssetIndex index) const { return portal().finder()[index]; }

  // --- orders: number of the order, or nothing where no order was made (amount 0, closed asset)
  // ---------------------------
  std::optional<OrderId> order(AssetIndex asset, double amount, const ExecutionStyle& style = finance::kMarketOrder);
  std::optional<OrderId> order_value(AssetIndex asset, double value,
                                     const ExecutionStyle& style = finance::kMarketOrder);
  std::optional<OrderId> order_percent(AssetIndex asset, double percent,
                                       const ExecutionStyle& style = finance::kMarketOrder);
  std::optional<OrderId> order_target(AssetIndex asset, double target,
                                      const ExecutionStyle& style = finance::kMarketOrder);
  std::optional<OrderId> order_target_value(AssetIndex asset, double target,
                                            const ExecutionStyle& style = finance::kMarketOrder);
  std::optional<OrderId> order_target_percent(AssetIndex asset, double target,
                                              const ExecutionStyle& style = finance::kMarketOrder);
  struct ShareCount {
    AssetIndex asset;
    std::int64_t shares;
  };
  std::vector<OrderId> batch_market_order(std::span<const ShareCount> share_counts);
  /// An entry with a stop loss and a take profit (two styles of the other side): exits exist once the entry fills, grow
  /// with it, and only one of them ever fills. Numbers of the three orders, or nothing where no order was made.
  std::vector<OrderId> order_bracket(AssetIndex asset, double amount, const ExecutionStyle& entry,
                                     const ExecutionStyle& stop_loss, const ExecutionStyle& take_profit);
  /// Two orders of which the first fill cancels the other.
  std::vector<OrderId> order_oco(AssetIndex asset, double amount, const ExecutionStyle& first,
                                 const ExecutionStyle& second);
  /// A second order that starts when the first one is filled.
  std::vector<OrderId> order_oto(AssetIndex asset, double amount, const ExecutionStyle& first, double second_amount,
                                 const ExecutionStyle& second);
  struct OrderChange {
    std::optional<double> amount, limit_price, stop_price;
  };
  /// Change an open order; what is absent stays. @returns whether it was open. @throws Error{BadOrderParameters}
  bool modify_order(OrderId id, const OrderChange& change);
  bool cancel_order(OrderId id);
  [[nodiscard]] const finance::Order* get_order(OrderId id) const;
  /// Open orders of an asset, oldest first; of all assets in the order of their first open order.
  [[nodiscard]] std::vector<const finance::Order*> get_open_orders(
      std::optional<AssetIndex> asset = std::nullopt) const;

  // --- set-up, only in initialize
  // -----------------------------------------------------------------------------------------
  /// Models of everything but futures. @throws Error{IncompatibleSlippageModel}, Error{IncompatibleCommissionModel}
  void set_slippage(SlippageModel model);
  void set_commission(CommissionModel model);
  /// Models of futures.
  void set_futures_slippage(SlippageModel model);
  void set_futures_commission(CommissionModel model);
  void set_cancel_policy(CancelPolicy policy);
  /// Orders, cancels and changes arrive after a time; off unless called. @throws Error{InvalidArgument} after
  /// initialize, Error{BadOrderParameters} for times that are none
  void set_latency(finance::LatencyModel model);
  /// Fills are limited by the bar's volume and move its price, after the slippage model; off unless called. @throws
  /// Error{InvalidArgument} after initialize and for a model that is not valid
  void set_partial_fill(finance::PartialFillModel model);
  /// Orders that the account cannot carry are not placed, and a call is reported or answered (docs/margin.md); off
  /// unless called. @throws Error{InvalidArgument} after initialize and for rates that are none
  void set_margin(finance::MarginModel model);
  [[nodiscard]] const finance::Margin* margin() const { return margin_.get(); }
  /// What it costs to hold (docs/costs.md); off unless called. @throws Error{InvalidArgument} after initialize
  void set_borrow_cost(finance::BorrowCost cost = {});
  void set_financing(finance::Financing cost = {});
  /// Without assets and table: all cryptocurrencies of the bundle.
  void set_funding(finance::Funding cost = {});
  void set_benchmark(AssetIndex asset);
  void schedule_function(ScheduledFunction function, DateRule date_rule = DateRule::every_day(),
                         TimeRule time_rule = TimeRule::every_minute(), bool half_days = true,
                         utils::CalendarPtr calendar = nullptr);
  /// After handle_data, in turn with scheduled functions.
  void call_on_every_bar(ScheduledFunction function);

  // --- controls, only in initialize (zipline_semantics 3.6)
  // ---------------------------------------------------------------
  /// Every order must keep it. @throws Error{RegisterTradingControlPostInit}, Error{InvalidArgument} for bad limits
  void register_trading_control(finance::TradingControl control, OnError on_error = OnError::Fail);
  void register_trading_control(finance::TradingControl control, finance::OnViolation on_violation);
  void set_max_order_count(int max_count, OnError on_error = OnError::Fail);
  void set_max_order_size(const finance::SizeLimits& limits, OnError on_error = OnError::Fail);
  void set_max_position_size(const finance::SizeLimits& limits, OnError on_error = OnError::Fail);
  void set_long_only(OnError on_error = OnError::Fail);
  /// Restricted assets cannot be ordered, and data.can_trade says so.
  void set_asset_restrictions(const finance::AssetRestrictions& restrictions, OnError on_error = OnError::Fail);
  /// Restrictions that only data.can_trade looks at.
  void add_restrictions(const finance::AssetRestrictions& restrictions) { restrictions_.add(restrictions); }
  /// The account must keep it at every session's close. @throws Error{RegisterAccountControlPostInit}
  void register_account_control(finance::AccountControl control, std::function<void(double)> on_violation = {});
  void set_max_leverage(double max_leverage);
  /// @param grace_days  days from the run's first session on without the check
  void set_min_leverage(double min_leverage, int grace_days);

  // --- capital changes, at any time
  // ---------------------------------------------------------------------------------------
  /// Cash that comes or goes before a session (its label) or, with minute bars, before a minute.
  ///
  /// @throws Error{NotASession} under preset rustybt where the run has no such session or minute,
  /// Error{InvalidArgument}
  ///         for an unknown type (zipline ignores both, quirk Q31)
  void set_capital_change(Timestamp at, gens::CapitalChange change);

  // --- state
  // --------------------------------------------------------------------------------------------------------------
  /// Values stay until overwritten; each session's row has the last one.
  void record(std::string_view name, finance::RecordedValue value);
  [[nodiscard]] const std::vector<std::pair<std::string, finance::RecordedValue>>& recorded() const {
    return recorded_;
  }
  [[nodiscard]] Timestamp get_datetime() const { return {simulation_.now_ns()}; }
  [[nodiscard]] Portfolio portfolio();
  [[nodiscard]] Account account();
  [[nodiscard]] Position position(AssetIndex asset);
  [[nodiscard]] std::vector<Position> positions();
  /// Position amount without bringing prices up to date; what order_target uses.
  [[nodiscard]] double position_amount(AssetIndex asset) const {
    return simulation_.context().amount_to_double(asset, simulation_.ledger().amount(asset));
  }
  /// The current session's label.
  [[nodiscard]] Date session_label() const {
    const std::vector<gens::SessionTimes>& sessions = simulation_.clock().sessions();
    return sessions[std::min(static_cast<std::size_t>(simulation_.session()), sessions.size() - 1)].label;
  }
  [[nodiscard]] bool is_initialized() const { return initialized_; }
  [[nodiscard]] bool in_before_trading_start() const { return in_before_trading_start_; }
  [[nodiscard]] BarData& data() { return data_; }
  [[nodiscard]] gens::TradeSimulation& simulation() { return simulation_; }
  [[nodiscard]] const gens::TradeSimulation& simulation() const { return simulation_; }
  [[nodiscard]] finance::DecimalLedger& ledger() { return simulation_.ledger(); }
  [[nodiscard]] data::DataPortal& portal() const { return portal_; }
  [[nodiscard]] const finance::Policies& policies() const { return simulation_.policies(); }
  [[nodiscard]] double order_amount_to_double(const finance::Order& order, std::int64_t amount) const;
  [[nodiscard]] Log& log() { return log_; }
  [[nodiscard]] std::optional<AssetIndex> benchmark_asset() const { return benchmark_; }
  /// Did the strategy choose its models, or does the run rest on defaults? (reported)
  [[nodiscard]] bool chose_slippage() const { return chose_slippage_; }
  [[nodiscard]] bool chose_commission() const { return chose_commission_; }
  [[nodiscard]] bool chose_futures_slippage() const { return chose_futures_slippage_; }
  [[nodiscard]] bool chose_futures_commission() const { return chose_futures_commission_; }

  // --- gens::StrategyHooks
  // ------------------------------------------------------------------------------------------------
  void on_initialize() override;
  void on_before_trading_start() override;
  void on_bar(std::int64_t now_ns) override;
  void on_session_close() override;
  void on_session_end(int session) override;
  void on_session_start(int session) override { strategy_.session_start(*this, session); }
  void on_minute_end(int session) override { strategy_.minute_end(*this, session); }
  [[nodiscard]] bool watches_periods() const override { return strategy_.watches_periods(); }
  [[nodiscard]] bool has_before_trading_start() const override;

  /// Benchmark given from outside: daily returns by session of the run. set_benchmark in initialize overrides it.
  void set_benchmark_returns(std::vector<double> returns) { benchmark_returns_ = std::move(returns); }

 private:
  struct Scheduled {
    std::optional<utils::ScheduledRule> rule;  ///< none = every bar
    ScheduledFunction function;
  };
  finance::HoldingCosts& holding_costs_in_initialize(const char* what);
  [[nodiscard]] Position to_position(const finance::DecimalPosition& position) const;
  /// May the asset be ordered today? Warns (zipline) or throws (rustybt) where it has ended (zipline_semantics 1.1,
  /// quirk Q35).
  [[nodiscard]] bool can_order(AssetIndex asset);
  [[nodiscard]] double amount_for_value(AssetIndex asset, double value);
  [[nodiscard]] std::int64_t round_amount(AssetIndex asset, double amount) const;
  /// The amount in units after all checks; 0 where no order is to be made.
  [[nodiscard]] std::int64_t checked_amount(AssetIndex asset, double amount);
  [[nodiscard]] bool is_below_minimum(AssetIndex asset, std::int64_t units);
  /// The style as the blotter takes it: orders with terms learn the market's price.
  [[nodiscard]] ExecutionStyle with_reference(AssetIndex asset, const ExecutionStyle& style);
  void refuse_huge_amount(AssetIndex asset, std::int64_t units) const;
  void validate_trading_controls(AssetIndex asset, std::int64_t units);
  [[nodiscard]] bool margin_allows(AssetIndex asset, std::int64_t units);
  void watch_margin();
  [[nodiscard]] std::string money_text(Money amount) const;
  void refuse_outside_bars() const {
    if (in_before_trading_start_ || !initialized_) [[unlikely]]
      throw_outside_bars();
  }
  [[noreturn]] void throw_outside_bars() const;
  void act_after_bar(std::int64_t now_ns);
  [[nodiscard]] bool disturbs_benchmark(const data::StockDividend& dividend, Date first, Date last) const;
  [[nodiscard]] std::vector<double> benchmark_series(AssetIndex asset) const;
  void refuse_as_benchmark(AssetIndex asset) const;
  void set_benchmark_by_minute();
  [[nodiscard]] std::vector<double> minute_prices(AssetIndex asset) const;

  Strategy& strategy_;
  data::DataPortal& portal_;
  utils::CalendarPtr calendar_;
  Log log_;
  gens::TradeSimulation simulation_;
  finance::AssetRestrictions restrictions_;
  finance::TradingControls trading_controls_;
  finance::AccountControls account_controls_;
  std::unique_ptr<finance::Margin> margin_;
  BarData data_;
  bool acts_after_bar_ = false;      ///< there are scheduled functions, or a margin
  bool checks_orders_ = false;       ///< there are trading controls, or a margin
  std::deque<Scheduled> scheduled_;  ///< a scheduled function may schedule another
  std::optional<Date> lookup_date_;
  std::optional<AssetIndex> benchmark_;
  std::vector<double> benchmark_returns_;
  bool chose_slippage_ = false;
  bool chose_commission_ = false;
  bool chose_futures_slippage_ = false;
  bool chose_futures_commission_ = false;
  bool initialized_ = false;
  bool in_before_trading_start_ = false;
  std::vector<std::pair<std::string, finance::RecordedValue>> recorded_;
};

}  // namespace rustybt::algorithm
