// Transactions, orders and positions of a result as Zipline's packets have them: a list of dicts for each session, or
// for each minute.

#include <algorithm>

#include "arrays.hpp"
#include "result.hpp"

namespace rustybt::python {
namespace {

using finance::OrderRow;
using finance::PositionRow;
using finance::TransactionRow;

/// The pandas Timestamp of each of some times, each made once.
class Timestamps {
 public:
  explicit Timestamps(std::vector<std::int64_t> times) : times_(std::move(times)) {
    std::ranges::sort(times_);
    times_.erase(std::unique(times_.begin(), times_.end()), times_.end());
    if (times_.empty()) return;
    const nb::object days = array(times_).attr("view")("M8[ns]");
    objects_ = nb::module_::import_("pandas").attr("DatetimeIndex")(days).attr("tz_localize")("UTC").attr("tolist")();
  }
  nb::handle operator[](std::int64_t ns) const {
    const auto place = std::ranges::lower_bound(times_, ns) - times_.begin();
    return PyList_GET_ITEM(objects_.ptr(), place);
  }

 private:
  std::vector<std::int64_t> times_;
  nb::object objects_;
};

/// No search for garbage while it lives: rows hold no cycles, and looking through them again and again takes half of
/// the time of making them.
class WithoutCollector {
 public:
  WithoutCollector() : was_enabled_(PyGC_Disable() != 0) {}
  ~WithoutCollector() {
    if (was_enabled_) PyGC_Enable();
  }
  WithoutCollector(const WithoutCollector&) = delete;
  WithoutCollector& operator=(const WithoutCollector&) = delete;

 private:
  bool was_enabled_;
};

/// A key of a row, as a parameter of a template.
template <std::size_t size>
struct Name {
  constexpr Name(const char (&given)[size]) { std::copy_n(given, size, text); }  // NOLINT: a literal is meant as one
  char text[size];
};

/// Rows of one result as dicts.
class Rows {
 public:
  Rows(const PyResult& result, std::span<const TransactionRow> transactions, std::span<const OrderRow> orders)
      : result_(*result.result),
        assets_(*result.assets),
        as_decided_(result_.policies.decision_arithmetic == finance::DecisionArithmetic::IeeeDouble),
        statuses_(nb::module_::import_("rustybt.finance.order").attr("_STATUSES")),
        times_(times_of(transactions, orders)) {}

  nb::dict operator()(const TransactionRow& t) {
    nb::dict row = copy_of(transaction_);
    put<"amount">(row, amount(t.asset, t.amount));
    put<"dt">(row, times_[t.dt_ns]);
    put<"price">(row, nb::float_(result_.context->price_to_double(t.asset, t.price)));
    if (t.order.value != 0) put<"order_id">(row, id(t.order));
    put<"sid">(row, assets_.object(t.asset));
    return row;
  }
  nb::dict operator()(const OrderRow& of) {
    const finance::Order& o = of.order;
    nb::dict row = copy_of(order_);
    if (o.id.value != 0) put<"id">(row, id(o.id));
    put<"dt">(row, times_[o.dt_ns]);
    put<"created">(row, times_[o.created_ns]);
    put<"amount">(row, amount(o.asset, o.amount));
    put<"filled">(row, amount(o.asset, o.filled));
    put<"commission">(row, nb::float_(result_.context->money().to_double(o.commission)));
    if (o.stop != finance::kNoPrice) put<"stop">(row, price(o.asset, o.stop, o.decision_stop));
    if (o.limit != finance::kNoPrice) put<"limit">(row, price(o.asset, o.limit, o.decision_limit));
    if (o.stop_reached) put<"stop_reached">(row, nb::handle(Py_True));
    if (o.limit_reached) put<"limit_reached">(row, nb::handle(Py_True));
    put<"sid">(row, assets_.object(o.asset));
    put<"status">(row, statuses_[finance::zipline_status(o.status)]);
    return row;
  }
  nb::dict operator()(const PositionRow& p) {
    const Holding& held = holding(p);
    nb::dict row = copy_of(position_);
    put<"sid">(row, assets_.object(p.asset));
    put<"amount">(row, held.amount_object);
    put<"cost_basis">(row, held.cost_basis);
    put<"last_sale_price">(row, nb::float_(result_.context->price_to_double(p.asset, p.last_sale_price)));
    return row;
  }

 private:
  static std::vector<std::int64_t> times_of(std::span<const TransactionRow> transactions,
                                            std::span<const OrderRow> orders) {
    std::vector<std::int64_t> times;
    times.reserve(transactions.size() + 2 * orders.size());
    for (const TransactionRow& t : transactions) times.push_back(t.dt_ns);
    for (const OrderRow& o : orders) times.insert(times.end(), {o.order.dt_ns, o.order.created_ns});
    return times;
  }
  /// A row without values, but for those that most rows have. Copied, it need not grow.
  template <Name... names>
  static nb::dict template_of() {
    nb::dict row;
    (put<names>(row, nb::none()), ...);
    return row;
  }
  static nb::dict order_template() {
    nb::dict row = template_of<"id", "dt", "reason", "created", "amount", "filled", "commission", "stop", "limit",
                               "stop_reached", "limit_reached", "sid", "status">();
    put<"stop_reached">(row, nb::handle(Py_False));
    put<"limit_reached">(row, nb::handle(Py_False));
    return row;
  }
  static nb::dict copy_of(const nb::dict& row) {
    const nb::dict copy = nb::steal<nb::dict>(PyDict_Copy(row.ptr()));
    if (!copy.is_valid()) throw nb::python_error();
    return copy;
  }
  template <Name name>
  static void put(nb::dict& row, nb::handle value) {
    static PyObject* const key = PyUnicode_InternFromString(name.text);
    if (PyDict_SetItem(row.ptr(), key, value.ptr()) != 0) throw nb::python_error();
  }
  [[nodiscard]] nb::object amount(AssetIndex asset, std::int64_t units) const {
    return amount_object(result_.context->amount_to_double(asset, units),
                         (*result_.context)[asset].quantity_digits == 0);
  }
  /// Text of an order's number, the same object in all rows of the order.
  nb::object id(OrderId order) {
    const auto place = static_cast<std::size_t>(order.value);
    if (ids_.size() <= place) ids_.resize(place + 1);
    if (!ids_[place].is_valid()) ids_[place] = order_id_object(order);
    return ids_[place];
  }
  /// Limit or stop; under Zipline's arithmetic as its double.
  [[nodiscard]] nb::object price(AssetIndex asset, std::int64_t exact, double decided) const {
    return nb::float_(as_decided_ && decided == decided ? decided : result_.context->price_to_double(asset, exact));
  }

  /// What a position has in common with that of the session before, mostly.
  struct Holding {
    std::int64_t amount = 0;
    Money cost;
    nb::object amount_object, cost_basis;
  };
  const Holding& holding(const PositionRow& p) {
    const auto place = static_cast<std::size_t>(p.asset.value);
    if (holdings_.size() <= place) holdings_.resize(place + 1);
    Holding& held = holdings_[place];
    if (!held.cost_basis.is_valid() || held.amount != p.amount || held.cost != p.cost) {
      const double basis = p.amount == 0 ? 0.0 : result_.context->price_of_total(p.asset, p.cost, p.amount).to_double();
      held = {p.amount, p.cost, amount(p.asset, p.amount), nb::float_(basis)};
    }
    return held;
  }

  const algorithm::RunResult& result_;
  AssetTable& assets_;
  std::vector<Holding> holdings_;  ///< by asset
  std::vector<nb::object> ids_;    ///< by order
  bool as_decided_;
  nb::object statuses_;
  Timestamps times_;
  const nb::dict transaction_ = template_of<"amount", "dt", "price", "order_id", "sid", "commission">();
  const nb::dict order_ = order_template();
  const nb::dict position_ = template_of<"sid", "amount", "cost_basis", "last_sale_price">();
};

/// `count` lists with the dicts of rows; `place` is the list of a row, outside of them: left out.
template <class Row, class Place>
nb::list lists_of(std::size_t count, std::span<const Row> rows, Rows& as_dict, const Place& place) {
  nb::list lists = nb::steal<nb::list>(PyList_New(static_cast<Py_ssize_t>(count)));
  if (!lists.is_valid()) throw nb::python_error();
  for (std::size_t i = 0; i < count; ++i)
    PyList_SET_ITEM(lists.ptr(), static_cast<Py_ssize_t>(i), nb::list().release().ptr());
  for (const Row& row : rows)
    if (const auto at = static_cast<std::size_t>(place(row)); at < count)
      nb::borrow<nb::list>(PyList_GET_ITEM(lists.ptr(), static_cast<Py_ssize_t>(at))).append(as_dict(row));
  return lists;
}

}  // namespace

nb::dict daily_lists(const PyResult& self) {
  const finance::ResultTables& tables = self.result->tables;
  const WithoutCollector paused;
  Rows as_dict(self, tables.transactions.rows(), tables.orders.rows());
  const auto session = [](const auto& row) { return row.session; };  // one of a failed session has no list
  const std::size_t count = tables.performance.size();
  nb::dict lists;
  lists["transactions"] = lists_of(count, tables.transactions.rows(), as_dict, session);
  lists["orders"] = lists_of(count, tables.orders.rows(), as_dict, session);
  lists["positions"] = lists_of(count, tables.positions.rows(), as_dict, session);
  return lists;
}

nb::dict minute_lists(const PyResult& self) {
  const finance::ResultTables& tables = self.result->tables;
  const WithoutCollector paused;
  Rows as_dict(self, tables.transactions.rows(), tables.minute_orders.rows());
  const auto minutes = tables.minute_performance.rows();
  const auto minute_of = [&](std::int64_t ns, OrderId order) -> std::ptrdiff_t {
    const auto found = std::ranges::lower_bound(minutes, ns, {}, &finance::MinutePerformanceRow::period_close_ns);
    return order.value == 0 || found == minutes.end() || found->period_close_ns != ns ? -1 : found - minutes.begin();
  };
  nb::dict lists;
  lists["transactions"] = lists_of(minutes.size(), tables.transactions.rows(), as_dict,
                                   [&](const TransactionRow& t) { return minute_of(t.dt_ns, t.order); });
  lists["orders"] = lists_of(minutes.size(), tables.minute_orders.rows(), as_dict,
                             [&](const OrderRow& o) { return minute_of(o.order.dt_ns, o.order.id); });
  return lists;
}

}  // namespace rustybt::python
