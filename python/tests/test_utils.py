"""Small tools that scripts import: arguments checked, values remembered, arrays and indices."""

import datetime
import gc
import io
import os
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

from rustybt import extensions
from rustybt.utils import cache, cli, functional, input_validation, memoize, numpy_utils, pandas_utils, paths, preprocess, sharedoc
from rustybt.utils.exploding_object import NamedExplodingObject
from rustybt.utils.final import FinalMeta, final
from rustybt.utils.sentinel import is_sentinel, sentinel


# --- functions --------------------------------------------------------------------------------------------------------


def test_processed_functions_keep_signature_and_defaults():
    @preprocess.preprocess(b=preprocess.call(str), rest=preprocess.call(sorted))
    def function(a, /, b=2, *rest, c, **named):
        return a, b, rest, c, named

    assert function(1, c=3) == (1, "2", (), 3, {})
    assert function(1, 5, 7, 6, c=3, z=1) == (1, "5", (6, 7), 3, {"z": 1})
    with pytest.raises(TypeError, match=r"function\(\) missing 1 required keyword-only argument: 'c'"):
        function(1)
    with pytest.raises(TypeError, match="unknown arguments: {'x'}"):
        preprocess.preprocess(x=int)(lambda y: y)


@pytest.mark.parametrize(
    "decorator, value, message",
    [
        (input_validation.expect_types(x=(int, str)), 1.5, "a value of type int or str for argument 'x', but got float"),
        (input_validation.expect_element(x={"b", "a"}), "c", r"a value in \('a', 'b'\) for argument 'x', but got 'c'"),
        (input_validation.expect_bounded(x=(1, 5)), 6, "a value inclusively between 1 and 5 for argument 'x', but got 6"),
        (input_validation.expect_bounded(x=(None, 5)), 6, "a value less than or equal to 5 for argument 'x', but got 6"),
        (input_validation.expect_strictly_bounded(x=(1, 5)), 5, "a value exclusively between 1 and 5 for argument 'x'"),
        (input_validation.expect_strictly_bounded(x=(2, None)), 2, "a value strictly greater than 2 for argument 'x'"),
        (input_validation.expect_kinds(x="i"), np.float32(2), "a numpy object of kind 'i' for argument 'x', but got 'f'"),
        (input_validation.expect_dtypes(x=np.dtype("i8")), np.zeros(1), "a value with dtype 'int64' for argument 'x'"),
        (input_validation.expect_dimensions(x=2), np.zeros(3), "a 2-D array for argument 'x', but got a 1-D array"),
    ],
)
def test_wrong_arguments_are_told(decorator, value, message):
    with pytest.raises((TypeError, ValueError), match=r"<lambda>\(\) expected " + message):
        decorator(lambda x: x)(value)


def test_right_arguments_pass():
    check = input_validation
    assert check.expect_bounded(x=(1, 5))(lambda x: x)(5) == 5
    assert check.expect_strictly_bounded(x=(None, 5))(lambda x: x)(4) == 4
    assert check.expect_types(x=check.optional(int))(lambda x: x)(None) is None
    assert check.coerce_types(x=(float, int))(lambda x: x)(1.5) == 1
    assert check.preprocess(t=check.ensure_timestamp, d=check.ensure_dtype)(lambda t, d: (t, d))("2014", float) == (
        pd.Timestamp("2014"), np.dtype(float)
    )
    with pytest.raises(TypeError, match="expected a tuple of bounds"):
        check.expect_bounded(x=(None, None))
    with pytest.raises(TypeError, match="no such thing"):
        check.error_keywords(old="no such thing")(lambda **named: named)(old=1)


def test_keys_and_labels_are_checked():
    input_validation.validate_keys({"a": 1}, ["a"], "f")
    for given, what in (({}, "Missing"), ({"a": 1, "b": 2}, "Unexpected")):
        with pytest.raises(ValueError, match=rf"{what} keys in f:\nExpected Keys: \['a'\]"):
            input_validation.validate_keys(given, ["a"], "f")
    with pytest.raises(ValueError, match=r"Duplicate entries in Series.index: \['a'\]"):
        input_validation.verify_indices_all_unique(pd.Series([1, 2], index=["a", "a"]))


def test_functional_tools():
    assert functional.foldr(lambda each, rest: each + rest, "abc", "") == "abc"
    assert functional.getattrs(1, ("real", "imag")) == 0 and functional.getattrs(1, ("nothing",), "default") == "default"
    assert functional.unzip([], 2) == ((), ())
    with pytest.raises(ValueError, match="element at index 1 was length 1, expected 2"):
        functional.unzip([(1, 2), (3,)])
    with pytest.raises(ValueError, match="dict keys not all equal"):
        functional.dzip_exact({"a": 1}, {"b": 1})


def test_docstrings_take_texts_with_their_indent():
    assert sharedoc.format_docstring("f", "Of:\n    {x}\n", {"x": "one\ntwo"}) == "Of:\n    one\n    two\n"
    with pytest.raises(ValueError, match="Couldn't find template for parameter 'x' in docstring for f"):
        sharedoc.format_docstring("f", "of {x}", {"x": "one"})


# --- values -----------------------------------------------------------------------------------------------------------


def test_remembered_results_go_with_their_arguments():
    class Key:
        pass

    calls = []

    @memoize.weak_lru_cache(2)
    def function(key, more=0):
        calls.append(more)
        return more

    kept = Key()
    assert [function(kept), function(kept), function(kept, more=1), function(kept, more=1)] == [0, 0, 1, 1]
    assert function.cache_info() == (2, 2, 2, 2)
    function(Key())
    gc.collect()
    assert function.cache_info().currsize == 1, "the oldest made room, the newest has lost its key"
    del kept
    gc.collect()
    assert function.cache_info().currsize == 0 and calls == [0, 1, 0]


def test_lazy_values_are_computed_once_an_object():
    class Box:
        made = 0

        @memoize.lazyval
        def value(self):
            self.made += 1
            return self.made

        @memoize.classlazyval
        def name(cls):
            return [cls.__name__]

    box = Box()
    assert (box.value, box.value, Box().value) == (1, 1, 1)
    assert Box.name is Box.name and box.name == ["Box"]
    with pytest.raises(AttributeError, match="Can't set read-only attribute: Box.value"):
        box.value = 3


def test_sentinels_are_themselves():
    mark = sentinel("test_utils mark", "of a test")
    assert pickle.loads(pickle.dumps(mark)) is mark and is_sentinel(mark) and mark.__doc__ == "of a test"
    with pytest.raises(ValueError, match=rf"conflicts(.|\n)*{os.path.basename(__file__)}"):
        sentinel("test_utils mark")
    with pytest.raises(TypeError, match="cannot create"):
        type(mark)()


def test_final_parts_stay():
    class Base(metaclass=FinalMeta):
        word = final("base")

    for replace in (lambda: setattr(Base, "word", 1), lambda: setattr(Base(), "word", 1), lambda: type(Base)("B", (Base,), {"word": 1})):
        with pytest.raises(TypeError, match="Cannot override final attribute"):
            replace()
    assert Base.word == "base"


def test_exploding_objects_say_their_name():
    mine = NamedExplodingObject("mine", "use yours")
    assert repr(mine) == "NamedExplodingObject('mine', extra_message=...)"
    with pytest.raises(AttributeError, match="'x' of ExplodingObject mine.*use yours"):
        mine.x


# --- files ------------------------------------------------------------------------------------------------------------


def test_frames_are_kept_in_files(tmp_path):
    frame = pd.DataFrame({"a": [1, 2]})
    with cache.dataframe_cache(tmp_path / "frames", serialization="pickle:4") as frames:
        frames["one"] = frame
        assert list(frames) == ["one"] and len(frames) == 1 and repr(frames) == "<dataframe_cache: keys={'one'}>"
        pd.testing.assert_frame_equal(frames["one"], frame)
        assert set(frames[:]) == {"one"}
        del frames["one"]
        with pytest.raises(KeyError):
            frames["one"]
    assert not (tmp_path / "frames").exists()
    with pytest.raises(ValueError, match="serialization"):
        cache.dataframe_cache(serialization="json")


def test_expired_values_are_handed_to_cleanup():
    cleaned = []
    values = cache.ExpiringCache(cleanup=cleaned.append)
    values.set("a", 1, expiration_dt=5)
    assert values.get("a", 5) == 1
    for _ in range(2):
        with pytest.raises(KeyError):
            values.get("a", 6)
    assert cleaned == [1]


def test_working_files_appear_when_they_are_whole(tmp_path):
    with cache.working_file(tmp_path / "file", mode="w") as work:
        with open(work.path, "w") as file:
            file.write("whole")
        assert not (tmp_path / "file").exists()
    assert (tmp_path / "file").read_text() == "whole"
    with pytest.raises(RuntimeError), cache.working_dir(tmp_path / "folder") as work:
        raise RuntimeError
    assert not (tmp_path / "folder").exists() and not os.path.exists(work.path)
    with cache.working_dir(tmp_path / "folder") as work:
        work.ensure_dir("a", "b")
    assert (tmp_path / "folder" / "a" / "b").is_dir()


# --- arrays and indices -----------------------------------------------------------------------------------------------


def test_missing_values_of_dtypes():
    of = numpy_utils.default_missing_value_for_dtype
    assert np.isnan(of(np.dtype("f8"))) and np.isnat(of(np.dtype("M8[ns]"))) and of(np.dtype("O")) is None
    with pytest.raises(numpy_utils.NoDefaultMissingValue, match="No default value registered for dtype int64."):
        of(np.dtype("i8"))
    nat = numpy_utils.NaTns
    assert numpy_utils.is_missing(np.array([nat, np.datetime64(1, "ns")]), nat).tolist() == [True, False]
    assert numpy_utils.is_missing(np.array([None, "a"], object), None).tolist() == [True, False]
    assert numpy_utils.same(nat, nat) and numpy_utils.same(np.nan, np.nan) and not numpy_utils.same(1, 2)
    assert numpy_utils.coerce_to_dtype(np.dtype("M8[ns]"), "2014") == np.datetime64("2014")
    assert numpy_utils.int_dtype_with_size_in_bytes(4) == np.int32


def test_arrays_are_seen_in_windows():
    table = np.arange(6).reshape(3, 2)
    assert numpy_utils.rolling_window(table, 2).tolist() == [[[0, 1], [2, 3]], [[2, 3], [4, 5]]]
    with pytest.raises(IndexError, match=r"shape \(3, 2\) with a window length of 3"):
        numpy_utils.rolling_window(table, 3)
    assert numpy_utils.as_column(np.arange(2)).shape == (2, 1)
    # 2014-01-03 is a Friday: one business day to Monday the 6th
    days = np.array(["2014-01-03", "NaT"], "M8[D]"), np.array(["2014-01-06", "2014-01-06"], "M8[D]")
    np.testing.assert_equal(numpy_utils.busday_count_mask_NaT(*days), [1, np.nan])


def test_warnings_of_nan_functions_are_left_out():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with numpy_utils.ignore_nanwarnings():
            assert np.isnan(np.nanmean([np.nan]))
        with pytest.raises(RuntimeWarning):
            np.nanmean([np.nan])


def test_times_of_the_day_are_found():
    times = pd.date_range("2024-01-02 22:00", periods=5, freq="h")  # to 02:00
    mask = pandas_utils.mask_between_time
    assert mask(times, datetime.time(22), datetime.time(23)).tolist() == [True, True, False, False, False]
    assert mask(times, datetime.time(23), datetime.time(1), include_end=False).tolist() == [False, True, True, False, False]
    assert pandas_utils.find_in_sorted_index(times, times[3]) == 3
    with pytest.raises(LookupError):
        pandas_utils.find_in_sorted_index(times, times[3] + pd.Timedelta("1min"))


def test_indices_are_compared():
    pandas_utils.check_indexes_all_same([pd.Index([1, 2]), pd.Index([1, 2])])
    with pytest.raises(ValueError, match="First difference is at index 1: 2 != 3"):
        pandas_utils.check_indexes_all_same([pd.Index([1, 2]), pd.Index([1, 3])])
    assert pandas_utils.empty_dataframe(("a", "i8"), ("t", "M8[ns]")).dtypes.astype(str).tolist() == ["int64", "datetime64[ns]"]
    assert pandas_utils.timedelta_to_integral_minutes(pd.Timedelta("90s")) == 1


# --- arguments, registries, folders -----------------------------------------------------------------------------------


def test_arguments_make_namespaces():
    root = extensions.Namespace()
    extensions.create_args(["a.b.c=1", "a.d=x=y", "e="], root)
    assert (root.a.b.c, root.a.d, root.e) == ("1", "x=y", "")
    for wrong in ("1=a", "a", "a.1=b", "a.-b=c"):
        with pytest.raises(ValueError, match=f"invalid extension argument '{wrong}', must be in key=value form"):
            extensions.create_args([wrong], root)
    with pytest.raises(ValueError, match="Conflicting assignments at namespace level 'b'"):
        extensions.create_args(["a.b=1", "a.b.c=2"], extensions.Namespace())


def test_classes_are_chosen_by_name():
    @extensions.extensible
    class Store:
        pass

    @extensions.register(Store, "mine")
    class Mine(Store):
        pass

    assert type(extensions.load(Store, "mine")) is Mine
    with pytest.raises(ValueError, match="Store factory with name 'mine' is already registered"):
        extensions.register(Store, "mine", Mine)
    extensions.unregister(Store, "mine")
    for error, fails in (
        ("no Store factory registered under name 'mine', options are: \\[\\]", lambda: extensions.load(Store, "mine")),
        ("Store factory 'mine' was not already registered", lambda: extensions.unregister(Store, "mine")),
        ("class specified is not an extendable type", lambda: extensions.load(int, "mine")),
        ("there is already a Registry instance", lambda: extensions.create_registry(Store)),
    ):
        with pytest.raises(ValueError, match=error):
            fails()


def test_paths_lie_in_the_root_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("ZIPLINE_ROOT", str(tmp_path))
    assert paths.data_path(["a", "b"]) == str(tmp_path / "data" / "a" / "b")
    assert paths.default_extension({"ZIPLINE_ROOT": "/z"}) == "/z/extension.py"
    assert paths.zipline_root({}) == os.path.expanduser("~/.zipline")
    paths.ensure_cache_root()
    paths.ensure_file(paths.cache_path(["x", "file"]))
    assert (tmp_path / "cache" / "x" / "file").read_bytes() == b""
    os.utime(tmp_path / "cache" / "x" / "file", (60, 60))
    assert paths.last_modified_time(tmp_path / "cache" / "x" / "file") == pd.Timestamp("1970-01-01 00:01", tz="UTC")
    assert paths.modified_since(tmp_path / "cache" / "x" / "file", pd.Timestamp(0, tz="UTC"))
    assert not paths.modified_since(tmp_path / "nothing", pd.Timestamp(0, tz="UTC"))
    assert paths.hidden("a/.b") and not paths.hidden("a/b")


def test_progress_is_shown_where_someone_looks():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    with cli.maybe_show_progress([1, 2], False, label="Loading") as items:
        assert items == [1, 2]
    for file, shown in (
        (io.StringIO(), ["Loading"]),
        (Terminal(), [f"Loading  [{'-' * 36}] 0/2  'a'", f"Loading  [{'#' * 18}{'-' * 18}] 1/2  'b'", f"Loading  [{'#' * 36}] 2/2"]),
    ):
        bar = cli.maybe_show_progress(iter("ab"), True, label="Loading", length=2, item_show_func=lambda i: i and repr(i), file=file)
        with bar as items:
            assert list(items) == ["a", "b"]
        assert file.getvalue().replace("\r\033[K", "\n").strip().split("\n") == shown
