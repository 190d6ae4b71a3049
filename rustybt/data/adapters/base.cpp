#include "rustybt/data/adapters/base.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rustybt/core/error.hpp"

namespace rustybt::data::adapters {

namespace {

[[noreturn]] void reject(const std::string& name, const std::string& value, std::string_view expected) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("{} is \"{}\", expected {}", name, value, expected));
}

}  // namespace

Settings::Settings(const DataAdapter& adapter, const DataRequest& request) : values_(request.settings) {
  const std::vector<SettingHelp> known = adapter.settings();
  for (const auto& [name, value] : values_) {
    if (std::ranges::find(known, name, &SettingHelp::name) != known.end()) continue;
    std::vector<std::string> names;
    for (const SettingHelp& s : known) names.push_back(s.name);
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} has no setting \"{}\"; it has {}", adapter.name(), name, fmt::join(names, ", ")));
  }
}

const std::string* Settings::find(const std::string& name) const {
  const auto at = values_.find(name);
  return at == values_.end() ? nullptr : &at->second;
}

std::string Settings::text(const std::string& name, std::string fallback) const {
  const std::string* value = find(name);
  return value ? *value : std::move(fallback);
}

std::int64_t Settings::integer(const std::string& name, std::int64_t fallback) const {
  const std::string* value = find(name);
  if (!value) return fallback;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc{} || end != value->data() + value->size()) reject(name, *value, "a whole number");
  return number;
}

bool Settings::flag(const std::string& name, bool fallback) const {
  return choice(name, {"false", "true", "no", "yes", "0", "1"}, fallback ? 1 : 0) % 2 == 1;
}

Date Settings::date(const std::string& name, Date fallback) const {
  const std::string* value = find(name);
  return value ? Date::parse(*value) : fallback;
}

int Settings::choice(const std::string& name, const std::vector<std::string>& words, int fallback) const {
  const std::string* value = find(name);
  if (!value) return fallback;
  const auto at = std::ranges::find(words, *value);
  if (at == words.end()) reject(name, *value, fmt::format("one of {}", fmt::join(words, ", ")));
  return static_cast<int>(at - words.begin());
}

}  // namespace rustybt::data::adapters
