#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "muster/dispatch/engine.h"
#include "naive/facts.h"
#include "naive/rules.h"

namespace muster::dispatch {

/// Judges events one by one, by the rules of the naive engine: for those who see events but not the commands.
class Oracle {
 public:
  /// Takes the next event. Empty if all is right, else the rule that the event breaks. Feed every event once, in order.
  std::string judge(const Event& event);

  /// What the facts say now, made from the events alone.
  [[nodiscard]] const Engine& engine() const { return replayed_; }
  /// What was interrupted and is still put aside though there is room for it; kNone if there is nothing. REQUIRES:
  /// everything that follows from the last command has been judged.
  [[nodiscard]] ContactId left_aside() const;
  /// An agent who could have the contact now; null if there is none. REQUIRES: the contact has not ended.
  [[nodiscard]] const Agent* somebody_for(ContactId contact) const;

 private:
  [[nodiscard]] std::string judge_offer(const OfferMade& made, TimePoint now) const;
  /// One of a contact that rings already.
  [[nodiscard]] std::string judge_further_offer(const OfferMade& made, const Contact& contact, TimePoint now) const;
  /// One for which other contacts were interrupted.
  [[nodiscard]] std::string judge_interruption(const OfferMade& made, TimePoint now) const;
  /// Whether the offer is to the agent whose turn it is.
  [[nodiscard]] static std::string judge_choice(const OfferMade& made, const naive::Choice& choice);
  /// Takes note of what is interrupted, which an offer must follow.
  std::string judge_interrupted(const Event& event);
  /// Whether what was interrupted came back when it should.
  std::string judge_resumed(const Event& event);
  [[nodiscard]] std::string judge_timing(const Event& event) const;
  /// Takes the event. Whether it made someone carry more than the capacity.
  bool overloads(const Event& event);

  Engine replayed_;
  naive::Facts facts_;  // the same without the engine's help; nobody seeks
  // While work is interrupted for an offer: what was, and the facts before it.
  std::vector<ContactId> interrupted_;
  std::optional<naive::Facts> before_;
  AgentHandle came_back_to_{};  // by the last event; kNone: nothing came back
  // Who got room for more by an acceptance of this moment, and looks once those are done who looked before.
  std::map<AgentHandle, bool> just_answered_;
  bool contact_came_in_ = false;  // the last thing that happened, so that no agent is about to choose
};

}  // namespace muster::dispatch
