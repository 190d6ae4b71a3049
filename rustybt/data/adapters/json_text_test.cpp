#include "rustybt/data/adapters/json_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rustybt/core/caught_error_test.hpp"

namespace rustybt::data::adapters {
namespace {

TEST(JsonText, NumbersKeepTheirText) {
  const JsonText json = parse_json_text(R"({"c": 0.1000, "v": 8.5998033e+07, "n": -12, "big": 123456789012345678901.5,
      "list": [1, null, "x"], "deep": {"error": null, "a": {"b": "y"}}})",
                                        "test");
  EXPECT_EQ(json.text_of("c"), "0.1000");
  EXPECT_EQ(json.text_of("v"), "8.5998033e+07");
  EXPECT_EQ(json.text_of("n"), "-12");
  EXPECT_EQ(json.text_of("big"), "123456789012345678901.5");
  ASSERT_EQ(json.find("list")->items.size(), 3u);
  EXPECT_TRUE(json.find("list")->items[1].is_null());
  EXPECT_EQ(json.at({"deep", "a"})->text_of("b"), "y");
  EXPECT_EQ(json.at({"deep", "error"}), nullptr);
  EXPECT_EQ(json.at({"list", "a"}), nullptr);
  EXPECT_EQ(json.text_of("absent"), "");
}

TEST(JsonText, WhatIsNoJsonIsSaid) {
  const auto message = [](std::string_view text) {
    const Error error = error_of([&] { static_cast<void>(parse_json_text(text, "here")); });
    EXPECT_EQ(error.code(), ErrorCode::BadResponse);
    return error.message();
  };
  EXPECT_EQ(message(""), "here: the answer is empty");
  EXPECT_EQ(message(" <html><body>Too many requests</body>"), "here: the answer is an HTML page, not JSON");
  EXPECT_EQ(message(R"({"results": [{"c": 1.5)"), "here: the answer is no JSON, or cut short");
  EXPECT_EQ(message(std::string(100'000, '[')), "here: the answer is no JSON, or cut short");
}

}  // namespace
}  // namespace rustybt::data::adapters
