#include "rustybt/algorithm/algorithm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "rustybt/core/error.hpp"

namespace rustybt::algorithm {
namespace {

constexpr double kMaxShares = 1e11;  // Zipline's arbitrary limit against runaway loops

/// zipline_semantics 1.1: within 1e-4 of an integer (half to even) counts as that integer, else toward zero (quirk Q7).
double round_whole(double amount) {
  const double nearest = std::nearbyint(amount);
  return std::fabs(amount - nearest) <= 1e-4 ? nearest : std::trunc(amount);
}

/// Toward zero at the step, except that an amount within 1e-9 of a step is that step (policy quantity=asset_step).
/// A large number of small steps (0.29 coins of 8 digits: 28999999.999999996) is within a few units in its last place.
double round_step(double units) {
  const double nearest = std::nearbyint(units);
  const double tolerance = std::max(1e-9, 8 * std::numeric_limits<double>::epsilon() * std::fabs(units));
  return std::fabs(units - nearest) <= tolerance ? nearest : std::trunc(units);
}

[[noreturn]] void throw_huge_amount() {
  throw Error(ErrorCode::Overflow, fmt::format("Can't order more than {:.0f} shares", kMaxShares));
}

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

Date TradingAlgorithm::session_label() const {
  const auto& sessions = simulation_.clock().sessions();
  return sessions[static_cast<std::size_t>(std::min(simulation_.session(), static_cast<int>(sessions.size()) - 1))]
      .label;
}

// --- orders
// ---------------------------------------------------------------------------------------------------------------

void TradingAlgorithm::refuse_outside_bars() const {
  if (in_before_trading_start_) {
    throw Error(ErrorCode::OrderInBeforeTradingStart, "Cannot place orders inside before_trading_start.");
  }
  if (!initialized_)
    throw Error(ErrorCode::OrderDuringInitialize, "order() can only be called from within handle_data()");
}

bool TradingAlgorithm::can_order(AssetIndex index) {
  const assets::Asset& a = asset(index);
  // Zipline goes by the auto-close date: an asset without one is refused where its price is needed. rustybt always
  // refuses (quirk Q35)
  const bool always = policies().preset == finance::Preset::Rustybt;
  if ((a.auto_close_date || always) && session_label() > std::min(a.end_date, a.auto_close_date.value_or(a.end_date))) {
    if (always) {
      throw Error(ErrorCode::CannotOrderDelistedAsset,
                  fmt::format("Cannot order {}, as it stopped trading on {}.", a.symbol, a.end_date.to_string()))
          .with("asset", a.symbol)
          .with("session", session_label().to_string());
    }
    log_.warning(
        fmt::format("Cannot place order for {}, as it has de-listed. Any existing positions for this asset will be "
                    "liquidated on {}.",
                    a.symbol, a.auto_close_date->to_string()));
    return false;
  }
  return true;
}

std::int64_t TradingAlgorithm::round_amount(AssetIndex index, double amount) const {
  if (!std::isfinite(amount)) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("cannot order an amount of {}", amount),
                "give a finite number of shares");
  }
  const int digits = simulation_.context()[index].quantity_digits;
  const double one = digits == 0 ? 1.0 : static_cast<double>(power_of_ten(digits));
  const double units =
      policies().quantity == finance::QuantityRule::Whole ? round_whole(amount) * one : round_step(amount * one);
  if (std::fabs(units) > 9e18) throw_huge_amount();
  const auto whole = static_cast<std::int64_t>(units);
  if (policies().quantity == finance::QuantityRule::Whole) return whole;
  const Decimal& step = asset(index).quantity_step;
  if (step.coefficient() == 1) return whole;  // its digits are those of the amount
  return whole - whole % static_cast<std::int64_t>(step.mantissa_at(digits));
}

void TradingAlgorithm::refuse_huge_amount(AssetIndex index, std::int64_t units) const {
  const int digits = simulation_.context()[index].quantity_digits;
  if (static_cast<double>(units) > kMaxShares * static_cast<double>(power_of_ten(digits))) throw_huge_amount();
}

void TradingAlgorithm::validate_trading_controls(AssetIndex index, std::int64_t units) {
  if (trading_controls_.empty()) return;
  simulation_.sync_prices();  // Zipline hands the portfolio to every control
  const std::function<double()> price = [&] { return portal_.current_price(index); };
  trading_controls_.validate({index, asset(index), units, simulation_.ledger().amount(index),
                              simulation_.context()[index].quantity_digits, simulation_.now_ns(), price});
}

std::optional<OrderId> TradingAlgorithm::order(AssetIndex index, double amount, const ExecutionStyle& style) {
  refuse_outside_bars();
  portal_.prefetch_next_minute(index);
  if (!can_order(index)) return std::nullopt;
  const std::int64_t units = checked_amount(index, amount);
  if (units == 0) return std::nullopt;
  if (style.has_terms()) [[unlikely]]
    return simulation_.blotter().place(index, units, with_reference(index, style), simulation_.now_ns());
  return simulation_.blotter().place(index, units, style, simulation_.now_ns());
}

std::int64_t TradingAlgorithm::checked_amount(AssetIndex index, double amount) {
  const std::int64_t units = round_amount(index, amount);
  validate_trading_controls(index, units);
  if (units == 0) return 0;
  refuse_huge_amount(index, units);
  return is_below_minimum(index, units) ? 0 : units;
}

bool TradingAlgorithm::is_below_minimum(AssetIndex index, std::int64_t units) {
  const assets::Asset& a = asset(index);
  if (a.minimum_notional.is_zero() || policies().quantity == finance::QuantityRule::Whole) return false;
  const double value = std::fabs(simulation_.context().amount_to_double(index, units)) * portal_.current_price(index) *
                       simulation_.context()[index].multiplier;
  if (!(value < a.minimum_notional.to_double())) return false;
  log_.warning(
      fmt::format("No order of {} worth {}: the least is {}.", a.symbol, value, a.minimum_notional.to_string()));
  return true;
}

ExecutionStyle TradingAlgorithm::with_reference(AssetIndex index, const ExecutionStyle& style) {
  ExecutionStyle out = style;
  if (const double price = portal_.current_price(index); !std::isnan(price)) out.reference_price = price;
  return out;
}

std::vector<OrderId> TradingAlgorithm::order_bracket(AssetIndex index, double amount, const ExecutionStyle& entry,
                                                     const ExecutionStyle& stop_loss,
                                                     const ExecutionStyle& take_profit) {
  refuse_outside_bars();
  if (!can_order(index)) return {};
  const std::int64_t units = checked_amount(index, amount);
  if (units == 0) return {};
  return simulation_.blotter().place_bracket(index, units, with_reference(index, entry), stop_loss, take_profit,
                                             simulation_.now_ns());
}

std::vector<OrderId> TradingAlgorithm::order_oco(AssetIndex index, double amount, const ExecutionStyle& first,
                                                 const ExecutionStyle& second) {
  refuse_outside_bars();
  if (!can_order(index)) return {};
  const std::int64_t units = checked_amount(index, amount);
  if (units == 0) return {};
  return simulation_.blotter().place_oco(index, units, with_reference(index, first), with_reference(index, second),
                                         simulation_.now_ns());
}

std::vector<OrderId> TradingAlgorithm::order_oto(AssetIndex index, double amount, const ExecutionStyle& first,
                                                 double second_amount, const ExecutionStyle& second) {
  refuse_outside_bars();
  if (!can_order(index)) return {};
  const std::int64_t units = checked_amount(index, amount);
  const std::int64_t second_units = round_amount(index, second_amount);
  if (units == 0 || second_units == 0) return {};
  refuse_huge_amount(index, second_units);
  return simulation_.blotter().place_oto(index, units, with_reference(index, first), second_units, second,
                                         simulation_.now_ns());
}

bool TradingAlgorithm::modify_order(OrderId id, const OrderChange& change) {
  refuse_outside_bars();
  const finance::Order* order = get_order(id);
  if (!order || !order->is_open()) return false;
  finance::DecimalBlotter::Change units{std::nullopt, change.limit_price, change.stop_price};
  if (change.amount) {
    const std::int64_t amount = round_amount(order->asset, *change.amount);
    validate_trading_controls(order->asset, amount - order->amount);
    refuse_huge_amount(order->asset, amount);
    units.amount = amount;
  }
  return simulation_.blotter().modify(id, units, simulation_.now_ns());
}

double TradingAlgorithm::amount_for_value(AssetIndex index, double value) {
  const assets::Asset& a = asset(index);
  const Date session = session_label();
  if (session < a.start_date) {
    throw Error(ErrorCode::CannotOrderDelistedAsset,
                fmt::format("Cannot order {}, as it started trading on {}.", a.symbol, a.start_date.to_string()))
        .with("asset", a.symbol);
  }
  if (session > a.end_date) {
    throw Error(ErrorCode::CannotOrderDelistedAsset,
                fmt::format("Cannot order {}, as it stopped trading on {}.", a.symbol, a.end_date.to_string()))
        .with("asset", a.symbol);
  }
  const double price = portal_.current_price(index);
  if (std::isnan(price)) {
    throw Error(
        ErrorCode::CannotOrderDelistedAsset,
        fmt::format("Cannot order {} on {} as there is no last price for the security.", a.symbol, session.to_string()))
        .with("asset", a.symbol);
  }
  if (std::fabs(price) <= 1e-6) return 0;
  const finance::DecimalContext& books = simulation_.context();
  if (books[index].currency >= 0) value /= books.rate(index);  // the value is in the currency of the books
  return value / (price * books[index].multiplier);
}

std::optional<OrderId> TradingAlgorithm::order_value(AssetIndex index, double value, const ExecutionStyle& style) {
  refuse_outside_bars();
  if (!can_order(index)) return std::nullopt;
  return order(index, amount_for_value(index, value), style);
}

std::optional<OrderId> TradingAlgorithm::order_percent(AssetIndex index, double percent, const ExecutionStyle& style) {
  refuse_outside_bars();
  if (!can_order(index)) return std::nullopt;
  return order(index, amount_for_value(index, portfolio().portfolio_value * percent), style);
}

std::optional<OrderId> TradingAlgorithm::order_target(AssetIndex index, double target, const ExecutionStyle& style) {
  refuse_outside_bars();
  if (!can_order(index)) return std::nullopt;
  return order(index, target - position_amount(index), style);
}

std::optional<OrderId> TradingAlgorithm::order_target_value(AssetIndex index, double target,
                                                            const ExecutionStyle& style) {
  refuse_outside_bars();
  if (!can_order(index)) return std::nullopt;
  const double target_amount = amount_for_value(index, target);
  return order(index, target_amount - position_amount(index), style);
}

std::optional<OrderId> TradingAlgorithm::order_target_percent(AssetIndex index, double target,
                                                              const ExecutionStyle& style) {
  refuse_outside_bars();
  if (!can_order(index)) return std::nullopt;
  const double target_amount = amount_for_value(index, portfolio().portfolio_value * target);
  return order(index, target_amount - position_amount(index), style);
}

std::vector<OrderId> TradingAlgorithm::batch_market_order(std::span<const ShareCount> share_counts) {
  if (!initialized_)
    throw Error(ErrorCode::OrderDuringInitialize, "batch_market_order() can only be called from within handle_data()");
  std::vector<OrderId> ids;
  for (const ShareCount& s : share_counts) {
    if (s.shares == 0) continue;
    const std::int64_t units = round_amount(s.asset, static_cast<double>(s.shares));
    refuse_huge_amount(s.asset, units);
    ids.push_back(simulation_.blotter().place(s.asset, units, ExecutionStyle::market(), simulation_.now_ns()));
  }
  return ids;
}

bool TradingAlgorithm::cancel_order(OrderId id) { return simulation_.blotter().cancel(id, simulation_.now_ns()); }

const finance::Order* TradingAlgorithm::get_order(OrderId id) const { return simulation_.blotter().find(id); }

std::vector<const finance::Order*> TradingAlgorithm::get_open_orders(std::optional<AssetIndex> only) const {
  const finance::DecimalBlotter& blotter = simulation_.blotter();
  std::vector<const finance::Order*> out;
  const auto add = [&](AssetIndex a) {
    for (std::int32_t slot : blotter.open_orders(a)) out.push_back(&blotter.order_at(slot));
  };
  if (only) {
    add(*only);
  } else {
    for (AssetIndex a : blotter.active_assets()) add(a);
  }
  return out;
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
  simulation_.blotter().set_cancel_policy(policy);
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
  scheduled_.push_back(
      {utils::ScheduledRule(date_rule, time_rule, half_days, calendar ? std::move(calendar) : calendar_),
       std::move(function)});
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
  return p;
}

Account TradingAlgorithm::account() {
  const Portfolio p = portfolio();
  Account a;
  a.settled_cash = p.cash;
  a.equity_with_loan = a.net_liquidation = p.portfolio_value;
  a.total_positions_value = p.portfolio_value - p.cash;
  a.total_positions_exposure = p.positions_exposure;
  a.cushion = p.portfolio_value == 0 ? std::nan("") : p.cash / p.portfolio_value;
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
  if (!scheduled_.empty()) run_scheduled(now_ns);
}

void TradingAlgorithm::run_scheduled(std::int64_t now_ns) {
  for (std::size_t i = 0; i < scheduled_.size(); ++i) {  // a function may schedule another
    if (scheduled_[i].rule.should_trigger({now_ns})) scheduled_[i].function(*this, data_);
  }
}

void TradingAlgorithm::on_session_close() {
  if (!account_controls_.empty()) account_controls_.validate(ledger().gross_leverage(), simulation_.now_ns());
}

void TradingAlgorithm::on_session_end(int session) {
  std::vector<finance::RecordedCell>& cells = simulation_.tables().recorded;
  for (std::size_t i = 0; i < recorded_.size(); ++i) {
    cells.push_back({session, static_cast<std::int32_t>(i), recorded_[i].second});
  }
  strategy_.session_end(*this, session);
}

bool TradingAlgorithm::has_before_trading_start() const { return strategy_.has_before_trading_start(); }

// Does a stock dividend, of which prices know nothing, fall into the benchmark's returns? Zipline asks only for those
// that are earned after the first session and paid before the last one.
bool TradingAlgorithm::disturbs_benchmark(const data::StockDividend& d, Date first, Date last) const {
  if (policies().preset != finance::Preset::Zipline) return d.ex_date >= first && d.ex_date <= last;
  return d.ex_date > first && (!d.pay_date || *d.pay_date < last);
}

// Minute emission needs the benchmark by minute. Daily returns from outside: Zipline gives every minute the return of
// its whole day (quirk Q37), otherwise the day's return comes with its last minute.
void TradingAlgorithm::set_benchmark_by_minute() {
  const int first = simulation_.parameters().first_session, last = simulation_.parameters().last_session;
  std::vector<double> daily, by_minute;
  if (!benchmark_) {
    daily = benchmark_returns_;
    for (std::size_t i = 0; i < daily.size(); ++i) {
      const auto minutes = static_cast<std::size_t>(calendar_->minute_count(first + static_cast<int>(i)));
      by_minute.resize(by_minute.size() + minutes, policies().preset == finance::Preset::Zipline ? daily[i] : 0.0);
      if (minutes > 0) by_minute.back() = daily[i];
    }
  } else {
    refuse_as_benchmark(*benchmark_);
    const std::vector<double> prices = minute_prices(*benchmark_);
    const auto change = [&](std::size_t from, std::size_t to) {
      const double r = prices[to] / prices[from] - 1;
      return std::isnan(r) ? 0 : r;
    };
    for (std::size_t i = 1; i < prices.size(); ++i) by_minute.push_back(change(i - 1, i));
    for (std::size_t at = 0; first + static_cast<int>(daily.size()) <= last;) {
      const std::size_t close =
          at + static_cast<std::size_t>(calendar_->minute_count(first + static_cast<int>(daily.size())));
      daily.push_back(change(at, close));
      at = close;
    }
  }
  simulation_.set_benchmark_returns(std::move(daily));
  simulation_.set_minute_benchmark_returns(std::move(by_minute));
}

// Prices of the run's minutes as history gives them at its end, and before them the price that they start from: the
// minute before the run, or where there is none the open of the first one.
std::vector<double> TradingAlgorithm::minute_prices(AssetIndex index) const {
  const int first = simulation_.parameters().first_session, last = simulation_.parameters().last_session;
  const auto minutes = static_cast<int>(calendar_->minutes_before(last) + calendar_->minute_count(last) -
                                        calendar_->minutes_before(first));
  portal_.set_session(last);
  const AssetIndex wanted[] = {index};
  std::vector<double> prices;
  if (portal_.first_session() < first) {
    prices = portal_.history(wanted, BarField::Price, minutes + 1, DataFrequency::Minute).values;
  } else {
    prices = portal_.history(wanted, BarField::Price, minutes, DataFrequency::Minute).values;
    const std::vector<double> opens = portal_.history(wanted, BarField::Open, minutes, DataFrequency::Minute).values;
    prices.insert(prices.begin(), opens.front());
  }
  portal_.set_session(first);
  return prices;
}

void TradingAlgorithm::refuse_as_benchmark(AssetIndex index) const {
  const assets::Asset& a = asset(index);
  const auto& sessions = simulation_.clock().sessions();
  const Date first = sessions.front().label, last = sessions.back().label;
  const auto refuse = [&](ErrorCode code, std::string why) {
    throw Error(code, std::move(why)).with("asset", a.symbol);
  };
  for (const data::StockDividend& d : portal_.adjustments().stock_dividends) {
    if (d.asset == index && disturbs_benchmark(d, first, last)) {
      refuse(ErrorCode::InvalidBenchmarkAsset,
             fmt::format("{} cannot be used as the benchmark because it has a stock dividend on {}. Choose another "
                         "asset to use as the benchmark.",
                         a.symbol, d.ex_date.to_string()));
    }
  }
  if (a.start_date > first) {
    refuse(ErrorCode::BenchmarkAssetNotAvailableTooEarly,
           fmt::format("{} does not exist on {}. It started trading on {}.", a.symbol, first.to_string(),
                       a.start_date.to_string()));
  }
  if (a.end_date < last) {
    refuse(ErrorCode::BenchmarkAssetNotAvailableTooLate,
           fmt::format("{} does not exist on {}. It stopped trading on {}.", a.symbol, last.to_string(),
                       a.end_date.to_string()));
  }
}

// Returns of the benchmark by session: changes of its adjusted daily price as history gives it at the run's end, with
// the close before the run as base; an asset born on the first session starts with its open (zipline_semantics 5).
std::vector<double> TradingAlgorithm::benchmark_series(AssetIndex index) const {
  refuse_as_benchmark(index);
  const assets::Asset& a = asset(index);
  const auto& sessions = simulation_.clock().sessions();
  const Date first = sessions.front().label;
  std::optional<data::DataPortal> daily;  // a minute run's day has not ended, and an index often has daily bars only
  if (portal_.store().has_daily()) daily.emplace(portal_.daily_portal());
  data::DataPortal& portal = daily ? *daily : portal_;
  const int n = static_cast<int>(sessions.size());
  const bool has_base = a.start_date < first;
  const auto history = [&](int session, BarField field, int rows) {
    portal.set_session(session);
    const AssetIndex wanted[] = {index};
    return portal.history(wanted, field, rows, DataFrequency::Daily).values;
  };
  const std::vector<double> prices = history(sessions.back().data_session, BarField::Price, n + (has_base ? 1 : 0));
  std::vector<double> returns(static_cast<std::size_t>(n));
  const auto set = [&](std::size_t i, double change) { returns[i] = std::isnan(change) ? 0 : change; };
  if (!has_base) {  // both prices of the first session as they were: later adjustments are not in its open
    const double open = history(sessions.front().data_session, BarField::Open, 1).front();
    const double close = history(sessions.front().data_session, BarField::Close, 1).front();
    set(0, (close - open) / open);
  }
  for (std::size_t i = 1; i < prices.size(); ++i) set(has_base ? i - 1 : i, prices[i] / prices[i - 1] - 1);
  portal_.set_session(sessions.front().data_session);
  return returns;
}

}  // namespace rustybt::algorithm
