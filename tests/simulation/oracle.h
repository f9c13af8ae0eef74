#pragma once

#include <string>

#include "muster/dispatch/engine.h"
#include "naive/facts.h"

namespace muster::dispatch {

/// Judges events one by one, by the rules of the naive engine: for those who see events but not the commands.
class Oracle {
 public:
  /// Takes the next event. Empty if all is right, else the rule that the event breaks. Feed every event once, in order.
  std::string judge(const Event& event);

  /// What the facts say now, made from the events alone.
  [[nodiscard]] const Engine& engine() const { return replayed_; }
  /// An agent who could have the contact now; null if there is none. REQUIRES: the contact has not ended.
  [[nodiscard]] const Agent* somebody_for(ContactId contact) const;

 private:
  [[nodiscard]] std::string judge_offer(const OfferMade& made, TimePoint now) const;
  [[nodiscard]] std::string judge_timing(const Event& event) const;
  /// Takes the event. Whether it made someone carry more than the capacity.
  bool overloads(const Event& event);

  Engine replayed_;
  naive::Facts facts_;            // the same without the engine's help; nobody seeks
  bool contact_came_in_ = false;  // the last thing that happened, so that no agent is about to choose
};

}  // namespace muster::dispatch
