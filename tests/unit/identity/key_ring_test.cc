#include "key_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const TimePoint kStart{std::chrono::hours(480'000)};

TEST(KeyRing, TheFirstKeySignsAtOnce) {
  const KeyPlan plan = plan_keys({}, kStart);
  EXPECT_TRUE(plan.needs_new);
  EXPECT_EQ(plan.new_sign_time, kStart);
  EXPECT_EQ(plan.signs, "");
}

TEST(KeyRing, AYoungKeyIsAllThereIs) {
  const KeyPlan plan = plan_keys({{"a", kStart}}, kStart);
  EXPECT_EQ(plan.signs, "a");
  EXPECT_FALSE(plan.needs_new);
  EXPECT_THAT(plan.accepted, ElementsAre("a"));
  EXPECT_THAT(plan.retired, IsEmpty());
}

TEST(KeyRing, TheNextKeyIsKnownBeforeItSigns) {
  const TimePoint end = kStart + kSigningKeyLife;
  EXPECT_FALSE(plan_keys({{"a", kStart}}, end - kKeyNotice - Duration(1)).needs_new);
  const KeyPlan plan = plan_keys({{"a", kStart}}, end - kKeyNotice);
  EXPECT_TRUE(plan.needs_new);
  EXPECT_EQ(plan.new_sign_time, end);
  const KeyPlan both = plan_keys({{"b", end}, {"a", kStart}}, end - Duration(1));
  EXPECT_EQ(both.signs, "a");
  EXPECT_THAT(both.accepted, UnorderedElementsAre("a", "b"));
  EXPECT_FALSE(both.needs_new);
}

TEST(KeyRing, AnOldKeyIsAcceptedUntilItsLastTokenHasExpired) {
  const TimePoint end = kStart + kSigningKeyLife;
  const std::vector<KeyTimes> keys{{"a", kStart}, {"b", end}};
  EXPECT_EQ(plan_keys(keys, end).signs, "b");
  EXPECT_THAT(plan_keys(keys, end + kAccessTokenLife).accepted, UnorderedElementsAre("a", "b"));
  EXPECT_THAT(plan_keys(keys, end + kKeyAfterlife).accepted, ElementsAre("b"));
  EXPECT_THAT(plan_keys(keys, end + kKeyAfterlife).retired, ElementsAre("a"));
}

TEST(KeyRing, AServerThatSleptThroughTheEndStillGivesNotice) {
  const TimePoint late = kStart + 2 * kSigningKeyLife;
  const KeyPlan plan = plan_keys({{"a", kStart}}, late);
  EXPECT_EQ(plan.signs, "a");
  EXPECT_TRUE(plan.needs_new);
  EXPECT_EQ(plan.new_sign_time, late + kKeyNotice);
}

}  // namespace
}  // namespace muster::identity
