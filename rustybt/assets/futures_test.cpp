#include "rustybt/assets/futures.hpp"

#include <gtest/gtest.h>

#include "rustybt/core/caught_error_test.hpp"
#include "rustybt/core/error.hpp"

namespace rustybt::assets {
namespace {

// https://www.cmegroup.com/month-codes.html
TEST(Futures, MonthsHaveTheCodesOfCme) {
  std::string codes;
  for (int month = 1; month <= 12; ++month) codes += month_code(month);
  EXPECT_EQ(codes, "FGHJKMNQUVXZ");
  EXPECT_EQ(find_month('F'), 1);
  EXPECT_EQ(find_month('Z'), 12);
  EXPECT_EQ(find_month('A'), std::nullopt);
  EXPECT_EQ(error_of([] { (void)month_code(13); }).code(), ErrorCode::InvalidArgument);
}

TEST(Futures, ReadsAndWritesSymbolsOfContracts) {
  const ContractMonth es = parse_contract_symbol("esz14");
  EXPECT_EQ(es.root, "ES");
  EXPECT_EQ(es.year, 2014);
  EXPECT_EQ(es.month, 12);
  EXPECT_EQ(contract_symbol(es), "ESZ14");
  EXPECT_EQ(parse_contract_symbol("VXF08").year, 2008);
  EXPECT_EQ(parse_contract_symbol("CLF98").year, 1998);
  EXPECT_EQ(parse_contract_symbol("6EH2024").year, 2024);
  EXPECT_EQ(parse_contract_symbol("6EH24").root, "6E");
  for (const char* bad : {"", "ES", "Z14", "ESA14", "ESZ4", "ESZ143", "14"})
    EXPECT_EQ(error_of([&] { (void)parse_contract_symbol(bad); }).code(), ErrorCode::InvalidArgument) << bad;
  EXPECT_EQ(error_of([] { (void)contract_symbol({"ES", 2170, 1}); }).code(), ErrorCode::InvalidArgument);
}

// zipline's CHAIN_PREDICATES
TEST(Futures, SomeRootsTradeInSomeMonthsOnly) {
  EXPECT_TRUE(is_in_chain("GC", "GCZ14"));
  EXPECT_FALSE(is_in_chain("GC", "GCH14"));
  EXPECT_TRUE(is_in_chain("JY", "JYH14"));
  EXPECT_FALSE(is_in_chain("JY", "JYF14"));
  EXPECT_TRUE(is_in_chain("PL", "PLF16"));
  EXPECT_TRUE(is_in_chain("VX", "VXF16"));
  EXPECT_FALSE(is_in_chain("GC", "GC"));
}

}  // namespace
}  // namespace rustybt::assets
