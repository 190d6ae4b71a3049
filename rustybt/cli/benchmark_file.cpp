#include "rustybt/cli/benchmark_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/delimited_text.hpp"

namespace rustybt::cli {
namespace {

int column_named(const storage::TextTable& table, std::string_view name, const std::filesystem::path& file) {
  const auto found = std::ranges::find(table.names(), name);
  if (found == table.names().end()) {
    throw Error(ErrorCode::MissingColumn,
                fmt::format("{}: no column {}; found: {}", file.string(), name, fmt::join(table.names(), ", ")),
                "a benchmark file has the columns date and return")
        .with("file", file.string());
  }
  return static_cast<int>(found - table.names().begin());
}

}  // namespace

std::vector<algorithm::DailyReturn> read_benchmark_returns(const std::filesystem::path& file) {
  const storage::TextTable table = storage::parse_delimited_text(storage::read_text_file(file), {}, file);
  const auto dates = table.column(column_named(table, "date", file));
  const auto returns = table.column(column_named(table, "return", file));
  std::vector<algorithm::DailyReturn> out;
  out.reserve(dates.size());
  for (std::size_t i = 0; i < dates.size(); ++i) {
    const auto refuse = [&](std::string_view what) {
      const std::int64_t line = table.line_of(static_cast<std::int64_t>(i));
      throw Error(ErrorCode::BadCell, fmt::format("{}, line {}: {}", file.string(), line, what))
          .with("file", file.string())
          .with("line", std::to_string(line));
    };
    double value = 0;
    const auto [end, failure] = std::from_chars(returns[i].data(), returns[i].data() + returns[i].size(), value);
    if (failure != std::errc{} || end != returns[i].data() + returns[i].size() || !std::isfinite(value)) {
      refuse(fmt::format("return is \"{}\", expected a number such as 0.0125", returns[i]));
    }
    try {
      out.push_back({Date::parse(dates[i]), value});
    } catch (const Error& error) {
      refuse(error.message());
    }
  }
  return out;
}

}  // namespace rustybt::cli
