// Any bytes as a CSV file: the strict road of an ingest, the lenient one of a check, and a repair.

#include <cstddef>
#include <cstdint>
#include <string>

#include "rustybt/core/error.hpp"
#include "rustybt/data/bundles/bar_text.hpp"
#include "rustybt/data/quality/quality.hpp"
#include "rustybt/data/quality/repair.hpp"
#include "rustybt/storage/delimited_text.hpp"

namespace {

using namespace rustybt;

void ingest(const std::string& text) {
  try {
    const storage::TextFormat format = data::guess_text_format(text);
    const storage::TextTable table = storage::parse_delimited_text(text, format, "fuzz.csv");
    data::BarTextOptions options;
    options.file = "fuzz.csv";
    options.symbol = "X";
    options.columns = format.header ? data::guess_columns(table.names()) : data::guess_columns_without_header(table);
    if (options.columns[data::Role::Time] < 0) return;
    const auto times = data::detect_time_format(table.column(options.columns[data::Role::Time]));
    if (!times) return;
    options.time_format = *times;
    options.calendar = utils::get_calendar("24/7");
    (void)data::read_bars(table, options);
  } catch (const Error&) {  // refused in words: as it should be
  }
}

void check(const std::string& text) {
  try {
    const data::RawTable table = data::RawTable::parse(text, "fuzz.csv");
    const data::QualityReport report = data::check_table(table, "fuzz.csv", {.today = Date::from_ymd(2025, 1, 1)});
    for (const data::QualityFinding& f : report.findings)
      require_invariant(f.row >= 0 && f.row < table.rows() && !f.code.empty() && !f.message.empty(),
                        "a finding's place");
    if (report.symbols == 0) return;
    const data::RepairPlan plan = data::plan_repair(table, report, {.fill = true});
    (void)data::repaired_text(table, plan);
    (void)data::change_log("fuzz.csv", plan);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::InvariantViolation) throw;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  ingest(text);
  check(text);
  return 0;
}
