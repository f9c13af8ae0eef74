#include "trace.h"

#include <gmock/gmock.h>

#include "temp_file.h"

namespace muster::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kHeader =
    "date,vru_entry_s,vru_time,q_start_s,q_exit_s,q_time,outcome,ser_start_s,ser_exit_s,ser_time,type,priority,"
    "customer,"
    "agent\n";

Workload load(const std::string& rows, std::uint64_t seed = 1) {
  const TempFile file(kHeader + rows);
  return load_trace({.path = file.path(), .date = "1999-03-01", .agents_path = "", .agents = 0, .seed = seed});
}

TEST(CallLog, OnlyCallsOfTheDayThatReachedQueueOrAgentArePlayed) {
  const Workload workload = load(
      "1999-03-01,90,5,100,130,30,AGENT,130,190,60,PS,0,,A01\n"
      "1999-03-01,90,5,0,0,0,AGENT,95,190,95,PS,0,,A01\n"
      "1999-03-01,90,5,200,230,30,HANG,0,0,0,PS,0,,\n"
      "1999-03-01,90,5,0,0,0,HANG,0,0,0,PS,0,,\n"
      "1999-03-01,90,5,300,330,30,PHANTOM,0,0,0,PS,0,,\n"
      "1999-03-02,90,5,400,430,30,AGENT,430,490,60,PS,0,,A01\n");
  ASSERT_THAT(workload.arrivals, SizeIs(3));
  EXPECT_EQ(workload.arrivals[0].at_s, 95);  // answered at once: came when the service began
  EXPECT_EQ(workload.arrivals[1].at_s, 100);
  EXPECT_EQ(workload.arrivals[2].at_s, 200);
  EXPECT_EQ(workload.start_s, 95);
}

TEST(CallLog, WhoHungUpLeavesAfterTheObservedWait) {
  const Workload workload = load(
      "1999-03-01,90,5,100,130,30,HANG,0,0,0,PS,0,,\n"
      "1999-03-01,90,5,150,160,10,AGENT,160,237,77,PS,0,,A01\n");
  EXPECT_EQ(workload.arrivals[0].patience_s, 30);
  EXPECT_EQ(workload.arrivals[0].service_s, 77);  // drawn from the type's answered calls: there is one
}

TEST(CallLog, WhoWasAnsweredWouldHaveWaitedLonger) {
  std::string rows;
  for (int i = 0; i < 50; ++i) rows += "1999-03-01,90,5,100,400,300,AGENT,400,460,60,PS,0,,A01\n";
  for (int i = 0; i < 5; ++i) rows += "1999-03-01,90,5,100,140,40,HANG,0,0,0,PS,0,,\n";
  const Workload workload = load(rows);
  for (const Arrival& arrival : workload.arrivals) {
    if (arrival.service_s == 60 && arrival.patience_s != 40) {
      EXPECT_GT(*arrival.patience_s, 300);
    }
  }
}

TEST(CallLog, TheSameSeedDrawsTheSamePatience) {
  const std::string rows = "1999-03-01,90,5,100,130,30,AGENT,130,190,60,PS,0,,A01\n";
  EXPECT_EQ(load(rows, 7).arrivals[0].patience_s, load(rows, 7).arrivals[0].patience_s);
  EXPECT_NE(load(rows, 7).arrivals[0].patience_s, load(rows, 8).arrivals[0].patience_s);
}

TEST(CallLog, TypesBecomeSkillsAndQueuesWithAHeadStartOf90Seconds) {
  const Workload workload = load(
      "1999-03-01,90,5,100,130,30,AGENT,130,190,60,PS,2,,A01\n"
      "1999-03-01,90,5,110,130,30,AGENT,130,190,60,NE,1,,A01\n");
  EXPECT_THAT(workload.skills, ElementsAre("ne", "ps"));
  ASSERT_THAT(workload.queues, SizeIs(2));
  EXPECT_EQ(workload.queues[1].id, "ps");
  EXPECT_EQ(workload.queues[1].priority_weight_s, 90);
  EXPECT_THAT(workload.queues[1].requirements, ElementsAre(SkillLevel{"ps", 0}));
  EXPECT_EQ(workload.arrivals[0].priority, 1);
  EXPECT_EQ(workload.arrivals[1].priority, 0);
}

TEST(CallLog, AgentsWorkFromTheirFirstToTheirLastServiceWithTheTypesTheyServed) {
  std::string rows;
  for (int i = 0; i < 10; ++i) rows += "1999-03-01,90,5,1000,1000,0,AGENT,1000,1060,60,PS,0,,A01\n";
  rows +=
      "1999-03-01,90,5,5000,5000,0,AGENT,5000,5060,60,NE,0,,A02\n"
      "1999-03-02,90,5,5000,5000,0,AGENT,5000,5060,60,PS,0,,A02\n"
      "1999-03-02,90,5,5000,5000,0,AGENT,5000,5060,60,NE,0,,A01\n"
      "1999-03-02,90,5,5000,5000,0,AGENT,5000,5060,60,PS,0,,A03\n";
  const Workload workload = load(rows);
  ASSERT_THAT(workload.agents, SizeIs(2));  // A03 did not work that day
  EXPECT_THAT(workload.agents[0].skills, ElementsAre(SkillLevel{"ps", 50}));
  EXPECT_EQ(workload.agents[0].shift_start_s, 880);
  EXPECT_EQ(workload.agents[0].shift_end_s, 1180);
  // A02 served little that day, so the other days count too.
  EXPECT_THAT(workload.agents[1].skills, ElementsAre(SkillLevel{"ne", 50}, SkillLevel{"ps", 50}));
}

TEST(CallLog, ADayThatIsNotInTheFileIsRefused) {
  EXPECT_THAT([] { load("1999-03-02,90,5,100,130,30,AGENT,130,190,60,PS,0,,A01\n"); },
              testing::ThrowsMessage<InputError>(HasSubstr("no call of 1999-03-01 reached queue or agent")));
}

TEST(CallLog, AnUnknownOutcomeIsPointedAt) {
  EXPECT_THAT([] { load("1999-03-01,90,5,100,130,30,GONE,130,190,60,PS,0,,A01\n"); },
              testing::ThrowsMessage<InputError>(HasSubstr(":2:28: outcome: \"GONE\" is not AGENT, HANG or PHANTOM")));
}

Workload load_generic(const std::string& content, const std::string& agents, int count) {
  const TempFile file(content);
  const TempFile agents_file(agents);
  return load_trace({.path = file.path(),
                     .date = "",
                     .agents_path = agents.empty() ? "" : agents_file.path(),
                     .agents = count,
                     .seed = 1});
}

TEST(GenericTrace, EmptyPatienceMeansAsLongAsItTakes) {
  const Workload workload = load_generic(
      "arrival_s,queue,skills,service_s,patience_s,priority\n"
      "20,Sales,a:50|b,30,,2\n"
      "10,sales,,40,60,\n",
      "", 3);
  ASSERT_THAT(workload.arrivals, SizeIs(2));
  EXPECT_EQ(workload.arrivals[0].patience_s, 60);
  EXPECT_EQ(workload.arrivals[1].patience_s, std::nullopt);
  EXPECT_EQ(workload.arrivals[1].priority, 2);
  EXPECT_THAT(workload.arrivals[1].requirements, ElementsAre(SkillLevel{"a", 50}, SkillLevel{"b", 0}));
  EXPECT_THAT(workload.queues, SizeIs(1));
}

TEST(GenericTrace, WithoutAnAgentsFileEveryAgentHasEverySkill) {
  const Workload workload =
      load_generic("arrival_s,queue,skills,service_s,patience_s,priority\n1,q,a:50|b,30,,\n", "", 2);
  ASSERT_THAT(workload.agents, SizeIs(2));
  EXPECT_THAT(workload.agents[1].skills, ElementsAre(SkillLevel{"a", 100}, SkillLevel{"b", 100}));
}

TEST(GenericTrace, AnAgentsFileSaysWhoWorksWhen) {
  const Workload workload =
      load_generic("arrival_s,queue,skills,service_s,patience_s,priority\n1,q,a,30,,\n",
                   "agent,skills,capacity_units,shift_start_s,shift_end_s\nAnn,a:60,102,0,900\n", 0);
  ASSERT_THAT(workload.agents, SizeIs(1));
  EXPECT_EQ(workload.agents[0].id, "ann");
  EXPECT_EQ(workload.agents[0].capacity_units, 102);
  EXPECT_EQ(workload.agents[0].shift_end_s, 900);
}

TEST(Skills, ALevelAbove100IsRefused) {
  EXPECT_THROW(parse_skills("a:101"), InputError);
  EXPECT_THROW(parse_skills("a:x"), InputError);
  EXPECT_THROW(parse_skills(":5"), InputError);
}

}  // namespace
}  // namespace muster::sim
