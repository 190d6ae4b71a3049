"""The strategies for tests: each source compiles, those that are right run, those that are wrong raise what they are named for."""

import pytest

import rustybt
from rustybt import test_algorithms
from rustybt.data import bundles

SOURCES = {name: text for name, text in vars(test_algorithms).items() if isinstance(text, str) and "def initialize" in text}
WRONG = {name for name in SOURCES if name.startswith(("bad_type_", "call_with_bad_"))}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, bars):
    root = tmp_path_factory.mktemp("root")
    bundles.write_frames("one", {"TEST": bars([f"{10 + i}" for i in range(8)])}, assets=[{"symbol": "TEST"}], root=root)
    return bundles.load("one", root=root)


def run(bundle, source):
    names = {}
    exec(source.replace("%s", "nan") if "%s" in source else source, names)
    return rustybt.run_algorithm(
        initialize=names["initialize"], handle_data=names.get("handle_data"), bundle=bundle, start="2020-01-09", preset="zipline"
    )


@pytest.mark.parametrize("name", sorted(set(SOURCES) - WRONG))
def test_right_ones_run(bundle, name):
    assert len(run(bundle, SOURCES[name])) == 3


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_ones_raise_a_type_error(bundle, name):
    with pytest.raises(TypeError):
        run(bundle, SOURCES[name])


def test_ways_of_ordering_refuse_price_and_style(bundle):
    algorithm = test_algorithms.InvalidOrderAlgorithm(sids=[0])
    rustybt.run_algorithm(algorithm=algorithm, bundle=bundle)


def test_test_algorithm_orders_so_often(bundle):
    result = rustybt.run_algorithm(algorithm=test_algorithms.TestAlgorithm(sid=0, amount=5, order_count=3), bundle=bundle)
    assert len(result.table("orders").to_pandas().groupby("id")) == 3
