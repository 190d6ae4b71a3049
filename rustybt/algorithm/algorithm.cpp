#include "rustybt/algorithm/algorithm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "rustybt/core/error.hpp"

namespace rustybt::algorithm {
namespace {

void refuse_model_change(bool initialized, const char* what, ErrorCode code) {
  if (initialized) throw Error(code, fmt::format("You attempted to {} outside of `initialize`.", what));
}

}  // namespace

TradingAlgorithm::TradingAlgorithm(Strategy& strategy, const gens::SimulationParameters& parameters,
                                   const finance::Policies& policies, data::DataPortal& portal,
                                   utils::CalendarPtr calendar, Log log)
    : strategy_(strategy),
      portal_(portal),
      calendar_(calendar),
      log_(log),
      simulation_(parameters, policies, portal, std::move(calendar), *this, std::move(log)),
      trading_controls_(policies.decision_arithmetic),
      data_(portal, simulation_.now_reference(), &restrictions_) {}

TradingAlgorithm::~TradingAlgorithm() = default;

// --- assets
// ---------------------------------------------------------------------------------------------------------------

AssetIndex TradingAlgorithm::symbol(std::string_view symbol, std::optional<std::string> country_code) const {
  std::string upper(symbol);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return portal_.finder().lookup_symbol(upper, lookup_date_.value_or(simulation_.clock().sessions().back().label),
                                        std::move(country_code));
}

std::vector<AssetIndex> TradingAlgorithm::symbols(std::span<const std::string> names) const {
  std::vector<AssetIndex> out;
  for (const std::string& name : names) out.push_back(symbol(name));
  return out;
}

AssetIndex TradingAlgorithm::sid(std::int64_t sid) const { return portal_.finder().retrieve({sid}); }

AssetIndex TradingAlgorithm::future_symbol(std::string_view symbol) const {
  return portal_.finder().lookup_future_symbol(symbol);
}

assets::ContinuousFuture TradingAlgorithm::continuous_future(std::string_view root_symbol, int offset,
                                                             assets::RollStyle roll,
                                                             assets::RollAdjustment adjustment) const {
  return assets::make_continuous_future(portal_.finder(), root_symbol, offset, roll, adjustment);
}

// --- set-up
// ---------------------------------------------------------------------------------------------------------------

void TradingAlgorithm::set_slippage(SlippageModel model) {
  refuse_model_change(initialized_, "set slippage", ErrorCode::SetSlippagePostInit);
  if (std::holds_alternative<finance::VolatilityVolumeShare>(model))
    throw Error(ErrorCode::IncompatibleSlippageModel, finance::describe(model) + " is for futures only",
                "give it to set_futures_slippage (in Python: set_slippage(us_futures=...))");
  chose_slippage_ = true;
  simulation_.blotter().set_slippage(std::move(model));
}

void TradingAlgorithm::set_futures_slippage(SlippageModel model) {
  refuse_model_change(initialized_, "set slippage", ErrorCode::SetSlippagePostInit);
  chose_futures_slippage_ = true;
  simulation_.blotter().set_futures_slippage(std::move(model));
}

void TradingAlgorithm::set_commission(CommissionModel model) {
  refuse_model_change(initialized_, "override commission", ErrorCode::SetCommissionPostInit);
  if (std::holds_alternative<finance::PerContract>(model) || std::holds_alternative<finance::PerFutureTrade>(model))
    throw Error(ErrorCode::IncompatibleCommissionModel, finance::describe(model) + " is for futures only",
                "give it to set_futures_commission (in Python: set_commission(us_futures=...))");
  chose_commission_ = true;
  simulation_.blotter().set_commission(std::move(model));
}

void TradingAlgorithm::set_futures_commission(CommissionModel model) {
  refuse_model_change(initialized_, "override commission", ErrorCode::SetCommissionPostInit);
  if (std::holds_alternative<finance::PerShare>(model) || std::holds_alternative<finance::PerDollar>(model))
    throw Error(ErrorCode::IncompatibleCommissionModel, finance::describe(model) + " is not for futures",
                "use PerContract, PerFutureTrade, PerTrade or NoCommission");
  chose_futures_commission_ = true;
  simulation_.blotter().set_futures_commission(std::move(model));
}

void TradingAlgorithm::set_cancel_policy(CancelPolicy policy) {
  if (initialized_)
    throw Error(ErrorCode::SetCancelPolicyPostInit, "You attempted to set the cancel policy outside of `initialize`.");
  simulation_.blotter().set_cancel_policy(std::move(policy));
}

void TradingAlgorithm::set_latency(finance::LatencyModel model) {
  if (initialized_)
    throw Error(ErrorCode::InvalidArgument, "set_latency can only be called in initialize",
                "choose the latency before the run begins");
  simulation_.blotter().set_latency(std::move(model));
}

void TradingAlgorithm::set_partial_fill(finance::PartialFillModel model) {
  if (initialized_)
    throw Error(ErrorCode::InvalidArgument, "set_partial_fill can only be called in initialize",
                "choose how orders fill before the run begins");
  simulation_.blotter().set_partial_fill(std::move(model));
}

finance::HoldingCosts& TradingAlgorithm::holding_costs_in_initialize(const char* what) {
  if (initialized_)
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} can only be called in initialize", what),
                "choose costs before the run begins");
  return simulation_.holding_costs();
}

void TradingAlgorithm::set_borrow_cost(finance::BorrowCost cost) {
  holding_costs_in_initialize("set_borrow_cost").set(std::move(cost));
}

void TradingAlgorithm::set_financing(finance::Financing cost) {
  holding_costs_in_initialize("set_financing").set(std::move(cost));
}

void TradingAlgorithm::set_funding(finance::Funding cost) {
  if (cost.assets.empty() && cost.table.empty()) {
    const std::span<const assets::Asset> assets = portal_.finder().assets();
    for (std::size_t i = 0; i < assets.size(); ++i) {
      if (assets[i].type == assets::AssetType::Cryptocurrency) cost.assets.push_back({static_cast<std::int32_t>(i)});
    }
  }
  holding_costs_in_initialize("set_funding").set(std::move(cost), simulation_.now_ns());
}

void TradingAlgorithm::set_benchmark(AssetIndex asset) {
  if (initialized_)
    throw Error(ErrorCode::SetBenchmarkOutsideInitialize,
                "'set_benchmark' can only be called within initialize function.");
  benchmark_ = asset;
}

void TradingAlgorithm::schedule_function(ScheduledFunction function, DateRule date_rule, TimeRule time_rule,
                                         bool half_days, utils::CalendarPtr calendar) {
  // in daily mode there is one bar a session, whatever the time rule says
  if (simulation_.parameters().frequency == data::DataFrequency::Daily) time_rule = TimeRule::every_minute();
  acts_after_bar_ = true;
  scheduled_.push_back(
      {utils::ScheduledRule(date_rule, time_rule, half_days, calendar ? std::move(calendar) : calendar_),
       std::move(function)});
}

void TradingAlgorithm::call_on_every_bar(ScheduledFunction function) {
  acts_after_bar_ = true;
  scheduled_.push_back({std::nullopt, std::move(function)});
}

// --- state
// ----------------------------------------------------------------------------------------------------------------

void TradingAlgorithm::record(std::string_view name, finance::RecordedValue value) {
  for (auto& [known, current] : recorded_) {
    if (known == name) {
      current = std::move(value);
      return;
    }
  }
  recorded_.emplace_back(name, std::move(value));
  simulation_.tables().recorded_names.emplace_back(name);
}

Portfolio TradingAlgorithm::portfolio() {
  simulation_.sync_prices();
  finance::DecimalLedger& l = ledger();
  const MoneyScale money = l.context().money();
  Portfolio p;
  p.portfolio_value = money.to_double(l.portfolio_value());
  p.cash_flow = money.to_double(l.cash_flow());
  p.starting_cash = money.to_double(l.capital());
  p.pnl = money.to_double(l.pnl());
  p.returns = l.returns();
  p.cash = money.to_double(l.cash());
  p.positions_value = money.to_double(l.stats().net_value());
  p.positions_exposure = money.to_double(l.stats().net_exposure());
  if (const finance::ZiplineBooks* books = l.zipline_books()) {
    p.cash_flow = books->cash_flow();
    p.pnl = books->pnl();
  }
  return p;
}

Account TradingAlgorithm::account() {
  const Portfolio p = portfolio();
  Account a;
  a.settled_cash = p.cash;
  a.equity_with_loan = a.net_liquidation = p.portfolio_value;
  a.total_positions_value = p.portfolio_value - p.cash;
  a.total_positions_exposure = p.positions_exposure;
  a.available_funds = a.excess_liquidity = a.regt_equity = p.cash;
  if (margin_) {
    const auto to_double = [&](Money m) { return simulation_.context().money().to_double(m); };
    const finance::MarginRequirement required = margin_->of(ledger().positions());
    const Money equity = ledger().portfolio_value();
    a.initial_margin_requirement = a.regt_margin = to_double(required.initial);
    a.maintenance_margin_requirement = to_double(required.maintenance);
    a.available_funds = to_double(equity - required.initial);
    a.excess_liquidity = to_double(equity - required.maintenance);
    a.regt_equity = p.portfolio_value;
    a.buying_power = std::max(0.0, a.available_funds) / margin_->model().longs.initial.to_double();
  }
  a.cushion = p.portfolio_value == 0 ? std::nan("") : a.excess_liquidity / p.portfolio_value;
  a.leverage = ledger().gross_leverage();
  a.net_leverage = ledger().net_leverage();
  return a;
}

Position TradingAlgorithm::to_position(const finance::DecimalPosition& p) const {
  const finance::DecimalContext& context = simulation_.context();
  Position out;
  out.asset = p.asset;
  out.amount = context.amount_to_double(p.asset, p.amount);
  out.cost_basis = p.amount == 0 ? 0 : context.price_of_total(p.asset, p.cost, p.amount).to_double();
  out.last_sale_price = context.price_to_double(p.asset, p.last_sale_price);
  if (p.last_sale_ns != finance::kNeverSold) out.last_sale_date = Timestamp{p.last_sale_ns};
  return out;
}

Position TradingAlgorithm::position(AssetIndex index) {
  simulation_.sync_prices();
  const finance::DecimalPosition* p = ledger().find_position(index);
  return p ? to_position(*p) : Position{index, 0, 0, 0, std::nullopt};
}

std::vector<Position> TradingAlgorithm::positions() {
  simulation_.sync_prices();
  std::vector<Position> out;
  for (const finance::DecimalPosition& p : ledger().positions()) out.push_back(to_position(p));
  return out;
}

double TradingAlgorithm::order_amount_to_double(const finance::Order& order, std::int64_t amount) const {
  return simulation_.context().amount_to_double(order.asset, amount);
}

// --- hooks
// ----------------------------------------------------------------------------------------------------------------

void TradingAlgorithm::on_initialize() {
  strategy_.initialize(*this);
  initialized_ = true;
  if (simulation_.parameters().minute_emission)
    set_benchmark_by_minute();
  else
    simulation_.set_benchmark_returns(benchmark_ ? benchmark_series(*benchmark_) : benchmark_returns_);
}

void TradingAlgorithm::on_before_trading_start() {
  in_before_trading_start_ = true;
  strategy_.before_trading_start(*this, data_);
  in_before_trading_start_ = false;
}

void TradingAlgorithm::on_bar(std::int64_t now_ns) {
  strategy_.handle_data(*this, data_);
  if (acts_after_bar_) act_after_bar(now_ns);
}

void TradingAlgorithm::act_after_bar(std::int64_t now_ns) {
  for (std::size_t i = 0; i < scheduled_.size(); ++i) {  // a function may schedule another
    if (Scheduled& s = scheduled_[i]; !s.rule || s.rule->should_trigger({now_ns})) s.function(*this, data_);
  }
  if (margin_) watch_margin();  // the strategy's own orders to close would otherwise come on top of the call's
}

void TradingAlgorithm::on_session_close() {
  if (!account_controls_.empty()) account_controls_.validate(ledger().gross_leverage(), simulation_.now_ns());
}

void TradingAlgorithm::on_session_end(int session) {
  strategy_.session_end(*this, session);
  std::vector<finance::RecordedCell>& cells = simulation_.tables().recorded;
  for (std::size_t i = 0; i < recorded_.size(); ++i) {
    cells.push_back({session, static_cast<std::int32_t>(i), recorded_[i].second});
  }
}

bool TradingAlgorithm::has_before_trading_start() const { return strategy_.has_before_trading_start(); }

}  // namespace rustybt::algorithm
