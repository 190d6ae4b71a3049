#include "rustybt/data/adapters/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rustybt/core/error.hpp"

namespace rustybt::data::adapters {

namespace {

constexpr std::size_t kDeepest = 64;  ///< levels; sources send less than 10

/// Puts the parser's events together. Names are nlohmann's.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonText root;

  bool null() override { return put({}); }
  bool boolean(bool value) override { return put(scalar(JsonText::Kind::Bool, value ? "true" : "false")); }
  bool number_integer(number_integer_t value) override {
    return put(scalar(JsonText::Kind::Number, std::to_string(value)));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return put(scalar(JsonText::Kind::Number, std::to_string(value)));
  }
  bool number_float(number_float_t, const string_t& written) override {
    return put(scalar(JsonText::Kind::Number, written));
  }
  bool string(string_t& value) override { return put(scalar(JsonText::Kind::String, std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(JsonText::Kind::Object); }
  bool start_array(std::size_t) override { return open(JsonText::Kind::Array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

 private:
  static JsonText scalar(JsonText::Kind kind, std::string text) {
    JsonText value;
    value.kind = kind;
    value.text = std::move(text);
    return value;
  }
  bool put(JsonText value) {
    if (open_.empty()) {
      root = std::move(value);
    } else if (open_.back()->kind == JsonText::Kind::Object) {
      open_.back()->members.push_back({std::move(key_), std::move(value)});
    } else {
      open_.back()->items.push_back(std::move(value));
    }
    return true;
  }
  bool open(JsonText::Kind kind) {
    if (open_.size() == kDeepest) return false;
    put(scalar(kind, {}));
    if (open_.empty()) {
      open_.push_back(&root);
    } else if (open_.back()->kind == JsonText::Kind::Object) {
      open_.push_back(&open_.back()->members.back().value);  // stays: an open value's parent does not grow
    } else {
      open_.push_back(&open_.back()->items.back());
    }
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<JsonText*> open_;
  std::string key_;
};

}  // namespace

const JsonText* JsonText::find(std::string_view name) const {
  const auto member = std::ranges::find(members, name, &JsonMember::name);
  return member == members.end() ? nullptr : &member->value;
}

const JsonText* JsonText::at(std::initializer_list<std::string_view> path) const {
  const JsonText* value = this;
  for (const std::string_view name : path) {
    value = value->find(name);
    if (!value || value->is_null()) return nullptr;
  }
  return value;
}

std::string JsonText::text_of(std::string_view name) const {
  const JsonText* value = find(name);
  return value && (value->kind == Kind::String || value->kind == Kind::Number) ? value->text : std::string();
}

JsonText parse_json_text(std::string_view text, const std::string& origin) {
  Builder builder;
  if (nlohmann::json::sax_parse(text, &builder)) return std::move(builder.root);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_page = first != std::string_view::npos && text[first] == '<';
  throw Error(ErrorCode::BadResponse,
              fmt::format("{}: the answer is {}", origin,
                          text.empty() ? "empty" : (is_page ? "an HTML page, not JSON" : "no JSON, or cut short")),
              "check the address (base_url); a page instead of data often means: consent, log-in or too many requests");
}

}  // namespace rustybt::data::adapters
