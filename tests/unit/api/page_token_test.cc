#include "muster/api/page_token.h"

#include <gtest/gtest.h>

namespace muster::api {
namespace {

TEST(PageToken, GivesBackTheItem) {
  const PageToken list{"contacts", "billing"};
  EXPECT_EQ(list.parse(list.after(4711)), 4711u);
}

TEST(PageToken, NoTokenIsTheFirstPage) { EXPECT_EQ(PageToken{"contacts"}.parse(""), 0u); }

TEST(PageToken, IsBoundToTheFilters) {
  const std::string token = PageToken{"contacts", "billing", ""}.after(1);
  EXPECT_FALSE((PageToken{"contacts", "sales", ""}.parse(token)));
  EXPECT_FALSE((PageToken{"contacts", "", "billing"}.parse(token)));
  EXPECT_FALSE((PageToken{"agents", "billing", ""}.parse(token)));
}

TEST(PageToken, IsNothingElse) {
  const PageToken list{"contacts"};
  EXPECT_FALSE(list.parse("x"));
  EXPECT_FALSE(list.parse(std::string(32, 'z')));
  EXPECT_FALSE(list.parse(list.after(1) + "0"));
  EXPECT_FALSE(list.parse(list.after(1ULL << 63))) << "no item has such a number, and PostgreSQL could not look for it";
}

}  // namespace
}  // namespace muster::api
