#include "fold.h"

#include <gtest/gtest.h>

namespace muster::academy {
namespace {

TEST(Folded, CaseAndWidthDoNotMatter) {
  EXPECT_EQ(folded("Refund"), "refund");
  EXPECT_EQ(folded("ＲＥＦＵＮＤ　７"), "refund 7");
  EXPECT_EQ(folded("（退款）！"), "(退款)!");
  EXPECT_EQ(folded("ÄÖÜ ΑΒΓ ПЁ"), "äöü αβγ пё");
  EXPECT_EQ(folded("×"), "×");
}

TEST(Folded, RunsOfWhiteSpaceAreOneSpaceAndNoneAtTheEnds) {
  EXPECT_EQ(folded("  within \t\n 7\xC2\xA0 days  "), "within 7 days");
  EXPECT_EQ(folded("　"), "");
  EXPECT_EQ(folded(""), "");
}

TEST(Folded, EverythingElseStays) {
  EXPECT_EQ(folded("七天无理由退货🙂"), "七天无理由退货🙂");
  EXPECT_EQ(folded("ｶﾞ"), "ｶﾞ");
}

TEST(Folded, BytesThatAreNoLettersStay) {
  EXPECT_EQ(folded("A\xFF\xC0z"), "a\xFF\xC0z");
  EXPECT_EQ(folded("\xE4\xBD"), "\xE4\xBD");
}

}  // namespace
}  // namespace muster::academy
