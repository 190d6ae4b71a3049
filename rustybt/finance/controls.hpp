#pragma once
// Trading controls: limits that each order must keep; account controls: limits that the account must keep at every
// session's close (zipline_semantics 3.6).

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rustybt/assets/assets.hpp"
#include "rustybt/core/decimal.hpp"
#include "rustybt/core/log.hpp"
#include "rustybt/finance/asset_restrictions.hpp"
#include "rustybt/finance/policies.hpp"

namespace rustybt::finance {

/// An order about to be placed, as controls see it.
struct ProposedOrder {
  AssetIndex index;
  const assets::Asset& asset;
  std::int64_t amount = 0;    ///< in units of 10^-digits
  std::int64_t position = 0;  ///< held now, likewise
  int digits = 0;
  std::int64_t now_ns = 0;
  const std::function<double()>& current_price;  ///< asked only by controls of value
};

/// At most so many orders per UTC date; orders that broke a limit count too.
struct MaxOrderCount {
  double max_count = 0;
};
/// Limits in shares and in value (shares times price); without an asset they hold for all.
struct SizeLimits {
  std::optional<AssetIndex> asset;
  std::optional<Decimal> max_shares;
  std::optional<Decimal> max_notional;
};
/// Limits on one order.
struct MaxOrderSize : SizeLimits {};
/// Limits on the position that the order would lead to.
struct MaxPositionSize : SizeLimits {};
/// No order may lead to a short position.
struct LongOnly {};
struct RestrictedListOrder {
  AssetRestrictions restrictions;
};
/// Orders only from the asset's first to its last day.
struct AssetDateBounds {};
/// A control of one's own; it raises, logs or stays silent itself.
struct CustomTradingControl {
  std::function<void(const ProposedOrder&)> validate;
};
using TradingControl = std::variant<MaxOrderCount, MaxOrderSize, MaxPositionSize, LongOnly, RestrictedListOrder,
                                    AssetDateBounds, CustomTradingControl>;

/// Text of a control: "MaxOrderCount(max_count=3)".
[[nodiscard]] std::string describe(const TradingControl& control);
/// @throws Error{InvalidArgument} for a negative limit, or a size control without any limit
void check_control(const TradingControl& control);

/// What a broken trading control does: raise, write to the log, or nothing.
enum class OnError : std::uint8_t { Fail, Log, Ignore };
/// Called once for each limit that an order breaks.
using OnViolation = std::function<void(const ProposedOrder&)>;
/// Raises Error{TradingControlViolation}, or logs the same text as an error.
[[nodiscard]] OnViolation make_on_violation(const TradingControl& control, OnError on_error, Log log);

/// The trading controls of a run, asked in the order of their registration.
class TradingControls {
 public:
  /// @param arithmetic  how order values are compared with limits: in double as Zipline does, or exactly
  explicit TradingControls(DecisionArithmetic arithmetic) : arithmetic_(arithmetic) {}
  void add(TradingControl control, OnViolation on_violation);
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  void validate(const ProposedOrder& order);

 private:
  struct Entry {
    TradingControl control;
    OnViolation on_violation;
    std::int64_t orders_today = 0;  ///< MaxOrderCount
    std::int32_t today = std::numeric_limits<std::int32_t>::min();
  };
  /// Number of limits that the order breaks.
  [[nodiscard]] int count_broken(Entry& entry, const ProposedOrder& order) const;
  [[nodiscard]] int count_broken(const SizeLimits& limits, const ProposedOrder& order, std::int64_t amount) const;

  DecisionArithmetic arithmetic_;
  std::vector<Entry> entries_;
};

/// Gross leverage of at most this.
struct MaxLeverage {
  double max_leverage = 0;
};
/// Gross leverage of at least this, after the deadline.
struct MinLeverage {
  double min_leverage = 0;
  std::int64_t deadline_ns = 0;
};
/// A control of one's own; it raises itself.
struct CustomAccountControl {
  std::function<void()> validate;
};
using AccountControl = std::variant<MaxLeverage, MinLeverage, CustomAccountControl>;

/// The account controls of a run, asked in the order of their registration at each session's close.
class AccountControls {
 public:
  /// @param on_violation  given the leverage; empty: raise Error{AccountControlViolation}
  /// @throws Error{InvalidArgument} for a negative leverage
  void add(AccountControl control, std::function<void(double)> on_violation = {});
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  void validate(double leverage, std::int64_t now_ns) const;

 private:
  struct Entry {
    AccountControl control;
    std::function<void(double)> on_violation;
  };
  std::vector<Entry> entries_;
};

}  // namespace rustybt::finance
