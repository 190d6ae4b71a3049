"""Days and moments from whatever users write: text, date, datetime, pandas.Timestamp."""

import datetime

_EPOCH = datetime.date(1970, 1, 1).toordinal()


def is_missing(value):
    return value is None or value == "" or value != value  # NaT and NaN differ from themselves


def to_days(value):
    """Days since 1970 of a date; of a moment with a time zone its day in UTC.

    >>> to_days("1970-01-11")
    10
    """
    if isinstance(value, str):
        from rustybt.errors import InvalidDate

        try:
            value = datetime.date.fromisoformat(value[:10])
        except ValueError:
            raise InvalidDate(f"expected a date YYYY-MM-DD, found {value!r}") from None
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc)
        value = value.date()
    if isinstance(value, datetime.date):
        return value.toordinal() - _EPOCH
    if hasattr(value, "astype"):  # numpy.datetime64
        return int(value.astype("datetime64[D]").astype("int64"))
    from rustybt.errors import WrongType

    raise WrongType(f"expected a date, found {value!r}")


def optional_days(value):
    return None if is_missing(value) else to_days(value)


def to_nanoseconds(value):
    """Nanoseconds since 1970 UTC of a moment; without time zone it is taken as UTC."""
    import pandas as pd

    stamp = pd.Timestamp(value)
    return int((stamp if stamp.tzinfo is None else stamp.tz_convert("UTC")).as_unit("ns").value)
