#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "muster/dispatch/engine.h"

/// The naive engine: the rules of docs/routing.md by the plainest means. Records lie in maps by number, every decision
/// looks at all of them, and nothing is kept that can be worked out again.
namespace muster::dispatch::naive {

/// What the events say, folded.
struct Facts {
  Sequence last_sequence = 0;
  TimePoint last_time;
  std::uint32_t last_skill = 0;  ///< number given last, of each kind
  std::uint32_t last_policy = 0;
  std::uint32_t last_queue = 0;
  std::uint32_t last_agent = 0;
  std::uint64_t last_contact = 0;
  std::uint64_t last_offer = 0;
  std::uint64_t last_session = 0;
  Settings settings;
  std::map<SkillHandle, Skill> skills;
  std::map<PolicyHandle, Policy> policies;
  std::map<QueueHandle, Queue> queues;  ///< but for live_contacts, pace and recent
  std::map<AgentHandle, Agent> agents;  ///< but for used_units and channel_contacts
  std::map<ContactId, Contact> contacts;
  std::map<OfferId, Offer> offers;
  std::vector<AnsweredRequest> requests;

  /// Changes of what an agent carries, and returns to AVAILABLE; but for offers taken back, which never were.
  struct Change {
    Sequence sequence = 0;
    TimePoint time;
  };
  std::map<AgentHandle, std::vector<Change>> changes;

  /// Waits that ended with an answer or because the customer left.
  struct EndedWait {
    QueueHandle queue{};
    TimePoint time;
    bool in_target = false;
  };
  std::vector<EndedWait> ended_waits;

  /// Who has not looked yet since something new became possible: contacts for an agent, agents for a contact.
  std::set<ContactId> seeking_contacts;
  std::map<AgentHandle, bool> seeking_agents;  ///< whether they were idle before
  std::vector<AgentHandle> returning;          ///< not ready, but may have room for what was interrupted
  std::set<AgentHandle> interruptible;         ///< changed while at work that may be interrupted

  /// Cool-downs that ended by then have been looked at; since the contact's last change all have.
  std::map<ContactId, TimePoint> cool_downs_seen;
  /// Of queues with pools that may open or close by themselves: as of when that was looked at last.
  std::map<QueueHandle, TimePoint> lending_seen;

  void take(const Event& event);
  /// Whoever seeks has looked.
  void end_seeking();

  [[nodiscard]] const Queue& queue_of(const Contact& contact) const { return queues.at(contact.queue); }
  [[nodiscard]] const PolicySpec& policy_of(const Queue& queue) const { return policies.at(queue.spec.policy).spec; }
  [[nodiscard]] const PolicySpec& policy_of(const Contact& contact) const { return policy_of(queue_of(contact)); }
};

}  // namespace muster::dispatch::naive
