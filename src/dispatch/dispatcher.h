#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "matcher.h"
#include "muster/dispatch/engine.h"
#include "state.h"

namespace muster::dispatch {

/// Decides: turns commands and deadlines into events, each applied to the state as it is emitted. It holds nothing
/// between two calls but the state.
class Engine::Impl {
 public:
  Impl() = default;
  explicit Impl(StateImage image) : state(std::move(image)) {}

  Reply handle(const Command& command, TimePoint now, std::vector<Event>& out);
  void advance(TimePoint now, std::vector<Event>& out);
  bool apply(const Event& event);

  State state;

 private:
  using ContactStates = std::initializer_list<ContactState>;

  void begin(TimePoint now, std::vector<Event>& out);
  /// Appends the event and applies it.
  template <typename Body>
  void emit(Body body) {
    append().body.template emplace<Body>(std::move(body));
    apply_last();
  }
  Event& append();
  void apply_last();
  Reply answer(const Command& command);
  /// The fingerprint under which a command is remembered: of what it says, in whose name, and of the agent whose
  /// session it came through.
  [[nodiscard]] std::uint64_t print_of(const Command& command) const;

  // Consequences: dispatcher.cc.
  void settle();
  void settle_openings();
  void find_agent(ContactRecord& record, Trigger trigger);
  /// Offers the contact, in the step that it is in, to the best agent. False if there is none.
  bool offer_to_best(ContactRecord& record, Trigger trigger);
  void find_contacts(AgentRecord& record);
  /// Offers a contact that nobody is free for where something else is interrupted for it. False if there is none.
  bool interrupt();
  bool interrupt_for(ContactRecord& record);
  /// Of the agents whose work has changed, the one without change for longest; null: all have looked.
  AgentRecord* next_interruptible();
  void make_room(const Agent& agent, Channel channel);
  /// What was interrupted comes back, as far as there is room. True if anything did.
  bool resume_interrupted(const Agent& agent);
  /// Whether the contact would interrupt again all that comes back.
  [[nodiscard]] bool passes_over_interrupted(const Contact& contact, const Agent& agent) const;
  void settle_preferred(const Contact& contact);
  /// False if that leaves the contact where it is.
  bool settle_step(const Contact& contact, std::uint16_t step, std::uint16_t by_age);
  /// Lets contacts of a queue that leaves some agents idle look for agents, as long as there are more of these.
  void find_agents_beyond_reserve(QueueHandle queue);
  void make_offer(ContactRecord& record, AgentRecord& agent, const Explanation& explanation);
  void emit_offer(const Contact& contact, const AgentRecord& agent, const Explanation& explanation);
  /// Lets what rings at one agent ring at as many as its step says.
  void offer_to_more(ContactRecord& record);

  // Deadlines: dispatcher_timers.cc.
  void fire_due();
  void fire(const Timers::Due& due);
  void queue_contact(const Contact& contact);
  void expire_contact(ContactRecord& record);
  void time_out_offer(ContactRecord& record);
  void miss(const Agent& agent);
  void end_pause(const Agent& agent);
  void end_lost_session(const Agent& agent);
  void look_at_lending(QueueRecord& record);
  void drop_expired_skills(const Agent& agent);
  void give_up_contacts(const Agent& agent);

  // Steps that several commands share.
  void end_offer(const Offer& offer, OfferState state, const std::string& reason);
  /// A contact that waits, having been refused.
  void escalate_if_due(const Contact& contact);
  void revoke_offers(const Agent& agent, const std::string& reason);
  /// `next`: what is to come after it.
  void change_presence(const Agent& agent, Presence presence, const std::string& reason, TimePoint until,
                       std::uint8_t misses, const NextPresence& next = {});
  /// What the person, or a supervisor, says: it voids what was to come next.
  void take_presence(const Agent& agent, Presence presence, const std::string& reason);
  /// The same once nothing is in hand and nothing rings.
  void take_presence_next(const Agent& agent, Presence presence, const std::string& reason);
  void go_offline(const Agent& agent, const std::string& reason);
  void withdraw_offers(const Contact& contact, const std::string& reason);

  // Configuration: dispatcher_configuration.cc.
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
  [[nodiscard]] bool prefers_in_too_many_ways(PolicyHandle handle, const PolicySpec& spec) const;
  [[nodiscard]] Reply resolve_pools(const std::vector<PoolDraft>& drafts, PolicySpec& policy) const;
  [[nodiscard]] static Reply name_pool(const std::string& id, const PolicySpec& policy, PolicyStep& step);
  [[nodiscard]] Reply resolve_step(const StepDraft& draft, const std::string& field, const PolicySpec& policy,
                                   PolicyStep& step) const;
  [[nodiscard]] static Reply check_size(const PolicySpec& policy);
  Reply put_policy(PolicyHandle handle, PolicySpec spec, const PolicyChange& change);
  Reply put_queue(QueueHandle handle, QueueSpec spec, const QueueChange& change);
  Reply put_agent(AgentHandle handle, AgentSpec spec, const AgentChange& change);
  /// Puts the new steps in force for what rings, of the contacts that the change concerns.
  void rescind_unfit_offers(const std::function<bool(const Contact&)>& concerns);
  void revoke_unfit_offers(AgentHandle agent, const std::string& reason);
  [[nodiscard]] bool still_fits(const Offer& offer) const;

  // Contacts: dispatcher_contacts.cc.
  /// Null if there is none, or none for the tenant in whose name the command is.
  [[nodiscard]] const QueueRecord* queue_named(const std::string& id) const;
  [[nodiscard]] const ContactRecord* contact_named(ContactId id) const;
  [[nodiscard]] bool exists_for_tenant(const QueueSpec& queue) const;
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
  Reply transfer(const Contact& contact, const std::string& queue, const std::string& reason);
  /// A contact that the agent of the session has in hand in one of the states, or the refusal.
  std::pair<const Contact*, Reply> contact_in_hand(SessionId session, ContactId contact, ContactStates states) const;
  /// Whether the holder has the units that the contact, if it is held, does not take now.
  [[nodiscard]] bool can_take_up(const Contact& contact) const;
  [[nodiscard]] Reply no_contact(ContactId contact) const;

  // Sessions and offers: dispatcher_sessions.cc.
  Reply on(const SuspendAgent& command);
  Reply on(const OpenSession& command);
  Reply on(const LoseSession& command);
  Reply on(const CloseSession& command);
  Reply on(const SetPresence& command);
  Reply on(const SetAgentPresence& command);
  Reply set_presence(const Agent& agent, Presence presence, const std::string& reason, bool next);
  Reply on(const AcceptOffer& command);
  Reply on(const DeclineOffer& command);
  Reply on(const OpenWorkspace& command);
  Reply on(const RecordStateHash& command);
  /// An open offer of the agent of the session, or the refusal.
  std::pair<const Offer*, Reply> open_offer(SessionId session, OfferId offer) const;

  /// Resolves named skills, sorted; of a skill named twice the levels that suit both, or the higher one. False, and
  /// `missing` set, if one is unknown.
  bool resolve(const std::string& named, SkillHandle& resolved, std::string& missing) const;
  bool resolve(const std::vector<NamedRequirement>& named, Requirements& resolved, std::string& missing) const;
  bool resolve(const std::vector<NamedSkillLevel>& named, std::vector<SkillLevel>& resolved,
               std::string& missing) const;
  bool resolve(const PredicateDraft& draft, Predicate& resolved, std::string& missing) const;
  /// As above, and refused if it is too large; `field` says where it stands.
  Reply resolve_condition(const PredicateDraft& draft, const std::string& field, Predicate& resolved) const;

  // During a call.
  std::vector<Event>* out_ = nullptr;
  TimePoint now_;
  RequestId request_;        // goes with the next event
  std::string_view tenant_;  // in whose name the command under way is; empty: the platform's
  std::uint64_t fingerprint_ = 0;
  Trigger trigger_ = Trigger::kAgentFree;  // why agents look for contacts
  Openings openings_;
  Openings seized_;                         // those that settle() is acting on; kept for its memory alone
  std::vector<ContactId> in_vain_;          // likewise: nobody is free for them, and they interrupt
  std::vector<ContactId> to_ring_further_;  // likewise: offered to one agent, and may be to more
};

inline Reply refused(Outcome outcome, std::string subject = {}) {
  Reply reply;
  reply.outcome = outcome;
  reply.subject = std::move(subject);
  return reply;
}

/// What was created has a number.
inline Reply done(std::uint64_t id) {
  Reply reply;
  reply.id = id;
  return reply;
}

}  // namespace muster::dispatch
