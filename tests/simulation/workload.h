#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "muster/base/random.h"
#include "muster/dispatch/engine.h"

namespace muster::dispatch {

/// A seeded stream of commands against one engine: customers, agents and supervisors who do anything at any time,
/// sensible or not. It reads the engine only through its public face, as a client would. The same seed and the same
/// engine give the same stream. Every other pair of seeds gives a diligent day, on which most agents are there, know
/// much and do what they are asked: then contacts have agents to choose from, and agents contacts. Every other pair of
/// these is crowded as well: most agents are at work that calls and chats may interrupt.
class Workload {
 public:
  explicit Workload(std::uint64_t seed);

  /// What the world is made of: skills, policies, queues, agents. Play these first, in order.
  std::vector<CommandBody> opening();
  /// The next thing that somebody does. Some requests repeat an earlier one, to the letter or not.
  Command next(const Engine& engine);
  /// How much time passes before it: often none, mostly little, at times long.
  Duration pause();

 private:
  CommandBody body(const Engine& engine);
  CommandBody customer(const Engine& engine);
  CommandBody offer_answer(const Engine& engine);
  CommandBody work(const Engine& engine);
  CommandBody presence(const Engine& engine);
  CommandBody configuration(TimePoint now);
  CommandBody coming_and_going(TimePoint now);

  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  bool one_in(std::uint64_t chances) { return below(chances) == 0; }
  std::string some(const char* kind, std::uint64_t count) { return kind + std::to_string(below(count)); }
  std::vector<NamedSkillLevel> some_skills(std::uint64_t most, TimePoint now);
  std::vector<NamedRequirement> some_requirements(std::uint64_t most, std::uint64_t level_bound);
  PredicateDraft some_predicate(int depth);
  PreferencesDraft some_preferences();
  std::vector<StepDraft> some_steps();
  void add_pools(PolicyChange& change);
  CommandBody outcome(const Engine& engine, ContactId contact);
  CommandBody supervisor(const Engine& engine);
  SessionId some_session(const Engine& engine);
  const Agent* some_agent(const Engine& engine);
  /// On a diligent day, rather one for whom there is something in the list.
  template <typename List>
  const Agent* some_agent(const Engine& engine, List Agent::*list);
  ContactId some_contact(const Engine& engine);

  Random random_;
  const bool diligent_;
  const bool crowded_;
  std::uint64_t requests_ = 0;
  std::uint64_t epoch_ = 0;
  std::vector<Command> sent_;
};

}  // namespace muster::dispatch
