"""`zipline` as a name of rustybt; each test in a process of its own, because the alias changes the whole process."""

import os
import subprocess
import sys
import textwrap

import pytest


def python(tmp_path, code, *arguments, check=True, environment=None):
    """Run code in a new interpreter that imports what this one does."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(code))
    path = f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}; "
    if arguments:
        command = [
            sys.executable,
            "-c",
            path
            + "import runpy; sys.argv = sys.argv[1:]; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)",
            *(str(script) if a == "SCRIPT" else a for a in arguments),
        ]
    else:
        command = [sys.executable, "-c", path + script.read_text()]
    environment = {"RUSTYBT_ROOT": str(tmp_path / "root"), **(environment or os.environ)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def test_modules_are_ours(tmp_path):
    python(
        tmp_path,
        """
        import rustybt.compat.zipline
        import zipline, zipline.api, zipline.finance.execution
        from zipline.utils.calendar_utils import get_calendar
        from zipline.finance import commission, slippage
        from zipline.data import bundles
        from zipline.data.bundles import UnknownBundle
        from zipline.errors import SymbolNotFound
        from zipline.protocol import BarData
        from zipline.assets import Equity
        from zipline.algorithm import TradingAlgorithm
        import rustybt, rustybt.api, rustybt.finance.slippage
        assert zipline is rustybt and zipline.api is rustybt.api and slippage is rustybt.finance.slippage
        assert zipline.api.__name__ == zipline.api.__spec__.name == "rustybt.api"
    """,
    )


def test_unknown_modules_name_what_exists(tmp_path):
    python(
        tmp_path,
        """
        import rustybt.compat.zipline
        for name in ("zipline.nothing", "zipline.compat", "zipline._core", "zipline.finance.nothing"):
            try:
                __import__(name)
            except ModuleNotFoundError as error:
                assert error.name == name and "zipline.finance" in str(error), error
            else:
                raise AssertionError(name)
        from zipline.errors import NotYetSupported
        from zipline.pipeline.loaders import synthetic
        try:
            from zipline.pipeline import Pipeline
        except NotYetSupported as error:
            assert "rustybt.pipeline.Pipeline is not supported yet" in str(error), error
        else:
            raise AssertionError("Pipeline")
    """,
    )


def test_without_the_alias_there_is_no_zipline(tmp_path):
    python(
        tmp_path,
        """
        import rustybt.compat
        try:
            import zipline
        except ModuleNotFoundError:
            pass
        else:
            assert not zipline.__name__.startswith("rustybt")
    """,
    )


def test_a_real_zipline_is_left_alone_until_asked(tmp_path):
    (tmp_path / "zipline").mkdir()
    (tmp_path / "zipline" / "__init__.py").write_text("REAL = True\n")
    python(
        tmp_path,
        """
        import sys; sys.path.insert(0, ".")
        import rustybt.api, zipline
        assert zipline.REAL
        del sys.modules["zipline"]
        import rustybt.compat.zipline as alias
        import zipline
        assert zipline is __import__("rustybt")
        alias.deactivate()
        import zipline
        assert zipline.REAL
    """,
    )


def test_activating_changes_preset_and_return_value(tmp_path, market):
    python(
        tmp_path,
        f"""
        import rustybt, pandas
        def run():
            return rustybt.run_algorithm(bundle="market", root={str(market.root)!r}, capital_base=1000)
        result = run()
        assert type(result).__name__ == "Result" and result.settings["preset"] == "rustybt"
        import rustybt.compat.zipline as alias, zipline
        assert isinstance(zipline.run_algorithm(bundle="market", root={str(market.root)!r}, capital_base=1000), pandas.DataFrame)
        alias.deactivate()
        assert type(run()).__name__ == "Result"
    """,
    )


def test_runs_a_script_as_python_would(tmp_path):
    (tmp_path / "neighbour.py").write_text("VALUE = 5\n")
    done = python(
        tmp_path,
        """
        import sys
        import neighbour
        from zipline.api import order
        if __name__ == "__main__":
            print(sys.argv[1:], neighbour.VALUE, order.__name__)
    """,
        "rustybt.compat.zipline",
        "SCRIPT",
        "one",
        "two",
    )
    assert done.stdout == "['one', 'two'] 5 order\n"


SCRIPT = """
    {imports}
    import os
    def initialize(context):
        context.asset = symbol("AAA")
        assert os.path.basename(__file__) == "script.py"
    def handle_data(context, data):
        order(context.asset, 1)
    def analyze(context, perf):
        print(type(perf).__name__, len(perf))
"""


@pytest.mark.parametrize(
    "imports, preset, analyzed",
    [
        ("from zipline.api import order, symbol", "zipline", "DataFrame 12"),
        ("from rustybt.api import order, symbol", "rustybt", "Result 12"),
    ],
)
def test_command_line_chooses_the_preset_by_the_import(tmp_path, market, monkeypatch, imports, preset, analyzed):
    monkeypatch.setenv("RUSTYBT_ROOT", str(market.root))
    done = python(tmp_path, SCRIPT.replace("{imports}", imports), "rustybt", "run", "SCRIPT", "--bundle", "market")
    assert analyzed in done.stdout and f"Preset      {preset}" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "line, last",
    [
        ("order(undefined_name, 1)", "NameError: name 'undefined_name' is not defined"),
        ("symbol('NOPE')", "SymbolNotFound"),
    ],
)
def test_command_line_shows_the_scripts_own_traceback(tmp_path, market, monkeypatch, line, last):
    monkeypatch.setenv("RUSTYBT_ROOT", str(market.root))
    code = SCRIPT.replace("{imports}", "from zipline.api import order, symbol").replace("order(context.asset, 1)", line)
    done = python(tmp_path, code, "rustybt", "run", "SCRIPT", "--bundle", "market", check=False)
    assert done.returncode not in (0, 70) and last in done.stderr
    assert 'script.py", line 8, in handle_data' in done.stderr and "runpy" not in done.stderr


def test_command_line_reports_a_script_that_does_not_load(tmp_path, bars):
    from rustybt.data import bundles

    bundles.write_frames("x", {"X": bars(["1", "2"])}, root=tmp_path / "root")
    environment = {**os.environ, "RUSTYBT_ROOT": str(tmp_path / "root")}
    done = python(tmp_path, "def broken(:\n", "rustybt", "run", "SCRIPT", check=False, environment=environment)
    assert done.returncode != 0 and "SyntaxError" in done.stderr and "importlib" not in done.stderr


def test_what_zipline_pickled_is_read(tmp_path):
    # made by zipline-reloaded 3.2.1: pickletools.optimize(pickle.dumps(Equity(24, ExchangeInfo(...), symbol="AAPL", ...), 2))
    code = r'''
    import pickle

    import rustybt.compat.zipline

    asset = pickle.loads(
        b"\x80\x02czipline.assets._assets\nEquity\n(K\x18czipline.assets.exchange_info\nExchangeInfo\n)\x81}(X\x04\x00\x00\x00name"
        b"X\r\x00\x00\x00NASDAQ GLOBALX\x0e\x00\x00\x00canonical_nameX\x06\x00\x00\x00NASDAQX\x0c\x00\x00\x00country_code"
        b"X\x02\x00\x00\x00USubX\x04\x00\x00\x00AAPLX\x05\x00\x00\x00AppleNNNNG?\x84z\xe1G\xae\x14{G?\xf0\x00\x00\x00\x00\x00\x00tR."
    )
    print(asset, asset.asset_name, asset.exchange_info, asset.tick_size, asset.price_multiplier)
    '''
    done = python(tmp_path, code)
    expected = "Equity(24 [AAPL]) Apple ExchangeInfo('NASDAQ GLOBAL', 'NASDAQ', 'US') 0.01 1.0"
    assert done.stdout.strip() == expected
