"""Golden folders with scenario files: each is a zipline strategy with SETTINGS and, optionally, several RUNS."""

import importlib.util
import logging
import sys
import traceback

from golden_compare import read_expected
from golden_input import read, write_bundle
from golden_tables import cell, minute_tables, tables


def run_scenarios(root, only, not_yet, work, comparison, verbose):
    names = sorted(f.stem for f in (root / "scenarios").glob("*.py") if f.stem != "golden_log")
    for name in [n for n in names if not (root / "expected" / n).exists()]:
        comparison.failed(name, f"{root / 'expected'} has no results of it")
        names.remove(name)
    chosen = [n for n in names if (any(n.startswith(o) for o in only) if only else n not in not_yet)]
    if not chosen:
        return
    import rustybt.compat.zipline  # noqa: F401  the scenarios import zipline

    bundle = write_bundle(root / "input", work)
    sys.path.insert(0, str(root / "scenarios"))
    try:
        for name in chosen:
            run_scenario(root, name, bundle, comparison, verbose, must_run=name not in not_yet)
    finally:
        sys.path.remove(str(root / "scenarios"))
        sys.modules.pop("golden_log", None)


def run_scenario(root, name, bundle, comparison, verbose, must_run):
    """`must_run`: a part that is not yet supported is a failure."""
    from rustybt.errors import NotYetSupported

    not_yet = comparison.failed if must_run else comparison.skipped
    try:
        module = load(root, name)
    except ImportError as error:
        not_yet(name, str(error))
        return
    for run, settings in getattr(module, "RUNS", {"": {}}).items():
        title = f"{name}/{run}" if run else name
        expected = root / "expected" / name / run
        try:
            refuse_later_parts(module)
            found = execute(root, module, {**module.SETTINGS, **settings}, bundle)
        except NotYetSupported as error:
            not_yet(title, str(error))
        except Exception as error:  # every other error of a run is a finding
            if verbose:
                traceback.print_exc()
            comparison.failed(title, f"{type(error).__name__}: {error}")
        else:
            comparison.run(title, read_expected(expected), found)


def load(root, name):
    file = root / "scenarios" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    module.INPUT = str(root / "input")
    spec.loader.exec_module(module)
    return module


def refuse_later_parts(module):
    from rustybt.errors import NotYetSupported

    if hasattr(module, "make_pipelines"):
        raise NotYetSupported("pipelines are not supported yet")


class Messages(logging.Handler):
    """Warnings of a run with the simulation's time."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.rows = []

    def emit(self, record):
        from rustybt import api

        self.rows.append({"dt": cell(api.get_datetime()), "level": record.levelname, "message": record.getMessage()})


def execute(root, module, settings, bundle):
    """One run: {table: rows or CSV text}."""
    import golden_log
    from rustybt.algorithm import TradingAlgorithm
    from rustybt.errors import NotYetSupported
    from rustybt.utils import run_algo

    golden_log.reset()
    module.P = dict(settings.get("params", {}))
    if hasattr(module, "S"):
        module.S = type("State", (), {})()
    benchmark = settings.get("benchmark")
    returns = [(r["date"], float(r["return"])) for r in read(root / "input", "benchmark_returns")] if benchmark == "returns" else None
    functions = {n: getattr(module, n, None) for n in ("initialize", "handle_data", "before_trading_start", "analyze")}
    messages = Messages()
    logger = logging.getLogger("rustybt")
    logger.addHandler(messages)
    logger.propagate = False
    error = None
    try:
        result = run_algo._run(TradingAlgorithm(), functions, bundle, run_algo._settings(
            settings["start"], settings["end"], settings.get("capital_base", 100000.0), settings.get("data_frequency", "daily"),
            settings.get("calendar", "XNYS"), returns, None if benchmark == "returns" else benchmark, "zipline", None, None,
            settings.get("emission_rate", "daily"), capital_changes=capital_changes(settings)), True)
    except NotYetSupported:
        raise
    except Exception as raised:
        if not settings.get("expect_error"):
            raise
        error, result = raised, getattr(raised, "partial_result", None)
    finally:
        logger.removeHandler(messages)
    found = {} if result is None or (error is not None and len(result) == 0) else tables(result)
    if result is not None and settings.get("emission_rate") == "minute" and len(result.table("minute_performance").to_arrow()):
        found.update(minute_tables(result, settings.get("capital_base", 100000.0), sessions(settings)))
    if result is not None and result.capital_changes:
        found["capital_changes"] = [{name: cell(value) for name, value in row.items()} for row in result.capital_changes]
    if error is not None:
        found["error"] = [{"type": error_type(error), "dt": error_time(result, settings), "message": str(error)}]
    if messages.rows:
        found["messages"] = messages.rows
    found.update({name: golden_log.table_text(rows) for name, rows in golden_log.TABLES.items()})
    return found


def sessions(settings):
    """Labels of the run's sessions."""
    from rustybt.utils.calendar_utils import get_calendar

    return get_calendar(settings.get("calendar", "XNYS")).sessions_in_range(settings["start"], settings["end"])


def capital_changes(settings):
    """With keys as the original wants them: UTC; or naive, when the scenario is about those."""
    import pandas as pd

    zone = None if settings.get("naive_capital_keys") else "UTC"
    return {pd.Timestamp(at).tz_localize(None).tz_localize(zone): change for at, change in settings.get("capital_changes", {}).items()}


def error_type(error):
    """Name of the exception's class; of one that only we have, the built-in class that it is."""
    from rustybt.errors import RustybtError, ZiplineError

    cls = type(error)
    if not isinstance(error, RustybtError) or isinstance(error, ZiplineError):
        return cls.__name__
    return next(c for c in cls.__mro__ if not issubclass(c, RustybtError)).__name__


def error_time(result, settings):
    """Time of the error; in initialize the day, as the original's clock has no zone yet."""
    if result is None or result.error_time is None:
        return ""
    first = sessions(settings)[0]
    return str(first.date()) if result.error_time.tz_localize(None) == first else cell(result.error_time)
