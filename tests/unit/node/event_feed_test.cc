#include "muster/node/event_feed.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace muster::node {
namespace {

using dispatch::ContactId;
using dispatch::Event;
using dispatch::QueueHandle;

class EventFeedTest : public testing::Test {
 protected:
  EventFeedTest() { feed.reset(dispatch::Engine{}); }

  void add(std::vector<dispatch::EventBody> bodies) {
    auto events = std::make_shared<std::vector<Event>>();
    for (auto& body : bodies) events->push_back(Event{++sequence, TimePoint{}, {}, 0, std::move(body)});
    feed.add(std::move(events));
  }
  void add_queue(std::uint32_t handle, const std::string& id, const std::string& tenant = kPlatformTenant) {
    dispatch::QueueSpec spec;
    spec.id = id;
    spec.tenant = tenant;
    add({dispatch::QueuePut{QueueHandle{handle}, spec}});
  }
  static dispatch::EventBody created(std::uint64_t contact, std::uint32_t queue) {
    dispatch::ContactCreated body;
    body.contact = ContactId{contact};
    body.queue = QueueHandle{queue};
    body.details = std::make_shared<dispatch::ContactDetails>();
    return body;
  }
  std::vector<std::string> contacts(const EventFeed::Page& page) {
    std::vector<std::string> ids;
    for (const auto& event : page.events) ids.push_back(event.contact_id());
    return ids;
  }

  EventFeed feed{4};
  dispatch::Sequence sequence = 0;
};

TEST_F(EventFeedTest, GivesTheEventsAfterTheCursorInOrder) {
  add_queue(1, "billing");
  add({created(1, 1), created(2, 1)});
  add({created(3, 1)});
  const auto page = feed.read(2, {}, 100);
  EXPECT_EQ(contacts(page), (std::vector<std::string>{"c-2", "c-3"}));
  EXPECT_EQ(page.sequence, 4u);
  EXPECT_EQ(page.events[0].queue_id(), "billing");
}

TEST_F(EventFeedTest, AFilterAdvancesTheCursorPastWhatItLeavesOut) {
  add_queue(1, "billing");
  add_queue(2, "sales");
  add({created(1, 1), created(2, 2)});
  const auto page = feed.read(0, {{"billing"}, ""}, 100);
  EXPECT_EQ(contacts(page), (std::vector<std::string>{"c-1"}));
  EXPECT_EQ(page.sequence, 4u);
}

TEST_F(EventFeedTest, ATransferIsSeenByThoseWhoWatchTheQueueItLeaves) {
  add_queue(1, "billing");
  add_queue(2, "sales");
  add({dispatch::ContactTransferred{ContactId{1}, QueueHandle{1}, QueueHandle{2}, {}, "wrong desk"}});
  EXPECT_EQ(feed.read(2, {{"billing"}, ""}, 100).events.size(), 1u);
  EXPECT_EQ(feed.read(2, {{"sales"}, ""}, 100).events.size(), 1u);
}

TEST_F(EventFeedTest, ATenantIsShownItsOwnQueuesOnly) {
  add_queue(1, "billing", "acme");
  add_queue(2, "sales", "globex");
  add({created(1, 1), created(2, 2)});
  EXPECT_EQ(contacts(feed.read(0, {{}, "acme"}, 100)), (std::vector<std::string>{"c-1"}));
  EXPECT_TRUE(feed.read(0, {{"sales"}, "acme"}, 100).events.empty()) << "naming another's queue shows nothing of it";
  EXPECT_EQ(feed.read(0, {{}, ""}, 100).events.size(), 2U);
}

TEST_F(EventFeedTest, TellsWhoseAContactIsAndWhy) {
  add_queue(1, "billing");
  dispatch::AgentSpec spec;
  spec.id = "mei";
  const dispatch::AgentHandle mei{1};
  add({dispatch::AgentPut{mei, spec}});
  add({dispatch::ContactAssigned{ContactId{1}, QueueHandle{1}, mei, TimePoint{}, "knows the case"},
       dispatch::ContactReleased{ContactId{1}, QueueHandle{1}, mei, "waited"}});
  const auto page = feed.read(2, {}, 100);
  ASSERT_EQ(page.events.size(), 2u);
  EXPECT_EQ(page.events[0].kind(), v1::CONTACT_EVENT_KIND_ASSIGNED);
  EXPECT_EQ(page.events[0].reason(), "knows the case");
  EXPECT_EQ(page.events[1].kind(), v1::CONTACT_EVENT_KIND_RELEASED);
  EXPECT_EQ(page.events[1].reason(), "waited");
  for (const auto& event : page.events) {
    EXPECT_EQ(event.agent_id(), "mei");
    EXPECT_EQ(event.state(), v1::CONTACT_STATE_QUEUED);
  }
}

TEST_F(EventFeedTest, AContactThatRingsOnIsOfferedStill) {
  dispatch::OfferEnded ended;
  ended.contact = ContactId{1};
  ended.state = dispatch::OfferState::kDeclined;
  ended.rings_on = true;
  dispatch::OfferEnded last = ended;
  last.rings_on = false;
  add({ended, last});
  const auto page = feed.read(0, {}, 100);
  ASSERT_EQ(page.events.size(), 2u);
  EXPECT_EQ(page.events[0].state(), v1::CONTACT_STATE_OFFERED);
  EXPECT_EQ(page.events[1].state(), v1::CONTACT_STATE_QUEUED);
}

TEST_F(EventFeedTest, WhatIsHeldForAnotherContactIsToldSo) {
  add({dispatch::ContactHeld{ContactId{1}, QueueHandle{1}, {}, true},
       dispatch::ContactHeld{ContactId{2}, QueueHandle{1}, {}, false}});
  const auto page = feed.read(0, {}, 100);
  ASSERT_EQ(page.events.size(), 2u);
  for (const auto& event : page.events) EXPECT_EQ(event.kind(), v1::CONTACT_EVENT_KIND_HELD);
  EXPECT_TRUE(page.events[0].interrupted());
  EXPECT_FALSE(page.events[1].interrupted());
}

TEST_F(EventFeedTest, APriorityLeavesTheStateAsItIs) {
  add({dispatch::ContactPrioritySet{ContactId{1}, QueueHandle{1}, 5},
       dispatch::ContactStarving{ContactId{1}, QueueHandle{1}}});
  const auto page = feed.read(0, {}, 100);
  ASSERT_EQ(page.events.size(), 2u);
  EXPECT_EQ(page.events[0].kind(), v1::CONTACT_EVENT_KIND_PRIORITY_SET);
  EXPECT_EQ(page.events[0].state(), v1::CONTACT_STATE_UNSPECIFIED);
  EXPECT_EQ(page.events[1].kind(), v1::CONTACT_EVENT_KIND_STARVING);
}

TEST_F(EventFeedTest, TooOldACursorIsToldTheOldestThatWorks) {
  for (std::uint64_t n = 1; n <= 10; ++n) add({created(n, 1)});
  const auto page = feed.read(2, {}, 100);
  EXPECT_TRUE(page.too_old);
  EXPECT_TRUE(page.events.empty());
  const auto again = feed.read(page.oldest, {}, 100);
  EXPECT_FALSE(again.too_old);
  EXPECT_EQ(again.events.front().sequence(), static_cast<std::int64_t>(page.oldest + 1));
  EXPECT_EQ(again.sequence, 10u);
}

TEST_F(EventFeedTest, ACursorFromTheFutureIsRefusedToo) { EXPECT_TRUE(feed.read(99, {}, 100).too_old); }

TEST_F(EventFeedTest, LooksAtNoMoreEventsThanAsked) {
  add({created(1, 1), created(2, 1), created(3, 1)});
  const auto page = feed.read(0, {}, 2);
  EXPECT_EQ(page.events.size(), 2u);
  EXPECT_EQ(page.sequence, 2u);
}

TEST_F(EventFeedTest, WakesThoseWhoWaitAtTheEnd) {
  int wakes = 0;
  feed.wait(0, [&] { ++wakes; });
  EXPECT_EQ(wakes, 0);
  add({created(1, 1)});
  EXPECT_EQ(wakes, 1);
  feed.wait(0, [&] { ++wakes; });
  EXPECT_EQ(wakes, 2) << "there is something already";
}

TEST_F(EventFeedTest, ACancelledWaitIsNotWoken) {
  bool woken = false;
  feed.cancel(feed.wait(0, [&] { woken = true; }));
  add({created(1, 1)});
  EXPECT_FALSE(woken);
}

}  // namespace
}  // namespace muster::node
