"""The cell magics in IPython's own shell, and what notebooks show."""

import html
import json

import pytest

import rustybt
from rustybt import _html, _preset

CELL = """
from rustybt.api import order, symbol

def initialize(context):
    context.asset = symbol("AAA")

def handle_data(context, data):
    if not context.portfolio.positions:
        order(context.asset, SHARES)
"""


@pytest.fixture
def shell(market, monkeypatch):
    from IPython.core import interactiveshell

    monkeypatch.setenv("RUSTYBT_ROOT", str(market.root))
    interactiveshell.InteractiveShell.clear_instance()
    shell = interactiveshell.InteractiveShell.instance()
    shell.extension_manager.load_extension("rustybt")
    yield shell
    interactiveshell.InteractiveShell.clear_instance()


def value_of(shell, source):
    done = shell.run_cell(source)
    done.raise_error()
    return done.result


def test_cell_is_run_with_the_options_of_the_command(shell):
    line = "%%rustybt --bundle market -s 2020-01-02 -e 2020-01-10 --capital 50000 -D SHARES=10 --set fill=next_close -o kept"
    result = value_of(shell, f"{line}\n{CELL}")
    assert isinstance(result, rustybt.Result) and len(result) == 7
    assert result.summary["transactions"] == 1 and result.settings["preset"] == "rustybt"
    assert shell.user_ns["kept"] is result
    assert "handle_data" not in shell.user_ns, "the cell leaves nothing behind"


def test_zipline_cell_gives_the_frame(shell):
    cell = CELL.replace("rustybt.api", "zipline.api")
    frame = value_of(shell, f"%%zipline -b market --capital-base 50000 -D SHARES=10\n{cell}")
    assert list(frame.starting_cash)[0] == 50000.0 and len(frame) == 12
    assert frame.transactions.map(len).sum() == 1
    assert _preset.default == "rustybt", "the next cell is as before"


def test_cell_that_imports_zipline_runs_under_its_preset(shell):
    frame = value_of(shell, "%%rustybt -b market -D SHARES=10\n" + CELL.replace("rustybt.api", "zipline.algorithm, zipline.api"
                     ).replace("from zipline.algorithm, zipline.api import", "import zipline\nfrom zipline.api import"))
    assert "algorithm_period_return" in frame.columns


def test_line_magic_takes_the_functions_of_the_notebook(shell):
    value_of(shell, "SHARES = 10\n" + CELL)
    result = value_of(shell, "%rustybt -b market")
    assert result.summary["transactions"] == 1


def test_error_in_a_cell_names_its_line(shell, capsys):
    done = shell.run_cell("%%rustybt -b market\nfrom rustybt.api import symbol\n\ndef initialize(context):\n    symbol('AAAA')\n")
    error = done.error_in_exec
    assert error.code == 2101 and "AAA" in error.hint
    assert (error.where.line, error.where.source) == (5, "symbol('AAAA')")
    shown = capsys.readouterr().out
    assert "rustybt error 2101" in shown and "symbol('AAAA')" in shown, "what the notebook shows"


def test_files_of_the_command_s_options_are_read_and_written(shell, tmp_path):
    (tmp_path / "cash.csv").write_text("date,type,value\n2020-01-08,delta,500.25\n")
    (tmp_path / "index.csv").write_text("date,return\n2020-01-03,0.01\n2020-01-06,-0.02\n")
    line = f"%%rustybt -b market -D SHARES=10 --capital-changes {tmp_path}/cash.csv --benchmark-file {tmp_path}/index.csv"
    result = value_of(shell, f"{line} --report {tmp_path}/page.html --output {tmp_path}/run --no-progress\n{CELL}")
    assert [(c["type"], str(c["delta"])) for c in result.capital_changes] == [("cash", "500.25")]
    # 1.01 x 0.98 - 1; days without a value count as 0
    assert result.perf.benchmark_period_return.iloc[-1] == pytest.approx(-0.0102, abs=1e-12)
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!DOCTYPE html>") and "a cell of a notebook" in page
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["headline"]["transactions"] == 1
    assert (tmp_path / "run" / "transactions.parquet").exists()


def test_zipline_s_names_of_options_are_known(shell):
    line = "%%zipline -b market --capital-base 1000 --trading-calendar NYSE --no-benchmark -D SHARES=2 -D HALF=SHARES/2 -o perf"
    frame = value_of(shell, line + CELL.replace("rustybt.api", "zipline.api").replace("SHARES)", "int(HALF))"))
    assert shell.user_ns["perf"] is frame and frame.transactions.iloc[1][0]["amount"] == 1


def test_help_is_that_of_the_command_with_the_cell_s_own_options(shell, capsys):
    assert value_of(shell, "%rustybt --help") is None
    shown = capsys.readouterr().out
    assert "--capital-changes" in shown and "--report" in shown and "--local-namespace" in shown and "STRATEGY" not in shown


def test_wrong_option_is_refused_with_a_remedy(shell, capsys):
    error = shell.run_cell("%%rustybt --bundel market\npass").error_in_exec
    assert error.code == 1001 and "--bundel" in str(error) and "--help" in error.hint


def test_table_shows_its_first_and_last_rows(run):
    from rustybt.api import order, symbol

    result = run(lambda context, data: order(symbol("AAA"), 1))
    table = result.table("transactions")
    page = table._repr_html_()
    rows = table.to_arrow().to_pylist()
    assert f"transactions: {len(rows)} rows" in page and page.count("<tr>") == len(rows) + 1
    assert all(html.escape(str(value)) in page for value in rows[0].values() if value is not None)


def test_tables_are_read_through_the_capsule_without_a_copy(run):
    pyarrow = pytest.importorskip("pyarrow")
    table = run(lambda context, data: None).table("performance")
    reader = pyarrow.RecordBatchReader.from_stream(table)
    assert reader.schema.names == table.column_names and reader.read_all().num_rows == 12


def test_progress_bar_moves_to_the_end(run):
    texts = []
    bar = _html.ProgressBar(lambda text, handle: texts.append(text) or "handle")
    run(lambda context, data: None, progress=bar)
    assert "value='1' max='12'" in texts[0] and "value='12' max='12'" in texts[-1]
    assert "2020-01-17" in texts[-1] and "portfolio 100,000.00" in texts[-1]


def test_no_bar_without_a_notebook():
    assert _html.progress_of(True) is None and _html.progress_of(False) is None and _html.progress_of(print) is print


def test_report_is_shown_as_the_page_that_the_command_writes(run, tmp_path):
    from rustybt.api import order, symbol

    result = run(lambda context, data: order(symbol("AAA"), 1))
    report = result.report()
    shown = report._repr_html_()
    assert shown.startswith("<iframe srcdoc=") and html.escape("<!DOCTYPE html>") in shown
    assert f"{result.summary['ending_value']:,.2f}" in report.html
    report.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == report.html
    assert "2020-01-02" in repr(report)
