"""Every error that rustybt raises. Names, fields and texts of Zipline's are kept; all carry `code` and `hint`.

>>> error = SymbolNotFound(symbol="XYZ")
>>> str(error), error.code
("Symbol 'XYZ' was not found.", 2101)
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, Self

from rustybt import _core


class RustybtError(Exception):
    """Base of all: `code` is stable, `hint` says what to do, `context` holds named facts.

    `where` is the line of the user's own that led here (file, line, function, source), once a run has let the error out.
    """

    code: int = 0
    hint: str = ""
    where: Any = None
    context: dict[str, Any]
    kwargs: dict[str, Any]
    msg = "{msg}"

    def __init__(self, message: str | None = None, /, **fields: Any) -> None:
        super().__init__(*(() if message is None else (message,)))
        self.kwargs = fields
        self.context = {}
        self._message = message

    @classmethod
    def _from_core(cls, message, hint, context):
        error = cls.__new__(cls)
        RustybtError.__init__(error, message)  # classes with fields of their own have another one
        error.context = context
        if hint:
            error.hint = hint
        return error

    @classmethod
    def with_hint(cls, message: str, hint: str) -> Self:
        """An error that says what to do in this very case."""
        return cls._from_core(message, hint, {})

    @property
    def message(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return self._message if self._message is not None else self.msg.format(**self.kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._message, self.kwargs, self.hint, self.context)


def _restore(cls, message, fields, hint, context):
    error = cls._from_core(message, hint, context)
    error.kwargs = fields
    return error


class ZiplineError(RustybtError):
    """Base of the errors that Zipline has too."""


class SidsNotFound(ZiplineError):
    """No asset has these sids."""

    @property
    def sids(self) -> list[int]:
        return self.kwargs.get("sids", [])

    @property
    def msg(self) -> str:
        many = len(self.sids) > 1
        return f"No {self._many if many else self._one} found for sid{'s' if many else ''}: {self.sids if many else self.sids[0]}."

    _one, _many = "asset", "assets"


class NonPipelineInputs(ZiplineError):
    """Inputs of a pipeline term are no terms."""

    def __init__(self, term: Any, inputs: Any) -> None:
        super().__init__(
            f"Unexpected input types in {type(term).__name__}. Inputs to Pipeline expressions must be Filters, Factors, "
            "Classifiers, or BoundColumns.\nGot the following type(s) instead: "
            f"{sorted({type(each) for each in inputs}, key=lambda t: t.__name__)}"
        )
        self.term, self.inputs = term, inputs


class UnsupportedDataType(ZiplineError):
    """A custom term has a dtype that its kind cannot have."""

    msg = "{typename} instances with dtype {dtype} are not supported.{hint}"

    def __init__(self, hint: str = "", **fields: Any) -> None:
        super().__init__(**fields, hint=f" {hint}" if hint else "")


class NoFurtherDataError(ZiplineError):
    """More rows were asked for than there are."""

    @classmethod
    def from_lookback_window(
        cls, initial_message: str, first_date: Any, lookback_start: Any, lookback_length: int
    ) -> NoFurtherDataError:
        """Of a window that begins before the first date."""
        return cls(
            msg=f"\n{initial_message}\n\nlookback window started at {lookback_start}\n"
            f"earliest known date was {first_date}\n{lookback_length} extra rows of data were required\n"
        )


class NoSuchPipeline(ZiplineError, KeyError):
    """No pipeline of this name is attached."""

    code = 2205
    hint = "call attach_pipeline in initialize"
    msg = (
        "No pipeline named '{name}' exists. Valid pipeline names are {valid}. Did you forget to call attach_pipeline()?"
    )


# Texts of errors that are made from named fields, by class; the class of each is made below.
_TEXTS = {
    "NoTradeDataAvailableTooEarly": "{sid} does not exist on {dt}. It started trading on {start_dt}.",
    "NoTradeDataAvailableTooLate": "{sid} does not exist on {dt}. It stopped trading on {end_dt}.",
    "BenchmarkAssetNotAvailableTooEarly": "{sid} does not exist on {dt}. It started trading on {start_dt}.",
    "BenchmarkAssetNotAvailableTooLate": "{sid} does not exist on {dt}. It stopped trading on {end_dt}.",
    "InvalidBenchmarkAsset": "{sid} cannot be used as the benchmark because it has a stock dividend on {dt}.  Choose "
    "another asset to use as the benchmark.",
    "WrongDataForTransform": "{transform} requires {fields}. Event cannot be processed.",
    "UnsupportedSlippageModel": "You attempted to set slippage with an unsupported class. Please use "
    "VolumeShareSlippage or FixedSlippage.",
    "IncompatibleSlippageModel": "You attempted to set an incompatible slippage model for {asset_type}. The slippage "
    "model '{given_model}' only supports {supported_asset_types}.",
    "SetSlippagePostInit": "You attempted to set slippage outside of `initialize`. You may only call 'set_slippage' "
    "in your initialize method.",
    "SetCancelPolicyPostInit": "You attempted to set the cancel policy outside of `initialize`. You may only call "
    "'set_cancel_policy' in your initialize method.",
    "RegisterTradingControlPostInit": "You attempted to set a trading control outside of `initialize`. Trading "
    "controls may only be set in your initialize method.",
    "RegisterAccountControlPostInit": "You attempted to set an account control outside of `initialize`. Account "
    "controls may only be set in your initialize method.",
    "UnsupportedCommissionModel": "You attempted to set commission with an unsupported class. Please use PerShare or "
    "PerTrade.",
    "IncompatibleCommissionModel": "You attempted to set an incompatible commission model for {asset_type}. The "
    "commission model '{given_model}' only supports {supported_asset_types}.",
    "UnsupportedCancelPolicy": "You attempted to set the cancel policy with an unsupported class.  Please use\nan "
    "instance of CancelPolicy.",
    "SetCommissionPostInit": "You attempted to override commission outside of `initialize`. You may only call "
    "'set_commission' in your initialize method.",
    "TransactionWithNoVolume": "Transaction {txn} has a volume of zero.",
    "TransactionWithWrongDirection": "Transaction {txn} not in same direction as corresponding order {order}.",
    "TransactionWithNoAmount": "Transaction {txn} has an amount of zero.",
    "TransactionVolumeExceedsOrder": "Transaction volume of {txn} exceeds the order volume of {order}.",
    "SetBenchmarkOutsideInitialize": "'set_benchmark' can only be called within initialize function.",
    "ZeroCapitalError": "initial capital base must be greater than zero",
    "AccountControlViolation": "Account violates account constraint {constraint}.",
    "TradingControlViolation": "Order for {amount} shares of {asset} at {datetime} violates trading constraint\n"
    "{constraint}.",
    "IncompatibleHistoryFrequency": "Requested history at frequency '{frequency}' cannot be created with data\nat "
    "frequency '{data_frequency}'.",
    "OrderInBeforeTradingStart": "Cannot place orders inside before_trading_start.",
    "MultipleSymbolsFound": "Multiple symbols with the name '{symbol}' found. Use the\nas_of_date' argument to "
    "specify when the date symbol-lookup\nshould be valid.\n\nPossible options: {options}",
    "MultipleSymbolsFoundForFuzzySymbol": "Multiple symbols were found fuzzy matching the name '{symbol}'. Use\nthe "
    "as_of_date and/or country_code arguments to specify the date\nand country for the symbol-lookup.\n\n"
    "Possible options: {options}\n",
    "SameSymbolUsedAcrossCountries": "The symbol '{symbol}' is used in more than one country. Use the\ncountry_code "
    "argument to specify the country.\n\nPossible options by country: {options}\n",
    "SymbolNotFound": "Symbol '{symbol}' was not found.",
    "RootSymbolNotFound": "Root symbol '{root_symbol}' was not found.",
    "ValueNotFoundForField": "Value '{value}' was not found for field '{field}'.",
    "MultipleValuesFoundForField": "Multiple occurrences of the value '{value}' found for field '{field}'.\nUse the "
    "'as_of_date' or 'country_code' argument to specify when or where the\nlookup should be valid.\n\nPossible "
    "options: {options}",
    "NoValueForSid": "No '{field}' value found for sid '{sid}'.",
    "MultipleValuesFoundForSid": "Multiple '{field}' values found for sid '{sid}'. Use the as_of_date' argument\nto "
    "specify when the lookup should be valid.\n\nPossible options: {options}",
    "ConsumeAssetMetaDataError": "AssetFinder can not consume metadata of type {obj}. Metadata must be a dict, a\n"
    "DataFrame, or a tables.Table. If the provided metadata is a Table, the rows\nmust contain both or one of "
    "'sid' or 'symbol'.",
    "SidAssignmentError": "AssetFinder metadata is missing a SID for identifier '{identifier}'.",
    "NoSourceError": "No data source given.",
    "PipelineDateError": "Only one simulation date given. Please specify both the 'start' and 'end' for\nthe "
    "simulation, or neither. If neither is given, the start and end of the\nDataSource will be used. Given start "
    "= '{start}', end = '{end}'",
    "WindowLengthTooLong": "Can't construct a rolling window of length {window_length} on an array of length {nrows}.",
    "WindowLengthNotPositive": "Expected a window_length greater than 0, got {window_length}.",
    "NonWindowSafeInput": "Can't compute windowed expression {parent} with windowed input {child}.",
    "TermInputsNotSpecified": "{termname} requires inputs, but no inputs list was passed.",
    "TermOutputsEmpty": "{termname} requires at least one output when passed an outputs argument.",
    "InvalidOutputName": "{output_name!r} cannot be used as an output name for {termname}. Output names cannot start "
    "with an underscore or be contained in the following list: {disallowed_names}.",
    "WindowLengthNotSpecified": "{termname} requires a window_length, but no window_length was passed.",
    "InvalidTermParams": "Expected a list of strings as a class-level attribute for {termname}.params, but got "
    "{value} instead.",
    "DTypeNotSpecified": "{termname} requires a dtype, but no dtype was passed.",
    "NotDType": "{termname} expected a numpy dtype object for a dtype, but got {dtype} instead.",
    "UnsupportedDType": "Failed to construct {termname}.\nPipeline terms of dtype {dtype} are not yet supported.",
    "BadPercentileBounds": "Percentile bounds must fall between 0.0 and {upper_bound}, and min must be less than "
    "max.\nInputs were min={min_percentile}, max={max_percentile}.",
    "UnknownRankMethod": "Unknown ranking method: '{method}'. `method` must be one of {choices}",
    "AttachPipelineAfterInitialize": "Attempted to attach a pipeline after initialize(). attach_pipeline() can only "
    "be called during initialize.",
    "PipelineOutputDuringInitialize": "Attempted to call pipeline_output() during initialize. pipeline_output() can "
    "only be called once initialize has completed.",
    "DuplicatePipelineName": "Attempted to attach pipeline named {name!r}, but the name already exists for another "
    "pipeline. Please use a different name for this pipeline.",
    "UnsupportedDatetimeFormat": "The input '{input}' passed to '{method}' is not coercible to a pandas.Timestamp "
    "object.",
    "AssetDBVersionError": "The existing Asset database has an incorrect version: {db_version}. Expected version: "
    "{expected_version}. Try rebuilding your asset database or updating your version of Zipline.",
    "AssetDBImpossibleDowngrade": "The existing Asset database is version: {db_version} which is lower than the "
    "desired downgrade version: {desired_version}.",
    "HistoryWindowStartsBeforeData": "History window extends before {first_trading_day}. To use this history window, "
    "start the backtest on or after {suggested_start_day}.",
    "NonExistentAssetInTimeFrame": "The target asset '{asset}' does not exist for the entire timeframe between "
    "{start_date} and {end_date}.",
    "InvalidCalendarName": "The requested TradingCalendar, {calendar_name}, does not exist.",
    "CalendarNameCollision": "A calendar with the name {calendar_name} is already registered.",
    "CyclicCalendarAlias": "Cycle in calendar aliases: [{cycle}]",
    "ScheduleFunctionWithoutCalendar": "To use schedule_function, the TradingAlgorithm must be running on an "
    "ExchangeTradingSchedule, rather than {schedule}.",
    "ScheduleFunctionInvalidCalendar": "Invalid calendar '{given_calendar}' passed to schedule_function. Allowed "
    "options are {allowed_calendars}.",
    "UnsupportedPipelineOutput": "Cannot add column {column_name!r} with term {term}. Adding slices or "
    "single-column-output terms as pipeline columns is not currently supported.",
    "NonSliceableTerm": "Taking slices of {term} is not currently supported.",
    "IncompatibleTerms": "{term_1} and {term_2} must have the same mask in order to compute correlations and "
    "regressions asset-wise.",
}

# Of classes that only Python raises: they share the code of the class they are a case of.
_OTHER_REMEDIES = {
    "UnsupportedSlippageModel": {"code": 3106, "hint": "pass an instance of a class of rustybt.finance.slippage"},
    "UnsupportedCommissionModel": {"code": 3107, "hint": "pass an instance of a class of rustybt.finance.commission"},
    "PipelineOutputDuringInitialize": {"code": 1001, "hint": "call pipeline_output in before_trading_start or later"},
    "AttachPipelineAfterInitialize": {"code": 1001, "hint": "call attach_pipeline in initialize"},
    "DuplicatePipelineName": {"code": 1001, "hint": "choose another name"},
    "IncompatibleHistoryFrequency": {"code": 1001, "hint": "run on minute bars, or ask for daily ones"},
}

# Classes below another one of Zipline's, where the table of the core says only ZiplineError.
_PARENTS = {
    "NoTradeDataAvailableTooEarly": "NoTradeDataAvailable",
    "NoTradeDataAvailableTooLate": "NoTradeDataAvailable",
    "BenchmarkAssetNotAvailableTooEarly": "NoTradeDataAvailableTooEarly",
    "BenchmarkAssetNotAvailableTooLate": "NoTradeDataAvailableTooLate",
    "SameSymbolUsedAcrossCountries": "MultipleSymbolsFound",
    "MultipleSymbolsFoundForFuzzySymbol": "MultipleSymbolsFound",
    "EquitiesNotFound": "SidsNotFound",
    "FutureContractsNotFound": "SidsNotFound",
}


def _make_classes():
    space = globals()
    bases = {"NoTradeDataAvailable": "ZiplineError", **dict.fromkeys(_TEXTS, "ZiplineError"), **_PARENTS}
    facts = {}
    for code, name, base, remedy in _core.error_table():
        bases[name] = _PARENTS.get(name, base)
        facts[name] = {"code": code, "hint": remedy}
    for name in bases:
        _make_class(space, bases, facts, name)


def _make_class(space, bases, facts, name):
    if name in space:
        for key, value in facts.get(name, {}).items():
            setattr(space[name], key, value)
        return
    base = bases[name]
    if base in bases:
        _make_class(space, bases, facts, base)
    parents = (space[base],) if base in space else (RustybtError, getattr(builtins, base))
    body = {"__module__": __name__, "__qualname__": name, **(facts.get(name) or _OTHER_REMEDIES.get(name, {}))}
    if name in _TEXTS:
        body["msg"] = _TEXTS[name]
    space[name] = type(name, parents, body)


_make_classes()
EquitiesNotFound._one, EquitiesNotFound._many = "equity", "equities"  # noqa: F821
FutureContractsNotFound._one, FutureContractsNotFound._many = "future contract", "future contracts"  # noqa: F821
