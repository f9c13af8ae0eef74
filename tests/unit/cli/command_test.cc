#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "duration.h"
#include "fake_server.h"
#include "progress.h"
#include "speech.h"

namespace muster::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class CommandTest : public InEnglish {
 protected:
  Ran muster(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", server_.address()});
    return run_muster(arguments);
  }

  FakeServer server_;
};

const grpc::Status kUnavailable(grpc::StatusCode::UNAVAILABLE, "restarting");

TEST_F(CommandTest, CreateSendsWhatWasGivenAndNothingElse) {
  const Ran ran =
      muster({"queues", "create", "billing", "--channel", "voice", "--policy", "p", "--service-level", "30s"});
  EXPECT_EQ(ran.code, kDone) << ran.err;
  EXPECT_EQ(ran.out, "billing created.\n");
  ASSERT_EQ(server_.routing.created.size(), 1U);
  const v1::Queue& queue = server_.routing.created[0].queue();
  EXPECT_EQ(queue.queue_id(), "billing");
  EXPECT_EQ(queue.channel(), v1::CHANNEL_VOICE);
  EXPECT_EQ(from_proto(queue.service_level_target()), std::chrono::seconds{30});
  EXPECT_FALSE(queue.has_time_to_live());
  EXPECT_EQ(server_.routing.created[0].request_id().size(), 36U);
}

TEST_F(CommandTest, UpdateMasksOnlyTheFlagsGiven) {
  EXPECT_EQ(muster({"queues", "update", "billing", "--wrap-up-limit", "1m"}).code, kDone);
  ASSERT_EQ(server_.routing.updated.size(), 1U);
  EXPECT_THAT(server_.routing.updated[0].update_mask().paths(), ElementsAre("wrap_up_limit"));
}

TEST_F(CommandTest, TheWaitInAQueueIsThatOfAContactAsDescribed) {
  const Ran ran = muster({"queues", "wait", "billing", "--priority", "7", "--require", "english=60"});
  EXPECT_EQ(ran.out, "about 2m 30s (contacts ahead 0, served at once 5)\n");
  ASSERT_EQ(server_.contacts.estimated.size(), 1U);
  EXPECT_EQ(server_.contacts.estimated[0].queue_id(), "billing");
  EXPECT_EQ(server_.contacts.estimated[0].priority(), 7);
  EXPECT_EQ(server_.contacts.estimated[0].requirements(0).skill_id(), "english");
}

TEST_F(CommandTest, SettingsSayWhatInterruptsWhatAndHowAgentsRampUp) {
  const Ran ran = muster({"settings", "update", "--ramp-up-offers", "3", "--interrupts", "voice=email,ticket",
                          "--interrupts", "chat=task"});
  EXPECT_EQ(ran.code, kDone) << ran.err;
  ASSERT_EQ(server_.routing.updated_settings.size(), 1U);
  const auto& request = server_.routing.updated_settings[0];
  EXPECT_THAT(request.update_mask().paths(), ElementsAre("ramp_up_offers", "interrupts"));
  EXPECT_EQ(request.settings().ramp_up_offers(), 3);
  ASSERT_EQ(request.settings().interrupts_size(), 2);
  EXPECT_EQ(request.settings().interrupts(1).channel(), v1::CHANNEL_CHAT);
}

TEST_F(CommandTest, NothingIsInterruptedAnyMoreWhenTheListIsEmpty) {
  EXPECT_EQ(muster({"settings", "update", "--interrupts", "voice="}).code, kDone);
  ASSERT_EQ(server_.routing.updated_settings.size(), 1U);
  EXPECT_TRUE(server_.routing.updated_settings[0].settings().interrupts(0).interrupts().empty());
}

TEST_F(CommandTest, AnInterruptionThatIsNoneSaysWhatOneLooksLike) {
  const Ran ran = muster({"settings", "update", "--interrupts", "voice"});
  EXPECT_EQ(ran.code, kUsage);
  EXPECT_THAT(ran.err, HasSubstr("--interrupts: “voice” is not a channel and those it interrupts, such as "
                                 "voice=email,ticket"));
  EXPECT_THAT(muster({"settings", "update", "--ramp-up-offers", "few"}).err, HasSubstr("“few” is not a number"));
  EXPECT_TRUE(server_.routing.updated_settings.empty());
}

TEST_F(CommandTest, UpdateWithoutAFlagIsAUsageError) {
  EXPECT_EQ(muster({"queues", "update", "billing"}).code, kUsage);
  EXPECT_TRUE(server_.routing.updated.empty());
}

TEST_F(CommandTest, AChangeIsRetriedUnderTheSameRequestId) {
  server_.routing.failures = {kUnavailable, kUnavailable};
  EXPECT_EQ(muster({"queues", "create", "q", "--channel", "chat", "--policy", "p"}).code, kDone);
  ASSERT_EQ(server_.routing.created.size(), 3U);
  EXPECT_EQ(server_.routing.created[0].request_id(), server_.routing.created[2].request_id());
}

TEST_F(CommandTest, ARetryEndsWithTheTimeoutAndSaysHowToGoOn) {
  server_.routing.failures.assign(1000, kUnavailable);
  const Ran ran = muster({"queues", "create", "q", "--channel", "chat", "--policy", "p", "--timeout", "400ms"});
  EXPECT_EQ(ran.code, kUnreachable);
  EXPECT_THAT(ran.err, HasSubstr("--request-id " + server_.routing.created[0].request_id()));
}

TEST_F(CommandTest, AGivenRequestIdIsUsed) {
  muster({"queues", "create", "q", "--channel", "chat", "--policy", "p", "--request-id", "my-id"});
  ASSERT_EQ(server_.routing.created.size(), 1U);
  EXPECT_EQ(server_.routing.created[0].request_id(), "my-id");
}

TEST_F(CommandTest, ARefusalExitsWithOneAndIsNotRetried) {
  server_.routing.failures = {{grpc::StatusCode::ALREADY_EXISTS, "queue \"q\" exists"}};
  const Ran ran = muster({"queues", "create", "q", "--channel", "chat", "--policy", "p"});
  EXPECT_EQ(ran.code, kRefused);
  EXPECT_EQ(ran.err, "error: queue \"q\" exists\n");
  EXPECT_EQ(server_.routing.created.size(), 1U);
}

TEST_F(CommandTest, AServerThatIsNotThereExitsWithThree) {
  const Ran ran = run_muster({"queues", "list", "--server", "127.0.0.1:1", "--timeout", "200ms"});
  EXPECT_EQ(ran.code, kUnreachable);
  EXPECT_THAT(ran.err, HasSubstr("is musterd running?"));
}

TEST_F(CommandTest, ListsReadAsManyPagesAsTheLimitNeeds) {
  const Ran some = muster({"skills", "list", "--limit", "1500"});
  EXPECT_THAT(some.out, HasSubstr("skill-1499\n"));
  EXPECT_THAT(some.out, Not(HasSubstr("skill-1500\n")));
  EXPECT_THAT(some.err, HasSubstr("--limit 0"));
  const Ran all = muster({"skills", "list", "--limit", "0"});
  EXPECT_THAT(all.out, HasSubstr("skill-2499\n"));
  EXPECT_EQ(all.err, "");
}

TEST_F(CommandTest, JsonIsOneLine) {
  const Ran ran = muster({"queues", "create", "q", "--channel", "chat", "--policy", "p", "--json"});
  EXPECT_EQ(ran.out, "{\"sequence\":\"7\"}\n");
}

TEST_F(CommandTest, SuspendAndResumeDifferInOneField) {
  muster({"agents", "suspend", "li.na", "--reason", "audit"});
  muster({"agents", "resume", "li.na"});
  ASSERT_EQ(server_.routing.suspensions.size(), 2U);
  EXPECT_TRUE(server_.routing.suspensions[0].suspended());
  EXPECT_EQ(server_.routing.suspensions[0].reason(), "audit");
  EXPECT_FALSE(server_.routing.suspensions[1].suspended());
}

TEST_F(CommandTest, AContactIsPrioritizedAndAssigned) {
  EXPECT_EQ(muster({"contacts", "prioritize", "c-1", "--priority", "50"}).out, "c-1 has its new priority.\n");
  ASSERT_EQ(server_.contacts.prioritized.size(), 1U);
  EXPECT_EQ(server_.contacts.prioritized[0].priority(), 50);
  muster({"contacts", "assign", "c-1", "--agent", "li.na", "--wait", "60s", "--reason", "knows the case"});
  ASSERT_EQ(server_.contacts.assigned.size(), 1U);
  EXPECT_EQ(server_.contacts.assigned[0].agent_id(), "li.na");
  EXPECT_EQ(from_proto(server_.contacts.assigned[0].wait()), std::chrono::seconds{60});
  EXPECT_EQ(server_.contacts.assigned[0].reason(), "knows the case");
  EXPECT_EQ(muster({"contacts", "assign", "c-1"}).code, kUsage);
}

class PolicyFileTest : public CommandTest {
 protected:
  PolicyFileTest() : path_(testing::TempDir() + "policy-" + std::to_string(getpid()) + ".json") {}
  ~PolicyFileTest() override { std::filesystem::remove(path_); }

  Ran muster_with(const std::string& json, std::vector<std::string> arguments) {
    std::ofstream(path_) << json;
    arguments.insert(arguments.end(), {"--file", path_});
    return muster(arguments);
  }

  const std::string path_;
};

TEST_F(PolicyFileTest, TheOtherFlagsGoOverTheFile) {
  const Ran ran = muster_with(
      R"({"policyId": "p", "autoAccept": true, "steps": [{"where": {"skill": {"skillId": "vip"}}}, {"after": "9s"}]})",
      {"policies", "create", "p", "--step", "0s:english", "--no-auto-accept", "--name", "P"});
  EXPECT_EQ(ran.code, kDone) << ran.err;
  ASSERT_EQ(server_.routing.created_policies.size(), 1U);
  const v1::Policy& policy = server_.routing.created_policies[0].policy();
  ASSERT_EQ(policy.steps_size(), 1) << "not both lists";
  EXPECT_EQ(policy.steps(0).requirements(0).skill_id(), "english");
  EXPECT_FALSE(policy.auto_accept());
  EXPECT_EQ(policy.display_name(), "P");
  EXPECT_EQ(policy.policy_id(), "p");
}

TEST_F(PolicyFileTest, AnUpdateMasksWhatStandsInTheFile) {
  const Ran ran = muster_with(R"({"gates": null, "strictPriority": false, "starvation_bound": "60s"})",
                              {"policies", "update", "p", "--by-deadline"});
  EXPECT_EQ(ran.code, kDone) << ran.err;
  ASSERT_EQ(server_.routing.updated_policies.size(), 1U);
  EXPECT_THAT(server_.routing.updated_policies[0].update_mask().paths(),
              ElementsAre("gates", "strict_priority", "starvation_bound", "by_deadline"));
  EXPECT_TRUE(server_.routing.updated_policies[0].policy().by_deadline());
}

TEST_F(PolicyFileTest, AStepMayAskSeveralAgentsAtOnce) {
  EXPECT_EQ(muster_with(R"({"steps": [{"offers": 5}]})", {"policies", "create", "p"}).code, kDone);
  ASSERT_EQ(server_.routing.created_policies.size(), 1U);
  EXPECT_EQ(server_.routing.created_policies[0].policy().steps(0).offers(), 5);
  EXPECT_EQ(muster_with(R"({"steps": [{"offers": "many"}]})", {"policies", "create", "p"}).code, kUsage);
}

TEST_F(PolicyFileTest, WhatIsWrongWithTheFileIsSaid) {
  const Ran unknown = muster_with(R"({"steps": [{"whre": {}}]})", {"policies", "update", "p"});
  EXPECT_EQ(unknown.code, kUsage);
  EXPECT_THAT(unknown.err, HasSubstr(path_));
  EXPECT_THAT(unknown.err, HasSubstr("whre"));
  EXPECT_EQ(muster_with("{", {"policies", "create", "p"}).code, kUsage);
  EXPECT_THAT(muster_with(R"({"policyId": "q"})", {"policies", "create", "p"}).err, HasSubstr("is about q, not p"));
  EXPECT_THAT(muster({"policies", "create", "p", "--file", "/nowhere.json"}).err,
              HasSubstr("/nowhere.json: cannot be read"));
  EXPECT_TRUE(server_.routing.created_policies.empty());
}

TEST_F(CommandTest, AContactMayBeCreatedForLater) {
  const Ran ran = muster({"contacts", "create", "--queue", "q", "--in", "1h", "--require", "english=60", "--attribute",
                          "order=42", "--attribute", "vip=yes"});
  EXPECT_EQ(ran.out, "c-1 created.\n");
  ASSERT_EQ(server_.contacts.created.size(), 1U);
  const auto& request = server_.contacts.created[0];
  EXPECT_GT(from_proto(request.schedule_time()), wall_now());
  EXPECT_EQ(request.requirements(0).min_level(), 60);
  EXPECT_EQ(request.attributes().at("vip"), "yes");
}

TEST_F(CommandTest, AContactShowsItsOffersInWords) {
  auto& response = server_.contacts.contact;
  response.mutable_contact()->set_contact_id("c-1");
  response.mutable_contact()->set_state(v1::CONTACT_STATE_ACTIVE);
  auto* offer = response.add_offers();
  offer->set_agent_id("li.na");
  offer->set_state(v1::OFFER_STATE_DECLINED);
  offer->set_reason("lunch");
  offer->mutable_explanation()->set_trigger(v1::OFFER_TRIGGER_AGENT_FREE);
  const Ran ran = muster({"contacts", "get", "c-1"});
  EXPECT_THAT(ran.out, HasSubstr("to li.na: declined (lunch)"));
  EXPECT_THAT(ran.out, HasSubstr("Offered because the agent had just become free"));
}

TEST_F(CommandTest, AWatchGoesOnWhereTheConnectionBroke) {
  const Ran ran = muster({"contacts", "watch", "--after", "40"});
  EXPECT_THAT(ran.out, HasSubstr("c-1  created"));
  ASSERT_EQ(server_.contacts.watches.size(), 2U);
  EXPECT_EQ(server_.contacts.watches[0].after_sequence(), 40);
  EXPECT_EQ(server_.contacts.watches[1].after_sequence(), 41);
  EXPECT_EQ(ran.code, kRefused);
  EXPECT_THAT(ran.err, HasSubstr("too old"));
}

TEST_F(CommandTest, RebuildTellsWhereItEnded) {
  EXPECT_EQ(muster({"admin", "rebuild-projections"}).out, "Reporting tables rebuilt up to sequence 1000.\n");
}

TEST_F(CommandTest, MetricsThatDifferAreToldAndExitWithOneUnlessRepaired) {
  auto& comparison = server_.admin.comparison;
  comparison.set_equal_rows(40);
  EXPECT_EQ(muster({"admin", "recompute-kpis"}).code, kDone);
  comparison.set_different_rows(1);
  v1::KpiDifference* difference = comparison.add_differences();
  difference->set_dimension(v1::KPI_DIMENSION_QUEUE);
  difference->set_row_id("billing");
  difference->set_tenant_id("acme");
  difference->set_fact("answered");
  difference->set_stored(12);
  difference->set_recomputed(7);
  const Ran differs = muster({"admin", "recompute-kpis"});
  EXPECT_EQ(differs.code, kRefused);
  EXPECT_THAT(differs.out, ::testing::ContainsRegex("queue +billing +acme +.* answered +12 +7"));
  EXPECT_THAT(differs.out,
              HasSubstr("Metrics recomputed up to sequence 1000. Rows equal: 40, missing: 0, unexpected: 0, "
                        "different: 1."));
  const Ran repaired = muster({"admin", "recompute-kpis", "--repair"});
  EXPECT_EQ(repaired.code, kDone);
  EXPECT_THAT(repaired.out, HasSubstr("Repaired"));
}

TEST_F(CommandTest, AWrongCommandLineExitsWithTwo) {
  EXPECT_EQ(muster({"queues"}).code, kUsage);
  EXPECT_EQ(muster({"queues", "get"}).code, kUsage);
  EXPECT_EQ(muster({"queues", "list", "--no-such-flag"}).code, kUsage);
  EXPECT_EQ(muster({"queues", "list", "--timeout", "soon"}).code, kUsage);
  EXPECT_EQ(muster({"queues", "create", "q", "--channel", "fax", "--policy", "p"}).code, kUsage);
  EXPECT_EQ(muster({"completion", "fish"}).code, kUsage);
}

void expect_help_teaches(const CLI::App& command, std::vector<std::string> path) {
  path.push_back("--help");
  const Ran ran = run_muster(path);
  EXPECT_EQ(ran.code, kDone);
  EXPECT_THAT(ran.out, HasSubstr("Example:\n  ")) << testing::PrintToString(path);
  path.pop_back();
  for (const CLI::App* child : command.get_subcommands([](const CLI::App*) { return true; })) {
    std::vector<std::string> below = path;
    below.push_back(child->get_name());
    expect_help_teaches(*child, below);
  }
}

TEST_F(CommandTest, EveryHelpPageHasAnExample) {
  Context context(std::cout, std::cerr);
  expect_help_teaches(*make_program(context), {});
}

TEST(ProgressTest, TheBarFillsWithTheShareDone) {
  EXPECT_EQ(progress_bar(500, 1000, 10), "[#####-----]  50%  500/1000");
  EXPECT_EQ(progress_bar(0, 0, 4), "[####] 100%  0/0");
  EXPECT_EQ(progress_bar(1200, 1000, 4), "[####] 100%  1200/1000");
}

TEST_F(CommandTest, AnAgentsPresenceIsSetNowOrNext) {
  EXPECT_EQ(muster({"agents", "presence", "li.na", "--break", "lunch", "--next"}).out,
            "li.na: break once nothing is in hand.\n");
  EXPECT_EQ(muster({"agents", "presence", "li.na", "--available"}).out, "li.na: available.\n");
  ASSERT_EQ(server_.routing.presences.size(), 2U);
  EXPECT_EQ(server_.routing.presences[0].presence(), v1::AGENT_PRESENCE_BREAK);
  EXPECT_EQ(server_.routing.presences[0].reason(), "lunch");
  EXPECT_TRUE(server_.routing.presences[0].next());
  EXPECT_EQ(server_.routing.presences[1].presence(), v1::AGENT_PRESENCE_AVAILABLE);
  EXPECT_FALSE(server_.routing.presences[1].next());
  const Ran both = muster({"agents", "presence", "li.na", "--available", "--offline"});
  EXPECT_EQ(both.code, kUsage);
  EXPECT_THAT(both.err, HasSubstr("exactly one of --available, --break, --offline"));
  EXPECT_EQ(muster({"agents", "presence", "li.na", "--next"}).code, kUsage);
  EXPECT_EQ(muster({"agents", "presence", "li.na", "--break"}).code, kUsage) << "a break has a reason";
}

TEST_F(CommandTest, APoolIsHeldAndLetGo) {
  EXPECT_EQ(muster({"queues", "pool", "billing", "crowd", "--open"}).out, "billing, pool crowd: stays open.\n");
  muster({"queues", "pool", "billing", "crowd", "--closed"});
  muster({"queues", "pool", "billing", "crowd", "--auto"});
  ASSERT_EQ(server_.routing.holds.size(), 3U);
  EXPECT_EQ(server_.routing.holds[0].queue_id(), "billing");
  EXPECT_EQ(server_.routing.holds[0].pool_id(), "crowd");
  EXPECT_EQ(server_.routing.holds[0].hold(), v1::POOL_HOLD_OPEN);
  EXPECT_EQ(server_.routing.holds[1].hold(), v1::POOL_HOLD_CLOSED);
  EXPECT_EQ(server_.routing.holds[2].hold(), v1::POOL_HOLD_AUTOMATIC);
  EXPECT_EQ(muster({"queues", "pool", "billing", "crowd"}).code, kUsage);
  EXPECT_EQ(muster({"queues", "pool", "billing", "--open"}).code, kUsage);
}

TEST_F(CommandTest, AnAgentIsExplained) {
  const Ran ran = muster({"explain", "agent", "li.na"});
  EXPECT_EQ(ran.code, kDone) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("What the agent has, and why nothing more:\n  in hand 0, ringing 0\n  suspended\n"));
}

}  // namespace
}  // namespace muster::cli
