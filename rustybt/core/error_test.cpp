#include "rustybt/core/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace rustybt {
namespace {

TEST(Error, NameAndNumberComeFromTheTable) {
  const Error error(ErrorCode::SymbolNotFound, "no symbol XYZ");
  EXPECT_EQ(error.name(), "SymbolNotFound");
  EXPECT_EQ(error.number(), 2101);
  EXPECT_STREQ(error.what(), "no symbol XYZ");
}

TEST(Error, HintIsTheRemedyOfTheTableUnlessGiven) {
  EXPECT_EQ(Error(ErrorCode::InvalidDate, "bad").hint(), "write dates as YYYY-MM-DD");
  EXPECT_EQ(Error(ErrorCode::InvalidDate, "bad", "look at line 3").hint(), "look at line 3");
}

TEST(Error, ExitStatusFollowsTheCategory) {
  EXPECT_EQ(Error(ErrorCode::InvalidArgument, "").exit_status(), 2);
  EXPECT_EQ(Error(ErrorCode::MissingColumn, "").exit_status(), 3);
  EXPECT_EQ(Error(ErrorCode::Overflow, "").exit_status(), 4);
  EXPECT_EQ(Error(static_cast<ErrorCode>(4001), "").exit_status(), 5);
  EXPECT_EQ(Error(static_cast<ErrorCode>(5001), "").exit_status(), 6);
  EXPECT_EQ(Error(ErrorCode::FileNotFound, "").exit_status(), 7);
  EXPECT_EQ(Error(ErrorCode::InvariantViolation, "").exit_status(), 70);
}

TEST(Error, ContextKeepsTheOrderOfItsFacts) {
  try {
    try {
      throw Error(ErrorCode::BadCell, "not a number");
    } catch (Error& error) {
      error.with("line", "3").with("file", "a.csv");
      throw;
    }
  } catch (const Error& error) {
    ASSERT_EQ(error.context().size(), 2u);
    EXPECT_EQ(error.context()[0].first, "line");
    EXPECT_EQ(error.context()[1].second, "a.csv");
  }
}

TEST(Error, BrokenInvariantThrowsWithWhatMustHold) {
  EXPECT_NO_THROW(require_invariant(true, "cash is exact"));
  try {
    require_invariant(false, "cash is exact");
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvariantViolation);
    EXPECT_EQ(error.message(), "broken invariant: cash is exact");
  }
}

TEST(ErrorTable, NumbersAndNamesAreUnique) {
  std::set<int> numbers;
  std::set<std::string_view> names;
  for (const ErrorEntry& entry : kErrorTable) {
    EXPECT_TRUE(numbers.insert(static_cast<int>(entry.code)).second) << entry.name;
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_FALSE(entry.python_base.empty()) << entry.name;
  }
}

}  // namespace
}  // namespace rustybt
