#pragma once
// The report of a run: one HTML file that needs nothing else, no network and no other file.

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "rustybt/core/timestamp.hpp"

namespace rustybt::analytics {

/// How a figure is coloured.
enum class Tone : std::uint8_t { Neutral, Good, Bad };

/// A headline figure: "Sharpe ratio", "1.24", "benchmark 0.81".
struct ReportFigure {
  std::string label;
  std::string value;
  std::string note = {};
  Tone tone = Tone::Neutral;
};

/// A line of a two-column table; `note` is shown smaller beside the value.
struct ReportFact {
  std::string name;
  std::string value;
  std::string note = {};
};

struct ReportColumn {
  std::string title;
  bool is_number = false;
};

/// A long table by its first and last rows; cells are text as shown ("1,204.50").
struct ReportTable {
  std::string title;
  std::vector<ReportColumn> columns;
  std::vector<std::vector<std::string>> first_rows;
  std::vector<std::vector<std::string>> last_rows;
  std::int64_t rows = 0;  ///< of the whole table
  std::vector<ReportFact> totals;
  std::string file;  ///< where the whole table lies ("transactions.parquet"), empty = nowhere
};

/// Everything that the page shows. Series have one value per session.
struct ReportInput {
  std::string title;
  std::string subtitle;
  std::vector<ReportFigure> headline;
  std::vector<Date> sessions;
  std::vector<double> equity;  ///< portfolio value at each close
  double starting_capital = 0;
  std::vector<double> returns;  ///< simple return of each session
  std::string benchmark_name;
  std::vector<double> benchmark_returns;  ///< empty = no benchmark
  std::vector<ReportTable> tables;
  std::vector<ReportFact> policies;    ///< every policy in force
  std::vector<ReportFact> provenance;  ///< data hash, versions, seed, ...
  std::vector<std::string> notes;      ///< what a reader must know ("default slippage model used")
  std::string command;                 ///< reproduces the run
};

/// Return of a calendar month or year.
struct PeriodReturn {
  int year = 0;
  int month = 0;  ///< 1..12
  double value = 0;
};
/// Returns compounded by calendar month, oldest first.
[[nodiscard]] std::vector<PeriodReturn> monthly_returns(const std::vector<Date>& sessions,
                                                        const std::vector<double>& returns);

/// Fall below the highest value so far, as a fraction <= 0; the start counts as a high.
[[nodiscard]] std::vector<double> drawdowns(const std::vector<double>& returns);

/// Above so many sessions the charts show only the low and the high of equal groups (and the page says so).
inline constexpr std::size_t kMaxChartPoints = 4000;

/// Make the page. Under 500 kB for any length of run.
/// @throws Error{InvalidArgument} when the series differ in length
[[nodiscard]] std::string render_report(const ReportInput& input);
/// @throws Error{FileNotWritable}
void write_report(const std::filesystem::path& path, const ReportInput& input);

}  // namespace rustybt::analytics
