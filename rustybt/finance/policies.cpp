#include "rustybt/finance/policies.hpp"

#include <fmt/format.h>

#include <functional>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {
namespace {

/// One policy: its name, its values in the enum's order, how to read and write the field.
struct PolicyEntry {
  std::string_view name;
  std::vector<std::string_view> values;
  int (*get)(const Policies&);
  void (*set)(Policies&, int);
};

template <auto Member>
PolicyEntry entry(std::string_view name, std::vector<std::string_view> values) {
  return {name, std::move(values), [](const Policies& p) { return static_cast<int>(p.*Member); },
          [](Policies& p, int v) { p.*Member = static_cast<std::remove_reference_t<decltype(p.*Member)>>(v); }};
}

const std::vector<PolicyEntry>& policy_table() {
  static const std::vector<PolicyEntry> table = {
      entry<&Policies::fill>("fill", {"next_close", "this_close", "next_open", "ohlc_path", "worst_case"}),
      entry<&Policies::limit_check>("limit_check", {"trigger_only", "never_worse"}),
      entry<&Policies::trigger_price>("trigger_price", {"close", "bar_range"}),
      entry<&Policies::quantity>("quantity", {"whole", "asset_step"}),
      entry<&Policies::limit_price_tick>("limit_price_tick", {"zipline_asymmetric", "asset_tick"}),
      entry<&Policies::price_source>("price_source", {"thousandths", "exact"}),
      entry<&Policies::history_rounding>("history_rounding", {"three_decimals", "tick", "none"}),
      entry<&Policies::decision_arithmetic>("decision_arithmetic", {"ieee_double", "exact"}),
      entry<&Policies::session_lag>("session_lag", {"zipline_24_7", "none"}),
      entry<&Policies::before_trading_start_view>("before_trading_start_view", {"sees_own_day", "previous_close"}),
      entry<&Policies::dividend_pay>("dividend_pay", {"session_only", "next_session"}),
      entry<&Policies::dividend_factor>("dividend_factor", {"previous_close", "ex_close", "total_return"}),
      entry<&Policies::pnl_definition>("pnl_definition", {"without_dividends", "with_dividends"}),
      entry<&Policies::eod_cancel_daily>("eod_cancel_daily", {"first_of_several", "all"}),
      entry<&Policies::split_price_rounding>("split_price_rounding", {"python_round_2", "exact"}),
      entry<&Policies::lots>("lots", {"average", "fifo", "lifo"}),
  };
  return table;
}

}  // namespace

Policies Policies::of(Preset preset) {
  Policies p;
  p.preset = preset;
  if (preset == Preset::Zipline) {
    p.limit_check = LimitCheck::TriggerOnly;
    p.quantity = QuantityRule::Whole;
    p.limit_price_tick = LimitPriceTick::ZiplineAsymmetric;
    p.price_source = PriceSourcePolicy::Thousandths;
    p.history_rounding = HistoryRoundingPolicy::ThreeDecimals;
    p.decision_arithmetic = DecisionArithmetic::IeeeDouble;
    p.session_lag = SessionLag::Zipline247;
    p.before_trading_start_view = BeforeTradingStartView::SeesOwnDay;
    p.dividend_pay = DividendPay::SessionOnly;
    p.pnl_definition = PnlDefinition::WithoutDividends;
    p.eod_cancel_daily = EodCancelDaily::FirstOfSeveral;
    p.split_price_rounding = SplitPriceRounding::PythonRound2;
  }
  return p;
}

Policies Policies::named(std::string_view preset_name) {
  if (preset_name == "zipline") return of(Preset::Zipline);
  if (preset_name == "rustybt") return of(Preset::Rustybt);
  throw Error(ErrorCode::UnknownPolicy, fmt::format("no preset is called '{}'", preset_name),
              "presets are zipline and rustybt");
}

void Policies::set(std::string_view policy, std::string_view value) {
  std::string names;
  for (const PolicyEntry& e : policy_table()) {
    names += names.empty() ? "" : ", ";
    names += e.name;
    if (e.name != policy) continue;
    for (std::size_t i = 0; i < e.values.size(); ++i) {
      if (e.values[i] != value) continue;
      e.set(*this, static_cast<int>(i));
      // the policies that look into the bar test limits and stops there
      if (policy == "fill") {
        trigger_price = fill == FillPolicy::NextClose || fill == FillPolicy::ThisClose ? TriggerPrice::Close
                                                                                       : TriggerPrice::BarRange;
      }
      return;
    }
    throw Error(ErrorCode::UnknownPolicy, fmt::format("policy {} has no value '{}'", policy, value),
                fmt::format("its values are {}", fmt::join(e.values, ", ")));
  }
  throw Error(ErrorCode::UnknownPolicy, fmt::format("no policy is called '{}'", policy), "policies are " + names);
}

std::vector<std::pair<std::string, std::string>> Policies::describe() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const PolicyEntry& e : policy_table()) {
    out.emplace_back(e.name, e.values[static_cast<std::size_t>(e.get(*this))]);
  }
  return out;
}

}  // namespace rustybt::finance
