"""Result tables go to other libraries through Arrow's PyCapsule: the same bytes, not a copy of them."""

import pytest

pa = pytest.importorskip("pyarrow")


@pytest.fixture
def table(run):
    from rustybt.api import order, symbol

    return run(lambda context, data: order(symbol("AAA"), 1)).table("transactions")


def data_addresses(columns):
    """Address of the values of each column of numbers; one chunk each."""
    found = {}
    for name, column in columns.items():
        assert column.num_chunks == 1, name
        if pa.types.is_decimal(column.type) or pa.types.is_integer(column.type) or pa.types.is_timestamp(column.type):
            found[name] = column.chunk(0).buffers()[1].address
    return found


def arrow_columns(table):
    taken = pa.table(table)
    return dict(zip(taken.column_names, taken.columns))


def test_pyarrow_reads_the_table_where_it_is(table):
    first, second = data_addresses(arrow_columns(table)), data_addresses(arrow_columns(table))
    assert first == second and {"price", "amount"} <= set(first)
    assert data_addresses(dict(zip(table.column_names, table.to_arrow().columns))) == first


def test_pandas_keeps_the_buffers(table):
    pd = pytest.importorskip("pandas")
    frame = pa.table(table).to_pandas(types_mapper=pd.ArrowDtype)
    here = data_addresses(arrow_columns(table))
    assert data_addresses({name: frame[name].array.__arrow_array__() for name in here}) == here


def test_polars_keeps_the_buffers(table):
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(table)
    here = data_addresses(arrow_columns(table))
    numbers = [name for name in here if frame.schema[name].is_integer() and not frame[name].null_count()]
    kept = {name: frame[name].to_numpy(allow_copy=False).__array_interface__["data"][0] for name in numbers}
    assert kept and kept == {name: here[name] for name in numbers}
    assert frame["price"].to_list() == pa.table(table)["price"].to_pylist()


def test_duckdb_queries_the_table(table):
    duckdb = pytest.importorskip("duckdb")
    taken = pa.table(table)  # noqa: F841: named in the query
    (count, amount, least), = duckdb.sql("select count(*), sum(amount), min(price) from taken").fetchall()
    assert (count, amount) == (len(table), sum(taken["amount"].to_pylist()))
    assert least == min(taken["price"].to_pylist())


def test_the_bytes_outlive_the_table_and_the_run(run):
    from rustybt.api import order, symbol

    taken = pa.table(run(lambda context, data: order(symbol("AAA"), 1)).table("transactions"))
    assert taken.num_rows > 0
    taken.validate(full=True)


def test_a_result_itself_is_its_performance(run):
    result = run(lambda context, data: None)
    assert pa.table(result).column_names == result.table("performance").column_names
