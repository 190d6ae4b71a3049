#include "rustybt/finance/costs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rustybt/core/error.hpp"

namespace rustybt::finance {
namespace {

constexpr std::int64_t kHour = 3600 * Timestamp::kSecond;

void check_days(int days) {
  if (days < 1) throw Error(ErrorCode::InvalidArgument, fmt::format("a year of {} days", days), "use 365 or 360");
}

void check_table(const RatesByAsset& table) {
  for (const auto& [asset, rates] : table) {
    if (!std::ranges::is_sorted(rates, {}, &DatedRate::from_ns))
      throw Error(ErrorCode::InvalidArgument, "rates of an asset are not in the order of time", "sort them");
  }
}

/// basis x rate x days / days of a year, rounded half-even once.
Money for_days(Money basis, const Decimal& rate, int days, int days_per_year) {
  return {multiply_divide(basis.units, rate.coefficient() * days, power_of_ten(rate.scale()) * days_per_year,
                          Rounding::HalfEven)};
}

/// Nights from one session to the next as currency pairs count them: none at the weekend, three on the triple day.
int swap_days(Date day, Date next, int triple_day) {
  int days = 0;
  for (Date d = day; d < next; d = d + 1) {
    if (d.weekday() < 5) days += d.weekday() == triple_day ? 3 : 1;
  }
  return days;
}

std::string percent(const Decimal& rate) { return (rate * Decimal(100, 0)).normalized().to_string() + " %"; }

std::string assets_text(std::size_t count) { return fmt::format("{} asset{}", count, count == 1 ? "" : "s"); }

std::string tables_text(const RatesByAsset& rates) {
  return rates.empty() ? "" : fmt::format(", {} by table", assets_text(rates.size()));
}

}  // namespace

std::string describe(const BorrowCost& c) {
  return fmt::format("{} a year on shorts{}, {} days", percent(c.default_rate), tables_text(c.rates), c.days_per_year);
}

std::string describe(const Financing& c) {
  constexpr const char* kDays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"};
  const auto rates = [](const char* name, const Financing::Rates& r) {
    return fmt::format("{} {} / {}", name, percent(r.of_longs), percent(r.of_shorts));
  };
  return fmt::format("{}, {}, {} a year (long / short), {} days{}", rates("equity", c.equity),
                     rates("crypto", c.crypto), rates("forex", c.forex), c.days_per_year,
                     c.triple_swap_day ? fmt::format(", forex triple on {}", kDays[*c.triple_swap_day]) : "");
}

std::string describe(const Funding& c) {
  if (c.assets.empty()) return assets_text(c.table.size()) + " by table";
  return fmt::format("{} every {} h of {}{}", percent(c.rate), c.interval_hours, assets_text(c.assets.size()),
                     tables_text(c.table));
}

HoldingCosts::HoldingCosts(DecimalLedger& ledger, std::span<const assets::Asset> assets, ResultTables& tables)
    : ledger_(ledger), context_(ledger.context()), assets_(assets), tables_(tables) {}

void HoldingCosts::set(BorrowCost cost) {
  check_days(cost.days_per_year);
  check_table(cost.rates);
  borrow_ = std::move(cost);
}

void HoldingCosts::set(Financing cost) {
  check_days(cost.days_per_year);
  if (cost.triple_swap_day && (*cost.triple_swap_day < 0 || *cost.triple_swap_day > 4))
    throw Error(ErrorCode::InvalidArgument, fmt::format("triple swap day {}", *cost.triple_swap_day),
                "Monday is 0, Friday 4");
  financing_ = std::move(cost);
}

void HoldingCosts::set(Funding cost, std::int64_t now_ns) {
  if (cost.interval_hours < 1 || cost.interval_hours > 24)
    throw Error(ErrorCode::InvalidArgument, fmt::format("funding every {} hours", cost.interval_hours),
                "use 1 to 24 hours");
  check_table(cost.table);
  if (cost.assets.empty() && cost.table.empty())
    throw Error(ErrorCode::InvalidArgument, "funding needs perpetuals", "name the assets, or give a table of rates");
  std::erase_if(cost.assets, [&](AssetIndex a) { return cost.table.contains(a); });
  funding_ = std::move(cost);
  funded_ns_ = now_ns;
  next_funding_ns_ = funding_after(now_ns);
}

bool HoldingCosts::is_perpetual(AssetIndex asset) const {
  return funding_ &&
         (funding_->table.contains(asset) || std::ranges::find(funding_->assets, asset) != funding_->assets.end());
}

void HoldingCosts::post(FinancingRow row) {
  if (row.amount == Money{}) return;
  ledger_.process_financing(row.amount);
  tables_.financing.add(row);
}

void HoldingCosts::charge_nights(int session, Date day, Date next_session, std::int64_t now_ns) {
  if (borrow_) charge_borrow(session, day, next_session - day, now_ns);
  if (financing_) charge_financing(session, day, next_session, now_ns);
}

void HoldingCosts::charge_borrow(int session, Date day, int days, std::int64_t now_ns) {
  for (const DecimalPosition& p : ledger_.positions()) {
    const bool is_pair = assets_[static_cast<std::size_t>(p.asset.value)].type == assets::AssetType::FxPair;
    if (p.amount >= 0 || context_[p.asset].is_future || is_pair || is_perpetual(p.asset)) continue;
    Decimal rate = borrow_->default_rate;
    if (const auto own = borrow_->rates.find(p.asset); own != borrow_->rates.end()) {
      for (const DatedRate& r : own->second) {
        if (r.from_ns <= Timestamp::from_date(day).ns) rate = r.rate;
      }
    }
    const Money basis = -context_.base_value(p.asset, p.last_sale_price, p.amount);
    post({session, p.asset, HoldingCost::Borrow, now_ns, basis, rate, days,
          -for_days(basis, rate, days, borrow_->days_per_year)});
  }
}

void HoldingCosts::charge_financing(int session, Date day, Date next_session, std::int64_t now_ns) {
  struct Held {
    AssetIndex asset;
    Money value;
  };
  std::vector<Held> held;
  Money longs, shorts;
  for (const DecimalPosition& p : ledger_.positions()) {
    if (context_[p.asset].is_future || is_perpetual(p.asset)) continue;
    const Money value = context_.base_value(p.asset, p.last_sale_price, p.amount);
    held.push_back({p.asset, value});
    (value < Money{} ? shorts : longs) += value;
  }
  const Money own = ledger_.portfolio_value();
  const Money borrowed_long = longs - own, borrowed_short = -shorts - own;
  for (const Held& h : held) {
    const bool is_long = h.value > Money{};
    const Money borrowed = is_long ? borrowed_long : borrowed_short;
    if (borrowed <= Money{} || h.value == Money{}) continue;
    const assets::AssetType type = assets_[static_cast<std::size_t>(h.asset.value)].type;
    const Financing::Rates& rates = type == assets::AssetType::Cryptocurrency ? financing_->crypto
                                    : type == assets::AssetType::FxPair       ? financing_->forex
                                                                              : financing_->equity;
    const Decimal& rate = is_long ? rates.of_longs : rates.of_shorts;
    const int days = type == assets::AssetType::FxPair && financing_->triple_swap_day
                         ? swap_days(day, next_session, *financing_->triple_swap_day)
                         : next_session - day;
    const Money basis{
        multiply_divide(borrowed.units, h.value.units, (is_long ? longs : shorts).units, Rounding::HalfEven)};
    post({session, h.asset, HoldingCost::Financing, now_ns, basis, rate, days,
          -for_days(basis, rate, days, financing_->days_per_year)});
  }
}

std::int64_t HoldingCosts::funding_after(std::int64_t ns) const {
  std::int64_t next = INT64_MAX;
  if (!funding_->assets.empty()) {
    const std::int64_t day = Timestamp::from_date(Timestamp{ns}.date()).ns, interval = funding_->interval_hours * kHour;
    next = std::min(day + ((ns - day) / interval + 1) * interval, day + Timestamp::kDay);
  }
  for (const auto& [asset, rates] : funding_->table) {
    const auto found = std::ranges::upper_bound(rates, ns, {}, &DatedRate::from_ns);
    if (found != rates.end()) next = std::min(next, found->from_ns);
  }
  return next;
}

void HoldingCosts::charge_fundings(int session, std::int64_t now_ns, const Amounts& amount_of, const Prices& price_of) {
  const auto charge = [&](AssetIndex asset, const Decimal& rate, std::int64_t at_ns) {
    const std::int64_t amount = amount_of(asset);
    const std::optional<std::int64_t> price = amount != 0 ? price_of(asset) : std::nullopt;
    if (!price) return;
    const Money basis = context_.base_value(asset, *price, amount);
    post({session, asset, HoldingCost::Funding, at_ns, basis, rate, 0, -for_days(basis, rate, 1, 1)});
  };
  for (; next_funding_ns_ <= now_ns; next_funding_ns_ = funding_after(funded_ns_)) {
    funded_ns_ = next_funding_ns_;
    const std::int64_t day = Timestamp::from_date(Timestamp{funded_ns_}.date()).ns;
    if ((funded_ns_ - day) % (funding_->interval_hours * kHour) == 0) {
      for (const AssetIndex asset : funding_->assets) charge(asset, funding_->rate, funded_ns_);
    }
    for (const auto& [asset, rates] : funding_->table) {
      const auto found = std::ranges::lower_bound(rates, funded_ns_, {}, &DatedRate::from_ns);
      if (found != rates.end() && found->from_ns == funded_ns_) charge(asset, found->rate, funded_ns_);
    }
  }
}

}  // namespace rustybt::finance
