// Trading and account controls and capital changes of a TradingAlgorithm.

#include <fmt/format.h>

#include <algorithm>

#include "rustybt/algorithm/algorithm.hpp"
#include "rustybt/core/error.hpp"

namespace rustybt::algorithm {

void TradingAlgorithm::register_trading_control(finance::TradingControl control, finance::OnViolation on_violation) {
  if (initialized_) {
    throw Error(ErrorCode::RegisterTradingControlPostInit,
                "You attempted to set a trading control outside of `initialize`. Trading controls may only be set in "
                "your initialize method.");
  }
  trading_controls_.add(std::move(control), std::move(on_violation));
  checks_orders_ = true;
}

void TradingAlgorithm::register_trading_control(finance::TradingControl control, OnError on_error) {
  finance::OnViolation on_violation = finance::make_on_violation(control, on_error, log_);
  register_trading_control(std::move(control), std::move(on_violation));
}

void TradingAlgorithm::set_max_order_count(int max_count, OnError on_error) {
  register_trading_control(finance::MaxOrderCount{static_cast<double>(max_count)}, on_error);
}

void TradingAlgorithm::set_max_order_size(const finance::SizeLimits& limits, OnError on_error) {
  register_trading_control(finance::MaxOrderSize{limits}, on_error);
}

void TradingAlgorithm::set_max_position_size(const finance::SizeLimits& limits, OnError on_error) {
  register_trading_control(finance::MaxPositionSize{limits}, on_error);
}

void TradingAlgorithm::set_long_only(OnError on_error) { register_trading_control(finance::LongOnly{}, on_error); }

void TradingAlgorithm::set_asset_restrictions(const finance::AssetRestrictions& restrictions, OnError on_error) {
  register_trading_control(finance::RestrictedListOrder{restrictions}, on_error);
  add_restrictions(restrictions);
}

void TradingAlgorithm::register_account_control(finance::AccountControl control,
                                                std::function<void(double)> on_violation) {
  if (initialized_) {
    throw Error(ErrorCode::RegisterAccountControlPostInit,
                "You attempted to set an account control outside of `initialize`. Account controls may only be set in "
                "your initialize method.");
  }
  account_controls_.add(std::move(control), std::move(on_violation));
}

void TradingAlgorithm::set_max_leverage(double max_leverage) {
  register_account_control(finance::MaxLeverage{max_leverage});
}

void TradingAlgorithm::set_min_leverage(double min_leverage, int grace_days) {
  const Date deadline{simulation_.clock().sessions().front().label.days + grace_days};
  register_account_control(finance::MinLeverage{min_leverage, Timestamp::from_date(deadline).ns});
}

void TradingAlgorithm::set_capital_change(Timestamp at, gens::CapitalChange change) {
  if (policies().preset != finance::Preset::Zipline) {
    if (change.type == gens::CapitalChange::Type::Unknown) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("Capital change {} does not indicate a valid type", change.as_given),
                  "the type is 'target' or 'delta'");
    }
    const auto& sessions = simulation_.clock().sessions();
    const auto label = std::ranges::lower_bound(sessions, at.ns, {}, &gens::SessionTimes::label_ns);
    const bool is_label = label != sessions.end() && label->label_ns == at.ns;
    const bool has_minutes = simulation_.parameters().frequency == data::DataFrequency::Minute;
    const bool is_minute = has_minutes && at.ns >= sessions.front().open_ns && at.ns <= sessions.back().close_ns &&
                           calendar_->previous_minute({at.ns + 1}) == at;
    if (!is_label && !is_minute) {
      throw Error(ErrorCode::NotASession,
                  fmt::format("capital change at {}: the run, from {} to {} on calendar {}, has no such session{}",
                              at.to_string(), sessions.front().label.to_string(), sessions.back().label.to_string(),
                              calendar_->name(), has_minutes ? " or minute" : ""),
                  "give days as sessions of the run, and with minute bars times (UTC) as minutes of it");
    }
  }
  simulation_.set_capital_change(at.ns, std::move(change));
}

}  // namespace rustybt::algorithm
