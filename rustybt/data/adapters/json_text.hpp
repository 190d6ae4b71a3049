#pragma once
// JSON with its numbers as the text that was sent: a price never passes through a double.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rustybt::data::adapters {

struct JsonMember;

/// A value of a JSON document.
struct JsonText {
  enum class Kind : std::uint8_t { Null, Bool, Number, String, Array, Object };
  Kind kind = Kind::Null;
  std::string text;                 ///< number as written, string's content, "true" or "false"
  std::vector<JsonText> items;      ///< of an array
  std::vector<JsonMember> members;  ///< of an object, as they came

  [[nodiscard]] bool is_null() const { return kind == Kind::Null; }
  /// Member of an object; nullptr when this is none or has no such member.
  [[nodiscard]] const JsonText* find(std::string_view name) const;
  /// The value down a path of members; nullptr when a step is missing or null.
  [[nodiscard]] const JsonText* at(std::initializer_list<std::string_view> path) const;
  /// Text of a member that is a string or a number, else "".
  [[nodiscard]] std::string text_of(std::string_view name) const;
};

struct JsonMember {
  std::string name;
  JsonText value;
};

/// @throws Error{BadResponse} naming `origin` when the text is no JSON
[[nodiscard]] JsonText parse_json_text(std::string_view text, const std::string& origin);

}  // namespace rustybt::data::adapters
