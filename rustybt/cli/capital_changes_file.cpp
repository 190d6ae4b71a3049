#include "rustybt/cli/capital_changes_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/delimited_text.hpp"

namespace rustybt::cli {

std::vector<std::pair<Timestamp, gens::CapitalChange>> read_capital_changes(const std::filesystem::path& file) {
  const storage::TextTable table = storage::parse_delimited_text(storage::read_text_file(file), {}, file);
  const auto column = [&](std::string_view name) {
    const auto found = std::ranges::find(table.names(), name);
    if (found == table.names().end()) {
      throw Error(ErrorCode::MissingColumn,
                  fmt::format("{}: no column {}; found: {}", file.string(), name, fmt::join(table.names(), ", ")),
                  "a file of capital changes has the columns date, type and value");
    }
    return table.column(static_cast<int>(found - table.names().begin()));
  };
  const auto dates = column("date"), types = column("type"), values = column("value");
  std::vector<std::pair<Timestamp, gens::CapitalChange>> changes;
  for (std::size_t i = 0; i < dates.size(); ++i) {
    try {
      const std::string date(dates[i]), type(types[i]);
      gens::CapitalChange change;
      if (type != "delta" && type != "target")
        throw Error(ErrorCode::InvalidArgument, fmt::format("type is \"{}\", expected delta or target", type));
      change.type = type == "delta" ? gens::CapitalChange::Type::Delta : gens::CapitalChange::Type::Target;
      change.value = Decimal::parse(std::string(values[i]));
      const Timestamp at = date.size() == 10 ? Timestamp::from_date(Date::parse(date)) : Timestamp::parse(date);
      changes.emplace_back(at, std::move(change));
    } catch (const Error& error) {
      const std::int64_t line = table.line_of(static_cast<std::int64_t>(i));
      throw Error(ErrorCode::BadCell, fmt::format("{}, line {}: {}", file.string(), line, error.message()));
    }
  }
  return changes;
}

}  // namespace rustybt::cli
