#pragma once
// What is wrong with the bars of one symbol, in words: rules over rows as a file holds them, good or bad.
// Calendar-aware, one symbol at a time, no file access. Nothing is corrected here and nothing is left out: a rule
// reports a row, and a row that one rule has reported is kept away from the statistics of the others.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rustybt/core/timestamp.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::utils {

enum class Severity : std::uint8_t { Info, Warning, Error };
[[nodiscard]] std::string_view severity_name(Severity severity);  ///< "info", "warning", "error"

/// What kind of market a series comes from: how far its prices may jump, whether volumes are whole.
enum class MarketKind : std::uint8_t { Equity, Crypto, Fx, Future };
[[nodiscard]] std::string_view market_kind_name(MarketKind kind);  ///< "equity", "crypto", "fx", "future"
[[nodiscard]] std::optional<MarketKind> find_market_kind(std::string_view name);

enum class BarColumn : std::uint8_t { Open, High, Low, Close, Volume, Dividend, Split, AdjustedClose };
inline constexpr int kBarColumnCount = 8;
[[nodiscard]] std::string_view bar_column_name(BarColumn column);  ///< "open", ..., "adjusted_close"

/// A cell as it was found. Values are doubles: they are compared and measured here, never booked.
struct BarCell {
  enum class State : std::uint8_t { NoColumn, Value, Missing, Infinite, Unreadable };
  State state = State::NoColumn;
  double value = 0;
  [[nodiscard]] bool has_value() const { return state == State::Value; }
};

/// One row of a source. For daily bars `date` is the session, `time` its midnight UTC.
struct BarRow {
  std::int64_t row = 0;  ///< 0-based data row of the source
  Timestamp time;
  Date date;
  std::array<BarCell, kBarColumnCount> cells;

  [[nodiscard]] const BarCell& operator[](BarColumn column) const { return cells[static_cast<std::size_t>(column)]; }
  BarCell& operator[](BarColumn column) { return cells[static_cast<std::size_t>(column)]; }
};

/// What can be done without guessing.
enum class Repair : std::uint8_t {
  None,
  RemoveRow,   ///< an exact duplicate, a row on a closed day
  SortRows,    ///< the row stands in the wrong place
  ScaleCells,  ///< a decimal point is misplaced: times 10^power_of_ten
  ClearCells,  ///< a word in place of a number: leave the cell empty
};

struct Finding {
  std::int64_t row = 0;  ///< 0-based data row; of a missing session: the row before which it belongs
  std::string column;    ///< "open" ...; "all" = the whole row; "date"
  std::string code;      ///< stable word: "duplicate_date", "price_spike", ...
  Severity severity = Severity::Error;
  std::string message;  ///< what was found and what was expected, in words
  std::string advice;   ///< what to do
  Repair repair = Repair::None;
  int power_of_ten = 0;                 ///< of ScaleCells
  std::vector<BarColumn> columns = {};  ///< of ScaleCells and ClearCells
  std::optional<Date> date = {};
  std::string symbol = {};  ///< filled in by whoever knows it
};

struct ValidationOptions {
  MarketKind kind = MarketKind::Equity;
  CalendarPtr calendar = {};                       ///< null: no check of sessions
  std::optional<Date> today = {};                  ///< later dates are reported; none: not checked
  std::optional<std::int64_t> bar_length_ns = {};  ///< of bars within a day; none: daily bars
  std::optional<double> price_sigma = {};          ///< robust deviations of an outlier; default 5, crypto 8
  std::optional<double> volume_sigma = {};         ///< default 10, crypto 20
};

struct Validation {
  std::vector<Finding> findings;     ///< in order of rows
  std::vector<std::string> remarks;  ///< no defects, but worth knowing: raw prices over a split, newest row first
};

/// All rules over the rows of one symbol, in file order (oldest or newest first).
///
/// Daily rows are held against the calendar's sessions; intraday rows (bar_length_ns) against the minutes of the
/// sessions that have any. Never throws for what the rows hold.
[[nodiscard]] Validation validate_bars(std::span<const BarRow> rows, const ValidationOptions& options);

/// One simple split ratio near `factor` ("7:1", "1:10"), nullopt when none is within 4 %.
struct SplitRatio {
  int new_shares = 1;
  int old_shares = 1;
  [[nodiscard]] std::string to_string() const;
};
[[nodiscard]] std::optional<SplitRatio> find_split_ratio(double factor);

/// How many of the dates are no sessions, and how many sessions between first and last are missing.
struct CalendarMismatch {
  int not_sessions = 0;
  int missing = 0;
  int expected = 0;  ///< sessions between first and last date
  [[nodiscard]] int total() const { return not_sessions + missing; }
};
/// @param dates  sorted, each once
[[nodiscard]] CalendarMismatch compare_with_calendar(std::span<const Date> dates, const TradingCalendar& calendar);

/// What the stamps of bars within a day mean.
enum class BarStamp : std::uint8_t { Unknown, Start, End };
struct StampGuess {
  BarStamp stamp = BarStamp::Unknown;
  bool is_local = false;    ///< times are New York's, not UTC
  double share_inside = 0;  ///< of the volume, in regular sessions under the best reading
};
/// Zone and convention by the calendar: the reading that puts most volume into sessions, and the stamp at which volume
/// jumps at the open. `times` as written, taken as UTC. Calendars of New York only, else Unknown.
[[nodiscard]] StampGuess guess_stamps(std::span<const BarRow> rows, const TradingCalendar& calendar,
                                      std::int64_t bar_length_ns);

}  // namespace rustybt::utils
