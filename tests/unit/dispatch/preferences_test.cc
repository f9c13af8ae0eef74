#include "floor.h"

// Which of the agents who may have a contact gets it: merits that count as idle time.
namespace muster::dispatch {
namespace {

class PreferredMerits : public Floor {
 protected:
  PreferredMerits() {
    for (const char* id : {"english", "french", "new"}) skill(id);
  }
  void queue_preferring(Preferences weights, std::vector<NamedRequirement> required = {},
                        const std::string& newcomers = {}) {
    QueueSetup setup;
    setup.policy.steps = {{seconds(0), std::move(required), {}, {weights, newcomers}}};
    queue(setup);
  }
  void rate(const std::string& id, std::uint8_t quality, std::uint8_t cost = 0) {
    AgentChange change;
    change.quality = quality;
    change.cost = cost;
    must(UpdateAgent{id, change});
  }
};

TEST_F(PreferredMerits, QualityIsWorthIdleTime) {
  queue_preferring({.quality = seconds(10)});
  agent("anna");
  pass(seconds(59));
  agent("bert");
  rate("anna", 50);
  rate("bert", 56);
  EXPECT_EQ(with(contact("calls")), "bert") << "6 points are worth a minute, anna waited a second less";
  EXPECT_EQ(last<OfferMade>().explanation.score, seconds(560));
  EXPECT_EQ(last<OfferMade>().explanation.runner_up_score, seconds(559));
  EXPECT_EQ(name(last<OfferMade>().explanation.runner_up), "anna");
}

TEST_F(PreferredMerits, OneWhoIsAskedForByNameHasTheSameScore) {
  queue_preferring({.quality = seconds(10)});
  agent("anna");
  pass(seconds(59));
  rate("anna", 6);
  CreateContact command = wanted("calls");
  command.preferred_agent = "anna";
  EXPECT_EQ(with(contact(command)), "anna");
  EXPECT_EQ(last<OfferMade>().explanation.score, seconds(119));
}

TEST_F(PreferredMerits, WhoHasWaitedForLongEnoughGoesBeforeTheBetterOne) {
  queue_preferring({.quality = seconds(10)});
  agent("anna");
  pass(seconds(61));
  agent("bert");
  rate("bert", 6);
  EXPECT_EQ(with(contact("calls")), "anna");
}

TEST_F(PreferredMerits, CostCountsAgainstAnAgent) {
  queue_preferring({.cost = minutes(1)});
  agent("dear");
  agent("cheap");
  rate("dear", 0, 40);
  rate("cheap", 0, 30);
  EXPECT_EQ(with(contact("calls")), "cheap");
}

TEST_F(PreferredMerits, SpecialistsGoBeforeThoseWhoCanDoOtherThingsToo) {
  queue_preferring({.specialist = minutes(1)}, {{"english"}});
  agent("both", {{"english", 50}, {"french", 50}});
  pass(seconds(30));
  agent("one", {{"english", 50}});
  EXPECT_EQ(with(contact("calls")), "one");
}

TEST_F(PreferredMerits, FitIsTheMeanLevelInWhatIsRequired) {
  queue_preferring({.skill_fit = minutes(1)}, {{"english"}, {"french"}});
  agent("uneven", {{"english", 100}, {"french", 0}});
  agent("even", {{"english", 60}, {"french", 60}});
  agent("other", {{"english", 55}, {"french", 55}, {"new", 100}});
  EXPECT_EQ(with(contact("calls")), "even");
  EXPECT_EQ(name(last<OfferMade>().explanation.runner_up), "other");
  EXPECT_EQ(last<OfferMade>().explanation.considered, 3U) << "the last could have been the best";
}

TEST_F(PreferredMerits, FreeCapacityCountsBesideIdleTime) {
  QueueSetup setup{.channel = Channel::kChat};
  setup.policy.steps = {{seconds(0), {}, {}, {{.load = seconds(1)}, {}}}};
  setup.policy.auto_accept = true;
  queue(setup);
  agent("anna");
  contact("calls");
  pass(minutes(1));
  agent("bert");
  EXPECT_EQ(with(contact("calls")), "anna") << "34 per cent used are worth 34 s, she has waited 60 s longer";
  EXPECT_EQ(with(contact("calls")), "bert");
}

TEST_F(PreferredMerits, TheTwoBestMayBothBeLoadedThoughAnotherIsIdle) {
  QueueSetup setup{.channel = Channel::kChat};
  setup.policy.steps = {{seconds(0), {}, {}, {{.load = seconds(1)}, {}}}};
  setup.policy.auto_accept = true;
  queue(setup);
  agent("anna");
  agent("bert");
  contact("calls");
  contact("calls");
  pass(minutes(2));
  agent("cleo");
  EXPECT_EQ(with(contact("calls")), "anna");
  EXPECT_EQ(name(last<OfferMade>().explanation.runner_up), "bert");
}

TEST_F(PreferredMerits, WhoHadFewerContactsPerHourGoesFirst) {
  queue_preferring({.fairness = minutes(10)});
  agent("anna");
  agent("bert");
  become("bert", Presence::kBreak);
  for (int i = 0; i < 8; ++i) {
    complete(working("calls"));
    pass(minutes(5));
  }
  become("bert", Presence::kAvailable);
  pass(minutes(5));
  EXPECT_EQ(with(contact("calls")), "bert") << "anna has had 13 an hour, and waited for 10 minutes only";
}

TEST_F(PreferredMerits, WithoutIdleTimeItDecidesTiesOnly) {
  queue_preferring({.quality = seconds(1), .ignore_idle = true});
  agent("anna");
  pass(hours(10));
  agent("bert");
  rate("bert", 1);
  const ContactId id = working("calls");
  EXPECT_EQ(with(id), "bert");
  agent("cleo");
  pass(hours(1));
  agent("dora");
  EXPECT_EQ(with(contact("calls")), "anna") << "as good as cleo and dora";
}

TEST_F(PreferredMerits, NewcomersGetTheirShareOfContacts) {
  queue_preferring({.newcomer_percent = 30}, {}, "new");
  for (int i = 0; i < 60; ++i) agent("old" + std::to_string(i));
  pass(hours(1));
  for (int i = 0; i < 60; ++i) agent("new" + std::to_string(i), {{"new", 1}});
  int newcomers = 0;
  for (int i = 0; i < 60; ++i) newcomers += with(contact("calls")).starts_with("new") ? 1 : 0;
  EXPECT_GT(newcomers, 8);
  EXPECT_LT(newcomers, 30);
}

TEST_F(PreferredMerits, WithoutANewcomerAnybodyWillDo) {
  queue_preferring({.newcomer_percent = 100}, {}, "new");
  agent("old");
  agent("other");
  EXPECT_EQ(with(contact("calls")), "old");
}

TEST_F(PreferredMerits, ANewRatingCountsAtOnce) {
  queue_preferring({.quality = hours(1)});
  agent("anna");
  agent("bert");
  rate("anna", 10);
  rate("bert", 20);
  complete(working("calls"));
  rate("anna", 30);
  EXPECT_EQ(with(contact("calls")), "anna");
}

TEST_F(PreferredMerits, ANewPreferenceCountsForThoseWhoWereIdleBefore) {
  queue_preferring({});
  agent("anna");
  agent("bert");
  rate("bert", 10);
  PolicyChange change;
  change.steps = {{seconds(0), {}, {}, {{.quality = seconds(1)}, {}}}};
  must(UpdatePolicy{"calls-policy", change});
  EXPECT_EQ(with(contact("calls")), "bert");
}

TEST_F(PreferredMerits, MoreWaysToPreferThanTheEngineKeepsAreRefused) {
  for (std::size_t way = 1; way <= Engine::kPreferencesMax + 1; ++way) {
    PolicyChange change;
    change.steps = {{seconds(0), {}, {}, {{.quality = seconds(way)}, {}}}};
    const Reply reply = ask(CreatePolicy{"policy-" + std::to_string(way), change});
    EXPECT_EQ(reply.outcome, way <= Engine::kPreferencesMax ? Outcome::kOk : Outcome::kTooManyPreferences);
  }
  must(DeletePolicy{"policy-1"});
  PolicyChange change;
  change.steps = {{seconds(0), {}, {}, {{.cost = seconds(1)}, {}}},
                  {seconds(9), {}, {}, {{.quality = seconds(2)}, {}}}};
  must(CreatePolicy{"another", change});
}

}  // namespace
}  // namespace muster::dispatch
