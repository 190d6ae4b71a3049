"""What an installed wheel must do with nothing but its required dependencies: wheel_smoke.py, run by the interpreter that has it."""

import importlib.util
import subprocess
import sys
import tempfile

for optional in ("pandas", "polars", "sqlalchemy"):
    if importlib.util.find_spec(optional) is not None:
        sys.exit(f"{optional} is installed: the test says nothing")

import rustybt
from rustybt.api import order, record, symbol
from rustybt.data import bundles

DAYS = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"]


def handle_data(context, data):
    order(symbol("AAA"), 10)
    record(mean=data.mean(symbol("AAA"), "close", 1))


with tempfile.TemporaryDirectory() as root:
    prices = {field: ["10.00", "10.50", "11.00", "10.75"] for field in ("open", "high", "low", "close")}
    bundles.write_frames("wheel", {"AAA": {"date": DAYS, **prices, "volume": [1000] * 4}}, root=root)
    result = rustybt.run_algorithm(handle_data=handle_data, bundle="wheel", root=root)
    orders = result.table("orders").to_arrow()
    assert len(result) == 4 and orders.num_rows > 0, result
    assert result.report().html.startswith("<!DOCTYPE html>")
    command = [sys.executable, "-m", "rustybt", "--version"]
    version = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    assert version == rustybt.__version__, version
print(f"rustybt {version} works on Python {sys.version.split()[0]}: {result!r}")
