#include "rustybt/algorithm/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "rustybt/core/error.hpp"
#include "rustybt/data/session_rows.hpp"

namespace rustybt::algorithm {
namespace {

/// First and last session of the run on its calendar, inside the bundle's range.
std::pair<int, int> session_range(const utils::TradingCalendar& calendar, const data::Bundle& bundle,
                                  const RunSettings& settings) {
  const Date start = settings.start.value_or(bundle.info.first_session);
  const Date end = settings.end.value_or(bundle.info.last_session);
  if (end < start && settings.start && settings.end) {
    throw Error(ErrorCode::InvalidDateRange,
                fmt::format("the run ends on {}, before it starts on {}", end.to_string(), start.to_string()));
  }
  if (start > bundle.info.last_session || end < bundle.info.first_session) {
    throw Error(ErrorCode::NoDataOnDate,
                fmt::format("bundle '{}' has data from {} to {}, the run asks for {} to {}", bundle.info.name,
                            bundle.info.first_session.to_string(), bundle.info.last_session.to_string(),
                            settings.start ? start.to_string() : "its first day",
                            settings.end ? end.to_string() : "its last day"),
                "choose --start and --end inside the bundle's range");
  }
  const int first = calendar.session_at_or_after(start);
  const int last = calendar.session_at_or_before(end);
  if (first > last) {
    throw Error(ErrorCode::InvalidDateRange, fmt::format("calendar {} has no session from {} to {}", calendar.name(),
                                                         start.to_string(), end.to_string()));
  }
  return {first, last};
}

/// On bars that the bundle has not, nothing would be traded and nothing said.
void check_frequency(const data::BundleInfo& info, data::DataFrequency frequency) {
  const bool is_daily = frequency == data::DataFrequency::Daily;
  if ((is_daily ? info.daily_rows : info.minute_rows) > 0 || info.daily_rows + info.minute_rows == 0) return;
  throw Error(ErrorCode::EmptyData,
              fmt::format("bundle '{}' has no {} bars, only {} bars", info.name, is_daily ? "daily" : "minute",
                          is_daily ? "minute" : "daily"),
              fmt::format("run it with --data-frequency {0} (in Python: data_frequency=\"{0}\")",
                          is_daily ? "minute" : "daily"));
}

/// A run may begin before the data and end after them, but hardly on purpose.
void warn_of_sessions_without_data(const utils::TradingCalendar& calendar, const data::BundleInfo& info, int first,
                                   int last, const Log& log) {
  if (calendar.session(first) < info.first_session) {
    log.warning(fmt::format("the data of bundle '{}' begin on {}, the run on {}: until then nothing can be traded",
                            info.name, info.first_session.to_string(), calendar.session(first).to_string()));
  }
  if (calendar.session(last) > info.last_session) {
    log.warning(fmt::format("the data of bundle '{}' end on {}, the run on {}: after them nothing can be traded",
                            info.name, info.last_session.to_string(), calendar.session(last).to_string()));
  }
}

/// Without a base currency euros and dollars would be added up.
void warn_of_several_currencies(const assets::AssetFinder& finder, const Log& log) {
  std::set<std::string> currencies;
  for (const assets::Asset& a : finder.assets())
    if (!a.quote_currency.empty()) currencies.insert(a.quote_currency);
  if (currencies.size() > 1) {
    log.warning(
        fmt::format("the assets are quoted in {}: their money is added up as if it were one currency; "
                    "choose base_currency",
                    fmt::join(currencies, ", ")));
  }
}

data::DividendFactor dividend_factor(const finance::Policies& policies) {
  switch (policies.dividend_factor) {
    case finance::DividendFactorPolicy::ExClose:
      return data::DividendFactor::ExClose;
    case finance::DividendFactorPolicy::TotalReturn:
      return data::DividendFactor::TotalReturn;
    case finance::DividendFactorPolicy::PreviousClose:
      break;
  }
  return data::DividendFactor::PreviousClose;
}

std::vector<double> align_returns(const std::vector<DailyReturn>& returns, const utils::TradingCalendar& calendar,
                                  int first, int last) {
  if (returns.empty()) return {};
  std::unordered_map<std::int32_t, double> by_day;
  for (const DailyReturn& r : returns) by_day[r.day.days] = r.value;
  std::vector<double> out;
  for (int s = first; s <= last; ++s) {
    const auto found = by_day.find(calendar.session(s).days);
    out.push_back(found == by_day.end() ? 0.0 : found->second);
  }
  return out;
}

data::DataPortalOptions portal_options(const RunSettings& settings) {
  const finance::Policies& p = settings.policies;
  data::DataPortalOptions o;
  o.frequency = settings.frequency;
  o.price_source = p.price_source == finance::PriceSourcePolicy::Thousandths ? data::PriceSource::Thousandths
                                                                             : data::PriceSource::Exact;
  o.history_rounding = p.history_rounding == finance::HistoryRoundingPolicy::ThreeDecimals
                           ? data::HistoryRounding::ThreeDecimals
                       : p.history_rounding == finance::HistoryRoundingPolicy::Tick ? data::HistoryRounding::Tick
                                                                                    : data::HistoryRounding::None;
  o.zipline_session_gaps = p.preset == finance::Preset::Zipline;
  o.zipline_before_open = p.preset == finance::Preset::Zipline;
  o.zipline_history_start = p.preset == finance::Preset::Zipline;
  o.zipline_continuous_futures = p.preset == finance::Preset::Zipline;
  return o;
}

/// Cost models for the report; those of futures only where the bundle has any.
void describe_models(const TradingAlgorithm& algorithm, RunResult& result) {
  const finance::DecimalBlotter& blotter = algorithm.simulation().blotter();
  result.slippage = finance::describe(blotter.slippage());
  result.commission = finance::describe(blotter.commission());
  result.default_slippage = !algorithm.chose_slippage();
  result.default_commission = !algorithm.chose_commission();
  if (blotter.latency() != nullptr) result.latency = finance::describe(*blotter.latency());
  if (blotter.partial_fill() != nullptr) result.partial_fill = finance::describe(*blotter.partial_fill());
  if (algorithm.margin() != nullptr) {
    result.margin = finance::describe(algorithm.margin()->model());
    result.margin_calls = algorithm.margin()->calls;
  }
  if (const finance::HoldingCosts* costs = algorithm.simulation().find_holding_costs()) {
    result.borrow_cost = costs->borrow_text();
    result.financing = costs->financing_text();
    result.funding = costs->funding_text();
  }
  const auto is_future = [](const assets::Asset& a) { return a.type == assets::AssetType::Future; };
  if (std::ranges::none_of(algorithm.portal().finder().assets(), is_future)) return;
  result.slippage += "; futures " + finance::describe(blotter.futures_slippage());
  result.commission += "; futures " + finance::describe(blotter.futures_commission());
  result.default_slippage = result.default_slippage || !algorithm.chose_futures_slippage();
  result.default_commission = result.default_commission || !algorithm.chose_futures_commission();
}

}  // namespace

RunResult run_algorithm(Strategy& strategy, const data::Bundle& bundle, const RunSettings& settings) {
  if (settings.capital.sign() <= 0) {
    throw Error(ErrorCode::ZeroCapitalError,
                fmt::format("initial capital base must be greater than zero, not {}", settings.capital.to_string()));
  }
  if (settings.minute_emission && settings.frequency == data::DataFrequency::Daily) {
    throw Error(ErrorCode::InvalidArgument, "emission rate \"minute\" needs a run on minute bars",
                "run with --data-frequency minute (in Python: data_frequency=\"minute\"), or leave the rate daily");
  }
  const utils::CalendarPtr calendar = settings.calendar ? utils::get_calendar(*settings.calendar) : bundle.calendar;
  check_frequency(bundle.info, settings.frequency);
  const auto [first, last] = session_range(*calendar, bundle, settings);
  warn_of_sessions_without_data(*calendar, bundle.info, first, last, settings.log);
  if (!settings.base_currency) warn_of_several_currencies(*bundle.finder, settings.log);
  auto adjustments = data::with_dividend_factor(bundle.adjustments, *bundle.bars, *bundle.finder,
                                                dividend_factor(settings.policies), settings.log);
  data::DataPortalOptions options = portal_options(settings);
  if (settings.policies.preset == finance::Preset::Rustybt) {  // quirk Q34, and actions on days that are no session
    adjustments = data::on_sessions(std::move(adjustments), bundle.bars->sessions(), *calendar, *bundle.calendar);
    if (calendar != bundle.calendar && settings.frequency == data::DataFrequency::Daily)
      options.own_calendar = bundle.calendar;
  }
  data::DataPortal portal(bundle.bars, bundle.finder, std::move(adjustments), calendar, std::move(options));
  portal.set_fx_rates(bundle.fx_rates, bundle.fx_rates->default_name());
  const gens::SimulationParameters parameters{first,
                                              last,
                                              settings.capital,
                                              settings.frequency,
                                              settings.minute_emission,
                                              settings.base_currency.value_or(""),
                                              bundle.fx_rates,
                                              bundle.fx_rates->default_name()};
  TradingAlgorithm algorithm(strategy, parameters, settings.policies, portal, calendar, settings.log);
  algorithm.set_benchmark_returns(align_returns(settings.benchmark_returns, *calendar, first, last));
  if (settings.benchmark_symbol) algorithm.set_benchmark(algorithm.symbol(*settings.benchmark_symbol));

  for (const auto& [at, change] : settings.capital_changes) algorithm.set_capital_change(at, change);

  RunResult result;
  gens::TradeSimulation& simulation = algorithm.simulation();
  try {
    result.end = simulation.run(settings.observer) == gens::TradeSimulation::End::Completed ? RunEnd::Completed
                                                                                            : RunEnd::Interrupted;
  } catch (...) {
    result.end = RunEnd::Failed;
    result.error = std::current_exception();
    result.error_time = Timestamp{simulation.now_ns()};
  }
  strategy.run_ends(algorithm);

  result.tables = std::move(simulation.tables());
  result.sessions = simulation.clock().sessions();
  result.context = std::make_shared<const finance::DecimalContext>(simulation.context());
  result.bundle = bundle;
  result.policies = settings.policies;
  result.preset_reason = settings.preset_reason;
  result.capital = settings.capital;
  result.calendar_name = calendar->name();
  result.base_currency = settings.base_currency.value_or("");
  result.commissions_paid = simulation.ledger().commissions_paid();
  result.frequency = settings.frequency;
  result.minute_emission = settings.minute_emission;
  describe_models(algorithm, result);
  result.benchmark = algorithm.benchmark_asset()
                         ? bundle.finder->assets()[static_cast<std::size_t>(algorithm.benchmark_asset()->value)].symbol
                     : settings.benchmark_returns.empty() ? "none"
                                                          : "returns";
  result.bars = simulation.bars();
  result.benchmark_returns.assign(simulation.benchmark_returns().begin(), simulation.benchmark_returns().end());

  if (result.end != RunEnd::Failed) {
    try {
      strategy.analyze(algorithm, result);
    } catch (...) {
      result.end = RunEnd::Failed;
      result.error = std::current_exception();
    }
  }
  return result;
}

}  // namespace rustybt::algorithm
