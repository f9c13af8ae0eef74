#pragma once

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "facts.h"
#include "rules.h"

namespace muster::dispatch {

/// What the engine under test said to a command. The naive engine takes from it what it cannot work out: a hash, how
/// long a wait is estimated to be, whether a predicted wait lends a pool, and whether a normal form is too large.
struct Told {
  Reply reply;
  std::vector<Event> events;
};

/// The engine once more, written to be obviously right: takes the same commands at the same times, and gives the reply
/// and all events that the real one must give.
class NaiveEngine {
 public:
  Reply handle(const Command& command, TimePoint now, const Told& told, std::vector<Event>& out);
  void advance(TimePoint now, const Told& told, std::vector<Event>& out);
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

 private:
  using ContactStates = std::initializer_list<ContactState>;

  // What goes on by itself: engine.cc.
  void begin(TimePoint now, const Told& told, std::vector<Event>& out);
  Reply answer(const Command& command);
  void emit(EventBody body);
  void pass_time();
  void serve(const naive::Deadline& deadline);
  void match();
  void all_look();
  void contacts_look();
  void agents_look();
  void look_beyond_reserve(QueueHandle queue);
  void find_agent(ContactId id, Trigger trigger);
  bool offer_to_best(ContactId id, Trigger trigger);
  void find_contacts(AgentHandle handle);
  /// Offers a contact that nobody is free for where something else is interrupted for it. False if there is none.
  bool interrupt();
  void make_room(AgentHandle agent, Channel channel);
  /// What was interrupted comes back, as far as there is room. True if anything did.
  bool resume_interrupted(AgentHandle agent);
  void offer_to_more(ContactId id);
  void offer(ContactId id, const naive::Choice& choice);
  [[nodiscard]] naive::Choice choice_of_agent(ContactId id, AgentHandle agent) const;
  void settle_step(ContactId id, Trigger trigger);
  void make_offer(ContactId id, const naive::Choice& choice);
  void time_out(const Offer& offer);
  void end_session(const Agent& agent);
  void end_skills(const Agent& agent);
  void give_up_contacts(const Agent& agent);
  [[nodiscard]] QueuePools with_lending(const Queue& queue, QueuePools pools, TimePoint at) const;
  /// What the engine under test gave as the event that comes next; null if it is of another kind.
  template <typename Body>
  [[nodiscard]] const Body* told_next() const {
    for (const Event& event : told_->events) {
      const bool next = event.sequence == facts_.last_sequence + 1 && event.request == request_;
      if (next) return std::get_if<Body>(&event.body);
    }
    return nullptr;
  }

  // What several have in common.
  void end_offer(OfferId offer, OfferState state, const std::string& reason);
  void escalate_if_due(ContactId contact);
  void revoke_offers(AgentHandle agent, const std::string& reason);
  void revoke_unfit_offers(AgentHandle agent, const std::string& reason);
  void rescind_unfit_offers(PolicyHandle policy, QueueHandle queue);
  void withdraw_offers(ContactId contact, const std::string& reason);
  void change_presence(AgentHandle agent, Presence presence, const std::string& reason, TimePoint until,
                       std::uint8_t misses, const NextPresence& next = {});
  void take_presence(const Agent& agent, const NextPresence& wanted);
  void go_offline(const Agent& agent, const std::string& reason);
  [[nodiscard]] bool still_fits(const Offer& offer) const;

  // Commands: commands.cc, and those about configuration: configuration.cc.
  Reply on(const CreateSkill& command);
  Reply on(const UpdateSkill& command);
  Reply on(const DeleteSkill& command);
  Reply on(const CreatePolicy& command);
  Reply on(const UpdatePolicy& command);
  Reply on(const DeletePolicy& command);
  Reply on(const CreateQueue& command);
  Reply on(const UpdateQueue& command);
  Reply on(const DeleteQueue& command);
  Reply on(const HoldPool& command);
  Reply on(const CreateAgent& command);
  Reply on(const UpdateAgent& command);
  Reply on(const DeleteAgent& command);
  Reply on(const UpdateSettings& command);
  Reply on(const CreateContact& command);
  Reply on(const EndContact& command);
  Reply on(const TransferContact& command);
  Reply on(const PrioritizeContact& command);
  Reply on(const AssignContact& command);
  Reply on(const RecordContactOutcome& command);
  Reply on(const HoldContact& command);
  Reply on(const ResumeContact& command);
  Reply on(const StartWrapUp& command);
  Reply on(const CompleteContact& command);
  Reply on(const ReturnContact& command);
  Reply on(const ReportSetupFailure& command);
  Reply on(const SuspendAgent& command);
  Reply on(const OpenSession& command);
  Reply on(const LoseSession& command);
  Reply on(const CloseSession& command);
  Reply on(const SetPresence& command);
  Reply on(const SetAgentPresence& command);
  Reply set_presence(const Agent& agent, const NextPresence& wanted, bool next);
  Reply on(const AcceptOffer& command);
  Reply on(const DeclineOffer& command);
  Reply on(const OpenWorkspace& command);
  Reply on(const RecordStateHash& command);
  Reply put_policy(PolicyHandle handle, PolicySpec spec, const PolicyChange& change);
  Reply put_queue(QueueHandle handle, QueueSpec spec, const QueueChange& change);
  Reply put_agent(AgentHandle handle, AgentSpec spec, const AgentChange& change);
  Reply transfer(const Contact& contact, const std::string& queue, const std::string& reason);
  [[nodiscard]] std::pair<const Contact*, Reply> contact_in_hand(SessionId session, ContactId id,
                                                                 ContactStates states) const;
  [[nodiscard]] std::pair<const Offer*, Reply> open_offer(SessionId session, OfferId id) const;
  /// Null if there is none for the tenant in whose name the command is.
  [[nodiscard]] const Queue* queue_of_tenant(const std::string& id) const;
  [[nodiscard]] const Contact* contact_of_tenant(ContactId id) const;
  [[nodiscard]] Reply no_contact(ContactId id) const;
  [[nodiscard]] bool can_take_up(const Contact& contact) const;
  [[nodiscard]] const Agent* agent_of(SessionId session) const;
  [[nodiscard]] std::uint64_t print_of(const Command& command) const;

  naive::Facts facts_;

  // During a call.
  TimePoint now_;
  const Told* told_ = nullptr;
  std::vector<Event>* out_ = nullptr;
  RequestId request_;        // goes with the next event
  std::string_view tenant_;  // in whose name the command under way is; empty: the platform's
  std::uint64_t fingerprint_ = 0;
  bool by_configuration_ = false;           // what follows does
  std::set<ContactId> in_vain_;             // nobody is free for them, and they may interrupt
  std::vector<ContactId> to_ring_further_;  // offered to one agent, and may be to more
};

namespace naive {

inline Reply refused(Outcome outcome, std::string subject = {}) {
  Reply reply;
  reply.outcome = outcome;
  reply.subject = std::move(subject);
  return reply;
}

inline Reply done(std::uint64_t id) {
  Reply reply;
  reply.id = id;
  return reply;
}

template <typename Map, typename Key>
const typename Map::mapped_type* find(const Map& map, Key key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

/// The resource that clients call so.
template <typename Map>
const typename Map::mapped_type* named(const Map& map, const std::string& id) {
  for (const auto& [_, each] : map) {
    if (each.spec.id == id) return &each;
  }
  return nullptr;
}

/// Sorted by skill.
Reply resolve(const Facts& facts, const std::vector<NamedRequirement>& drafts,
              std::vector<SkillRequirement>& requirements);

}  // namespace naive
}  // namespace muster::dispatch
