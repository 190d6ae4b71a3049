#include "rustybt/cli/behaviour.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "rustybt/cli/run_record.hpp"
#include "rustybt/core/decimal.hpp"
#include "rustybt/storage/files.hpp"

namespace rustybt::cli {
namespace {

namespace fs = std::filesystem;
using storage::Column;
using storage::ColumnTable;

std::string cell(const Column& column, std::size_t row) {
  if (!column.is_valid(row)) return "none";
  struct Visitor {
    std::size_t i;
    std::string operator()(const storage::Int64s& c) const { return fmt::format("{}", c.values[i]); }
    std::string operator()(const storage::Decimals& c) const {
      return Decimal(c.values[i], c.scale).normalized().to_string();
    }
    std::string operator()(const storage::Doubles& c) const { return fmt::format("{}", c.values[i]); }
    std::string operator()(const storage::Strings& c) const { return c.values[i]; }
    std::string operator()(const storage::Timestamps& c) const { return Timestamp{c.values[i]}.to_string(); }
    std::string operator()(const storage::Dates& c) const { return Date{c.values[i]}.to_string(); }
    std::string operator()(const storage::Bools& c) const { return c.values[i] != 0 ? "true" : "false"; }
  };
  return std::visit(Visitor{row}, column.values);
}

/// "name value, name value" of some columns of a row.
std::string cells(const ColumnTable& table, std::size_t row, std::span<const char* const> names) {
  std::string text;
  for (const char* name : names) {
    const Column* column = table.find(name);
    if (column != nullptr && column->is_valid(row))
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, cell(*column, row));
  }
  return text;
}

Date session_of(const ColumnTable& table, std::size_t row) {
  return Date{table.column("session").as<storage::Dates>().values[row]};
}

void add_rows(Behaviour& behaviour, const ColumnTable& table, const char* kind, const char* about,
              std::span<const char* const> names) {
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const Date session = session_of(table, row);
    behaviour.rows.push_back({Timestamp::from_date(session).ns, session, kind, "",
                              about == nullptr ? "" : cell(table.column(about), row), cells(table, row, names)});
  }
}

void add_orders(Behaviour& behaviour, const ColumnTable& orders) {
  static constexpr const char* kOrder[] = {"id", "amount", "filled", "commission", "stop", "limit", "state"};
  static constexpr const char* kMade[] = {"amount", "stop", "limit"};
  add_rows(behaviour, orders, "order", "symbol", kOrder);
  std::set<std::int64_t> seen;
  const auto& ids = orders.column("id").as<storage::Int64s>().values;
  const auto& created = orders.column("created").as<storage::Timestamps>().values;
  for (std::size_t row = 0; row < orders.rows(); ++row) {
    if (!seen.insert(ids[row]).second) continue;
    const Date session = session_of(orders, row);
    behaviour.made.push_back({created[row], session, "order", "", cell(orders.column("symbol"), row),
                              fmt::format("order {}: {}", ids[row], cells(orders, row, kMade))});
    behaviour.order_sessions.insert(session);
  }
}

void add_signals(Behaviour& behaviour, const ColumnTable& recorded, const ColumnTable& positions) {
  for (std::size_t row = 0; row < recorded.rows(); ++row) {
    auto& values = behaviour.signals[session_of(recorded, row)];
    values[""];
    for (const Column& column : recorded.columns) {
      if (column.name == "session") continue;
      values[column.name] = cell(column, row);
      if (column.is_valid(row))
        behaviour.rows.push_back({Timestamp::from_date(session_of(recorded, row)).ns, session_of(recorded, row),
                                  "recorded", "", column.name, values[column.name]});
    }
  }
  for (std::size_t row = 0; row < positions.rows(); ++row) {
    const bool is_short = cell(positions.column("amount"), row).starts_with('-');
    behaviour.signals[session_of(positions, row)][""] +=
        fmt::format("{}{} ", is_short ? "-" : "+", cell(positions.column("symbol"), row));
  }
}

void read_trace(Behaviour& behaviour, const fs::path& file) {
  if (!fs::exists(file)) return;
  const std::string text = storage::read_file(file);
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::string_view words[5];
    for (std::string_view& word : words) {
      word = line.substr(0, line.find('\t'));
      line.remove_prefix(std::min(line.size(), word.size() + 1));
    }
    Deed deed{0, {}, std::string(words[1]), std::string(words[2]), std::string(words[3]), std::string(words[4])};
    std::from_chars(words[0].data(), words[0].data() + words[0].size(), deed.ns);
    deed.session = Timestamp{deed.ns}.date();
    (deed.kind == "file"        ? behaviour.files
     : deed.kind == "unchecked" ? behaviour.unchecked
                                : behaviour.trace)
        .push_back(std::move(deed));
  }
}

/// `file:line in function` of the last frame of a Python traceback.
std::string place_in_traceback(const std::string& text) {
  const std::size_t at = text.rfind("  File \"");
  if (at == std::string::npos) return "";
  const std::size_t from = at + 8, quote = text.find('"', from), end = text.find('\n', from);
  std::string place = fs::path(text.substr(from, quote - from)).filename().string();
  std::string rest = text.substr(quote + 1, end - quote - 1);  // ", line 12, in f"
  if (const std::size_t line = rest.find("line "); line != std::string::npos) rest = ":" + rest.substr(line + 5);
  if (const std::size_t comma = rest.find(','); comma != std::string::npos) rest.erase(comma, 1);
  return place + rest;
}

void read_summary(Behaviour& behaviour, const RunRecord& record, const fs::path& folder) {
  const auto summary = nlohmann::json::parse(record.summary);
  behaviour.calendar = summary.at("settings").at("calendar").get<std::string>();
  behaviour.preset = summary.at("preset").at("name").get<std::string>();
  if (!summary.contains("error")) return;
  const auto& error = summary.at("error");
  Deed failure{0, {}, "error", "", error.at("message").get<std::string>(), ""};
  if (error.at("at").is_string()) failure.ns = Timestamp::parse(error.at("at").get<std::string>()).ns;
  failure.session = Timestamp{failure.ns}.date();
  if (fs::exists(folder / "stderr")) failure.place = place_in_traceback(storage::read_file(folder / "stderr"));
  behaviour.failure = std::move(failure);
}

Difference difference_of(const Deed* real, const Deed* other) {
  const Deed& shown = real != nullptr ? *real : *other;
  Difference d{shown.ns, shown.session, shown.kind, shown.place, shown.what, "nothing", "nothing"};
  const bool same_call =
      real != nullptr && other != nullptr && real->place == other->place && real->what == other->what;
  const auto text = [&](const Deed* deed) -> std::string {
    if (deed == nullptr) return "nothing";
    if (same_call || deed->kind == "error") return deed->kind == "error" ? deed->what : deed->value;
    std::string said = deed->what;
    if (!deed->value.empty()) said += (said.empty() ? "" : ": ") + deed->value;
    return deed->place.empty() || (real != nullptr && deed->place == real->place) ? said : said + ", at " + deed->place;
  };
  d.before = text(real);
  d.after = text(other);
  if (!same_call && !d.place.empty() && real != nullptr && other != nullptr) d.kind = "act";
  return d;
}

template <class Counts>
std::optional<Difference> first_difference(const std::vector<Deed>& real, const std::vector<Deed>& other,
                                           Counts counts) {
  std::size_t a = 0, b = 0;
  while (true) {
    while (a < real.size() && !counts(real[a])) ++a;
    while (b < other.size() && !counts(other[b])) ++b;
    const Deed* x = a < real.size() ? &real[a] : nullptr;
    const Deed* y = b < other.size() ? &other[b] : nullptr;
    if (x == nullptr && y == nullptr) return std::nullopt;
    if (x == nullptr || y == nullptr || x->ns != y->ns || x->kind != y->kind || x->place != y->place ||
        x->what != y->what || x->value != y->value)
      return difference_of(x, y);
    ++a, ++b;
  }
}

std::optional<Difference> earlier(std::optional<Difference> a, std::optional<Difference> b) {
  if (!a || !b) return a ? a : b;
  return b->ns < a->ns ? b : a;
}

/// Equal as text, or as numbers but for the last digits: averages that remember their beginning never agree quite.
bool agree(const std::string& a, const std::string& b) {
  if (a == b) return true;
  double x = 0, y = 0;
  const auto number = [](const std::string& text, double& value) {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size();
  };
  return number(a, x) && number(b, y) && std::abs(x - y) <= 1e-6 * std::max(std::abs(x), std::abs(y));
}

}  // namespace

Behaviour read_behaviour(const fs::path& folder) {
  const RunRecord record = read_record(folder);
  Behaviour behaviour;
  const ColumnTable& performance = record.table("performance");
  for (std::size_t row = 0; row < performance.rows(); ++row) {
    behaviour.sessions.push_back(session_of(performance, row));
    behaviour.opens.push_back(performance.column("period_open").as<storage::Timestamps>().values[row]);
    behaviour.closes.push_back(performance.column("period_close").as<storage::Timestamps>().values[row]);
  }
  static constexpr const char* kFill[] = {"dt", "amount", "price", "order_id"};
  static constexpr const char* kPosition[] = {"amount", "cost_basis", "last_sale_price"};
  static constexpr const char* kBooks[] = {"ending_cash", "portfolio_value", "pnl", "capital_used"};
  add_orders(behaviour, record.table("orders"));
  add_rows(behaviour, record.table("transactions"), "fill", "symbol", kFill);
  add_signals(behaviour, record.table("recorded"), record.table("positions"));
  add_rows(behaviour, record.table("positions"), "position", "symbol", kPosition);
  add_rows(behaviour, performance, "books", nullptr, kBooks);
  std::ranges::stable_sort(behaviour.rows, {}, &Deed::ns);
  read_trace(behaviour, folder / "trace");
  read_summary(behaviour, record, folder);
  return behaviour;
}

std::optional<Difference> first_difference(const Behaviour& real, const Behaviour& other, Date known,
                                           std::int64_t bound_ns) {
  const auto before_bound = [bound_ns](const Deed& deed) { return deed.ns < bound_ns; };
  std::optional<Difference> found = first_difference(real.trace, other.trace, before_bound);
  if (other.failure && other.failure->ns < bound_ns && !real.failure)
    found = earlier(found, difference_of(nullptr, &*other.failure));
  if (found) return found;
  found = first_difference(real.made, other.made, before_bound);
  return earlier(found, first_difference(real.rows, other.rows, [known](const Deed& d) { return d.session <= known; }));
}

std::optional<Difference> first_difference(const Behaviour& real, const Behaviour& other) {
  return first_difference(real, other, Date{INT32_MAX}, INT64_MAX);
}

std::map<std::string, std::optional<Date>> agreement(const Behaviour& real, const Behaviour& later) {
  std::map<std::string, std::optional<Date>> since;
  std::set<std::string> parted;
  std::size_t common = 0;
  for (auto session = later.signals.rbegin(); session != later.signals.rend(); ++session, ++common) {
    const auto same = real.signals.find(session->first);
    if (same == real.signals.end()) break;
    for (const auto& [name, value] : same->second) {
      const auto found = session->second.find(name);
      if (parted.contains(name)) continue;
      if (found != session->second.end() && agree(value, found->second))
        since[name] = session->first;
      else
        parted.insert(name);
    }
  }
  // the last sessions may agree by chance: a tenth of the common ones must
  const auto sessions = static_cast<std::size_t>(later.signals.size());
  const std::size_t needed = std::max<std::size_t>(1, common / 10);
  for (const std::string& name : parted) {
    auto& from = since[name];
    if (!from) continue;
    const auto agreeing = static_cast<std::size_t>(std::distance(later.signals.find(*from), later.signals.end()));
    if (agreeing < needed || sessions == 0) from.reset();
  }
  return since;
}

}  // namespace rustybt::cli
