#pragma once
// What the files of the module share: Python's view of assets and of a run, and the fast doors for hot calls.
//
// A call that strategies make on every bar is a plain CPython method (add_method): positional arguments arrive as an
// array, no argument is boxed twice. Everything else is an ordinary nanobind definition.

#include <nanobind/nanobind.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "rustybt/algorithm/algorithm.hpp"
#include "rustybt/assets/continuous_futures.hpp"
#include "rustybt/core/error.hpp"
#include "rustybt/core/log.hpp"

namespace rustybt::python {

namespace nb = nanobind;

// --- errors
// -----------------------------------------------------------------------------------------------------------

/// Set Python's error from a core error: the class of the same name in rustybt.errors.
void set_python_error(const Error& error);

/// Run a body of a CPython function: C++ exceptions become Python's.
template <class Body>
PyObject* guarded(Body&& body) noexcept {
  try {
    return body();
  } catch (nb::python_error& e) {
    e.restore();
  } catch (const Error& e) {
    set_python_error(e);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_RuntimeError, e.what());
  }
  return nullptr;
}

/// Give a class a CPython method. `doc` begins with the signature: "name($self, a, b)\n--\n\nText".
void add_method(nb::handle type, const char* name, _PyCFunctionFastWithKeywords function, const char* doc);

/// Positional and keyword arguments of a fast call, put in the order of `names`. Absent ones are null.
/// @throws nb::python_error (TypeError) for too many, missing, repeated or unknown arguments
void parse_arguments(const char* function, PyObject* const* args, Py_ssize_t count, PyObject* keywords,
                     std::span<PyObject* const> names, std::size_t required, std::span<PyObject*> out);

/// Messages of the library to a function sink(level of Python's logging, text); none = dropped.
[[nodiscard]] Log log_to(nb::object sink);

// --- assets
// -----------------------------------------------------------------------------------------------------------

/// An asset as Python holds it: its row in the finder it came from.
struct PyAsset {
  std::shared_ptr<const assets::AssetFinder> finder;
  AssetIndex index;
  [[nodiscard]] const assets::Asset& value() const { return (*finder)[index]; }
};
struct PyEquity : PyAsset {};
struct PyFuture : PyAsset {};
struct PyCryptocurrency : PyAsset {};
struct PyFxPair : PyAsset {};
/// A continuous future: no asset of the finder, compared by its sid like one.
struct PyContinuousFuture {
  assets::ContinuousFuture value;
};

/// The asset behind a Python object, null when it is none.
[[nodiscard]] const PyAsset* as_asset(PyObject* object);

/// One Python object per asset of a finder, made on first use.
class AssetTable {
 public:
  explicit AssetTable(std::shared_ptr<const assets::AssetFinder> finder);
  [[nodiscard]] nb::handle object(AssetIndex index);
  [[nodiscard]] const assets::AssetFinder& finder() const { return *finder_; }
  /// Row of an asset in this table; of an asset of another table by its sid. @throws Error{SidsNotFound}
  [[nodiscard]] AssetIndex index_of(const PyAsset& asset) const {
    if (asset.finder.get() == finder_.get()) [[likely]]
      return asset.index;
    return finder_->retrieve(asset.value().sid);
  }

 private:
  std::shared_ptr<const assets::AssetFinder> finder_;
  std::vector<nb::object> objects_;
};

/// A finder as Python holds it.
struct PyFinder {
  std::shared_ptr<AssetTable> table;
};
/// rustybt.assets.AssetFinder over a table.
[[nodiscard]] nb::object make_finder(std::shared_ptr<AssetTable> table);

/// Day of a date, a timestamp or text; none of None. @throws Error{InvalidDate}
[[nodiscard]] std::optional<Date> day_of(nb::handle value);
/// Naive pandas.Timestamp of a day, None without one.
[[nodiscard]] nb::object day_object(std::optional<Date> day);

// --- a run
// ------------------------------------------------------------------------------------------------------------

/// State that context, data, portfolio and positions of one run share; empty before and after it.
struct RunState {
  algorithm::TradingAlgorithm* core = nullptr;
  algorithm::BarData* data = nullptr;
  std::shared_ptr<AssetTable> assets;
  bool zipline = false;                                              ///< preset
  nb::object context, bar_data, portfolio, account, positions_view;  ///< made on first use, dropped after the run
  std::vector<nb::object> positions;                                 ///< Position objects by asset
  std::shared_ptr<std::vector<nb::object>> recorded = std::make_shared<std::vector<nb::object>>();
  std::vector<std::shared_ptr<void>> models;  ///< callbacks into models written in Python
  std::int64_t timestamp_ns = INT64_MIN;      ///< of `timestamp`
  nb::object timestamp;

  /// @throws Error{InvalidArgument} outside a run
  [[nodiscard]] algorithm::TradingAlgorithm& running() const;
  /// Row of a Python object that must be an asset. @throws Error{WrongType}
  [[nodiscard]] AssetIndex asset(PyObject* object, const char* argument) const;
  [[nodiscard]] nb::object position(AssetIndex asset, const std::shared_ptr<RunState>& self);
  /// pandas Timestamp of now, made once per moment.
  [[nodiscard]] nb::object now();
  void clear();
};

/// `context`: base of rustybt.algorithm.TradingAlgorithm.
struct PyAlgorithm {
  std::shared_ptr<RunState> state = std::make_shared<RunState>();
};
struct PyBarData {
  std::shared_ptr<RunState> state;
};

/// Make the Python objects of a run's state that its views need.
[[nodiscard]] nb::object make_bar_data(std::shared_ptr<RunState> state);
[[nodiscard]] nb::object make_portfolio(std::shared_ptr<RunState> state);
[[nodiscard]] nb::object make_account(std::shared_ptr<RunState> state);
[[nodiscard]] nb::object make_position(std::shared_ptr<RunState> state, AssetIndex asset);

// --- values
// -----------------------------------------------------------------------------------------------------------

[[nodiscard]] nb::object utc_timestamp(std::int64_t ns);    ///< pandas.Timestamp, UTC
[[nodiscard]] nb::object naive_timestamp(std::int64_t ns);  ///< pandas.Timestamp without zone (session labels)
[[nodiscard]] nb::object decimal_object(const Decimal& value);
/// decimal.Decimal, int, str, or a float by its shortest text. @throws Error{WrongType}, Error{InvalidNumber}
[[nodiscard]] Decimal to_decimal(nb::handle value);
/// An amount: int for whole units, float else.
[[nodiscard]] nb::object amount_object(double amount, bool whole);
/// What a strategy recorded; `objects` are those of its run.
[[nodiscard]] nb::object recorded_object(const std::vector<nb::object>& objects, const finance::RecordedValue& value);
/// Text of an order's number, as Zipline's ids look: 32 hexadecimal digits.
[[nodiscard]] nb::object order_id_object(OrderId id);
/// Fields of an order as Zipline names them.
[[nodiscard]] nb::dict order_fields(RunState& state, const finance::Order& order);

/// Python's model objects as the core's: built-in classes by their parameters, a user's class as a callback
/// that the state keeps.
[[nodiscard]] finance::SlippageModel to_slippage(const std::shared_ptr<RunState>& state, nb::handle model);
[[nodiscard]] finance::CommissionModel to_commission(const std::shared_ptr<RunState>& state, nb::handle model);

/// Python's control and restriction objects as the core's: built-in classes by their limits, a user's class as a
/// callback.
void register_trading_control(RunState& state, nb::handle control);
void register_account_control(RunState& state, nb::handle control);
void add_restrictions(RunState& state, nb::handle restrictions);

// --- definitions, one function per file
// -------------------------------------------------------------------------------
void bind_errors(nb::module_& m);
void bind_assets(nb::module_& m);
void bind_asset_finder(nb::module_& m);
void bind_bar_data(nb::module_& m);
void bind_algorithm(nb::module_& m);
void bind_portfolio(nb::module_& m);
void bind_finance(nb::module_& m);
void bind_bar_frames(nb::module_& m);
void bind_bundles(nb::module_& m);
void bind_adapters(nb::module_& m);
void bind_migration(nb::module_& m);
void bind_resample(nb::module_& m);
void bind_fx(nb::module_& m);
void bind_bar_reader(nb::module_& m);
void bind_calendars(nb::module_& m);
void bind_result(nb::module_& m);
void bind_run(nb::module_& m);
void bind_run_files(nb::module_& m);
void bind_cli(nb::module_& m);
void bind_validation(nb::module_& m);

}  // namespace rustybt::python
