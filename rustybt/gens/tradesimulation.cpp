#include "rustybt/gens/tradesimulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rustybt/core/error.hpp"
#include "rustybt/data/fx.hpp"

namespace rustybt::gens {
namespace {

using data::Field;
using data::kMissing;
using finance::Policies;

constexpr std::int32_t kNeverPaid = INT32_MIN;

finance::DecimalContext make_context(const data::DataPortal& portal, const Policies& policies,
                                     const std::string& base_currency) {
  const std::span<const assets::Asset> assets = portal.finder().assets();
  std::vector<int> scales(assets.size());
  std::vector<std::int64_t> largest(assets.size());
  for (std::size_t i = 0; i < assets.size(); ++i) {
    const AssetIndex a{static_cast<std::int32_t>(i)};
    scales[i] = portal.price_scale(a);
    largest[i] = portal.store().largest_price(a);
  }
  return finance::DecimalContext(assets, scales, largest,
                                 policies.preset == finance::Preset::Zipline ? finance::MultiplierPrecision::Float32
                                                                             : finance::MultiplierPrecision::Exact,
                                 base_currency);
}

/// The market of one asset at the portal's cursor, for slippage models that look beyond close and volume.
class PortalMarket final : public finance::MarketView {
 public:
  PortalMarket(data::DataPortal& portal, AssetIndex asset, const finance::AssetScale& scale)
      : portal_(portal), asset_(asset), scale_(scale) {}

  [[nodiscard]] std::optional<Range> range() const override {
    const std::int64_t high = portal_.bar_mantissa(asset_, Field::High);
    const std::int64_t low = portal_.bar_mantissa(asset_, Field::Low);
    if (high == kMissing || low == kMissing) return std::nullopt;
    return Range{high * scale_.price_to_fill, low * scale_.price_to_fill, portal_.price_to_double(asset_, high),
                 portal_.price_to_double(asset_, low)};
  }
  [[nodiscard]] std::optional<std::int64_t> open() const override {
    const std::int64_t open = portal_.bar_mantissa(asset_, Field::Open);
    if (open == kMissing) return std::nullopt;
    return open * scale_.price_to_fill;
  }
  bool sessions_before_today(std::span<double> closes, std::span<double> volumes) const override {
    const int rows = static_cast<int>(closes.size()) + 1;  // today's is the last
    if (!portal_.has_sessions(rows)) return false;
    std::ranges::copy(portal_.window(asset_, data::BarField::Close, rows).first(closes.size()), closes.begin());
    std::ranges::copy(portal_.window(asset_, data::BarField::Volume, rows).first(volumes.size()), volumes.begin());
    return true;
  }

 private:
  data::DataPortal& portal_;
  AssetIndex asset_;
  const finance::AssetScale& scale_;
};

SimulationClock make_clock(utils::CalendarPtr calendar, const SimulationParameters& p, const Policies& policies) {
  return SimulationClock(
      std::move(calendar), p.first_session, p.last_session,
      {policies.preset == finance::Preset::Zipline,
       policies.session_lag == finance::SessionLag::Zipline247 && p.frequency == data::DataFrequency::Daily});
}

}  // namespace

/// Corporate actions in order of the day they act on; the cursors move forward with the sessions.
struct TradeSimulation::Actions {
  struct Entry {
    std::int32_t day;
    std::int32_t row;
  };
  std::vector<Entry> splits, cash_dividends, stock_dividends;
  std::size_t next_split = 0, next_cash = 0, next_stock = 0;

  explicit Actions(const data::Adjustments& a) {
    const auto by_day = [](auto& out, const auto& rows, auto day_of) {
      for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({day_of(rows[i]).days, static_cast<std::int32_t>(i)});
      std::stable_sort(out.begin(), out.end(), [](const Entry& x, const Entry& y) { return x.day < y.day; });
    };
    by_day(splits, a.splits, [](const data::Split& s) { return s.effective_date; });
    by_day(cash_dividends, a.cash_dividends, [](const data::CashDividend& d) { return d.ex_date; });
    by_day(stock_dividends, a.stock_dividends, [](const data::StockDividend& d) { return d.ex_date; });
  }

  /// Rows that act on `day`; earlier ones are passed over.
  static std::span<const Entry> today(const std::vector<Entry>& entries, std::size_t& cursor, std::int32_t day) {
    while (cursor < entries.size() && entries[cursor].day < day) ++cursor;
    const std::size_t first = cursor;
    while (cursor < entries.size() && entries[cursor].day == day) ++cursor;
    return std::span(entries).subspan(first, cursor - first);
  }
};

TradeSimulation::TradeSimulation(const SimulationParameters& parameters, const Policies& policies,
                                 data::DataPortal& portal, utils::CalendarPtr calendar, StrategyHooks& strategy,
                                 Log log)
    : parameters_(parameters),
      policies_(policies),
      portal_(portal),
      strategy_(strategy),
      log_(std::move(log)),
      clock_(make_clock(std::move(calendar), parameters, policies)),
      context_(make_context(portal, policies_, parameters.base_currency)),
      blotter_(context_, policies_),
      ledger_(context_, policies_, context_.money().from_decimal(parameters.capital)),
      actions_(std::make_shared<Actions>(portal.adjustments())) {
  blotter_.set_clock(&now_ns_);
  blotter_.set_position_source([this](AssetIndex a) { return ledger_.amount(a); });
  if (finance::ZiplineBooks::follow(policies_, context_)) {
    finance::ZiplineBooks& books = zipline_books_.emplace(context_, parameters.capital.to_double());
    blotter_.set_zipline_books(&books);
    ledger_.set_zipline_books(&books);
  }
  if (policies_.lots != finance::LotMethod::Average) ledger_.keep_lots(tables_.closed_lots);
}

finance::HoldingCosts& TradeSimulation::holding_costs() {
  if (!holding_costs_)
    holding_costs_ = std::make_unique<finance::HoldingCosts>(ledger_, portal_.finder().assets(), tables_);
  return *holding_costs_;
}

void TradeSimulation::set_benchmark_returns(std::vector<double> returns) { benchmark_returns_ = std::move(returns); }

TradeSimulation::End TradeSimulation::run(RunObserver* observer) {
  try {
    return run_sessions(observer);
  } catch (...) {  // keep whole sessions only, or what is written by the minute up to its last minute
    const auto finished = static_cast<std::int32_t>(tables_.performance.size());
    const auto minutes = tables_.minute_performance.rows();
    const std::int64_t last_minute = minutes.empty() ? INT64_MIN : minutes.back().period_close_ns;
    tables_.transactions.erase_tail(
        [&](const finance::TransactionRow& row) { return row.session >= finished && row.dt_ns > last_minute; });
    tables_.financing.erase_tail(
        [&](const finance::FinancingRow& row) { return row.session >= finished && row.dt_ns > last_minute; });
    const std::int64_t last_close =
        finished == 0 ? INT64_MIN : clock_.sessions()[static_cast<std::size_t>(finished - 1)].close_ns;
    tables_.closed_lots.erase_tail(
        [&](const finance::ClosedLotRow& row) { return row.closed_ns > std::max(last_close, last_minute); });
    throw;
  }
}

inline void TradeSimulation::every_bar(std::int64_t now_ns) {
  now_ns_ = now_ns;
  ++bars_;
  const bool has_open_orders = blotter_.has_open_orders();
  if (has_open_orders && policies_.fill != finance::FillPolicy::ThisClose) [[unlikely]]
    match_orders();
  strategy_.on_bar(now_ns);
  if (has_open_orders || blotter_.has_new_orders()) [[unlikely]]
    after_bar_with_orders();
}

void TradeSimulation::after_bar_with_orders() {
  if (blotter_.has_new_orders()) touch_new_orders();
  if (policies_.fill != finance::FillPolicy::ThisClose || !blotter_.has_open_orders()) return;
  match_orders();
  if (blotter_.has_new_orders()) touch_new_orders();
}

void TradeSimulation::before_minute(const SessionTimes& times, std::int64_t now_ns, bool& before_trading_start_due) {
  if (before_trading_start_due && now_ns >= times.before_trading_start_ns) {
    before_trading_start_due = false;
    before_trading_start(times);
  }
  if (!capital_changes_.empty()) apply_capital_change(now_ns);  // at the prices of the minute before
  next_event_ns_ = before_trading_start_due ? times.before_trading_start_ns : INT64_MAX;
  if (holding_costs_) {
    charge_fundings(now_ns, false);  // likewise
    next_event_ns_ = std::min(next_event_ns_, holding_costs_->next_funding_ns());
  }
  if (!capital_changes_.empty()) next_event_ns_ = INT64_MIN;
}

// The event order of zipline_semantics 2.3.
TradeSimulation::End TradeSimulation::run_sessions(RunObserver* observer) {
  const std::vector<SessionTimes>& sessions = clock_.sessions();
  const bool is_minute = parameters_.frequency == data::DataFrequency::Minute;
  const bool sees_own_day =
      !is_minute && policies_.before_trading_start_view == finance::BeforeTradingStartView::SeesOwnDay;

  now_ns_ = sessions.front().label_ns;
  if (sees_own_day)
    portal_.set_session(sessions.front().data_session);
  else
    portal_.set_before_session(sessions.front().data_session);
  strategy_.on_initialize();
  metrics_.emplace(ledger_, policies_, tables_, benchmark_returns_);
  const bool calls_before_trading_start = strategy_.has_before_trading_start();
  watches_periods_ = strategy_.watches_periods();

  for (session_ = 0; session_ < static_cast<int>(sessions.size()); ++session_) {
    const SessionTimes& times = sessions[static_cast<std::size_t>(session_)];
    if (!capital_changes_.empty()) apply_capital_change(times.label_ns);  // at the prices of the close before
    if (sees_own_day)
      portal_.set_session(times.data_session);
    else
      portal_.set_before_session(times.data_session);
    portal_.set_trading_session(times.data_session == times.calendar_session ? -1 : times.calendar_session);
    start_of_session(times);

    bool before_trading_start_due = calls_before_trading_start && times.has_before_trading_start;
    if (!is_minute) {
      if (before_trading_start_due) before_trading_start(times);
      portal_.set_session(times.data_session);
      every_bar(times.close_ns);
    } else {
      const bool has_breaks = portal_.calendar().has_breaks();
      const int minutes = has_breaks
                              ? portal_.calendar().minute_count(times.calendar_session)
                              : std::min(portal_.calendar().minute_count(times.calendar_session),
                                         static_cast<int>((times.close_ns - times.open_ns) / Timestamp::kMinute) + 1);
      next_event_ns_ = INT64_MIN;
      for (int m = times.first_bar; m < minutes; ++m) {
        std::int64_t now = times.open_ns + m * Timestamp::kMinute;
        if (has_breaks) [[unlikely]] {
          now = portal_.calendar().minute(times.calendar_session, m).ns;
          if (now > times.close_ns) break;
        }
        if (now >= next_event_ns_) [[unlikely]]
          before_minute(times, now, before_trading_start_due);
        portal_.set_minute(times.calendar_session, m);
        every_bar(now);
        if (parameters_.minute_emission) [[unlikely]]
          end_of_minute(times, m);
      }
    }
    end_of_session(times);

    if (observer) {
      RunObserver::Progress p;
      p.sessions_done = session_ + 1;
      p.sessions_total = static_cast<int>(sessions.size());
      p.session_days = times.label.days;
      p.bars = bars_;
      p.orders = static_cast<std::int64_t>(blotter_.orders().size());
      p.transactions = static_cast<std::int64_t>(tables_.transactions.size());
      p.portfolio_value = context_.money().to_double(ledger_.portfolio_value());
      if (!observer->on_progress(p)) return End::Interrupted;
    }
  }
  return End::Completed;
}

void TradeSimulation::apply_capital_change(std::int64_t at_ns) {
  const auto found = capital_changes_.find(at_ns);
  if (found == capital_changes_.end()) return;
  const CapitalChange& change = found->second;
  if (change.type == CapitalChange::Type::Unknown) {
    log_(LogLevel::Error,
         fmt::format("Capital change {} does not indicate a valid type ('target' or 'delta')", change.as_given));
    return;
  }
  sync_prices();
  ledger_.refresh();
  finance::CapitalChangeRow row{session_, at_ns, change.type == CapitalChange::Type::Target, {}, {}};
  row.delta = context_.money().from_decimal(change.value);
  if (row.has_target) {
    row.target = row.delta;
    row.delta = row.target - ledger_.portfolio_value();
  }
  ledger_.capital_change(row.delta);
  if (zipline_books_) zipline_books_->capital_change(row.has_target, change.value.to_double());
  tables_.capital_changes.add(row);
  // where sessions follow each other without a break, a label is also the last minute of the session before: Zipline
  // acts on both
  if (policies_.preset != finance::Preset::Zipline) capital_changes_.erase(found);
}

void TradeSimulation::start_of_session(const SessionTimes& times) {
  now_ns_ = times.label_ns;
  touches_.clear();
  first_touch_of_minute_ = 0;
  metrics_->start_of_session_before_dividends();
  if (!context_.currencies().empty()) update_exchange_rates(times);
  process_dividends(times);
  metrics_->start_of_session_after_dividends();
  if (watches_periods_) [[unlikely]] {
    synced_ns_ = now_ns_;  // the books as they stand: at the close before
    strategy_.on_session_start(session_);
    synced_ns_ = INT64_MIN;
  }
  process_splits(times);
}

/// A rate of a day is known from the start of the day, as Zipline reads rates (zipline_semantics 6.6).
void TradeSimulation::update_exchange_rates(const SessionTimes& times) {
  std::vector<std::pair<std::int64_t, std::int64_t>> rates;
  for (const finance::CurrencyRate& c : context_.currencies()) {
    const auto rate = parameters_.fx_rates ? parameters_.fx_rates->find(parameters_.fx_rate, context_.base_currency(),
                                                                        c.currency, times.label)
                                           : std::nullopt;
    rates.emplace_back(rate ? rate->numerator : 0, rate ? rate->denominator : 0);
  }
  context_.set_rates(times.label, rates);
  ledger_.revalue();
}

void TradeSimulation::process_dividends(const SessionTimes& times) {
  Actions& actions = *actions_;
  const data::Adjustments& table = portal_.adjustments();
  // a pay date that is no session: lost in Zipline (quirk Q4), the next session under next_session
  const auto pay_day = [&](std::optional<Date> pay_date, Date ex_date) -> std::int32_t {
    if (policies_.dividend_pay == finance::DividendPay::SessionOnly) return pay_date ? pay_date->days : kNeverPaid;
    const utils::TradingCalendar& c = portal_.calendar();
    const int session = c.session_at_or_after(std::max(pay_date.value_or(ex_date), ex_date));
    return session < c.session_count() ? c.session(session).days : kNeverPaid;
  };
  for (const Actions::Entry& e : Actions::today(actions.cash_dividends, actions.next_cash, times.label.days)) {
    const data::CashDividend& d = table.cash_dividends[static_cast<std::size_t>(e.row)];
    if (ledger_.amount(d.asset) == 0) continue;
    if (!d.pay_date && policies_.dividend_pay == finance::DividendPay::NextSession) {
      log_.warning(fmt::format("dividend of {} on {} has no pay date: paid on the ex-date",
                               portal_.finder()[d.asset].symbol, d.ex_date.to_string()));
    }
    const std::int32_t day = pay_day(d.pay_date, d.ex_date);
    if (day == kNeverPaid) continue;
    ledger_.earn_cash_dividend(d.asset, d.amount, day);
    if (zipline_books_) zipline_books_->earn_dividend(d.asset, ledger_.amount(d.asset), d.amount, day);
  }
  for (const Actions::Entry& e : Actions::today(actions.stock_dividends, actions.next_stock, times.label.days)) {
    const data::StockDividend& d = table.stock_dividends[static_cast<std::size_t>(e.row)];
    if (ledger_.amount(d.asset) == 0) continue;
    const std::int32_t day = pay_day(d.pay_date, d.ex_date);
    if (day != kNeverPaid) ledger_.earn_stock_dividend(d.asset, d.payment_asset, d.ratio, d.ratio_exact, day);
  }
  ledger_.pay_dividends(times.label.days, [&](AssetIndex a) { return current_price(a).value_or(0); });
  if (zipline_books_) {
    zipline_books_->pay_dividends(times.label.days);
    ledger_.revalue();  // Zipline looks at its books anew, dividends or none
  }
}

void TradeSimulation::process_splits(const SessionTimes& times) {
  Actions& actions = *actions_;
  const std::span<const Actions::Entry> today = Actions::today(actions.splits, actions.next_split, times.label.days);
  const auto split_of = [&](const Actions::Entry& e) -> const data::Split& {
    return portal_.adjustments().splits[static_cast<std::size_t>(e.row)];
  };
  for (const Actions::Entry& e : today) {
    const data::Split& s = split_of(e);
    blotter_.handle_split(s.asset, s.ratio, s.numerator, s.denominator);
  }
  double cash_in_lieu = 0;
  for (const Actions::Entry& e : today) {
    const data::Split& s = split_of(e);
    cash_in_lieu += context_.money().to_double(ledger_.process_split(s.asset, s.ratio, s.numerator, s.denominator));
  }
  if (zipline_books_) zipline_books_->splits(cash_in_lieu);
}

void TradeSimulation::before_trading_start(const SessionTimes& times) {
  now_ns_ = times.before_trading_start_ns;
  // the books already stand at the previous close under previous_close: nothing newer may be read
  if (policies_.before_trading_start_view == finance::BeforeTradingStartView::PreviousClose) synced_ns_ = now_ns_;
  strategy_.on_before_trading_start();
}

inline void TradeSimulation::touch_order(std::int32_t slot) {
  blotter_.mutable_order(slot).touch = ++touch_stamp_;
  touches_.add({slot, touch_stamp_});
}

void TradeSimulation::touch_new_orders() {
  for (std::int32_t slot : blotter_.new_orders()) touch_order(slot);
  blotter_.clear_new_orders();
}

void TradeSimulation::match_orders() {
  fills_.clear();
  const SessionTimes& times = times_of_session();
  const bool is_daily = parameters_.frequency == data::DataFrequency::Daily;
  if (blotter_.has_requests()) [[unlikely]]
    blotter_.deliver(now_ns_);
  for (AssetIndex a : blotter_.active_assets()) {
    const std::int64_t volume = portal_.bar_mantissa(a, Field::Volume);
    const std::int64_t close = volume > 0 ? portal_.bar_mantissa(a, Field::Close) : kMissing;
    if (close == kMissing || !portal_.is_alive(a)) {  // no trade, or no bar
      blotter_.pass(a, now_ns_);
      continue;
    }
    const finance::AssetScale& scale = context_[a];
    finance::BarView bar;
    bar.volume = volume;
    if (const int digits = scale.quantity_digits - portal_.volume_scale(a); digits != 0) [[unlikely]] {
      bar.volume = finance::checked_int64(digits > 0 ? checked_multiply(volume, power_of_ten(digits))
                                                     : divide_rounded(volume, power_of_ten(-digits), Rounding::Down));
      if (bar.volume == 0) {  // less than one unit
        blotter_.pass(a, now_ns_);
        continue;
      }
    }
    bar.volume_double = static_cast<double>(bar.volume);
    bar.price = close * scale.price_to_fill;
    bar.price_double = portal_.price_to_double(a, close);
    const PortalMarket market(portal_, a, scale);
    bar.market = &market;
    bar.opens_session = is_daily || now_ns_ <= times.open_ns;
    bar.closes_session = is_daily || now_ns_ >= times.close_ns;
    blotter_.match(a, bar, now_ns_, fills_);
  }
  if (blotter_.has_rests()) [[unlikely]]
    blotter_.end_rests(now_ns_);
  blotter_.prune();
  for (const finance::Fill& f : fills_) {
    ledger_.process_transaction({f.asset, f.amount, f.price, now_ns_, f.order, f.price_double});
    tables_.transactions.add({session_, f.asset, f.amount, f.price, now_ns_, f.order});
    touch_order(static_cast<std::int32_t>(f.order.value - 1));
  }
  // commissions after all transactions of the bar
  for (const finance::Fill& f : fills_) {
    if (f.commission.units > 0) ledger_.process_commission(f.asset, f.commission);
    if (zipline_books_) zipline_books_->commission(f.commission_double);
    if (f.commission.units < 0 && blotter_.pays_rebates(f.asset)) [[unlikely]] {
      ledger_.process_commission(f.asset, f.commission);
      if (zipline_books_) zipline_books_->receive(-f.commission_double);
    }
  }
}

/// What the strategy reads may lag a session behind (quirk Q2); the prices of the books do not. Stands at the session
/// itself while it lives.
class TradeSimulation::BooksView {
 public:
  BooksView(data::DataPortal& portal, const SessionTimes& times)
      : portal_(portal), times_(times), lags_(times.data_session != times.calendar_session) {
    if (lags_) portal_.set_session(times_.calendar_session);
  }
  ~BooksView() {
    if (lags_) portal_.set_session(times_.data_session);
  }
  BooksView(const BooksView&) = delete;
  BooksView& operator=(const BooksView&) = delete;

 private:
  data::DataPortal& portal_;
  const SessionTimes& times_;
  bool lags_;
};

void TradeSimulation::sync_prices() {
  if (synced_ns_ == now_ns_) return;
  synced_ns_ = now_ns_;
  const BooksView at_close(portal_, times_of_session());
  const std::span<const finance::DecimalPosition> positions = ledger_.positions();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (const std::optional<std::int64_t> price = current_price(positions[i].asset)) {
      ledger_.set_last_price(i, *price, now_ns_);
      if (zipline_books_) zipline_books_->set_price(positions[i].asset, portal_.current_price(positions[i].asset));
    }
  }
}

/// Price of the asset now at its fill scale: the bar's close exactly, else the last one, carried forward and adjusted.
std::optional<std::int64_t> TradeSimulation::current_price(AssetIndex a) const {
  // before the session's first bar the portal still stands at the session before it, whose close may need today's
  // adjustments
  const bool is_in_session = portal_.session() == times_of_session().calendar_session;
  const std::int64_t close = is_in_session && portal_.is_alive(a) ? portal_.bar_mantissa(a, Field::Close) : kMissing;
  if (close != kMissing) return close * context_[a].price_to_fill;
  const double price = portal_.current_price(a);
  if (std::isnan(price)) return std::nullopt;
  return double_to_mantissa(price, context_[a].fill_scale);
}

void TradeSimulation::end_of_minute(const SessionTimes& times, int minute) {
  sync_prices();
  const utils::TradingCalendar& c = portal_.calendar();
  const auto i = static_cast<std::size_t>(c.minutes_before(times.calendar_session) + minute -
                                          c.minutes_before(parameters_.first_session));
  metrics_->end_of_bar(session_, times.open_ns, now_ns_,
                       i < minute_benchmark_returns_.size() ? minute_benchmark_returns_[i] : 0.0);
  for (; first_touch_of_minute_ < touches_.size(); ++first_touch_of_minute_) {
    const Touch& t = touches_[first_touch_of_minute_];
    const finance::Order& o = blotter_.order_at(t.slot);
    if (o.touch == t.stamp && o.dt_ns == now_ns_) tables_.minute_orders.add({session_, o});
  }
  if (watches_periods_) strategy_.on_minute_end(session_);
}

void TradeSimulation::end_of_session(const SessionTimes& times) {
  now_ns_ = times.close_ns;
  close_expired_assets(times);
  blotter_.end_of_session(parameters_.frequency == data::DataFrequency::Daily, now_ns_, slots_);
  if (blotter_.cancel_policy().warn_on_cancel) {
    for (std::int32_t slot : slots_) {
      const finance::Order& o = blotter_.order_at(slot);
      const std::string& symbol = portal_.finder()[o.asset].symbol;
      const auto shares = [&](std::int64_t units) { return context_.amount_to_double(o.asset, units); };
      if (o.filled == 0)
        log_.warning(fmt::format("Your order for {} shares of {} failed to fill by the end of day and was canceled.",
                                 shares(o.amount), symbol));
      else
        log_.warning(
            fmt::format("Your order for {} shares of {} has been partially filled. {} shares were successfully "
                        "{}. {} shares were not filled by the end of day and were canceled.",
                        shares(o.amount), symbol, std::fabs(shares(o.filled)), o.filled > 0 ? "purchased" : "sold",
                        std::fabs(shares(o.open_amount()))));
    }
  }
  synced_ns_ = INT64_MIN;  // the close is synced whatever was read before
  sync_prices();
  if (holding_costs_) [[unlikely]]
    charge_holding_costs(times);
  strategy_.on_session_close();
  write_session_rows(times);
  ledger_.check_identity();
  strategy_.on_session_end(session_);
}

void TradeSimulation::charge_fundings(std::int64_t now_ns, bool held_before_fills) {
  if (holding_costs_->next_funding_ns() > now_ns) return;
  const Money before = ledger_.financing_received();
  const auto amount_of = [&](AssetIndex a) {
    std::int64_t amount = ledger_.amount(a);
    const auto fills = tables_.transactions.rows();
    for (std::size_t i = fills.size(); held_before_fills && i != 0 && fills[i - 1].session == session_; --i) {
      if (fills[i - 1].asset == a) amount -= fills[i - 1].amount;
    }
    return amount;
  };
  holding_costs_->charge_fundings(session_, now_ns, amount_of, [&](AssetIndex a) { return current_price(a); });
  if (zipline_books_) zipline_books_->receive(context_.money().to_double(ledger_.financing_received() - before));
}

void TradeSimulation::charge_holding_costs(const SessionTimes& times) {
  const BooksView at_close(portal_, times);
  // with daily bars nothing is known of the day: what was held through it pays at its close's price
  const bool fills_at_close =
      policies_.fill == finance::FillPolicy::NextClose || policies_.fill == finance::FillPolicy::ThisClose;
  if (parameters_.frequency == data::DataFrequency::Daily) charge_fundings(now_ns_, fills_at_close);
  const utils::TradingCalendar& c = portal_.calendar();
  const Date next =
      times.calendar_session + 1 < c.session_count() ? c.session(times.calendar_session + 1) : times.label + 1;
  const Money before = ledger_.financing_received();
  holding_costs_->charge_nights(session_, times.label, next, now_ns_);
  if (zipline_books_) zipline_books_->receive(context_.money().to_double(ledger_.financing_received() - before));
}

void TradeSimulation::close_expired_assets(const SessionTimes& times) {
  // a session that closes at midnight ends on the next day, which Zipline's clock takes for the day of closing
  const std::int64_t last_ns = policies_.session_lag == finance::SessionLag::None ? times.label_ns : times.close_ns;
  const auto is_past_auto_close = [&](AssetIndex a) {
    const std::optional<Date> day = portal_.finder()[a].auto_close_date;
    return day && Timestamp::from_date(*day).ns <= last_ns;
  };
  std::vector<finance::DecimalPosition> expired;
  for (const finance::DecimalPosition& p : ledger_.positions()) {
    if (is_past_auto_close(p.asset)) expired.push_back(p);
  }
  const BooksView at_close(portal_, times);
  for (const finance::DecimalPosition& p : expired) {
    const std::optional<std::int64_t> now = current_price(p.asset);
    const std::int64_t price = now.value_or(p.last_sale_price);
    double price_double = 0;
    if (zipline_books_) price_double = now ? portal_.current_price(p.asset) : zipline_books_->price(p);
    ledger_.process_transaction({p.asset, -p.amount, price, now_ns_, {}, price_double});
    tables_.transactions.add({session_, p.asset, -p.amount, price, now_ns_, {}});
  }
  if (!blotter_.has_open_orders()) return;
  const std::vector<AssetIndex> active(blotter_.active_assets().begin(), blotter_.active_assets().end());
  bool any = false;
  for (AssetIndex a : active) {
    if (!is_past_auto_close(a)) continue;
    blotter_.cancel_all(a, now_ns_);
    any = true;
  }
  if (!any) return;
  blotter_.take_cancelled(slots_);
  for (std::int32_t slot : slots_) touch_order(slot);
  blotter_.prune();
}

void TradeSimulation::write_session_rows(const SessionTimes& times) {
  metrics_->end_of_session(session_, times.open_ns, times.close_ns);
  for (const Touch& t : touches_.rows()) {
    const finance::Order& o = blotter_.order_at(t.slot);
    if (o.touch != t.stamp) continue;
    finance::OrderRow& row = tables_.orders.add_default();
    row.session = session_;
    row.order = o;
  }
  for (const finance::DecimalPosition& p : ledger_.positions()) {
    if (p.amount != 0) tables_.positions.add({session_, p.asset, p.amount, p.cost, p.last_sale_price});
  }
}

}  // namespace rustybt::gens
