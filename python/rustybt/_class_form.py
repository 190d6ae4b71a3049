"""The class form of a strategy: made with what Zipline's class takes, run by its own run().

    class Momentum(TradingAlgorithm):
        def initialize(self, days=20):
            self.days = days

        def handle_data(self, data):
            ...

    params = SimulationParameters(pd.Timestamp("2014-01-02"), pd.Timestamp("2014-12-31"), get_calendar("NYSE"))
    perf = Momentum(sim_params=params, data_portal=portal, days=10).run()
    result = run_algorithm(algorithm=Momentum(days=10), bundle="mine")      # the same without a portal

Methods may also be written with the context named (`handle_data(self, context, data)`): it is the strategy itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from rustybt._core import BarData
    from rustybt._types import Frequency
    from rustybt.assets import AssetFinder
    from rustybt.finance.cancel_policy import CancelPolicy
    from rustybt.finance.trading import SimulationParameters
    from rustybt.utils.calendar_utils import TradingCalendar

_METHODS = {"initialize": 0, "handle_data": 1, "before_trading_start": 1, "analyze": 1}


class ClassForm(_core.Algorithm):
    """Constructor, methods to override and run() of rustybt.algorithm.TradingAlgorithm."""

    sim_params: SimulationParameters
    data_portal: Any
    benchmark_sid: Any
    benchmark_returns: Any

    def __init__(
        self,
        sim_params: SimulationParameters | None = None,
        data_portal: Any = None,
        asset_finder: Any = None,
        namespace: Mapping[str, Any] | None = None,
        script: str | None = None,
        algo_filename: str | None = None,
        initialize: Callable[..., Any] | None = None,
        handle_data: Callable[..., Any] | None = None,
        before_trading_start: Callable[..., Any] | None = None,
        analyze: Callable[..., Any] | None = None,
        trading_calendar: TradingCalendar | None = None,
        metrics_set: Any = None,
        blotter: Any = None,
        blotter_class: Any = None,
        cancel_policy: CancelPolicy | None = None,
        benchmark_sid: Any = None,
        benchmark_returns: Any = None,
        platform: str = "zipline",
        capital_changes: Any = None,
        get_pipeline_loader: Any = None,
        create_event_context: Any = None,
        **initialize_kwargs: Any,
    ) -> None:
        """sim_params: period, capital and frequencies; data_portal: where prices come from; benchmark_sid or benchmark_returns: what
        to compare with. script: source text that defines the functions, run in `namespace`. Other keywords go to initialize().
        """
        super().__init__()
        # CPython 3.11 caches attribute look-ups of a class over a C type only with a dict that was set: three times as fast
        self.__dict__ = {"trading_controls": [], "account_controls": []}
        given = {
            "initialize": initialize,
            "handle_data": handle_data,
            "before_trading_start": before_trading_start,
            "analyze": analyze,
        }
        if script is not None:
            given = _functions_of_script(script, namespace, algo_filename, given)
        for name, function in given.items():
            setattr(self, "_" + name, function)
        self._arguments = initialize_kwargs
        if sim_params is None:
            return
        from rustybt.errors import NotYetSupported, ZeroCapitalError

        if sim_params.capital_base <= 0:
            raise ZeroCapitalError()
        if get_pipeline_loader is not None:
            raise NotYetSupported(f"TradingAlgorithm(get_pipeline_loader={get_pipeline_loader!r}) is not supported yet")
        self._create_event_context = create_event_context
        self.sim_params, self.data_portal = sim_params, data_portal
        self._finder = _finder_of(data_portal, asset_finder)
        self.trading_calendar: Any = _calendar_of(sim_params, trading_calendar)
        self.benchmark_sid, self.benchmark_returns = benchmark_sid, benchmark_returns
        self._metrics_set, self._platform = metrics_set, platform
        self._capital_changes_given = capital_changes
        self._blotter_given = blotter if blotter is not None else blotter_class and blotter_class(cancel_policy=cancel_policy)
        self._cancel_policy_given = cancel_policy
        self._lookup_date = None

    # --- what a strategy overrides ------------------------------------------------------------------------------------

    def initialize(self, *args: Any, **kwargs: Any) -> Any:
        """Called once before the first bar, with the keywords that the constructor did not know."""
        if self._initialize is not None:
            self._initialize(self, *args, **kwargs)

    def handle_data(self, data: BarData) -> None:
        """Called on every bar."""
        if self._handle_data is not None:
            self._handle_data(self, data)

    def before_trading_start(self, data: BarData) -> None:
        """Called before the first bar of each session."""
        if self._before_trading_start is not None:
            self._before_trading_start(self, data)

    def analyze(self, perf: pd.DataFrame) -> None:
        """Called after the last bar, with what run() returns."""
        if self._analyze is not None:
            self._analyze(self, perf)

    # --- running ------------------------------------------------------------------------------------------------------

    def run(self, data_portal: Any = None) -> Any:
        """Run over the portal's data; returns what run_algorithm returns (under the zipline alias the performance frame)."""
        from rustybt.utils.run_algo import run_class

        result, as_frame = run_class(self, data_portal)
        return result.perf if as_frame else result

    def get_generator(self) -> Iterator[dict[str, Any]]:
        """Zipline's packets of a run, one per session, minute (with minute emission) and capital change; the last one is the
        risk report. Everything is computed when the first packet is asked for."""
        from rustybt._packets import packets
        from rustybt.utils.run_algo import run_class

        yield from packets(run_class(self, None)[0], self.sim_params)

    def _functions(self):
        """What a run calls: initialize(context), the others (context, data or result); None = nothing to call."""
        return {name: self._function(name, arguments) for name, arguments in _METHODS.items()}

    def _function(self, name, arguments):
        own, given = getattr(type(self), name), getattr(self, "_" + name)
        if own is getattr(ClassForm, name):
            if name == "initialize" and given is not None and self._arguments:
                return lambda context: given(context, **self._arguments)
            return given
        names_context = _names_context(own, arguments)
        if name == "initialize":
            method = getattr(self, name)
            return lambda context: method(*(context,) * names_context, **self._arguments)
        return getattr(self, name) if names_context else own

    # --- outside of a run ---------------------------------------------------------------------------------------------

    @property
    def initialized(self) -> bool:
        """Has initialize() returned? What can only be set in initialize is refused then."""
        given = self.__dict__.get("_initialized_given")
        return given if given is not None else self._is_running and self._initialized

    @initialized.setter
    def initialized(self, value: Any) -> None:
        self.__dict__["_initialized_given"] = bool(value)

    @property
    def event_manager(self) -> Any:
        """What was scheduled before the run, after handle_data."""
        from rustybt.utils.events import Always, Event, EventManager

        manager = self.__dict__.get("_event_manager")
        if manager is None:
            manager = self._event_manager = EventManager()
            manager.add_event(Event(Always(), type(self).handle_data))
        return manager

    @property
    def blotter(self) -> Any:
        """The SimulationBlotter that was given, or one that shows the run's open orders."""
        from rustybt.finance.blotter import SimulationBlotter

        own = self.__dict__
        return own["_given_blotter"] if "_given_blotter" in own else SimulationBlotter._of_run(self)

    @blotter.setter
    def blotter(self, blotter: Any) -> None:
        self.__dict__["_given_blotter"] = blotter

    @property
    def data_frequency(self) -> Frequency:
        """ "daily" or "minute"."""
        return self.sim_params.data_frequency if "sim_params" in self.__dict__ else self._environment()["data_frequency"]

    @property
    def asset_finder(self) -> AssetFinder:
        """The assets of the run's bundle, before a run of the portal."""
        if self._is_running or "_finder" not in self.__dict__:
            return super().asset_finder
        return self._finder

    @property
    def recorded_vars(self) -> dict[str, Any]:
        """The last recorded values by name, also after the run."""
        return self._recorded() if self._is_running else dict(self.__dict__.get("_recorded_at_end", {}))

    def _look_up(self, kind, *arguments):
        """symbol(), sid() and future_symbol() when no run is on: the portal's finder is asked."""
        finder = self.asset_finder
        if kind == "sid":
            return finder.retrieve_asset(*arguments)
        if kind == "future_symbol":
            return finder.lookup_future_symbol(*arguments)
        symbol, country = arguments
        day = self._lookup_date if self._lookup_date is not None else self.sim_params.end_session
        return finder.lookup_symbol(symbol, as_of_date=day, country_code=country)

    def _run_ends(self):
        """The engine says that nothing more comes; books and records are there for the last time."""
        self._recorded_at_end, self._capital_changes_done = self._recorded(), self._done_capital_changes()

    def _set_given(self):
        """In initialize, before the strategy's own: what the constructor was given."""
        if "_event_manager" in self.__dict__:
            for event in self._event_manager._events[1:]:
                self.add_event(event.rule, event.callback)
        if self.benchmark_sid is not None:
            self.set_benchmark(self.sid(self.benchmark_sid))
        if self._cancel_policy_given is not None:
            self.set_cancel_policy(self._cancel_policy_given)

    def all_api_methods(self) -> list[Callable[..., Any]]:
        """The methods that are functions of rustybt.api, as bound methods."""
        from rustybt.algorithm import api_methods

        return [getattr(self, name) for name in api_methods]


def _names_context(function, arguments):
    """Is a method written as (self, context, ...)?"""
    import inspect

    parameters = list(inspect.signature(function).parameters.values())[1:]
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p for p in positional if p.default is p.empty]
    return len(required) > arguments and (arguments > 0 or required[0].name in ("context", "ctx"))


def _functions_of_script(script, namespace, filename, given):
    twice = {name for name, function in given.items() if function is not None}
    if twice:
        raise ValueError(f"TradingAlgorithm received a script and the following API methods as functions:\n{twice}")
    namespace = {} if namespace is None else namespace
    exec(compile(script, filename or "<string>", "exec"), namespace)
    return {name: namespace.get(name) for name in given}


def _finder_of(portal, finder):
    if portal is None:
        if finder is None:
            raise ValueError("Must pass either data_portal or asset_finder to TradingAlgorithm()")
        return finder
    if finder is not None and finder is not portal.asset_finder:
        raise ValueError("Inconsistent asset_finders in TradingAlgorithm()")
    return portal.asset_finder


def _calendar_of(sim_params, calendar):
    if calendar is not None and calendar.name != sim_params.trading_calendar.name:
        raise ValueError(
            f"Conflicting calendars: trading_calendar={calendar.name}, but "
            f"sim_params.trading_calendar={sim_params.trading_calendar.name}"
        )
    return sim_params.trading_calendar
