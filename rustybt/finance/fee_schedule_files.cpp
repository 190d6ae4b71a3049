#include "rustybt/finance/fee_schedule_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <nlohmann/json.hpp>

#include "rustybt/core/error.hpp"
#include "rustybt_embedded/fee_schedules.hpp"

namespace rustybt::finance {
namespace {

using Json = nlohmann::ordered_json;

struct Shipped {
  std::string_view name, text;
};
/// A function, as the texts are constants of another file.
std::vector<Shipped> shipped() {
  return {{"binance_spot", fee_schedules::binance_spot},
          {"coinbase", fee_schedules::coinbase},
          {"generic", fee_schedules::generic},
          {"interactive_brokers_fixed", fee_schedules::interactive_brokers_fixed},
          {"interactive_brokers_tiered", fee_schedules::interactive_brokers_tiered}};
}

/// Reads one object of a file; what is wrong names file and field.
class Reader {
 public:
  Reader(const Json& object, std::string file, std::string path)
      : object_(object), file_(std::move(file)), path_(std::move(path)) {
    if (!object_.is_object()) refuse("", "an object {...}", object_);
  }

  [[noreturn]] void refuse(const std::string& field, const std::string& expected, const Json& found) const {
    refuse_text(field, expected, found.dump());
  }
  [[noreturn]] void refuse_text(const std::string& field, const std::string& expected, const std::string& found) const {
    const std::string where = path_.empty() ? field : field.empty() ? path_ : path_ + "." + field;
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("{}: {}: expected {}, found {}", file_, where.empty() ? "the file" : where, expected, found),
        "docs/costs.md describes the file")
        .with("file", file_)
        .with("field", where);
  }
  void allow(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, value] : object_.items()) {
      if (std::ranges::find(known, key) == known.end())
        refuse_text(key, fmt::format("one of {}", fmt::join(known, ", ")), "this name");
    }
  }
  [[nodiscard]] const Json* find(const std::string& field) const {
    const auto found = object_.find(field);
    return found == object_.end() ? nullptr : &*found;
  }
  [[nodiscard]] const Json& at(const std::string& field, const std::string& expected) const {
    const Json* value = find(field);
    if (!value) refuse_text(field, expected, "nothing");
    return *value;
  }
  /// Text, or a number as it is written.
  [[nodiscard]] Decimal number(const std::string& field, std::optional<Decimal> absent = std::nullopt) const {
    constexpr const char* kExpected = "a number, as \"0.001\"";
    const Json* value = find(field);
    if (!value && absent) return *absent;
    if (!value) refuse_text(field, kExpected, "nothing");
    try {
      if (value->is_string()) return Decimal::parse(value->get<std::string>());
      if (value->is_number_integer()) return Decimal::parse(value->dump());
      if (value->is_number()) return Decimal::from_double_shortest(value->get<double>());
    } catch (const Error&) {  // told below, with its field
    }
    refuse(field, kExpected, *value);
  }
  [[nodiscard]] std::string text(const std::string& field, const std::string& absent) const {
    const Json* value = find(field);
    if (!value) return absent;
    if (!value->is_string()) refuse(field, "text", *value);
    return value->get<std::string>();
  }
  [[nodiscard]] FeeSchedule::Of of(const std::string& field) const {
    const std::string value = text(field, "value");
    if (value != "value" && value != "units") refuse(field, "\"value\" or \"units\"", value);
    return value == "value" ? FeeSchedule::Of::Value : FeeSchedule::Of::Units;
  }

 private:
  const Json& object_;
  std::string file_, path_;
};

void read_window(const Reader& file, FeeSchedule& schedule) {
  const Json* window = file.find("window");
  if (!window) return;
  if (window->is_number_integer() && *window >= 1 && *window <= 3660) {
    schedule.window = FeeSchedule::Window::Days;
    schedule.days = window->get<int>();
  } else if (*window == "month") {
    schedule.window = FeeSchedule::Window::CalendarMonth;
  } else {
    file.refuse("window", "\"month\" or a number of days", *window);
  }
}

}  // namespace

std::vector<std::string> fee_schedule_names() {
  std::vector<std::string> names;
  for (const Shipped& s : shipped()) names.emplace_back(s.name);
  return names;
}

std::string_view fee_schedule_text(std::string_view name) {
  for (const Shipped& s : shipped()) {
    if (s.name == name) return s.text;
  }
  throw Error(ErrorCode::InvalidArgument, fmt::format("no fee schedule is called '{}'", name),
              fmt::format("there are {}; a path of a file ends in .json", fmt::join(fee_schedule_names(), ", ")));
}

FeeSchedule parse_fee_schedule(std::string_view text, std::string_view file_name) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{}: expected JSON, found: {}", file_name, e.what()),
                "docs/costs.md describes the file")
        .with("file", std::string(file_name));
  }
  const Reader file(json, std::string(file_name), "");
  file.allow({"name", "description", "rates_of", "volume_of", "window", "minimum", "maximum_rate", "tiers"});
  FeeSchedule schedule;
  schedule.text = fmt::format("schedule({})", file.text("name", std::string(file_name)));
  (void)file.text("description", "");
  schedule.rates_of = file.of("rates_of");
  schedule.volume_of = file.of("volume_of");
  read_window(file, schedule);
  schedule.minimum = file.number("minimum", Decimal());
  schedule.maximum_rate = file.number("maximum_rate", Decimal());
  const Json& tiers = file.at("tiers", "a list of tiers");
  if (!tiers.is_array()) file.refuse("tiers", "a list of tiers", tiers);
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    const Reader tier(tiers[i], std::string(file_name), fmt::format("tiers[{}]", i));
    tier.allow({"volume", "rate", "maker", "taker"});
    const Decimal volume = tier.number("volume", i == 0 ? std::optional(Decimal()) : std::nullopt);
    if (!tier.find("rate")) {
      schedule.tiers.push_back({volume, tier.number("maker"), tier.number("taker")});
      continue;
    }
    if (tier.find("maker") || tier.find("taker")) tier.refuse_text("rate", "either rate, or maker and taker", "both");
    schedule.tiers.push_back({volume, tier.number("rate"), tier.number("rate")});
  }
  try {
    schedule.check();
  } catch (const Error& e) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{}: {}", file_name, e.message()),
                "docs/costs.md describes the file")
        .with("file", std::string(file_name));
  }
  return schedule;
}

FeeSchedule fee_schedule(std::string_view name_or_path) {
  if (!name_or_path.ends_with(".json") && name_or_path.find('/') == std::string_view::npos)
    return parse_fee_schedule(fee_schedule_text(name_or_path), name_or_path);
  const std::string path(name_or_path);
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw Error(ErrorCode::FileNotFound, fmt::format("cannot read the fee schedule {}", path));
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return parse_fee_schedule(text, path);
}

}  // namespace rustybt::finance
