"""Classes, texts and attributes of errors."""

import pickle

import pytest

from rustybt import _core, errors


def test_every_error_of_the_core_has_its_class():
    for code, name, base, remedy in _core.error_table():
        cls = getattr(errors, name)
        assert issubclass(cls, errors.RustybtError) and (cls.code, cls.hint) == (code, remedy)
        assert base in [c.__name__ for c in cls.__mro__]


def test_zipline_texts_are_made_from_fields():
    assert str(errors.SymbolNotFound(symbol="X")) == "Symbol 'X' was not found."
    assert str(errors.SidsNotFound(sids=[1])) == "No asset found for sid: 1."
    assert str(errors.SidsNotFound(sids=[1, 2])) == "No assets found for sids: [1, 2]."
    assert str(errors.EquitiesNotFound(sids=[1])) == "No equity found for sid: 1."
    assert errors.ZeroCapitalError().message == "initial capital base must be greater than zero"
    assert str(errors.BadOrderParameters(msg="bad")) == "bad"


def test_texts_of_the_pipeline_are_zipline():
    assert str(errors.NonSliceableTerm(term="T")) == "Taking slices of T is not currently supported."
    no_dtype = errors.UnsupportedDataType(typename="F", dtype="int8")
    assert str(no_dtype) == "F instances with dtype int8 are not supported."
    hinted = errors.UnsupportedDataType(typename="F", dtype="int8", hint="Use int64.")
    assert str(hinted) == "F instances with dtype int8 are not supported. Use int64."
    inputs = errors.NonPipelineInputs(3, ["a", 1.5])
    assert (inputs.term, inputs.inputs) == (3, ["a", 1.5])
    assert str(inputs).endswith("instead: [<class 'float'>, <class 'str'>]") and "in int. Inputs" in str(inputs)
    short = errors.NoFurtherDataError.from_lookback_window("Too short.", "2014-01-02", "2013-12-30", 3)
    assert str(short).splitlines() == [
        "", "Too short.", "", "lookback window started at 2013-12-30", "earliest known date was 2014-01-02",
        "3 extra rows of data were required",
    ]
    for error in (no_dtype, hinted, inputs, short):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_hierarchy_is_zipline():
    assert issubclass(errors.SameSymbolUsedAcrossCountries, errors.MultipleSymbolsFound)
    assert issubclass(errors.BenchmarkAssetNotAvailableTooEarly, errors.NoTradeDataAvailable)
    assert issubclass(errors.EquitiesNotFound, errors.SidsNotFound)
    assert issubclass(errors.NotYetSupported, NotImplementedError)


def test_errors_of_the_core_carry_facts():
    with pytest.raises(errors.InvalidCalendarName) as caught:
        _core.get_calendar("MARS")
    assert caught.value.code == 1012 and "MARS" in str(caught.value) and caught.value.hint


def test_errors_survive_pickling():
    with pytest.raises(errors.UnknownBundle) as caught:
        _core.load_bundle("nope", "/nowhere")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.code, copy.hint, copy.context) == (
        str(caught.value),
        2007,
        caught.value.hint,
        caught.value.context,
    )
