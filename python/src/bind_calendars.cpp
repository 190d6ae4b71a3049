// Trading calendars: sorted arrays of sessions, opens and closes; pandas objects are made from them in Python.

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "objects.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::python {
namespace {

struct PyCalendar {
  utils::CalendarPtr calendar;
};

/// One value per session, as nanoseconds.
template <class Value>
nb::object by_session(const PyCalendar& c, Value&& value) {
  std::vector<std::int64_t> values;
  for (int i = 0; i < c.calendar->session_count(); ++i) values.push_back(value(*c.calendar, i));
  return array(std::move(values));
}

}  // namespace

void bind_calendars(nb::module_& m) {
  using utils::TradingCalendar;
  nb::class_<PyCalendar>(m, "Calendar", "Sessions of a market with their opens and closes.")
      .def_prop_ro("name", [](const PyCalendar& c) { return c.calendar->name(); })
      .def_prop_ro("tz", [](const PyCalendar& c) { return c.calendar->time_zone(); })
      .def("_sessions",
           [](const PyCalendar& c) {
             return by_session(c,
                               [](const TradingCalendar& k, int i) { return Timestamp::from_date(k.session(i)).ns; });
           })
      .def("_opens",
           [](const PyCalendar& c) {
             return by_session(c, [](const TradingCalendar& k, int i) { return k.open(i).ns; });
           })
      .def("_closes",
           [](const PyCalendar& c) {
             return by_session(c, [](const TradingCalendar& k, int i) { return k.close(i).ns; });
           })
      .def("_stretches",
           [](const PyCalendar& c) {
             // one a session, two where there is a lunch break
             const TradingCalendar& k = *c.calendar;
             std::vector<std::int64_t> starts, ends;
             for (int i = 0; i < k.session_count(); ++i) {
               starts.push_back(k.open(i).ns);
               if (const auto pause = k.has_breaks() ? k.break_start(i) : std::nullopt) {
                 ends.push_back(pause->ns);
                 starts.push_back(k.break_end(i)->ns);
               }
               ends.push_back(k.close(i).ns);
             }
             return nb::make_tuple(array(std::move(starts)), array(std::move(ends)));
           })
      .def("_early_closes",
           [](const PyCalendar& c) {
             std::vector<std::int64_t> found;
             for (int i = 0; i < c.calendar->session_count(); ++i)
               if (c.calendar->is_early_close(i)) found.push_back(Timestamp::from_date(c.calendar->session(i)).ns);
             return array(std::move(found));
           })
      .def("_is_session", [](const PyCalendar& c, int days) { return c.calendar->is_session(Date{days}); })
      .def("_is_open_on_minute",
           [](const PyCalendar& c, std::int64_t ns) { return c.calendar->is_open_on_minute({ns}); })
      .def("_minute_to_session",
           [](const PyCalendar& c, std::int64_t ns, const std::string& direction) {
             using Direction = TradingCalendar::Direction;
             const Direction d = direction == "next"       ? Direction::Next
                                 : direction == "previous" ? Direction::Previous
                                                           : Direction::None;
             return Timestamp::from_date(c.calendar->session(c.calendar->minute_to_session({ns}, d))).ns;
           })
      .def("_next_open", [](const PyCalendar& c, std::int64_t ns) { return c.calendar->next_open({ns}).ns; })
      .def("_next_close", [](const PyCalendar& c, std::int64_t ns) { return c.calendar->next_close({ns}).ns; })
      .def("_previous_open", [](const PyCalendar& c, std::int64_t ns) { return c.calendar->previous_open({ns}).ns; })
      .def("_next_minute", [](const PyCalendar& c, std::int64_t ns) { return c.calendar->next_minute({ns}).ns; })
      .def("_previous_minute",
           [](const PyCalendar& c, std::int64_t ns) { return c.calendar->previous_minute({ns}).ns; })
      .def("_previous_close", [](const PyCalendar& c, std::int64_t ns) { return c.calendar->previous_close({ns}).ns; })
      .def("__repr__", [](const PyCalendar& c) { return "<TradingCalendar " + c.calendar->name() + ">"; });
  m.def("get_calendar", [](const std::string& name) { return PyCalendar{utils::get_calendar(name)}; }, nb::arg("name"));
  m.def("calendar_names", &utils::calendar_names);
}

}  // namespace rustybt::python
