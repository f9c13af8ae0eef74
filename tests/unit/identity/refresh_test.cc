#include "refresh.h"

#include <gtest/gtest.h>

namespace muster::identity {
namespace {

const TimePoint kNow{std::chrono::hours(480'000)};

RefreshFacts facts(std::int64_t newest, std::int64_t shown, std::string spent_by = "") {
  return {kNow + std::chrono::hours(1), false, newest, shown, std::move(spent_by)};
}

TEST(Refresh, TokenIsReadAsItWasWritten) {
  for (const char* tenant : {"acme", "a_b.c-d", "a_"}) {
    const RefreshToken token = RefreshToken::make(tenant, "0123456789abcdef");
    const auto read = RefreshToken::parse(token.text());
    ASSERT_TRUE(read) << token.text();
    EXPECT_EQ(read->tenant_id, tenant);
    EXPECT_EQ(read->session_id, "0123456789abcdef");
    EXPECT_EQ(read->secret, token.secret);
  }
}

TEST(Refresh, TokenOfAnotherShapeIsRefused) {
  const std::string good = RefreshToken::make("acme", "0123456789abcdef").text();
  for (const std::string& text :
       {std::string(), std::string("mr_"), std::string("mr___"), std::string("mr_acme"), "x" + good, good + "0",
        good.substr(0, good.size() - 1), "mr_" + good.substr(8), good + std::string(100'000, '_')}) {
    EXPECT_FALSE(RefreshToken::parse(text)) << text.substr(0, 100);
  }
}

TEST(Refresh, TheNewestTokenGivesTheNext) { EXPECT_EQ(judge_refresh(facts(3, 3), "r", kNow), RefreshVerdict::kRotate); }

TEST(Refresh, ASpentTokenEndsTheFamily) {
  EXPECT_EQ(judge_refresh(facts(3, 2, "other"), "r", kNow), RefreshVerdict::kReused);
  EXPECT_EQ(judge_refresh(facts(3, 2, ""), "", kNow), RefreshVerdict::kReused);
}

TEST(Refresh, ALostAnswerCanBeAskedForAgain) {
  EXPECT_EQ(judge_refresh(facts(3, 2, "r"), "r", kNow), RefreshVerdict::kRepeat);
}

TEST(Refresh, ALostAnswerIsOldOnceItsSuccessorWasUsed) {
  EXPECT_EQ(judge_refresh(facts(3, 1, "r"), "r", kNow), RefreshVerdict::kReused);
}

TEST(Refresh, ASignInEndsHoweverOftenItIsRefreshed) {
  EXPECT_EQ(judge_refresh(facts(3, 3), "r", kNow + std::chrono::hours(1)), RefreshVerdict::kExpired);
}

TEST(Refresh, ARevokedFamilyGivesNothing) {
  RefreshFacts revoked = facts(3, 3);
  revoked.revoked = true;
  EXPECT_EQ(judge_refresh(revoked, "r", kNow), RefreshVerdict::kRevoked);
}

}  // namespace
}  // namespace muster::identity
