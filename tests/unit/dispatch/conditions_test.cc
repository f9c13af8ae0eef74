#include "conditions.h"

#include <gtest/gtest.h>

#include "floor.h"

// What an agent must be: trees of AND, OR and NOT, bounds on levels, and gates that no step relaxes.
namespace muster::dispatch {
namespace {

using Kind = Predicate::Kind;

constexpr SkillHandle kA{1};
constexpr SkillHandle kB{2};
constexpr SkillHandle kC{3};

Predicate has(SkillHandle skill, std::uint8_t min = 0, std::uint8_t max = kLevelMax) {
  return {Kind::kSkill, {}, {skill, min, max}};
}
Predicate all(std::vector<Predicate> parts) { return {Kind::kAllOf, std::move(parts), {}}; }
Predicate any(std::vector<Predicate> parts) { return {Kind::kAnyOf, std::move(parts), {}}; }
Predicate no(Predicate part) { return {Kind::kNot, {std::move(part)}, {}}; }

/// Read off the tree, without the normal form.
bool holds(const Predicate& predicate, const std::vector<SkillLevel>& skills) {
  const auto part = [&](const Predicate& each) { return holds(each, skills); };
  switch (predicate.kind) {
    case Kind::kAllOf:
      return std::all_of(predicate.parts.begin(), predicate.parts.end(), part);
    case Kind::kAnyOf:
      return std::any_of(predicate.parts.begin(), predicate.parts.end(), part);
    case Kind::kNot:
      return !part(predicate.parts.front());
    case Kind::kSkill:
      return std::any_of(skills.begin(), skills.end(), [&](const SkillLevel& each) {
        const SkillRequirement& required = predicate.skill;
        return each.skill == required.skill && each.level >= required.min_level && each.level <= required.max_level;
      });
  }
  return false;
}

TEST(NormalForm, MeansWhatTheTreeMeans) {
  const Predicate trees[] = {
      all({}),
      has(kA, 10, 50),
      no(has(kA)),
      all({has(kA), has(kA, 40), has(kB)}),
      any({has(kA, 60), all({has(kB), no(has(kC))})}),
      no(any({has(kA), all({has(kB), has(kC, 20, 30)})})),
      all({any({has(kA), has(kB)}), any({has(kB), has(kC)}), no(all({has(kA), has(kC)}))}),
      no(all({})),
  };
  const int levels[] = {-1, 0, 25, 45, 100};  // -1: does not have it
  for (const Predicate& tree : trees) {
    const auto conditions = normal_form(tree);
    ASSERT_TRUE(conditions);
    for (const int a : levels) {
      for (const int b : levels) {
        for (const int c : levels) {
          std::vector<SkillLevel> skills;
          const auto give = [&](SkillHandle skill, int level) {
            if (level >= 0) skills.push_back({skill, static_cast<std::uint8_t>(level), {}});
          };
          give(kA, a);
          give(kB, b);
          give(kC, c);
          EXPECT_EQ(failed_gate(skills, *conditions) == Gate{}, holds(tree, skills)) << a << " " << b << " " << c;
        }
      }
    }
  }
}

TEST(NormalForm, WhatAllMustHaveNeedsNoAlternatives) {
  const auto conditions = normal_form(all({has(kB, 20), all({has(kA), has(kB, 10, 80)})}));
  EXPECT_EQ(conditions->all, (Requirements{{kA}, {kB, 20, 80}}));
  EXPECT_TRUE(conditions->any.empty());
}

TEST(NormalForm, EqualConditionsAreWrittenTheSame) {
  EXPECT_EQ(*normal_form(any({has(kA), has(kB)})), *normal_form(any({has(kB), has(kA)})));
  EXPECT_EQ(*normal_form(no(all({has(kA), has(kB)}))), *normal_form(any({no(has(kB)), no(has(kA))})));
}

TEST(NormalForm, OneThatGrowsTooLargeIsRefused) {
  std::vector<Predicate> pairs;
  for (std::uint8_t level = 1; level <= 5; ++level) pairs.push_back(all({has(kA, level), has(kB, level)}));
  EXPECT_TRUE(normal_form(any({pairs.begin(), pairs.begin() + 2})));
  EXPECT_FALSE(normal_form(any(pairs))) << "it has 2^5 lists of 5 alternatives";
}

class ConditionsOfPolicies : public Floor {
 protected:
  ConditionsOfPolicies() {
    for (const char* id : {"english", "french", "trainee", "licence"}) skill(id);
  }
  static PredicateDraft skilled(const std::string& id, std::uint8_t min = 0, std::uint8_t max = kLevelMax) {
    return {Kind::kSkill, {}, {id, min, max}};
  }
  static PredicateDraft not_skilled(const std::string& id) { return {Kind::kNot, {skilled(id)}, {}}; }
  static PredicateDraft one_of(std::vector<PredicateDraft> parts) { return {Kind::kAnyOf, std::move(parts), {}}; }
  static PolicyChange policy(PredicateDraft where) {
    PolicyChange change;
    change.steps = {{seconds(0), {}, std::move(where)}};
    return change;
  }
};

TEST_F(ConditionsOfPolicies, AnyAlternativeWillDo) {
  queue({.policy = policy(one_of({skilled("english", 60), skilled("french")}))});
  agent("weak", {{"english", 40}});
  EXPECT_EQ(state(contact("calls")), ContactState::kQueued);
  agent("fr", {{"french", 1}});
  EXPECT_EQ(with(ContactId{1}), "fr");
  agent("en", {{"english", 60}});
  const ContactId id = contact("calls");
  EXPECT_EQ(with(id), "en");
  EXPECT_EQ(last<OfferMade>().explanation.rejected[raw(Gate::kCondition)], 1U) << "weak";
}

TEST_F(ConditionsOfPolicies, WhoMustNotHaveASkillDoesNotGetTheContact) {
  queue({.policy = policy(not_skilled("trainee"))});
  agent("new", {{"trainee", 1}});
  const ContactId id = contact("calls");
  EXPECT_EQ(state(id), ContactState::kQueued);
  AgentChange trained;
  trained.skills = std::vector<NamedSkillLevel>{};
  must(UpdateAgent{"new", trained});
  EXPECT_EQ(with(id), "new");
}

TEST_F(ConditionsOfPolicies, ALevelMayBeTooHigh) {
  queue({.policy = policy(skilled("english", 20, 50))});
  agent("expert", {{"english", 90}});
  agent("learner", {{"english", 30}});
  EXPECT_EQ(with(contact("calls")), "learner");
  EXPECT_EQ(last<OfferMade>().explanation.rejected[raw(Gate::kLevel)], 1U);
}

TEST_F(ConditionsOfPolicies, GatesHoldInEveryStep) {
  PolicyChange change;
  change.steps = {{seconds(0), {{"english", 50}}}, {seconds(10), {}}};
  change.gates = skilled("licence");
  queue({.policy = change});
  agent("unlicensed", {{"english", 90}});
  agent("licensed", {{"licence", 1}});
  EXPECT_EQ(with(contact("calls")), "licensed") << "nobody meets the first step, so the second is in force";
  const ContactId next = contact("calls");
  pass(minutes(1));
  EXPECT_NE(with(next), "unlicensed");
}

TEST_F(ConditionsOfPolicies, AConditionThatGrowsTooLargeIsRefusedAndChangesNothing) {
  queue({.policy = policy(skilled("english"))});
  std::vector<PredicateDraft> pairs;
  for (std::uint8_t level = 1; level <= 5; ++level) {
    pairs.push_back({Kind::kAllOf, {skilled("english", level), skilled("french", level)}, {}});
  }
  const Sequence before = engine.last_sequence();
  const Reply reply = ask(UpdatePolicy{"calls-policy", policy(one_of(pairs))});
  EXPECT_EQ(reply.outcome, Outcome::kConditionTooLarge);
  EXPECT_EQ(reply.subject, "steps[0].where");
  EXPECT_EQ(engine.last_sequence(), before);
}

TEST_F(ConditionsOfPolicies, ASkillThatAConditionNamesCannotBeDeleted) {
  queue({.policy = policy(one_of({skilled("english"), not_skilled("french")}))});
  EXPECT_EQ(ask(DeleteSkill{"french"}).outcome, Outcome::kSkillInUse);
  EXPECT_TRUE(ask(DeleteSkill{"trainee"}).ok());
}

TEST_F(ConditionsOfPolicies, AnOfferThatTheNewConditionForbidsIsRescinded) {
  queue({.policy = policy({})});
  agent("new", {{"trainee", 1}});
  const ContactId id = contact("calls");
  EXPECT_EQ(with(id), "new");
  must(UpdatePolicy{"calls-policy", policy(not_skilled("trainee"))});
  EXPECT_EQ(state(id), ContactState::kQueued);
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRescinded);
}

class Certificates : public Floor {
 protected:
  Certificates() {
    skill("licence");
    PolicyChange change;
    change.gates = PredicateDraft{Kind::kSkill, {}, {"licence", 0, kLevelMax}};
    queue({.policy = change});
    hire("li.na", {{"licence", 1, now + minutes(10)}});
    sign_in("li.na");
    become("li.na", Presence::kAvailable);
  }
};

TEST_F(Certificates, FromItsEndOnNoContactComes) {
  complete(working("calls"));
  pass(minutes(10) - Duration(1));
  const ContactId last_one = contact("calls");
  EXPECT_EQ(with(last_one), "li.na");
  decline(last_one);
  pass(Duration(1));
  EXPECT_TRUE(see("li.na").spec.skills.empty());
  EXPECT_EQ(state(contact("calls")), ContactState::kQueued);
}

TEST_F(Certificates, WhatRingsAtItsEndIsRevokedAndWhatIsInHandGoesOn) {
  const ContactId in_hand = working("calls");
  agent("wang.wei", {{"licence", 1, now + minutes(5)}});
  pass(minutes(5) - seconds(1));
  const ContactId rings = contact("calls");
  EXPECT_EQ(with(rings), "wang.wei");
  pass(seconds(1));
  EXPECT_EQ(state(rings), ContactState::kQueued);
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRevoked);
  EXPECT_EQ(last<OfferEnded>().reason, "skill_expired");
  pass(minutes(6));
  EXPECT_EQ(state(in_hand), ContactState::kActive);
  EXPECT_TRUE(complete(in_hand).ok());
  EXPECT_EQ(state(rings), ContactState::kQueued) << "li.na's ended meanwhile";
}

TEST_F(Certificates, WhoCatchesUpWithAPauseGivesNobodyWhatCameUpAfterTheEnd) {
  CreateContact call_back = wanted("calls");
  call_back.due = now + minutes(9);
  const ContactId id = contact(call_back);
  now += minutes(20);  // no deadline was served meanwhile
  engine.advance(now, events);
  EXPECT_EQ(state(id), ContactState::kQueued);
  EXPECT_TRUE(all<OfferMade>().empty());
}

TEST_F(Certificates, ANewOneCountsAtOnce) {
  pass(minutes(11));
  const ContactId id = contact("calls");
  AgentChange renewed;
  renewed.skills = {{"licence", 1, now + hours(1)}};
  must(UpdateAgent{"li.na", renewed});
  EXPECT_EQ(with(id), "li.na");
}

TEST_F(Certificates, OneThatHasEndedIsNotTakenUp) {
  AgentChange late;
  late.skills = {{"licence", 1, now}};
  must(UpdateAgent{"li.na", late});
  EXPECT_TRUE(see("li.na").spec.skills.empty());
  EXPECT_EQ(state(contact("calls")), ContactState::kQueued);
}

}  // namespace
}  // namespace muster::dispatch
