#include "rustybt/data/continuous_future_reader.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rustybt::data {
namespace {

using assets::ContinuousFuture;
using assets::OrderedContracts;
using assets::RollAdjustment;
using assets::RollFinder;
using assets::RollStyle;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
/// How far Zipline reads ahead of a window of days or minutes, and looks for rolls.
constexpr int kPrefetchedSessions = 40;
constexpr int kPrefetchedMinutes = 1560;

}  // namespace

struct ContinuousFutureReader::Splice {
  std::vector<Row> rows;
  HistoryWindow window;  ///< labels; values still NaN
  std::vector<std::optional<AssetIndex>> contracts;
  struct Roll {
    int session;
    AssetIndex front, back;
  };
  std::vector<Roll> rolls;  ///< inside the window, up to now
  bool by_minute = false;
};

const OrderedContracts& ContinuousFutureReader::chain_of(const ContinuousFuture& future) const {
  auto known = chains_.find(future.root_symbol);
  if (known == chains_.end())
    known = chains_.emplace(future.root_symbol, OrderedContracts(portal_.finder(), future.root_symbol)).first;
  return known->second;
}

const RollFinder& ContinuousFutureReader::finder_of(RollStyle style) const {
  std::optional<RollFinder>& finder = style == RollStyle::Volume ? by_volume_ : by_calendar_;
  if (!finder) {
    assets::SessionVolumes volumes{[this](AssetIndex contract, Date session) { return volume(contract, session); },
                                   portal_.calendar().session(last_session())};
    finder.emplace(style, portal_.calendar_, std::move(volumes),
                   assets::RollOptions{.offset_follows_active = !portal_.options().zipline_continuous_futures});
  }
  return *finder;
}

double ContinuousFutureReader::volume(AssetIndex contract, Date session) const {
  const std::optional<int> index = portal_.calendar().find_session(session);
  return index ? portal_.daily_value(contract, Field::Volume, *index) : 0;
}

/// Calendar session of the last bar of any contract.
int ContinuousFutureReader::last_session() const {
  if (last_session_) return *last_session_;
  int end = 0;
  for (std::size_t i = 0; i < portal_.finder().assets().size(); ++i) {
    if (portal_.finder().assets()[i].type != assets::AssetType::Future) continue;
    end = std::max(end, portal_.daily_extent(AssetIndex{static_cast<std::int32_t>(i)}).second);
  }
  const auto stored = portal_.store().sessions();
  last_session_ =
      end == 0 ? 0 : std::max(0, portal_.calendar().session_at_or_before(stored[static_cast<std::size_t>(end - 1)]));
  return *last_session_;
}

std::optional<AssetIndex> ContinuousFutureReader::contract_at(const ContinuousFuture& future, int session) const {
  if (const auto known = known_.find(future.sid); known != known_.end() && known->second.session == session)
    return known->second.contract;
  const std::optional<AssetIndex> contract =
      finder_of(future.roll_style)
          .get_contract_center(chain_of(future), portal_.calendar().session(session), future.offset);
  known_[future.sid] = {session, contract};
  return contract;
}

bool ContinuousFutureReader::is_alive(const ContinuousFuture& future) const {
  if (portal_.session() < 0) return false;
  const Date today = portal_.calendar().session(portal_.session());
  return future.start_date <= today && today <= future.end_date;
}

std::optional<AssetIndex> ContinuousFutureReader::current_contract(const ContinuousFuture& future) const {
  return is_alive(future) ? contract_at(future, portal_.session()) : std::nullopt;
}

std::vector<AssetIndex> ContinuousFutureReader::current_chain(const ContinuousFuture& future) const {
  if (portal_.session() < 0) return {};
  const std::optional<AssetIndex> contract = contract_at(future, portal_.session());
  const OrderedContracts& chain = chain_of(future);
  const std::optional<int> place = contract ? chain.find_place(*contract) : std::nullopt;
  return place ? chain.active_chain(*place, portal_.calendar().session(portal_.session())) : std::vector<AssetIndex>{};
}

double ContinuousFutureReader::current(const ContinuousFuture& future, BarField field) const {
  const std::optional<AssetIndex> contract = current_contract(future);
  if (!contract) return field == BarField::Volume ? 0.0 : kNan;
  if (field != BarField::Price) return portal_.current(*contract, field);
  const double close = portal_.current(*contract, BarField::Close);
  if (!std::isnan(close)) return close;
  const bool daily = portal_.options().frequency == DataFrequency::Daily;
  return price_at(future, {portal_.session(), daily ? kWholeSession : portal_.minute_});
}

std::optional<Timestamp> ContinuousFutureReader::last_traded(const ContinuousFuture& future) const {
  if (portal_.session() < 0) return std::nullopt;
  const std::optional<AssetIndex> contract = contract_at(future, portal_.session());
  return contract ? portal_.last_traded(*contract) : std::nullopt;
}

// --- windows
// ---------------------------------------------------------------------------------------------------------------

ContinuousFutureReader::Splice ContinuousFutureReader::splice(const ContinuousFuture& future, int bar_count,
                                                              DataFrequency frequency) const {
  const utils::TradingCalendar& calendar = portal_.calendar();
  const int now = portal_.session();
  Splice s;
  s.by_minute = frequency == DataFrequency::Minute;
  s.window.rows = bar_count;
  if (s.by_minute) {
    const DataPortal::MinuteRef first = portal_.first_minute_of_window(bar_count);
    for (int session = first.session; session <= now; ++session) {
      const int end = session == now ? portal_.minute_ + 1 : calendar.minute_count(session);
      for (int m = session == first.session ? first.minute : 0; m < end; ++m) {
        s.rows.push_back({session, m});
        s.window.labels.push_back(calendar.minute(session, m));
      }
    }
  } else {
    const bool running = portal_.options().frequency == DataFrequency::Minute;
    for (int session = portal_.first_session_of_window(bar_count); session <= now; ++session) {
      s.rows.push_back({session, running && session == now ? kRunningSession : kWholeSession});
      s.window.labels.push_back(Timestamp::from_date(calendar.session(session)));
    }
  }
  s.window.values.assign(s.rows.size(), kNan);

  // rolls that are still to come decide which of several switches of volume counts
  const int ahead = !portal_.options().zipline_continuous_futures ? RollFinder::kRollDaysForCurrentContract
                    : s.by_minute ? kPrefetchedMinutes / std::max(1, calendar.minute_count(now))
                                  : kPrefetchedSessions;
  const int horizon = std::max(now, std::min(now + ahead, last_session()));
  const int first = s.rows.front().session;
  const std::vector<assets::Roll> rolls =
      finder_of(future.roll_style)
          .get_rolls(chain_of(future), calendar.session(first), calendar.session(horizon), future.offset);
  s.contracts.resize(s.rows.size());
  std::size_t k = 0;
  for (std::size_t i = 0; i < s.rows.size(); ++i) {
    const Date day = calendar.session(s.rows[i].session);
    for (; k < rolls.size() && rolls[k].session && *rolls[k].session <= day; ++k) {
      if (k + 1 < rolls.size())
        s.rolls.push_back({*calendar.find_session(*rolls[k].session), rolls[k].contract, rolls[k + 1].contract});
    }
    if (k < rolls.size()) s.contracts[i] = rolls[k].contract;
  }
  if (s.rows.back().minute == kRunningSession) s.contracts.back() = contract_at(future, now);
  return s;
}

double ContinuousFutureReader::value(AssetIndex contract, Field field, Row row) const {
  if (row.minute == kWholeSession) return portal_.history_value(contract, field, row.session);
  if (row.minute == kRunningSession) return portal_.running_value(contract, field);
  return portal_.minute_value(contract, field, {row.session, row.minute});
}

/// Last close of the contract up to the end of `session`.
std::optional<double> ContinuousFutureReader::close_before(AssetIndex contract, int session, bool by_minute) const {
  if (by_minute) {
    const auto at = portal_.last_traded_minute(contract, {session, portal_.calendar().minute_count(session) - 1});
    return at ? std::optional(portal_.minute_value(contract, Field::Close, *at)) : std::nullopt;
  }
  const int traded = portal_.last_traded_session(contract, session);
  return traded < 0 ? std::nullopt : std::optional(portal_.daily_value(contract, Field::Close, traded));
}

void ContinuousFutureReader::adjust(const ContinuousFuture& future, const Splice& s, std::span<double> values) const {
  if (future.adjustment == RollAdjustment::None) return;
  for (const Splice::Roll& roll : s.rolls) {
    const std::optional<double> front = close_before(roll.front, roll.session - 1, s.by_minute);
    const std::optional<double> back = close_before(roll.back, roll.session - 1, s.by_minute);
    if (!front || !back) continue;
    const double difference = *back - *front;
    const double factor = 1.0 + difference / *front;
    for (std::size_t i = 0; i < values.size() && s.rows[i].session < roll.session; ++i)
      values[i] = future.adjustment == RollAdjustment::Mul ? values[i] * factor : values[i] + difference;
  }
}

HistoryWindow ContinuousFutureReader::history(const ContinuousFuture& future, BarField field, int bar_count,
                                              DataFrequency frequency) const {
  Splice s = splice(future, bar_count, frequency);
  const bool is_volume = field == BarField::Volume;
  const Field source = field == BarField::Price ? Field::Close : static_cast<Field>(field);
  std::vector<double>& values = s.window.values;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = s.contracts[i] ? value(*s.contracts[i], source, s.rows[i]) : is_volume ? 0.0 : kNan;
  if (!is_volume) adjust(future, s, values);
  const OrderedContracts& chain = chain_of(future);
  const AssetIndex of_tick =
      chain[chain.contract_before_auto_close(portal_.calendar().session(s.rows.back().session))].asset;
  for (std::size_t i = 0; i < values.size(); ++i) {
    // quirk Q18: the running day is not rounded to thousandths
    const bool as_it_is =
        s.rows[i].minute == kRunningSession && portal_.options().history_rounding == HistoryRounding::ThreeDecimals;
    if (!as_it_is) values[i] = portal_.round_history(values[i], of_tick, field);
  }
  if (field == BarField::Price) carry_forward(future, s, values);
  return std::move(s.window);
}

HistoryWindow ContinuousFutureReader::contract_sids(const ContinuousFuture& future, int bar_count,
                                                    DataFrequency frequency) const {
  Splice s = splice(future, bar_count, frequency);
  for (std::size_t i = 0; i < s.rows.size(); ++i) {
    if (s.contracts[i]) s.window.values[i] = static_cast<double>(portal_.finder()[*s.contracts[i]].sid.value);
  }
  return std::move(s.window);
}

// --- prices carried forward
// ---------------------------------------------------------------------------------------------------------------

/// Close of the contract that was active at `row`, else at the row before it that has one.
double ContinuousFutureReader::price_at(const ContinuousFuture& future, Row row) const {
  if (row.minute >= 0) {
    const std::optional<AssetIndex> contract = contract_at(future, row.session);
    const auto traded = contract ? portal_.last_traded_minute(*contract, {row.session, row.minute}) : std::nullopt;
    if (!traded) return kNan;
    const std::optional<AssetIndex> then = contract_at(future, traded->session);
    return then ? portal_.minute_value(*then, Field::Close, *traded) : kNan;
  }
  for (int session = row.session; session >= 0; --session) {
    const int stored = portal_.store_session_of(session);
    if (stored < 0) continue;
    const std::optional<AssetIndex> contract = contract_at(future, session);
    if (!contract) return kNan;
    const auto [first, end] = portal_.daily_extent(*contract);
    if (stored < first || stored >= end) return kNan;
    const double close = portal_.daily_value(*contract, Field::Close, session);
    if (!std::isnan(close)) return close;
  }
  return kNan;
}

/// What the first row of a window of prices gets when it has no close: the price when its contract last traded.
double ContinuousFutureReader::price_before(const ContinuousFuture& future, const Splice& s) const {
  const Row first = s.rows.front();
  if (s.by_minute) return price_at(future, first);
  const bool daily = portal_.options().frequency == DataFrequency::Daily;
  const int session = daily ? first.session : first.session - 1;  // as in windows of assets
  if (session < 0) return kNan;
  const std::optional<AssetIndex> contract = contract_at(future, session);
  const int traded = contract ? portal_.last_traded_session(*contract, session) : -1;
  return traded < 0 ? kNan : price_at(future, {traded, kWholeSession});
}

void ContinuousFutureReader::carry_forward(const ContinuousFuture& future, const Splice& s,
                                           std::span<double> values) const {
  if (std::isnan(values[0])) values[0] = price_before(future, s);
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (std::isnan(values[i])) values[i] = values[i - 1];
  }
  for (std::size_t i = values.size(); i-- > 0 && s.window.labels[i].date() > future.end_date;) values[i] = kNan;
}

}  // namespace rustybt::data
