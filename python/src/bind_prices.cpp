// A data portal outside of a run (rustybt.data.data_portal), and the bundle in memory that it makes of other readers.

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "bar_frames.hpp"
#include "bundles.hpp"
#include "rustybt/data/bundles/minute_labels.hpp"
#include "rustybt/data/continuous_future_reader.hpp"

namespace rustybt::python {
namespace {

using data::BarField;
using data::ContinuousFutureReader;
using data::DataFrequency;
using data::DataPortal;

const assets::ContinuousFuture* as_continuous_future(nb::handle object) {
  return nb::isinstance<PyContinuousFuture>(object) ? &nb::inst_ptr<PyContinuousFuture>(object)->value : nullptr;
}

/// The portals of a bundle: any time may be asked for, in any order.
class PyPrices {
 public:
  /// @param thousandths  prices as Zipline's files keep them
  PyPrices(const PyBundle& bundle, bool zipline, bool thousandths, std::optional<int> first_day)
      : assets_(bundle.assets), bundle_(bundle.bundle) {
    data::DataPortalOptions options;
    if (thousandths) options.price_source = data::PriceSource::Thousandths;
    if (zipline) options.history_rounding = data::HistoryRounding::ThreeDecimals;
    options.zipline_session_gaps = options.zipline_history_start = options.zipline_continuous_futures = zipline;
    const auto open = [&](std::optional<Frequency>& made, DataFrequency frequency) {
      options.frequency = frequency;
      made.emplace(bundle_, options);
      if (first_day) made->portal.set_first_session(Date{*first_day});
    };
    open(daily_, DataFrequency::Daily);
    if (bundle_.bars->has_minutes()) open(minute_, DataFrequency::Minute);
  }

  double spot(nb::handle asset, int field_number, std::int64_t ns, bool minute) {
    const auto field = static_cast<BarField>(field_number);
    const Place place = place_of(ns, minute);
    if (const assets::ContinuousFuture* future = as_continuous_future(asset)) {
      if (place.is_bar) return place.of->futures.current(*future, field);
      return field == BarField::Volume ? 0.0 : std::nan("");
    }
    const AssetIndex index = index_of(asset);
    DataPortal& portal = place.of->portal;
    if (place.is_bar) return portal.current(index, field);
    if (field != BarField::Price) return field == BarField::Volume ? 0.0 : std::nan("");
    const assets::Asset& a = portal.finder()[index];
    const bool is_alive = place.session >= 0 && Timestamp::from_date(a.start_date).ns <= ns &&
                          bundle_.calendar->session(place.session) <= a.end_date;
    if (!is_alive || !move_before(place)) return std::nan("");
    const Timestamp seen = bundle_.calendar->minute(place.before.session, place.before.minute);
    return portal.current_price(index) * portal.adjustment_ratio(index, BarField::Price, seen, {ns});
  }
  std::optional<std::int64_t> last_traded(nb::handle asset, std::int64_t ns, bool minute) {
    const Place place = place_of(ns, minute);
    if (!place.is_bar && !move_before(place)) return std::nullopt;
    const assets::ContinuousFuture* future = as_continuous_future(asset);
    const auto time = future ? place.of->futures.last_traded(*future) : place.of->portal.last_traded(index_of(asset));
    return time ? std::optional(time->ns) : std::nullopt;
  }
  double ratio(nb::handle asset, bool volume, std::int64_t from, std::int64_t to) {
    if (as_continuous_future(asset) != nullptr) return 1.0;
    return daily_->portal.adjustment_ratio(index_of(asset), volume ? BarField::Volume : BarField::Close, {from}, {to});
  }
  /// (labels, values by asset). `field` -1: sids of the contracts of continuous futures.
  nb::tuple history(const std::vector<nb::object>& wanted, int field, std::int64_t end_ns, bool minute, int bar_count,
                    const std::string& period_text, const std::string& currency) {
    const Place place = place_of(end_ns, minute);
    const data::BarPeriod period = data::BarPeriod::parse(period_text);
    if (!place.is_bar) {
      if (period == data::BarPeriod::of_minutes(1)) throw_no_minute(end_ns);
      place.of->portal.set_minute(place.session, -1);
    }
    auto window = std::make_unique<data::HistoryWindow>();
    if (std::ranges::none_of(wanted, [](const nb::object& a) { return as_continuous_future(a) != nullptr; })) {
      std::vector<AssetIndex> assets;
      for (const nb::object& a : wanted) assets.push_back(index_of(a));
      *window = place.of->portal.history(assets, static_cast<BarField>(field), bar_count, period, currency);
    } else {
      *window = mixed_history(*place.of, wanted, field, bar_count, period);
    }
    data::HistoryWindow& w = *window;
    const nb::capsule keeper(window.release(), [](void* p) noexcept { delete static_cast<data::HistoryWindow*>(p); });
    return nb::make_tuple(
        nb::ndarray<nb::numpy, std::int64_t, nb::ndim<1>>(&w.labels.front().ns, {w.labels.size()}, keeper),
        nb::ndarray<nb::numpy, double, nb::ndim<2>>(w.values.data(), {wanted.size(), static_cast<std::size_t>(w.rows)},
                                                    keeper));
  }
  /// Rate from the asset's currency to another one on the day of a bar.
  double rate_to(nb::handle asset, const std::string& currency, std::int64_t ns, bool minute) {
    const Place place = place_of(ns, minute);
    if (!place.is_bar) place.of->portal.set_minute(place.session, -1);
    return place.of->portal.rate_to(index_of(asset), currency);
  }
  nb::object contract(const PyContinuousFuture& future, std::int64_t ns, bool minute) {
    const Place place = place_of(ns, minute);
    if (!place.is_bar) place.of->portal.set_minute(place.session, -1);
    const auto found = place.of->futures.current_contract(future.value);
    return found ? nb::borrow(assets_->object(*found)) : nb::none();
  }
  nb::list chain(const PyContinuousFuture& future, std::int64_t ns, bool minute) {
    const Place place = place_of(ns, minute);
    if (!place.is_bar) place.of->portal.set_minute(place.session, -1);
    nb::list contracts;
    for (const AssetIndex c : place.of->futures.current_chain(future.value)) contracts.append(assets_->object(c));
    return contracts;
  }
  /// (asset, ratio) of the splits of a day, in the order of the bundle.
  nb::list splits(int day) {
    nb::list found;
    for (const data::Split& s : bundle_.adjustments->splits)
      if (s.effective_date == Date{day}) found.append(nb::make_tuple(assets_->object(s.asset), s.ratio));
    return found;
  }
  /// (ex, declared, record, pay, payment sid, ratio) of an asset; days as numbers or None.
  nb::list stock_dividends(std::int64_t sid) {
    nb::list found;
    const auto day = [](const std::optional<Date>& d) { return d ? nb::object(nb::int_(d->days)) : nb::none(); };
    for (const data::StockDividend& d : bundle_.adjustments->stock_dividends) {
      if ((*bundle_.finder)[d.asset].sid.value != sid) continue;
      found.append(nb::make_tuple(d.ex_date.days, day(d.declared_date), day(d.record_date), day(d.pay_date),
                                  (*bundle_.finder)[d.payment_asset].sid.value, d.ratio));
    }
    return found;
  }

 private:
  struct Frequency {
    Frequency(const data::Bundle& bundle, const data::DataPortalOptions& options)
        : portal(bundle.bars, bundle.finder, bundle.adjustments, bundle.calendar, options), futures(portal) {
      portal.set_fx_rates(bundle.fx_rates, bundle.fx_rates->default_name());
    }
    DataPortal portal;
    ContinuousFutureReader futures;
  };
  struct Minute {
    int session = -1, minute = -1;
  };
  /// A time: a bar, at which the portal's cursor is then; or a moment between minutes, in the session that comes next
  /// (-1: none does), after the minute `before`.
  struct Place {
    Frequency* of;
    bool is_bar;
    int session = -1;
    Minute before;
  };

  [[nodiscard]] AssetIndex index_of(nb::handle object) const {
    if (const PyAsset* asset = as_asset(object.ptr())) return assets_->index_of(*asset);
    throw Error(ErrorCode::WrongType, "expected an asset");
  }
  [[noreturn]] void throw_no_minute(std::int64_t ns) const {
    throw Error(ErrorCode::NoDataOnDate,
                Timestamp{ns}.to_string() + " is no trading minute of " + bundle_.calendar->name());
  }

  /// @throws Error{NoDataOnDate} for a day that is no session
  Place place_of(std::int64_t ns, bool minute) {
    const utils::TradingCalendar& calendar = *bundle_.calendar;
    const Timestamp time{ns};
    if (!minute) {
      const auto session = calendar.find_session(time.date());
      if (!session)
        throw Error(ErrorCode::NoDataOnDate, time.date().to_string() + " is no session of " + calendar.name());
      daily_->portal.set_session(*session);
      return {&*daily_, true, *session, {}};
    }
    if (!minute_) throw Error(ErrorCode::EmptyData, "bundle " + bundle_.info.name + " has no minute bars");
    const int count = calendar.session_count();
    if (count == 0 || time <= calendar.open(0)) return {&*minute_, false, 0, {}};
    if (time > calendar.close(count - 1))
      return {&*minute_, false, -1, {count - 1, calendar.minute_count(count - 1) - 1}};
    const int session = calendar.minute_to_session(time);
    if (const auto m = calendar.find_minute(session, time)) {
      minute_->portal.set_minute(session, *m);
      return {&*minute_, true, session, {}};
    }
    int after = 0;  // minutes of the session before `time`: in a break, or at part of a minute
    const int minutes = calendar.minute_count(session);
    for (int step = minutes; step > 0; step /= 2)
      while (after + step <= minutes && calendar.minute(session, after + step - 1) < time) after += step;
    if (after > 0) return {&*minute_, false, session, {session, after - 1}};
    if (session == 0) return {&*minute_, false, 0, {}};
    return {&*minute_, false, session, {session - 1, calendar.minute_count(session - 1) - 1}};
  }
  /// Put the cursor on the last minute before a moment between minutes. False when there is none.
  static bool move_before(const Place& place) {
    if (place.before.session < 0) return false;
    place.of->portal.set_minute(place.before.session, place.before.minute);
    return true;
  }

  data::HistoryWindow mixed_history(Frequency& of, const std::vector<nb::object>& wanted, int field, int bar_count,
                                    data::BarPeriod period) {
    const bool minute = period == data::BarPeriod::of_minutes(1);
    if (!minute && period != data::BarPeriod::day())
      throw Error(ErrorCode::NotYetSupported, "history of a continuous future is in bars of \"1d\" or \"1m\"",
                  "ask for the contracts of its chain");
    const auto frequency = minute ? DataFrequency::Minute : DataFrequency::Daily;
    data::HistoryWindow all;
    for (const nb::object& object : wanted) {
      data::HistoryWindow one;
      if (const assets::ContinuousFuture* future = as_continuous_future(object)) {
        one = field < 0 ? of.futures.contract_sids(*future, bar_count, frequency)
                        : of.futures.history(*future, static_cast<BarField>(field), bar_count, frequency);
      } else {
        const AssetIndex index[] = {index_of(object)};
        one = of.portal.history(index, static_cast<BarField>(field), bar_count, frequency);
      }
      all.values.insert(all.values.end(), one.values.begin(), one.values.end());
      all.rows = one.rows;
      all.labels = std::move(one.labels);
    }
    return all;
  }

  std::shared_ptr<AssetTable> assets_;
  data::Bundle bundle_;
  std::optional<Frequency> daily_, minute_;
};

/// The rows of a series whose time passes a test.
template <class Keep>
data::BarSeries rows_where(const data::BarSeries& given, const Keep& keep) {
  data::BarSeries kept;
  kept.price_scale = given.price_scale;
  kept.volume_scale = given.volume_scale;
  for (std::size_t i = 0; i < given.times.size(); ++i) {
    if (!keep(given.times[i])) continue;
    kept.times.push_back(given.times[i]);
    for (int f = 0; f < data::kFieldCount; ++f) kept.columns[f].push_back(given.columns[f][i]);
  }
  return kept;
}

/// Minutes of the sessions of a store that need not be all of the calendar's.
class StoreMinutes final : public data::MinuteLabels {
 public:
  /// @param all  labels of the whole calendar
  /// @param sessions  the store's, by their place in the calendar
  StoreMinutes(const data::SessionMinutes& all, const std::vector<int>& sessions) : all_(all), sessions_(sessions) {}
  [[nodiscard]] int session_of(Timestamp minute) const override {
    const auto found = std::ranges::lower_bound(sessions_, all_.session_of(minute));
    return found != sessions_.end() && *found == all_.session_of(minute) ? static_cast<int>(found - sessions_.begin())
                                                                         : -1;
  }
  [[nodiscard]] int minute_count(int session) const override { return all_.minute_count(place(session)); }
  [[nodiscard]] int minute_index(int session, Timestamp minute) const override {
    return all_.minute_index(place(session), minute);
  }

 private:
  [[nodiscard]] int place(int session) const { return sessions_[static_cast<std::size_t>(session)]; }
  const data::SessionMinutes& all_;
  const std::vector<int>& sessions_;
};

using SeriesBySid = std::map<std::int64_t, data::BarSeries>;

/// Series of {sid: BarSeries}, without the rows of which the calendar knows nothing.
template <class Keep>
SeriesBySid series_of(nb::dict given, const Keep& keep) {
  SeriesBySid found;
  for (const auto [sid, series] : given)
    found.emplace(nb::cast<std::int64_t>(sid), rows_where(nb::cast<const PyBarSeries&>(series).series, keep));
  return found;
}

/// A bundle in memory: bars of the assets of a finder on the sessions of a calendar, from `first_day` or the first bar
/// to the last bar or `last_day`. `days`: the sessions that the bars' own calendars have; none = all of them.
PyBundle bundle_of_bars(const PyFinder& finder, const std::string& calendar_name, std::optional<int> first_day,
                        std::optional<int> last_day, const std::optional<std::vector<int>>& days, nb::dict daily_bars,
                        nb::dict minute_bars) {
  data::Bundle bundle;
  bundle.calendar = utils::get_calendar(calendar_name);
  const utils::TradingCalendar& calendar = *bundle.calendar;
  const data::SessionMinutes all(bundle.calendar, 0, calendar.session_count());
  const auto is_seen = [&](Date day) { return !days || std::ranges::binary_search(*days, day.days); };
  const SeriesBySid daily = series_of(daily_bars, [&](std::int64_t number) {
    const Date day{static_cast<std::int32_t>(number)};
    return calendar.is_session(day) && is_seen(day);
  });
  const SeriesBySid minute = series_of(minute_bars, [&](std::int64_t ns) {
    const int session = all.session_of({ns});
    return session >= 0 && is_seen(calendar.session(session)) && all.minute_index(session, {ns}) >= 0;
  });
  int first = calendar.session_count(), last = -1;
  const auto cover = [&](int session) {
    first = std::min(first, session);
    last = std::max(last, session);
  };
  if (first_day)
    if (const int session = calendar.session_at_or_after(Date{*first_day}); session < calendar.session_count())
      cover(session);
  if (last_day)
    if (const int session = calendar.session_at_or_before(Date{*last_day}); session >= 0) cover(session);
  for (const auto& [sid, series] : daily) {
    if (series.times.empty()) continue;
    for (const std::int64_t day : {series.times.front(), series.times.back()})
      cover(*calendar.find_session(Date{static_cast<std::int32_t>(day)}));
  }
  for (const auto& [sid, series] : minute) {
    if (series.times.empty()) continue;
    for (const std::int64_t ns : {series.times.front(), series.times.back()}) cover(all.session_of({ns}));
  }
  std::vector<int> places;
  std::vector<Date> sessions;
  for (int s = first; s <= last; ++s) {
    if (!is_seen(calendar.session(s))) continue;
    places.push_back(s);
    sessions.push_back(calendar.session(s));
  }

  bundle.finder = {finder.table, &finder.table->finder()};
  data::BarStoreBuilder builder(sessions);
  const StoreMinutes labels(all, places);
  const data::BarSeries nothing;
  for (const assets::Asset& asset : bundle.finder->assets()) {
    const auto of = [&](const SeriesBySid& series) -> const data::BarSeries& {
      const auto found = series.find(asset.sid.value);
      return found == series.end() ? nothing : found->second;
    };
    builder.add_daily(of(daily));
    builder.add_minutes(of(minute), labels);
    bundle.info.daily_rows += static_cast<std::int64_t>(of(daily).times.size());
    bundle.info.minute_rows += static_cast<std::int64_t>(of(minute).times.size());
  }
  bundle.bars = std::move(builder).build();
  bundle.adjustments = std::make_shared<const data::Adjustments>();
  bundle.info.name = "readers";
  bundle.info.source = "bar readers";
  bundle.info.calendar_name = calendar.name();
  bundle.info.assets = static_cast<std::int64_t>(bundle.finder->assets().size());
  if (!sessions.empty()) {
    bundle.info.first_session = sessions.front();
    bundle.info.last_session = sessions.back();
  }
  return {std::move(bundle), finder.table};
}

/// The bundle with other corporate actions, which name assets by sid. @throws Error{SidsNotFound}
PyBundle with_actions(const PyBundle& given, nb::dict actions) {
  PyBundle other = given;
  other.bundle.adjustments = std::make_shared<const data::Adjustments>(
      adjustments_of(actions, [&](std::int64_t sid) { return given.bundle.finder->retrieve(Sid{sid}); }));
  other.bundle.info.splits = static_cast<std::int64_t>(other.bundle.adjustments->splits.size());
  other.bundle.info.dividends = static_cast<std::int64_t>(other.bundle.adjustments->cash_dividends.size());
  return other;
}

}  // namespace

void bind_prices(nb::module_& m) {
  nb::class_<PyPrices>(m, "Prices", "Point-in-time values of a bundle at any time.")
      .def(nb::init<const PyBundle&, bool, bool, std::optional<int>>(), nb::arg("bundle"), nb::arg("zipline"),
           nb::arg("thousandths"), nb::arg("first_day").none() = nb::none())
      .def("spot", &PyPrices::spot)
      .def("last_traded", &PyPrices::last_traded)
      .def("ratio", &PyPrices::ratio)
      .def("history", &PyPrices::history)
      .def("rate_to", &PyPrices::rate_to)
      .def("contract", &PyPrices::contract)
      .def("chain", &PyPrices::chain)
      .def("splits", &PyPrices::splits)
      .def("stock_dividends", &PyPrices::stock_dividends);
  m.def("bundle_of_bars", &bundle_of_bars, nb::arg("finder"), nb::arg("calendar"), nb::arg("first_day").none(),
        nb::arg("last_day").none(), nb::arg("days").none(), nb::arg("daily"), nb::arg("minute"));
  m.def("with_actions", &with_actions, nb::arg("bundle"), nb::arg("actions"));
}

}  // namespace rustybt::python
