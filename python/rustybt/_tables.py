"""Tables that users give: frames of pandas, Polars or pyarrow, or rows as dicts."""


def records(table):
    """Rows as dicts."""
    if table is None:
        return []
    if hasattr(table, "to_dicts"):
        return table.to_dicts()
    if hasattr(table, "to_pylist"):
        return table.to_pylist()
    return table.to_dict("records") if hasattr(table, "to_dict") else [dict(row) for row in table]


def records_with(table, key):
    """Rows as dicts; a frame's index is the column `key` when it has none."""
    rows = records(table)
    index = getattr(table, "index", None)
    if rows and key not in rows[0] and index is not None and not callable(index):
        rows = [{key: label, **row} for label, row in zip(index, rows)]
    return [{**row, "sid": int(row["sid"])} for row in rows] if key == "sid" else rows
