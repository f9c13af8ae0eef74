#include "report.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "language.h"
#include "progress.h"

namespace muster::sim {
namespace {

using testing::HasSubstr;

v1::Contact contact(const std::string& id, v1::ContactState state, std::int64_t wait_ms, bool answered) {
  v1::Contact contact;
  contact.set_contact_id(id);
  contact.set_queue_id("q");
  contact.set_state(state);
  contact.mutable_queue_time()->set_seconds(1700000000);
  contact.mutable_queue_time()->set_nanos(900'000'000);
  const std::int64_t end_ms = 900 + wait_ms;
  auto* end = answered ? contact.mutable_answer_time() : contact.mutable_end_time();
  end->set_seconds(1700000000 + end_ms / 1000);
  end->set_nanos(static_cast<std::int32_t>(end_ms % 1000 * 1'000'000));
  return contact;
}

TEST(Summary, WaitsAreServersTimesTimesSpeed) {
  const ListedContact listed = read_listed(contact("c-1", v1::CONTACT_STATE_COMPLETED, 250, true), 60);
  EXPECT_TRUE(listed.answered);
  EXPECT_NEAR(listed.wait_s, 15, 1e-6);
}

TEST(Summary, AnsweredAndAbandonedAreToldApart) {
  Summary summary;
  summarize_contacts({read_listed(contact("c-1", v1::CONTACT_STATE_COMPLETED, 10, true), 100),
                      read_listed(contact("c-2", v1::CONTACT_STATE_ABANDONED, 500, false), 100),
                      read_listed(contact("c-3", v1::CONTACT_STATE_CANCELLED, 500, false), 100)},
                     summary);
  EXPECT_EQ(summary.answered, 1);
  EXPECT_EQ(summary.abandoned, 1);
  EXPECT_EQ(summary.by_state["CANCELLED"], 1);
  EXPECT_NEAR(summary.service.sl4, 0.5, 1e-9);
}

TEST(Summary, ACreationThatWasSentAgainIsNotMeasured) {
  Loop loop;
  Outage outage(std::chrono::seconds(1));
  Caller caller(loop, outage);
  const Workload workload;
  Floor floor{.loop = loop,
              .outage = outage,
              .caller = caller,
              .workload = workload,
              .clock = SimClock(1),
              .prefix = "p-",
              .channel_units = {},
              .offer_timeout = {},
              .ids = {},
              .audit = {},
              .totals = {},
              .contacts = std::vector<CustomerContact>(3)};
  floor.contacts[0].attempts = 1;
  floor.contacts[0].latency_ms = 2;
  floor.contacts[1].attempts = 2;
  floor.contacts[1].latency_ms = 900;
  Summary summary;
  summarize_floor(floor, summary);
  EXPECT_EQ(summary.offers_measured, 1);
  EXPECT_EQ(summary.offer_latency_ms.p99, 2);
}

TEST(Report, TheJsonHasTheAuditAndWhatTheRunWas) {
  Summary summary;
  summary.prefix = "sim-1-x-";
  summary.audit.lost = 3;
  summary.totals.arrivals = 12;
  summary.desks["sim-1-x-a"] = {.busy_s = 30, .available_s = 10};
  const boost::json::value json = boost::json::parse(report_json(summary));
  EXPECT_EQ(json.at("audit").at("lost").as_int64(), 3);
  for (const char* key : {"duplicated", "double_held", "over_capacity", "unaccounted"}) {
    EXPECT_EQ(json.at("audit").at(key).as_int64(), 0) << key;
  }
  EXPECT_EQ(json.at("arrivals").as_int64(), 12);
  EXPECT_EQ(json.at("occupancy").at("agents").at("sim-1-x-a").at("occupancy").as_double(), 0.75);
  EXPECT_EQ(json.at("service_level").at("method").as_string(), "SL4");
}

TEST(Report, TheJsonsNumbersAreWrittenAsPeopleDo) {
  Summary summary;
  summary.speed = 60;
  summary.real_s = 31.366;
  EXPECT_THAT(report_json(summary), HasSubstr("\"speed\": 60,\n    \"real_duration_s\": 31.366"));
}

TEST(Report, AnAuditThatIsNotCleanIsSaidInBothLanguages) {
  Summary summary;
  summary.audit.double_held = 1;
  summary.findings = {"what was found"};
  EXPECT_THAT(report_text(summary), HasSubstr("NOT CLEAN"));
  EXPECT_THAT(report_text(summary), HasSubstr("what was found"));
  set_language(Language::kChinese);
  EXPECT_THAT(report_text(summary), HasSubstr("未通过"));
  set_language(Language::kEnglish);
}

TEST(Progress, TheLineShowsTheSimulatedTimeOfDay) {
  const std::string line = progress_line(
      {.simulated_s = 86400 + 9 * 3600 + 61, .arrived = 50, .expected = 100, .waiting = 4, .in_hand = 7, .retries = 2});
  EXPECT_THAT(line, HasSubstr("[############............] 09:01:01  50/100 arrived  4 waiting  7 in hand  2 retries"));
}

}  // namespace
}  // namespace muster::sim
