#pragma once
// Fee schedules: rates by traded volume, for resting and for taking orders, with a floor and a cap per order. What a
// schedule charges depends on the run so far, which its FeeBook remembers.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rustybt/core/decimal.hpp"
#include "rustybt/finance/decimal/context.hpp"
#include "rustybt/finance/order.hpp"

namespace rustybt::finance {

/// The rates from a traded volume on. A negative rate is a rebate.
struct FeeTier {
  Decimal volume;
  Decimal maker;
  Decimal taker;
};

class FeeBook;

/// Rates of what a fill trades. A maker order rests: it has a limit that the market did not meet when the limit came to
/// act (the order was placed, or its stop was hit); all others take.
///
/// The tier is that of the volume traded in the window before the fill. An order costs the sum of its fills' fees, at
/// least `minimum` (which a rebate is not raised to), at most `maximum_rate` of its traded value.
struct FeeSchedule {
  enum class Of : std::uint8_t { Value, Units };  ///< traded value, or number of shares
  enum class Window : std::uint8_t { None, CalendarMonth, Days };

  Of rates_of = Of::Value;
  std::vector<FeeTier> tiers;  ///< ascending, the first from 0
  Window window = Window::None;
  int days = 0;  ///< Window::Days: the day of the fill and those before it
  Of volume_of = Of::Value;
  Decimal minimum;                          ///< per order
  Decimal maximum_rate;                     ///< of an order's value; 0: no cap
  std::string text;                         ///< describe()
  std::shared_ptr<FeeBook> book = nullptr;  ///< of the run, made by the blotter

  /// @throws Error{InvalidArgument} naming the field, what it needs and what was found
  void check() const;
};

/// A part of the traded value.
struct Percentage : FeeSchedule {
  explicit Percentage(Decimal percentage, Decimal min_commission = {});
};
/// A part of the traded value that falls with the value traded in the calendar month: rates by threshold.
struct Tiered : FeeSchedule {
  struct Rate {
    Decimal threshold, rate;
  };
  explicit Tiered(const std::vector<Rate>& tiers, Decimal min_commission = {});
};
/// A part of the traded value, one for resting and one for taking orders.
struct MakerTaker : FeeSchedule {
  MakerTaker(Decimal maker_rate, Decimal taker_rate, Decimal min_commission = {});
};

/// What the schedules of a run share: the time, and which limit orders take.
class FeeRun {
 public:
  explicit FeeRun(const std::int64_t* now_ns) : now_ns_(now_ns) {}
  /// An order's limit comes to act at this price of the market; NaN: unknown, it counts as taking.
  void limit_acts(const Order& order, double price);
  [[nodiscard]] bool is_maker(const Order& order) const {
    return order.has_limit() && !takers_.contains(order.id.value);
  }
  /// The UTC day of now; midnight belongs to the day that it ends.
  [[nodiscard]] Date today() const { return Timestamp{now_ns_ ? *now_ns_ - 1 : 0}.date(); }

 private:
  const std::int64_t* now_ns_;
  std::unordered_set<std::int64_t> takers_;
};

/// One schedule's memory of a run: traded volume, and what open orders have cost.
class FeeBook {
 public:
  explicit FeeBook(std::shared_ptr<FeeRun> run) : run_(std::move(run)) {}
  /// Cost of a fill that the order does not count yet; below 0: a rebate.
  Money charge(const FeeSchedule& schedule, const Order& order, std::int64_t amount, std::int64_t price,
               const DecimalContext& context);

 private:
  struct OrderFees {
    Money fees, value, charged;
  };
  struct DayVolume {
    Date day;
    Money volume;
  };
  void forget_old_volume(const FeeSchedule& schedule);

  std::shared_ptr<FeeRun> run_;
  std::deque<DayVolume> volumes_;
  Money volume_;  ///< sum of volumes_; units count as money of one each
  std::unordered_map<std::int64_t, OrderFees> orders_;
};

}  // namespace rustybt::finance
