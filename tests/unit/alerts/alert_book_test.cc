#include "alert_book.h"

#include <gmock/gmock.h>

// What watchers are told of alerts.
namespace muster::alerts {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TimePoint kStart = TimePoint(1h);

AlertRecord record(const std::string& id, v1::AlertLevel level, v1::AlertState state,
                   const std::string& tenant = "platform") {
  AlertRecord record;
  record.alert.set_alert_id(id);
  record.alert.set_tenant_id(tenant);
  record.alert.set_level(level);
  record.alert.set_state(state);
  record.told = level;
  return record;
}
AlertRecord open(const std::string& id, const std::string& tenant = "platform") {
  return record(id, v1::ALERT_LEVEL_WARNING, v1::ALERT_STATE_OPEN, tenant);
}
AlertRecord over(const std::string& id) { return record(id, v1::ALERT_LEVEL_UNSPECIFIED, v1::ALERT_STATE_RESOLVED); }

std::vector<std::string> ids(const AlertBook::Changes& changes) {
  std::vector<std::string> ids;
  for (const v1::Alert& alert : changes.alerts) ids.push_back(alert.alert_id());
  return ids;
}

TEST(AlertBook, FirstAllThenWhatChanged) {
  AlertBook book;
  book.take({open("1"), open("2")}, 5, kStart);
  const auto first = book.changes(0, "");
  EXPECT_TRUE(first.snapshot);
  EXPECT_THAT(ids(first), ElementsAre("1", "2"));
  EXPECT_THAT(ids(book.changes(first.revision, "")), IsEmpty());
  book.take({open("2"), open("3")}, 6, kStart);
  const auto next = book.changes(first.revision, "");
  EXPECT_FALSE(next.snapshot);
  EXPECT_THAT(ids(next), ElementsAre("2", "3"));
}

TEST(AlertBook, WhatLeavesIsToldOnceMoreAndThenForgotten) {
  AlertBook book;
  book.take({open("1")}, 5, kStart);
  book.take({over("1")}, 6, kStart);
  EXPECT_THAT(ids(book.changes(5, "")), ElementsAre("1"));
  EXPECT_THAT(ids(book.changes(0, "")), IsEmpty()) << "who comes anew need not know";
  book.forget_left(kStart + 1min);
  EXPECT_THAT(ids(book.changes(5, "")), ElementsAre("1"));
  book.forget_left(kStart + 2min);
  EXPECT_TRUE(book.changes(5, "").snapshot) << "who missed it begins anew";
  EXPECT_FALSE(book.changes(6, "").snapshot);
}

TEST(AlertBook, ATenantIsToldItsOwn) {
  AlertBook book;
  book.take({open("1"), open("2", "acme")}, 5, kStart);
  EXPECT_THAT(ids(book.changes(0, "acme")), ElementsAre("2"));
}

TEST(AlertBook, WhatReceiversHaveYetToHearStaysOpen) {
  AlertBook book;
  AlertRecord untold = over("1");
  untold.told = v1::ALERT_LEVEL_WARNING;
  book.take({untold, over("2")}, 5, kStart);
  ASSERT_EQ(book.open().size(), 1);
  EXPECT_EQ(book.open()[0].alert.alert_id(), "1");
  book.forget_left(kStart + 1h);
  EXPECT_EQ(book.open().size(), 1);
}

}  // namespace
}  // namespace muster::alerts
