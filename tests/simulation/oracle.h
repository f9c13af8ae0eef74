#pragma once

#include <string>
#include <vector>

#include "muster/dispatch/engine.h"

namespace muster::dispatch {

/// Judges what an engine says by the simplest means: it looks at everything, each time.
class Oracle {
 public:
  /// Takes the next event. Empty if all is right, else the rule that the event breaks. Feed every event once, in order.
  std::string judge(const Event& event);

  /// What the facts say now, made from the events alone.
  [[nodiscard]] const Engine& engine() const { return replayed_; }

 private:
  std::string judge_offer(const OfferMade& made, TimePoint now) const;
  std::string judge_timing(const Event& event) const;
  /// By handle.
  [[nodiscard]] std::vector<std::uint32_t> used_units() const;
  /// Whether the event made someone carry more than the capacity, compared with what they carried before.
  [[nodiscard]] bool overloads(const std::vector<std::uint32_t>& before) const;
  [[nodiscard]] ContactId best_contact(const Agent& agent, TimePoint now) const;
  [[nodiscard]] const Agent* best_agent(const Contact& contact, AgentHandle besides, TimePoint now,
                                        SkillHandle only = SkillHandle::kNone) const;

  Engine replayed_;
  bool contact_came_in_ = false;  // the last thing that happened, so that no agent is about to choose
};

/// Whether an agent passes every gate of a waiting contact, worked out from the facts alone.
bool could_take(const Engine& engine, const Agent& agent, const Contact& contact, TimePoint now);

}  // namespace muster::dispatch
