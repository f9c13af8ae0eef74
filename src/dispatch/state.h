#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent_index.h"
#include "live_table.h"
#include "muster/dispatch/event.h"
#include "muster/dispatch/state.h"
#include "number_map.h"
#include "records.h"
#include "registry.h"
#include "request_window.h"
#include "timers.h"
#include "waiting_index.h"

namespace muster::dispatch {

/// What an event made possible and nobody has acted on yet: contacts to find an agent for, agents to find a
/// contact for. Decisions use it; replay throws it away.
struct Openings {
  std::vector<ContactId> contacts;
  std::vector<AgentRecord*> agents;         // each marked about_to_choose
  std::vector<AgentRecord*> returning;      // not ready, but may have room for what was interrupted
  std::vector<AgentRecord*> interruptible;  // each marked so: what they work on may be, for what nobody is free for

  [[nodiscard]] bool empty() const { return contacts.empty() && agents.empty() && returning.empty(); }
};

/// The facts of one workspace and all indexes over them. Changes only by apply(), so that replay builds exactly
/// what deciding built.
class State {
 public:
  State() = default;
  explicit State(StateImage image);

  /// False if the event cannot follow: a hole in the sequence, time running backwards, or something it names that
  /// is not there or not so. The state must then be thrown away.
  [[nodiscard]] bool apply(const Event& event, Openings& openings);
  /// Nobody is to act on these openings.
  void forget(Openings& openings);
  /// Whoever was about to choose has chosen, or will not.
  void seat_chooser(AgentRecord& record);

  /// Looks again at what the contact waits for after `now`, when a cool-down ended without any event.
  void reschedule(ContactRecord& record, TimePoint now);

  /// Puts a contact that has begun to wait where agents look for contacts, unless it is there. Most are offered at once
  /// and need never go there.
  void line_up(ContactRecord& record);
  /// Says that nobody can take the contact now. REQUIRES: it is in line.
  void settle(ContactRecord& record) { waiting_.settle(record); }
  /// Whether an agent who is signed in could ever have the contact in the step of that number. REQUIRES: the contact
  /// waits for any agent.
  [[nodiscard]] bool anybody_could(const Contact& contact, std::size_t step);
  /// Whether the agent is signed in and could have the contact as its preferred agent, when free.
  [[nodiscard]] bool could_be_preferred(const Contact& contact, AgentHandle agent, TimePoint now) const;
  /// What decides who may have the contact, were it waiting now.
  [[nodiscard]] WaitingKey key_of(const Contact& contact) const;
  /// Whether contacts in the lane are not held back; kNone: they never are.
  [[nodiscard]] bool may_be_offered(QueueHandle lane) const;
  /// Whether an open offer of the contact is the agent's.
  [[nodiscard]] bool rings_at(const Contact& contact, const Agent& agent) const;

  [[nodiscard]] StateImage image() const;
  [[nodiscard]] std::uint64_t hash() const;
  [[nodiscard]] std::string self_check() const;

  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] Sequence last_sequence() const { return last_sequence_; }
  [[nodiscard]] TimePoint last_time() const { return last_time_; }
  [[nodiscard]] std::uint64_t last_contact() const { return last_contact_; }
  [[nodiscard]] std::uint64_t last_offer() const { return last_offer_; }
  [[nodiscard]] std::uint64_t last_session() const { return last_session_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Registry<SkillHandle, SkillRecord>& skills() const { return skills_; }
  [[nodiscard]] const Registry<PolicyHandle, PolicyRecord>& policies() const { return policies_; }
  [[nodiscard]] const Registry<QueueHandle, QueueRecord>& queues() const { return queues_; }
  [[nodiscard]] const AgentRegistry& agents() const { return agents_; }
  [[nodiscard]] const LiveTable<ContactId, ContactRecord>& contacts() const { return contacts_; }
  [[nodiscard]] LiveTable<ContactId, ContactRecord>& contacts() { return contacts_; }
  [[nodiscard]] const LiveTable<OfferId, Offer>& offers() const { return offers_; }
  [[nodiscard]] const RequestWindow& requests() const { return requests_; }
  [[nodiscard]] const AgentIndex& agent_index() const { return agent_index_; }
  [[nodiscard]] const WaitingIndex& waiting() const { return waiting_; }
  /// The pools of the queue that are lent as of `at`.
  [[nodiscard]] PoolSet lent_to(const QueueRecord& record, TimePoint at) const;
  /// Looks again at the queue's lending after `at`.
  void watch_pools_after(QueueRecord& record, TimePoint at);
  /// When an estimated wait last went with a contact.
  [[nodiscard]] TimePoint last_estimate() const { return last_estimate_; }
  [[nodiscard]] const Timers& timers() const { return timers_; }
  [[nodiscard]] const Timers& skill_expiries() const { return skill_expiries_; }
  /// The deadline to serve next of those that have passed by `now`. Skills end before all else: who catches up with a
  /// pause must not give anybody what took place after the end.
  [[nodiscard]] std::optional<Timers::Due> first_due(TimePoint now) const;
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  [[nodiscard]] AgentRecord* agent_of(SessionId session) const { return sessions_.find(raw(session)); }
  /// REQUIRES: the contact's queue exists, as it does for every contact in the state.
  [[nodiscard]] const QueueSpec& queue_of(const Contact& contact) const;
  [[nodiscard]] const PolicySpec& policy_of(const Contact& contact) const;
  [[nodiscard]] const PolicyRecord& policy_record_of(const Contact& contact) const;
  /// Queues that leave some agents idle, in the order of their creation.
  [[nodiscard]] const std::vector<QueueHandle>& reserving_queues() const { return reserving_queues_; }
  /// Whether contacts may be offered to agents whose work they interrupt.
  [[nodiscard]] bool may_interrupt(const WaitingKey& key) const;
  [[nodiscard]] std::uint32_t units_of(Channel channel) const { return settings_.channel_units[raw(channel)]; }

 private:
  // One for each event; false if it cannot follow. state_configuration.cc, state_contacts.cc, state_agents.cc.
  bool on(const WorkspaceOpened& event);
  bool on(const StateHashed& event);
  bool on(const SkillPut& event);
  bool on(const SkillDeleted& event);
  bool on(const PolicyPut& event);
  bool on(const PolicyDeleted& event);
  bool on(const QueuePut& event);
  bool on(const QueueDeleted& event);
  bool on(const AgentPut& event);
  bool on(const AgentDeleted& event);
  bool on(const SettingsPut& event);
  bool on(const ContactCreated& event);
  bool on(const ContactQueued& event);
  bool on(const ContactStepChanged& event);
  bool on(const ContactEscalated& event);
  bool on(const OfferMade& event);
  bool on(const OfferAccepted& event);
  bool on(const OfferEnded& event);
  bool on(const ContactHeld& event);
  bool on(const ContactResumed& event);
  bool on(const ContactTransferred& event);
  bool on(const ContactRequeued& event);
  bool on(const ContactWrapUpStarted& event);
  bool on(const ContactCompleted& event);
  bool on(const ContactEnded& event);
  bool on(const SessionOpened& event);
  bool on(const SessionLost& event);
  bool on(const SessionEnded& event);
  bool on(const PresenceChanged& event);
  bool on(const ContactPrioritySet& event);
  bool on(const ContactStarving& event);
  bool on(const ContactOutcomeRecorded& event);
  bool on(const ContactAssigned& event);
  bool on(const ContactReleased& event);
  bool on(const PoolsChanged& event);

  [[nodiscard]] bool known_skills(const Requirements& requirements) const;
  [[nodiscard]] bool known_skills(const std::vector<SkillLevel>& skills) const;
  [[nodiscard]] WaitingKey key_of(const Contact& contact, Conditions asked) const;
  [[nodiscard]] bool known_skills(const Predicate& predicate) const;
  [[nodiscard]] bool known_skills(const PolicySpec& policy) const;
  static void compile(PolicyRecord& record);
  /// After a change of policies.
  void plan_seats();
  void find_reserving_queues();
  /// A queue with a share in which nobody waited is not owed what it did not want.
  void catch_up(QueueRecord& queue);
  [[nodiscard]] bool counts_turns(const Queue& queue) const {
    return queue.spec.share > 0 && settings_.queue_order == QueueOrder::kShare;
  }
  void reconsider_preferring(AgentHandle agent);
  [[nodiscard]] bool known_agents(const std::vector<AgentHandle>& agents) const;
  void use_skills(const PolicySpec& policy, bool use);
  void use_skills(const AgentSpec& agent, bool use);
  void use_skills(const Requirements& requirements, bool use);
  void use_skills(const Predicate& predicate, bool use);
  void use_skills(const QueueSpec& queue, bool use);
  void use_skill(SkillHandle skill, bool use);

  /// The contact if it exists, belongs to `queue` and is with `agent`, or kNone with nobody.
  ContactRecord* find(ContactId contact, QueueHandle queue, AgentHandle agent);
  /// As find(), and in hand.
  ContactRecord* find_in_hand(ContactId contact, QueueHandle queue, AgentHandle agent);
  /// The contact if it belongs to `queue` and that open offer of it is the agent's.
  ContactRecord* find_offered(ContactId contact, QueueHandle queue, OfferId offer, AgentHandle agent);
  void enter(ContactRecord& record, ContactState state);
  /// Counts the contact among what the agent works on, or not any more.
  void count_in_hand(Agent& agent, const Contact& contact, int sign) const;
  /// Adds to the pace of its queue what the contact has taken of an agent's units since it was in its state.
  void count_busy(Contact& contact);
  /// Puts the conditions in force that the queue's policy and its open pools make.
  void compile(QueueRecord& record);
  /// After a change of the queue's policy; `anew`: its pools are others than before.
  void keep_pools(QueueRecord& record, bool anew);
  /// Whether lending may change by itself, and when to look.
  void watch_pools(QueueRecord& record);
  void note_ended_wait(QueueRecord& record, Duration waited, ContactState into);
  void keep_estimate(Contact& contact, Duration wait);
  void count_waiting(QueueRecord& queue);
  void start_waiting(ContactRecord& record);
  void stop_waiting(ContactRecord& record);
  /// Puts the waiting contact where its facts now say.
  void reindex(ContactRecord& record);
  /// After a change of its policy: nobody has tried the contact under the new rules.
  void reconsider(ContactRecord& record);
  void end(ContactRecord& record);
  void schedule(ContactRecord& record) { reschedule(record, last_time_); }
  void leave_hand(ContactRecord& record, bool handled);
  /// The offer is open no more.
  void strike_offer(Contact& contact, OfferId offer);
  /// The agent did not serve the contact: a cool-down for the one, a refusal on the record of the other.
  void refuse(Contact& contact, AgentHandle agent, bool declined);
  void stay_anew(ContactRecord& record);

  void take_units(Agent& agent, Channel channel);
  void release_units(Agent& agent, Channel channel);
  void recount_units(Agent& agent);
  void touch(Agent& agent);
  /// The agent answered an offer, or let it time out.
  static void note_answer(Agent& agent);
  /// As if the offer had not been made, through no fault of the agent: back to the place in line before it.
  void unmake(Agent& agent, const Offer& offer);
  /// Puts the agent where its facts now say. `more`: it may be able to take what it could not before.
  void refresh(AgentRecord& record, bool more);
  void lose(AgentRecord& record);

  void restore_contacts(std::vector<Contact> contacts);
  void restore_agents(std::vector<Agent> agents);

  std::uint64_t epoch_ = 0;
  Sequence last_sequence_ = 0;
  TimePoint last_time_;
  TimePoint last_estimate_;
  std::uint64_t last_contact_ = 0;
  std::uint64_t last_offer_ = 0;
  std::uint64_t last_session_ = 0;
  Settings settings_;
  Registry<SkillHandle, SkillRecord> skills_;
  Registry<PolicyHandle, PolicyRecord> policies_;
  Registry<QueueHandle, QueueRecord> queues_;
  AgentRegistry agents_;
  LiveTable<ContactId, ContactRecord> contacts_;
  LiveTable<OfferId, Offer> offers_;
  RequestWindow requests_;

  // Derived.
  NumberMap<AgentRecord*> sessions_;
  std::vector<QueueHandle> reserving_queues_;
  bool prefers_fairness_ = false;  // a step of a policy does
  AgentIndex agent_index_;
  WaitingIndex waiting_;
  Timers timers_;
  Timers skill_expiries_;

  Openings* openings_ = nullptr;  // during apply()
};

}  // namespace muster::dispatch
