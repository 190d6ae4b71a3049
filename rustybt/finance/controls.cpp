#include "rustybt/finance/controls.hpp"

#include <fmt/format.h>

#include <cmath>

#include "rustybt/core/error.hpp"
#include "rustybt/core/timestamp.hpp"

namespace rustybt::finance {
namespace {

std::string describe_limits(std::string_view name, const SizeLimits& limits) {
  std::string text(name);
  text += "(";
  if (limits.max_shares) text += fmt::format("max_shares={}", limits.max_shares->to_string());
  if (limits.max_notional) {
    text += fmt::format("{}max_notional={}", limits.max_shares ? ", " : "", limits.max_notional->to_string());
  }
  return text + ")";
}

void check_limits(const SizeLimits& limits) {
  const auto refuse = [](const char* message) { throw Error(ErrorCode::InvalidArgument, message); };
  if (!limits.max_shares && !limits.max_notional) refuse("Must supply at least one of max_shares and max_notional");
  if (limits.max_shares && limits.max_shares->sign() < 0) refuse("max_shares cannot be negative.");
  if (limits.max_notional && limits.max_notional->sign() < 0) refuse("max_notional must be positive.");
}

void refuse_negative_leverage(double leverage, const char* name) {
  if (leverage < 0) throw Error(ErrorCode::InvalidArgument, fmt::format("{} must be positive, not {}", name, leverage));
}

std::string describe(const AccountControl& control) {
  if (const auto* most = std::get_if<MaxLeverage>(&control))
    return fmt::format("MaxLeverage(max_leverage={})", most->max_leverage);
  if (const auto* least = std::get_if<MinLeverage>(&control)) {
    return fmt::format("MinLeverage(min_leverage={}, deadline={})", least->min_leverage,
                       Timestamp{least->deadline_ns}.to_string());
  }
  return "an account control of the strategy";
}

}  // namespace

std::string describe(const TradingControl& control) {
  struct Describe {
    std::string operator()(const MaxOrderCount& c) const {
      return fmt::format("MaxOrderCount(max_count={})", c.max_count);
    }
    std::string operator()(const MaxOrderSize& c) const { return describe_limits("MaxOrderSize", c); }
    std::string operator()(const MaxPositionSize& c) const { return describe_limits("MaxPositionSize", c); }
    std::string operator()(const LongOnly&) const { return "LongOnly()"; }
    std::string operator()(const RestrictedListOrder&) const { return "RestrictedListOrder()"; }
    std::string operator()(const AssetDateBounds&) const { return "AssetDateBounds()"; }
    std::string operator()(const CustomTradingControl&) const { return "a trading control of the strategy"; }
  };
  return std::visit(Describe{}, control);
}

void check_control(const TradingControl& control) {
  if (const auto* size = std::get_if<MaxOrderSize>(&control)) check_limits(*size);
  if (const auto* size = std::get_if<MaxPositionSize>(&control)) check_limits(*size);
}

OnViolation make_on_violation(const TradingControl& control, OnError on_error, Log log) {
  return [text = describe(control), on_error, log = std::move(log)](const ProposedOrder& order) {
    if (on_error == OnError::Ignore) return;
    const std::string message = fmt::format("Order for {} shares of {} at {} violates trading constraint {}",
                                            Decimal(order.amount, order.digits).to_string(), order.asset.symbol,
                                            Timestamp{order.now_ns}.to_string(), text);
    if (on_error == OnError::Fail)
      throw Error(ErrorCode::TradingControlViolation, message + ".").with("asset", order.asset.symbol);
    log(LogLevel::Error, message);
  };
}

void TradingControls::add(TradingControl control, OnViolation on_violation) {
  check_control(control);
  entries_.push_back({std::move(control), std::move(on_violation)});
}

void TradingControls::validate(const ProposedOrder& order) {
  for (Entry& entry : entries_) {
    if (const auto* custom = std::get_if<CustomTradingControl>(&entry.control)) custom->validate(order);
    for (int broken = count_broken(entry, order); broken > 0; --broken) entry.on_violation(order);
    ++entry.orders_today;
  }
}

int TradingControls::count_broken(Entry& entry, const ProposedOrder& order) const {
  const std::int32_t today = Timestamp{order.now_ns}.date().days;
  if (today != entry.today) entry.orders_today = 0;
  entry.today = today;
  std::int64_t held_after = 0;
  if (__builtin_add_overflow(order.position, order.amount, &held_after))
    throw Error(ErrorCode::Overflow, "the order would lead to a position that does not fit 64 bits");
  struct Count {
    const TradingControls& self;
    const Entry& entry;
    const ProposedOrder& order;
    std::int64_t held_after;
    std::int32_t today;

    int operator()(const MaxOrderCount& c) const { return static_cast<double>(entry.orders_today) >= c.max_count; }
    int operator()(const MaxOrderSize& c) const { return self.count_broken(c, order, order.amount); }
    int operator()(const MaxPositionSize& c) const { return self.count_broken(c, order, held_after); }
    int operator()(const LongOnly&) const { return held_after < 0; }
    int operator()(const RestrictedListOrder& c) const {
      return c.restrictions.is_restricted(order.index, order.now_ns);
    }
    int operator()(const AssetDateBounds&) const {
      return order.amount != 0 && (today < order.asset.start_date.days || today > order.asset.end_date.days);
    }
    int operator()(const CustomTradingControl&) const { return 0; }
  };
  return std::visit(Count{*this, entry, order, held_after, today}, entry.control);
}

int TradingControls::count_broken(const SizeLimits& limits, const ProposedOrder& order, std::int64_t amount) const {
  if (limits.asset && *limits.asset != order.index) return 0;
  const Decimal shares = Decimal(amount, order.digits).abs();
  int broken = limits.max_shares && shares > *limits.max_shares;
  if (!limits.max_notional) return broken;
  const double price = order.current_price();
  if (std::isnan(price)) return broken;  // no price, no value: as in Zipline, nothing to compare
  if (arithmetic_ == DecisionArithmetic::IeeeDouble)
    broken += std::fabs(shares.to_double() * price) > limits.max_notional->to_double();
  else
    broken += shares * Decimal::from_double_shortest(std::fabs(price)) > *limits.max_notional;
  return broken;
}

void AccountControls::add(AccountControl control, std::function<void(double)> on_violation) {
  if (const auto* most = std::get_if<MaxLeverage>(&control))
    refuse_negative_leverage(most->max_leverage, "max_leverage");
  if (const auto* least = std::get_if<MinLeverage>(&control)) {
    refuse_negative_leverage(least->min_leverage, "min_leverage");
  }
  if (!on_violation) {
    on_violation = [text = describe(control)](double leverage) {
      throw Error(ErrorCode::AccountControlViolation, fmt::format("Account violates account constraint {}.", text))
          .with("leverage", fmt::format("{}", leverage));
    };
  }
  entries_.push_back({std::move(control), std::move(on_violation)});
}

void AccountControls::validate(double leverage, std::int64_t now_ns) const {
  for (const auto& [control, on_violation] : entries_) {
    if (const auto* most = std::get_if<MaxLeverage>(&control)) {
      if (leverage > most->max_leverage) on_violation(leverage);
    } else if (const auto* least = std::get_if<MinLeverage>(&control)) {
      if (now_ns > least->deadline_ns && leverage < least->min_leverage) on_violation(leverage);
    } else {
      std::get<CustomAccountControl>(control).validate();
    }
  }
}

}  // namespace rustybt::finance
