#pragma once
// The one table of error codes. X(name, number, Python base class, remedy shown when the thrower gives none).
// Names that Zipline has keep Zipline's name (zipline_semantics 13.1).

#include <string_view>

namespace rustybt {

#define RUSTYBT_ERROR_TABLE(X)                                                                                         \
  /* 1xxx: what the caller gave */                                                                                     \
  X(InvalidArgument, 1001, "ValueError", "see --help or the documentation of the call")                                \
  X(InvalidNumber, 1002, "ValueError", "write a plain decimal number such as 12.50")                                   \
  X(InvalidDate, 1003, "ValueError", "write dates as YYYY-MM-DD")                                                      \
  X(InvalidDateRange, 1004, "ValueError", "the end must not be before the start, with a session between")              \
  X(WrongType, 1005, "TypeError", "pass the type that the message names")                                              \
  X(UnknownPolicy, 1006, "ValueError", "`rustybt run --help` lists policies and their values")                         \
  X(StrategyNotFound, 1007, "FileNotFoundError", "check the path of the strategy")                                     \
  X(StrategyFailed, 1008, "RuntimeError", "the traceback above names the line of the strategy")                        \
  X(StrategyDoesNotCompile, 1009, "RuntimeError", "the compiler's messages above name the line")                       \
  X(NotYetSupported, 1010, "NotImplementedError", "this part is not built yet; see the CHANGELOG")                     \
  X(MissingDependency, 1011, "ImportError", "install the named package")                                               \
  X(InvalidCalendarName, 1012, "ZiplineError", "`rustybt calendars` lists the names")                                  \
  X(CalendarNameCollision, 1013, "ZiplineError", "choose another name")                                                \
  X(CyclicCalendarAlias, 1014, "ZiplineError", "point the alias at a real calendar")                                   \
  X(ScheduleFunctionInvalidCalendar, 1015, "ZiplineError", "use calendars.US_EQUITIES or calendars.US_FUTURES")        \
  X(ZeroCapitalError, 1016, "ZiplineError", "give a starting capital above 0")                                         \
  X(UnsupportedDatetimeFormat, 1017, "ZiplineError", "write dates as YYYY-MM-DD")                                      \
  /* 2xxx: data and assets */                                                                                          \
  X(MissingColumn, 2001, "ValueError", "name the column with --map field=column")                                      \
  X(BadCell, 2002, "ValueError", "correct the cell, or leave the row out")                                             \
  X(DuplicateRow, 2003, "ValueError", "keep one row per symbol and time")                                              \
  X(RowsOutOfOrder, 2004, "ValueError", "sort the rows by time within each symbol")                                    \
  X(BadBar, 2005, "ValueError", "a bar needs low <= open, close <= high and volume >= 0")                              \
  X(NotASession, 2006, "ValueError", "the calendar has no session on that day; choose the calendar of the market")     \
  X(UnknownBundle, 2007, "ZiplineError", "`rustybt bundles` lists the bundles; `rustybt ingest` makes one")            \
  X(CorruptBundle, 2008, "ValueError", "ingest the bundle again")                                                      \
  X(EmptyData, 2009, "ValueError", "check the path and the dates")                                                     \
  X(BadClean, 2010, "ZiplineError", "give either keep_last or before/after")                                           \
  X(SymbolNotFound, 2101, "ZiplineError", "`rustybt data list` shows the symbols of a bundle")                         \
  X(MultipleSymbolsFound, 2102, "ZiplineError", "call set_symbol_lookup_date first")                                   \
  X(SameSymbolUsedAcrossCountries, 2103, "ZiplineError", "pass country_code")                                          \
  X(SidsNotFound, 2104, "ZiplineError", "check the sids against the bundle's assets")                                  \
  X(AssetDBVersionError, 2105, "ZiplineError", "ingest the bundle again")                                              \
  X(MultipleSymbolsFoundForFuzzySymbol, 2106, "ZiplineError", "pass as_of_date, country_code or the exact symbol")     \
  X(EquitiesNotFound, 2107, "ZiplineError", "check the sids against the bundle's equities")                            \
  X(FutureContractsNotFound, 2108, "ZiplineError", "check the sids against the bundle's futures")                      \
  X(ValueNotFoundForField, 2109, "ZiplineError", "check the field and the date against the supplementary mappings")    \
  X(MultipleValuesFoundForField, 2110, "ZiplineError", "pass as_of_date")                                              \
  X(NoValueForSid, 2111, "ZiplineError", "check the field and the date against the supplementary mappings")            \
  X(MultipleValuesFoundForSid, 2112, "ZiplineError", "pass as_of_date")                                                \
  X(NoDataOnDate, 2201, "ZiplineError", "ask for a date inside the data")                                              \
  X(NoDataForSid, 2202, "ZiplineError", "check the asset against the bundle")                                          \
  X(HistoryWindowStartsBeforeData, 2203, "ZiplineError", "start later or ask for fewer bars")                          \
  X(LookAhead, 2204, "ZiplineError", "a strategy may not read data after the current bar")                             \
  X(UnknownField, 2205, "KeyError", "fields are open, high, low, close, volume, price, last_traded")                   \
  X(NoDataBeforeDate, 2206, "NoDataOnDate", "ask for a date on or after the first one of the data")                    \
  X(NoDataAfterDate, 2207, "NoDataOnDate", "ask for a date on or before the last one of the data")                     \
  X(NoFxRate, 2208, "ZiplineError", "add the rate to the bundle (write_frames(fx_rates=...)) or choose base_currency") \
  /* 3xxx: orders and books */                                                                                         \
  X(Overflow, 3001, "OverflowError", "the number does not fit 38 digits")                                              \
  X(InexactConversion, 3002, "ValueError", "name a scale and a rounding")                                              \
  X(DivisionByZero, 3003, "ZeroDivisionError", "the divisor must not be 0")                                            \
  X(CurrencyMismatch, 3004, "ValueError", "convert to one currency first")                                             \
  X(UnsupportedOrderParameters, 3101, "ZiplineError", "pass an asset, and either prices or a style")                   \
  X(BadOrderParameters, 3102, "ZiplineError", "prices of an order must be finite and not negative")                    \
  X(CannotOrderDelistedAsset, 3103, "ZiplineError", "order only while the asset trades: data.can_trade(asset)")        \
  X(OrderDuringInitialize, 3104, "ZiplineError", "order from handle_data or a scheduled function")                     \
  X(OrderInBeforeTradingStart, 3105, "ZiplineError", "order from handle_data or a scheduled function")                 \
  X(IncompatibleSlippageModel, 3106, "ZiplineError", "use a model made for the asset type")                            \
  X(IncompatibleCommissionModel, 3107, "ZiplineError", "use a model made for the asset type")                          \
  X(SetSlippagePostInit, 3108, "ZiplineError", "call set_slippage in initialize")                                      \
  X(SetCommissionPostInit, 3109, "ZiplineError", "call set_commission in initialize")                                  \
  X(SetCancelPolicyPostInit, 3110, "ZiplineError", "call set_cancel_policy in initialize")                             \
  X(UnsupportedCancelPolicy, 3111, "ZiplineError", "pass EODCancel() or NeverCancel()")                                \
  X(SetBenchmarkOutsideInitialize, 3112, "ZiplineError", "call set_benchmark in initialize")                           \
  X(InvalidBenchmarkAsset, 3113, "ZiplineError", "choose a benchmark without stock dividends in the run")              \
  X(BenchmarkAssetNotAvailableTooEarly, 3114, "ZiplineError", "choose a benchmark that trades from the first session") \
  X(BenchmarkAssetNotAvailableTooLate, 3115, "ZiplineError", "choose a benchmark that trades to the last session")     \
  X(LiquidityExceeded, 3116, "Exception", "internal to slippage models")                                               \
  X(IllegalOrderTransition, 3117, "RuntimeError", "report this with the command that led here")                        \
  X(TradingControlViolation, 3118, "ZiplineError", "the order broke a trading control of the strategy")                \
  X(AccountControlViolation, 3119, "ZiplineError", "the account broke a control of the strategy")                      \
  X(UnknownRootSymbol, 3120, "KeyError", "give the cost of this market's futures")                                     \
  X(RegisterTradingControlPostInit, 3121, "ZiplineError", "set trading controls in initialize")                        \
  X(RegisterAccountControlPostInit, 3122, "ZiplineError", "set account controls in initialize")                        \
  /* 5xxx: network and keys */                                                                                         \
  X(ConnectionFailed, 5001, "ConnectionError", "check the network and the address")                                    \
  X(NetworkTimeout, 5002, "TimeoutError", "try again later, or raise the timeout")                                     \
  X(TlsFailed, 5003, "ConnectionError", "the server's certificate is not trusted; SSL_CERT_FILE names further ones")   \
  X(SourceRefused, 5004, "RuntimeError", "the message is the source's own")                                            \
  X(BadResponse, 5005, "ValueError", "the source sent something else than its documentation says; try again later")    \
  X(RateLimited, 5006, "RuntimeError", "wait, or ask for less")                                                        \
  X(MissingKey, 5007, "ValueError", "`rustybt keys set NAME` stores a key")                                            \
  X(WrongPassphrase, 5008, "ValueError", "check RUSTYBT_PASSPHRASE, or the key file")                                  \
  /* 6xxx: storage */                                                                                                  \
  X(FileNotFound, 6001, "FileNotFoundError", "check the path")                                                         \
  X(FileNotReadable, 6002, "OSError", "check the file's permissions and format")                                       \
  X(FileNotWritable, 6003, "OSError", "check the folder's permissions and free space")                                 \
  X(DatabaseError, 6004, "RuntimeError", "the database is locked or damaged")                                          \
  X(HashMismatch, 6005, "ValueError", "the file changed after it was written: ingest again")                           \
  /* 9xxx: our own */                                                                                                  \
  X(InvariantViolation, 9001, "RuntimeError", "this is a defect of rustybt: please report it")                         \
  X(Interrupted, 9002, "KeyboardInterrupt", "")

enum class ErrorCode : int {
#define RUSTYBT_ERROR_ENUM(name, number, base, remedy) name = number,
  RUSTYBT_ERROR_TABLE(RUSTYBT_ERROR_ENUM)
#undef RUSTYBT_ERROR_ENUM
};

struct ErrorEntry {
  ErrorCode code;
  std::string_view name;
  std::string_view python_base;
  std::string_view remedy;
};

/// The table as data, in the order above.
inline constexpr ErrorEntry kErrorTable[] = {
#define RUSTYBT_ERROR_ENTRY(name, number, base, remedy) {ErrorCode::name, #name, base, remedy},
    RUSTYBT_ERROR_TABLE(RUSTYBT_ERROR_ENTRY)
#undef RUSTYBT_ERROR_ENTRY
};

}  // namespace rustybt
