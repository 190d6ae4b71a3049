// zipline/finance/ledger.py, position.py and _finance_ext.pyx, operation for operation.
#include "rustybt/finance/zipline_books.hpp"

#include <limits>

namespace rustybt::finance {

ZiplineBooks::ZiplineBooks(const DecimalContext& context, double capital)
    : context_(context), assets_(static_cast<std::size_t>(context.asset_count())), cash_(capital), value_(capital) {}

bool ZiplineBooks::follow(const Policies& policies, const DecimalContext& context) {
  return policies.preset == Preset::Zipline && policies.decision_arithmetic == DecisionArithmetic::IeeeDouble &&
         policies.split_price_rounding == SplitPriceRounding::PythonRound2 && context.currencies().empty();
}

double ZiplineBooks::commission_of_part(const CommissionModel& model, const Order& order, const SlippageFill& fill,
                                        Money charged) {
  double paid = 0;
  if (!paid_.empty()) [[unlikely]] {
    if (const auto found = paid_.find(order.id.value); found != paid_.end()) {
      paid = found->second;
      paid_.erase(found);
    }
  }
  const double amount = context_.amount_to_double(order.asset, fill.amount);
  const double cost = commission_in_doubles(model, order, amount, fill.price_double, paid, charged, context_);
  if (fill.amount != order.open_amount()) [[unlikely]]
    paid_[order.id.value] = paid + cost;
  return cost;
}

void ZiplineBooks::settle(AssetState& state, const DecimalTransaction& t, const DecimalPosition& held) {
  if (held.amount != 0) {
    const double amount = context_.amount_to_double(t.asset, held.amount);
    cash_flow((t.price_double - state.settled) * context_[t.asset].multiplier * amount);
  }
  state.settled = t.price_double;
}

void ZiplineBooks::earn_dividend(AssetIndex asset, std::int64_t held, const Decimal& per_share, std::int32_t pay_day) {
  dividends_.push_back({pay_day, context_.amount_to_double(asset, held) * per_share.to_double()});
}

void ZiplineBooks::pay_dividends(std::int32_t session_day) {
  double paid = 0;
  std::erase_if(dividends_, [&](const Dividend& d) {
    if (d.pay_day != session_day) return false;
    paid += d.amount;
    return true;
  });
  cash_flow(paid);
}

void ZiplineBooks::capital_change(bool is_target, double amount) {
  const double change = is_target ? amount - value_ : amount;
  value_ += change;
  cash_ += change;
}

void ZiplineBooks::refresh(std::span<const DecimalPosition> positions) {
  double long_value = 0, short_value = 0, payout = 0;
  long_exposure_ = short_exposure_ = 0;
  for (const DecimalPosition& p : positions) {
    AssetState& state = assets_[static_cast<std::size_t>(p.asset.value)];
    const AssetScale& scale = context_[p.asset];
    const double amount = context_.amount_to_double(p.asset, p.amount);
    const double price = this->price(p);
    double exposure = amount * price, value = exposure;
    if (scale.is_future) {
      value = 0;
      exposure *= scale.multiplier;
      payout += (price - state.settled) * scale.multiplier * amount;
      state.settled = price;
    }
    if (exposure > 0) {
      long_value += value;
      long_exposure_ += exposure;
    } else if (exposure < 0) {
      short_value += value;
      short_exposure_ += exposure;
    }
  }
  cash_flow(payout);
  const double start = value_;
  value_ = cash_ + (long_value + short_value);
  const double profit = value_ - start;
  pnl_ += profit;
  returns_ = (1 + returns_) * (1 + (start != 0 ? profit / start : 0.0)) - 1;
}

double ZiplineBooks::leverage(double exposure) const {
  return value_ == 0 ? std::numeric_limits<double>::infinity() : exposure / value_;
}

}  // namespace rustybt::finance
