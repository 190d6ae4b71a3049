"""The file behind what names an asset database: a path, "sqlite:///path", or an SQLAlchemy engine."""

import os
import tempfile
from contextlib import contextmanager


def path_of_engine(engine):
    """Path of the file behind a path, an SQLite URI or an SQLAlchemy engine; None for an engine whose database is in memory.

    >>> path_of_engine("sqlite:////data/assets-7.sqlite")
    '/data/assets-7.sqlite'
    """
    if not isinstance(engine, (str, os.PathLike)):
        database = engine.url.database
        return None if database in (None, "", ":memory:") else database
    path = os.fspath(engine)
    return path[len("sqlite:///") :] if path.startswith("sqlite:///") else path


@contextmanager
def database_file(engine, write=False):
    """Path of the database for the time of a `with`; one in memory is copied to a file, and back with write=True."""
    path = path_of_engine(engine)
    if path is not None:
        yield path
        return
    import sqlite3

    with tempfile.TemporaryDirectory(prefix="rustybt-assets-") as folder:
        path = os.path.join(folder, "assets.sqlite")
        lent = engine.raw_connection()
        try:
            memory = lent.driver_connection
            if memory.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                _copy(memory, path)
            yield path
            if write:
                file = sqlite3.connect(path)
                file.backup(memory)
                file.close()
        finally:
            lent.close()


def _copy(connection, path):
    import sqlite3

    file = sqlite3.connect(path)
    connection.backup(file)
    file.close()
