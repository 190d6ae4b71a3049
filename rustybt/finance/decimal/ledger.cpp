#include "rustybt/finance/decimal/ledger.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "rustybt/core/error.hpp"
#include "rustybt/finance/zipline_books.hpp"

namespace rustybt::finance {
namespace {

constexpr std::int64_t kNoSettlement = INT64_MIN;

bool same_sign(std::int64_t a, std::int64_t b) { return (a < 0) == (b < 0); }

}  // namespace

DecimalLedger::DecimalLedger(const DecimalContext& context, const Policies& policies, Money capital)
    : context_(context),
      policies_(policies),
      index_(static_cast<std::size_t>(context.asset_count()), -1),
      settled_price_(static_cast<std::size_t>(context.asset_count()), kNoSettlement),
      capital_(capital),
      cash_(capital),
      value_(capital) {}

void DecimalLedger::pay(Money paid, Money cost, Money& account) {
  cash_ -= paid;
  cost_ += cost;
  if (cost != paid) account += cost - paid;
#ifdef RUSTYBT_DEBUG
  check_identity();
#endif
}

void DecimalLedger::check_identity() const {
  require_invariant(cash_ + cost_ == capital_ + capital_changes_ + realised_ + dividends_ + financing_,
                    "cash + cost = capital + income");
  Money cost;
  for (const DecimalPosition& p : positions_) {
    if (!context_[p.asset].is_future) cost += p.cost;
  }
  require_invariant(cost == cost_, "cost of positions = sum of their costs");
}

[[gnu::always_inline]] inline DecimalPosition& DecimalLedger::position_for(AssetIndex asset) {
  std::int32_t& i = index_[static_cast<std::size_t>(asset.value)];
  if (i < 0) {
    i = static_cast<std::int32_t>(positions_.size());
    positions_.push_back({asset, 0, {}, 0, kNeverSold});
  }
  return positions_[static_cast<std::size_t>(i)];
}

[[gnu::always_inline]] inline void DecimalLedger::remove_position(std::int32_t i) {
  index_[static_cast<std::size_t>(positions_[static_cast<std::size_t>(i)].asset.value)] = -1;
  positions_.erase(positions_.begin() + i);
  for (std::size_t k = static_cast<std::size_t>(i); k < positions_.size(); ++k) {
    index_[static_cast<std::size_t>(positions_[k].asset.value)] = static_cast<std::int32_t>(k);
  }
}

void DecimalLedger::process_transaction(const DecimalTransaction& t) {
  const AssetScale& scale = context_[t.asset];
  const bool is_future = scale.is_future;
  const Money traded = context_.base_value(t.asset, t.price, t.amount);
  DecimalPosition& p = position_for(t.asset);
  dirty_ = true;
  if (zipline_books_) [[unlikely]]
    zipline_books_->transaction(t, p, scale);

  Money payout;
  if (is_future) {
    std::int64_t& settled = settled_price_[static_cast<std::size_t>(t.asset.value)];
    if (settled != kNoSettlement) payout = context_.base_value(t.asset, t.price - settled, p.amount);
    settled = p.amount == -t.amount ? kNoSettlement : t.price;
  }

  const std::int64_t total = checked_int64(int128{p.amount} + t.amount);
  Money cost_change;
  if (total == 0) {
    cost_change = -p.cost;
  } else if (p.amount == 0 || same_sign(p.amount, t.amount)) {
    cost_change = traded;
  } else if (std::llabs(t.amount) > std::llabs(p.amount)) {  // through zero: the rest is a new position at this price
    cost_change = context_.base_value(t.asset, t.price, total) - p.cost;
  } else {  // part of it closed at average cost
    cost_change = -Money{multiply_divide(p.cost.units, -t.amount, p.amount, Rounding::HalfEven)};
  }
  if (lots_) [[unlikely]]
    cost_change = lots_cost_change(t, p.amount, total, traded);
  if (total == 0) {
    remove_position(index_[static_cast<std::size_t>(t.asset.value)]);
  } else {
    p.cost += cost_change;
    p.amount = total;
    if (p.last_sale_ns == kNeverSold || t.dt_ns > p.last_sale_ns) {
      p.last_sale_price = t.price;
      p.last_sale_ns = t.dt_ns;
    }
  }

  if (is_future)
    pay(-payout, {}, realised_);
  else
    pay(traded, cost_change, realised_);
}

Money DecimalLedger::lots_cost_change(const DecimalTransaction& t, std::int64_t held, std::int64_t total,
                                      Money traded) {
  const bool opens = held == 0 || same_sign(held, t.amount);
  const bool turns = !opens && total != 0 && !same_sign(held, total);
  return lots_->transaction(t, traded,
                            opens   ? t.amount
                            : turns ? total
                                    : 0,
                            opens   ? traded
                            : turns ? context_.base_value(t.asset, t.price, total)
                                    : Money{});
}

void DecimalLedger::process_financing(Money amount) {
  dirty_ = true;
  pay(-amount, {}, financing_);
}

void DecimalLedger::process_commission(AssetIndex asset, Money charged) {
  const Money cost = context_.to_base(asset, charged);
  Money cost_change;
  const std::int32_t i = index_[static_cast<std::size_t>(asset.value)];
  if (i >= 0) {  // break-even moves: up for longs, down for shorts (zipline_semantics 4.3)
    positions_[static_cast<std::size_t>(i)].cost += cost;
    if (lots_) lots_->add_cost(asset, cost);
    if (!context_[asset].is_future) cost_change = cost;
  }
  commissions_ += cost;
  dirty_ = true;
  pay(cost, cost_change, realised_);
}

Money DecimalLedger::process_split(AssetIndex asset, double ratio, std::int64_t numerator, std::int64_t denominator) {
  const std::int32_t i = index_[static_cast<std::size_t>(asset.value)];
  if (i < 0) return {};
  DecimalPosition& p = positions_[static_cast<std::size_t>(i)];
  const AssetScale& s = context_[asset];
  const MoneyScale money = context_.money();
  Money cash, new_cost;
  std::int64_t new_amount = 0;
  if (policies_.split_price_rounding == SplitPriceRounding::PythonRound2) {
    // zipline_semantics 4.4: cost basis and cash in lieu are rounded to cents by Python's round on the double
    const double amount = context_.amount_to_double(asset, p.amount);
    const double raw = amount / ratio;
    const double whole = std::trunc(raw);
    const double basis = python_round(cost_basis(p).to_double() * ratio, 2);
    const double lieu = python_round((raw - whole) * basis, 2);
    new_amount = double_to_mantissa(whole, s.quantity_digits);
    new_cost = context_.value(asset, double_to_mantissa(basis, s.fill_scale), new_amount);
    cash = money.from_decimal(Decimal::from_double_shortest(lieu));
  } else {
    // the fraction of a share is paid at the exact new cost basis; what it cost leaves the position
    const int128 scaled = checked_multiply(p.amount, denominator);
    new_amount = checked_int64(divide_rounded(scaled, numerator, Rounding::Down));
    const int128 fraction = scaled - checked_multiply(new_amount, numerator);  // in 1/numerator units
    cash = Money{multiply_divide(p.cost.units, fraction, scaled, Rounding::HalfEven)};
    new_cost = p.cost - cash;
  }
  const Money cost_change = new_cost - p.cost;
  if (lots_) lots_->split(asset, numerator, denominator, new_amount, new_cost);
  p.cost = new_cost;
  p.amount = new_amount;
  if (policies_.split_price_rounding ==
      SplitPriceRounding::Exact) {  // quirk Q21: Zipline leaves the last price unsplit
    p.last_sale_price = checked_int64(multiply_divide(p.last_sale_price, numerator, denominator, Rounding::HalfEven));
  }
  dirty_ = true;
  if (new_amount == 0) remove_position(i);
  pay(-cash, s.is_future ? Money{} : cost_change, realised_);
  return cash;
}

void DecimalLedger::earn_cash_dividend(AssetIndex asset, const Decimal& per_share, std::int32_t pay_day) {
  const std::int64_t held = amount(asset);
  if (held == 0) return;
  const int digits = context_.money().digits - context_[asset].quantity_digits;
  cash_payments_.push_back({pay_day, asset,
                            Money{multiply_divide(checked_multiply(held, per_share.coefficient()), power_of_ten(digits),
                                                  power_of_ten(per_share.scale()), Rounding::HalfEven)}});
}

DecimalLedger::OwedShares DecimalLedger::owed_shares(AssetIndex asset, AssetIndex payment_asset, double ratio,
                                                     const Decimal& ratio_exact) const {
  const std::int64_t held = amount(asset);
  OwedShares owed;
  if (policies_.decision_arithmetic == DecisionArithmetic::IeeeDouble) {
    double count = context_.amount_to_double(asset, held) * ratio;
    const double nearest = std::nearbyint(count);
    const double spacing = std::nextafter(std::fabs(count), std::numeric_limits<double>::infinity()) - std::fabs(count);
    if (std::fabs(count - nearest) <= spacing) count = nearest;
    owed.amount = double_to_mantissa(std::trunc(count), context_[payment_asset].quantity_digits);
  } else {
    const int128 product = checked_multiply(checked_multiply(held, ratio_exact.coefficient()),
                                            power_of_ten(context_[payment_asset].quantity_digits));
    owed.parts = power_of_ten(ratio_exact.scale() + context_[asset].quantity_digits);
    owed.amount = checked_int64(divide_rounded(product, owed.parts, Rounding::Down));
    owed.rest = product - checked_multiply(owed.amount, owed.parts);
  }
  return owed;
}

void DecimalLedger::earn_stock_dividend(AssetIndex asset, AssetIndex payment_asset, double ratio,
                                        const Decimal& ratio_exact, std::int32_t pay_day) {
  const OwedShares owed = owed_shares(asset, payment_asset, ratio, ratio_exact);
  if (owed.amount != 0 || owed.rest != 0) stock_payments_.push_back({pay_day, payment_asset, owed});
}

void DecimalLedger::receive_dividend(Money paid) {
  dirty_ = true;
  pay(-paid, {}, dividends_);
}

void DecimalLedger::receive_shares(AssetIndex asset, std::int64_t amount, std::int32_t day) {
  DecimalPosition& p = position_for(asset);
  // Zipline keeps the cost per share, so new shares come in at it; a new position costs nothing (quirk Q25)
  const Money added =
      p.amount == 0 ? Money{} : Money{multiply_divide(p.cost.units, amount, p.amount, Rounding::HalfEven)};
  p.amount = checked_int64(int128{p.amount} + amount);
  p.cost += added;
  if (lots_) lots_->add_shares(asset, amount, added, Timestamp::from_date(Date{day}).ns);
  dirty_ = true;
  Money cost_change = added;
  if (p.amount == 0) {
    cost_change -= p.cost;
    remove_position(index_[static_cast<std::size_t>(asset.value)]);
  }
  pay({}, context_[asset].is_future ? Money{} : cost_change, dividends_);
}

void DecimalLedger::pay_dividends(std::int32_t day, const ReferencePrice& reference_price) {
  Money paid;
  std::erase_if(cash_payments_, [&](const CashPayment& c) {
    if (c.pay_day != day) return false;
    paid += context_.to_base(c.asset, c.amount);
    return true;
  });
  if (paid.units != 0) receive_dividend(paid);
  std::erase_if(stock_payments_, [&](const StockPayment& s) {
    if (s.pay_day != day) return false;
    if (s.owed.rest != 0) {
      const DecimalPosition* held = find_position(s.asset);
      const std::int64_t price = held ? held->last_sale_price : reference_price ? reference_price(s.asset) : 0;
      const Money fraction{
          multiply_divide(context_.value(s.asset, price, 1).units, s.owed.rest, s.owed.parts, Rounding::HalfEven)};
      receive_dividend(context_.to_base(s.asset, fraction));
    }
    if (s.owed.amount != 0) receive_shares(s.asset, s.owed.amount, day);
    return true;
  });
}

void DecimalLedger::add_asset() {
  index_.push_back(-1);
  settled_price_.push_back(kNoSettlement);
}

void DecimalLedger::set_position(const DecimalPosition& position) {
  DecimalPosition& p = position_for(position.asset);
  const bool is_future = context_[position.asset].is_future;
  std::int64_t& settled = settled_price_[static_cast<std::size_t>(position.asset.value)];
  if (is_future && settled == kNoSettlement) settled = position.last_sale_price;
  const Money cost_change = position.cost - p.cost;
  p = position;
  dirty_ = true;
  pay({}, is_future ? Money{} : cost_change, realised_);
}

void DecimalLedger::capital_change(Money amount) {
  refresh();
  cash_ += amount;
  value_ += amount;
  capital_changes_ += amount;
}

void DecimalLedger::refresh() {
  if (!dirty_) return;
  dirty_ = false;
  stats_ = {};
  Money payout;
  for (const DecimalPosition& p : positions_) {
    const bool is_future = context_[p.asset].is_future;
    const Money exposure = context_.base_value(p.asset, p.last_sale_price, p.amount);
    if (exposure.units > 0) {
      ++stats_.longs_count;
      stats_.long_exposure += exposure;
      if (!is_future) stats_.long_value += exposure;
    } else if (exposure.units < 0) {
      ++stats_.shorts_count;
      stats_.short_exposure += exposure;
      if (!is_future) stats_.short_value += exposure;
    }
    if (is_future) {
      std::int64_t& settled = settled_price_[static_cast<std::size_t>(p.asset.value)];
      payout += context_.base_value(p.asset, p.last_sale_price - settled, p.amount);
      settled = p.last_sale_price;
    }
  }
  if (payout.units != 0) pay(-payout, {}, realised_);
  const Money start = value_;
  value_ = cash_ + stats_.net_value();
  const Money change = value_ - start;
  pnl_ += change;
  const MoneyScale money = context_.money();
  if (start.units != 0) {
    const double r = money.to_double(change) / money.to_double(start);
    growth_ *= 1 + static_cast<long double>(r);
  }
  if (zipline_books_) [[unlikely]]
    zipline_books_->refresh(positions_);
}

double DecimalLedger::returns() {
  refresh();
  return zipline_books_ ? zipline_books_->returns() : static_cast<double>(growth_ - 1);
}

double DecimalLedger::gross_leverage() {
  refresh();
  if (zipline_books_) return zipline_books_->gross_leverage();
  const MoneyScale money = context_.money();
  return value_.units == 0 ? std::numeric_limits<double>::infinity()
                           : money.to_double(stats_.gross_exposure()) / money.to_double(value_);
}

double DecimalLedger::net_leverage() {
  refresh();
  if (zipline_books_) return zipline_books_->net_leverage();
  const MoneyScale money = context_.money();
  return value_.units == 0 ? std::numeric_limits<double>::infinity()
                           : money.to_double(stats_.net_exposure()) / money.to_double(value_);
}

Decimal DecimalLedger::cost_basis(const DecimalPosition& p) const {
  return p.amount == 0 ? Decimal(0, 12) : context_.price_of_total(p.asset, p.cost, p.amount);
}

}  // namespace rustybt::finance
