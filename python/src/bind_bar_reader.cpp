// Bar readers and a data portal outside of a run (rustybt.data.bar_reader, rustybt.data.data_portal).

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bundles.hpp"
#include "rustybt/data/bar_reader.hpp"

namespace rustybt::python {
namespace {

using data::BarField;
using data::DataFrequency;
using data::DataPortal;
using data::Field;

struct PyBarReader {
  std::shared_ptr<const data::BarReader> reader;
};

Field field_named(const std::string& name) {
  static constexpr const char* kNames[] = {"open", "high", "low", "close", "volume"};
  for (int f = 0; f < data::kFieldCount; ++f)
    if (name == kNames[f]) return static_cast<Field>(f);
  throw Error(ErrorCode::UnknownField, "no bar field named '" + name + "'",
              "fields of a reader are open, high, low, close and volume");
}

std::vector<Sid> sids_of(const std::vector<std::int64_t>& values) {
  std::vector<Sid> sids;
  for (const std::int64_t v : values) sids.push_back(Sid{v});
  return sids;
}

nb::list load_raw_arrays(const PyBarReader& self, const std::vector<std::string>& fields, std::int64_t first,
                         std::int64_t last, const std::vector<std::int64_t>& sids) {
  std::vector<Field> wanted;
  for (const std::string& name : fields) wanted.push_back(field_named(name));
  data::RawArrays arrays = self.reader->load_raw_arrays(wanted, {first}, {last}, sids_of(sids));
  nb::list out;
  for (std::vector<double>& values : arrays.fields) {
    auto owned = std::make_unique<std::vector<double>>(std::move(values));
    std::vector<double>& v = *owned;
    const nb::capsule keeper(owned.release(), [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
    out.append(nb::ndarray<nb::numpy, double, nb::ndim<2>>(v.data(), {arrays.rows, arrays.columns}, keeper));
  }
  return out;
}

/// The portals of a bundle: any time may be asked for, in any order.
class PyPrices {
 public:
  PyPrices(const PyBundle& bundle, bool zipline) : assets_(bundle.assets), bundle_(bundle.bundle) {
    data::DataPortalOptions options;
    if (zipline) {
      options.price_source = data::PriceSource::Thousandths;
      options.history_rounding = data::HistoryRounding::ThreeDecimals;
    }
    options.zipline_session_gaps = zipline;
    const auto open = [&](std::optional<DataPortal>& portal, DataFrequency frequency) {
      options.frequency = frequency;
      portal.emplace(bundle_.bars, bundle_.finder, bundle_.adjustments, bundle_.calendar, options);
      portal->set_fx_rates(bundle_.fx_rates, bundle_.fx_rates->default_name());
    };
    open(daily_, DataFrequency::Daily);
    if (bundle_.bars->has_minutes()) open(minute_, DataFrequency::Minute);
  }

  double spot(const PyAsset& asset, int field, std::int64_t ns, bool minute) {
    return at(ns, minute).current(assets_->index_of(asset), static_cast<BarField>(field));
  }
  std::optional<std::int64_t> last_traded(const PyAsset& asset, std::int64_t ns, bool minute) {
    const auto time = at(ns, minute).last_traded(assets_->index_of(asset));
    return time ? std::optional(time->ns) : std::nullopt;
  }
  double ratio(const PyAsset& asset, bool volume, std::int64_t from, std::int64_t to) {
    return daily_->adjustment_ratio(assets_->index_of(asset), volume ? BarField::Volume : BarField::Close, {from},
                                    {to});
  }
  nb::tuple history(const std::vector<nb::object>& wanted, int field, std::int64_t end_ns, bool minute, int bar_count,
                    const std::string& period, const std::string& currency) {
    std::vector<AssetIndex> assets;
    for (const nb::object& a : wanted) {
      const PyAsset* asset = as_asset(a.ptr());
      if (asset == nullptr) throw Error(ErrorCode::WrongType, "expected an asset");
      assets.push_back(assets_->index_of(*asset));
    }
    auto window = std::make_unique<data::HistoryWindow>(
        at(end_ns, minute)
            .history(assets, static_cast<BarField>(field), bar_count, data::BarPeriod::parse(period), currency));
    data::HistoryWindow& w = *window;
    const nb::capsule keeper(window.release(), [](void* p) noexcept { delete static_cast<data::HistoryWindow*>(p); });
    return nb::make_tuple(
        nb::ndarray<nb::numpy, std::int64_t, nb::ndim<1>>(&w.labels.front().ns, {w.labels.size()}, keeper),
        nb::ndarray<nb::numpy, double, nb::ndim<2>>(w.values.data(), {assets.size(), static_cast<std::size_t>(w.rows)},
                                                    keeper));
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
  /// The portal with its cursor at a session's label, or at a minute. @throws Error{NoDataOnDate}
  DataPortal& at(std::int64_t ns, bool minute) {
    const utils::TradingCalendar& calendar = *bundle_.calendar;
    const Timestamp time{ns};
    if (!minute) {
      const auto session = calendar.find_session(time.date());
      if (!session)
        throw Error(ErrorCode::NoDataOnDate, time.date().to_string() + " is no session of " + calendar.name());
      daily_->set_session(*session);
      return *daily_;
    }
    if (!minute_) throw Error(ErrorCode::EmptyData, "bundle " + bundle_.info.name + " has no minute bars");
    const int count = calendar.session_count();
    if (count > 0 && time > calendar.open(0) && time <= calendar.close(count - 1)) {
      const int session = calendar.minute_to_session(time);
      if (const auto m = calendar.find_minute(session, time)) {
        minute_->set_minute(session, *m);
        return *minute_;
      }
    }
    throw Error(ErrorCode::NoDataOnDate, time.to_string() + " is no trading minute of " + calendar.name());
  }

  std::shared_ptr<AssetTable> assets_;
  data::Bundle bundle_;
  std::optional<DataPortal> daily_, minute_;
};

}  // namespace

void bind_bar_reader(nb::module_& m) {
  nb::class_<PyBarReader>(m, "BarReader", "Bars of a bundle by sid and time.")
      .def("load_raw_arrays", &load_raw_arrays)
      .def("get_value",
           [](const PyBarReader& r, std::int64_t sid, std::int64_t ns, const std::string& field) {
             return r.reader->get_value(Sid{sid}, {ns}, field_named(field));
           })
      .def("last_traded",
           [](const PyBarReader& r, std::int64_t sid, std::int64_t ns) {
             const auto time = r.reader->last_traded(Sid{sid}, {ns});
             return time ? std::optional(time->ns) : std::nullopt;
           })
      .def_prop_ro("calendar_name", [](const PyBarReader& r) { return r.reader->trading_calendar()->name(); })
      .def_prop_ro("sessions",
                   [](const PyBarReader& r) {
                     std::vector<int> days;
                     for (const Date d : r.reader->sessions()) days.push_back(d.days);
                     return days;
                   })
      .def_prop_ro("first_trading_day", [](const PyBarReader& r) { return r.reader->first_trading_day().days; })
      .def_prop_ro("last_available_ns", [](const PyBarReader& r) { return r.reader->last_available().ns; });
  m.def("bundle_bar_reader", [](const PyBundle& b, bool minute) {
    return PyBarReader{minute ? data::make_minute_reader(b.bundle) : data::make_daily_reader(b.bundle)};
  });
  m.def("dispatch_bar_reader", [](const PyBundle& b, const std::vector<std::pair<std::string, PyBarReader>>& readers) {
    data::AssetDispatchBarReader::Readers by_type;
    for (const auto& [type, reader] : readers) by_type[assets::parse_asset_type(type)] = reader.reader;
    return PyBarReader{std::make_shared<data::AssetDispatchBarReader>(b.bundle.finder, std::move(by_type))};
  });
  nb::class_<PyPrices>(m, "Prices", "Point-in-time values of a bundle at any time.")
      .def(nb::init<const PyBundle&, bool>(), nb::arg("bundle"), nb::arg("zipline"))
      .def("spot", &PyPrices::spot)
      .def("last_traded", &PyPrices::last_traded)
      .def("ratio", &PyPrices::ratio)
      .def("history", &PyPrices::history)
      .def("splits", &PyPrices::splits)
      .def("stock_dividends", &PyPrices::stock_dividends);
}

}  // namespace rustybt::python
