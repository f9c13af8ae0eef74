#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "muster/v1/contact.pb.h"

namespace muster::sim {

/// True for the states that a contact never leaves.
bool is_final(v1::ContactState state);

/// How often the server broke a promise. All zero is the only good result. docs/simulator.md defines each.
struct AuditCounts {
  std::int64_t lost = 0;           ///< acknowledged creations that the server does not have
  std::int64_t duplicated = 0;     ///< contacts that nobody created or twice, and contacts with two final states
  std::int64_t double_held = 0;    ///< contacts that were with two agents at once
  std::int64_t over_capacity = 0;  ///< times that an agent was given more than its capacity
  std::int64_t unaccounted = 0;    ///< contacts without a final state at the end

  bool clean() const { return lost + duplicated + double_held + over_capacity + unaccounted == 0; }
};

/// Compares what customers and agents were told with the server's own account, and with what is possible at all. Pure:
/// it is fed observations and counts contradictions.
///
/// Observations of one desk must come in the order in which the desk saw them. `sequence` is the server's: it puts what
/// different desks saw in one order, whatever the order in which their messages arrived.
class Audit {
 public:
  /// What an agent has to do with a contact, as a desk was told.
  struct Load {
    std::string contact_id;
    int units = 0;  ///< what it takes of the agent's capacity now
  };

  /// An agent and the capacity that it was created with.
  void agent(const std::string& agent_id, int capacity_units);

  /// The server acknowledged the creation of a customer's contact. `ref` is the customer, one per request_id.
  void created(const std::string& ref, const std::string& contact_id);

  /// Someone was told that the contact ended so: by an event or by the acknowledgement of a command.
  void ended(const std::string& contact_id, v1::ContactState state);

  /// A desk saw that a contact is with its agent, ringing or in hand, and takes so many units.
  void with_agent(const std::string& agent_id, const Load& load, std::int64_t sequence);

  /// A desk saw that a contact is no longer with its agent.
  void left_agent(const std::string& agent_id, const std::string& contact_id, std::int64_t sequence);

  /// A desk (re)opened its session and was told everything it has. Of what is no longer there, only that it was there
  /// until the last event before counts as known.
  void session_opened(const std::string& agent_id, const std::vector<Load>& loads, std::int64_t sequence);

  /// A desk saw anything else: all up to this sequence is known to it.
  void seen(const std::string& agent_id, std::int64_t sequence);

  /// The server's account at the end, contact by contact.
  void listed(const std::string& contact_id, const std::string& ref, v1::ContactState state);

  /// The result. Call once, after everything was fed.
  AuditCounts finish();

  /// What was found, in words, for the first contradictions (at most kFindingsMax).
  const std::vector<std::string>& findings() const { return findings_; }
  static constexpr std::size_t kFindingsMax = 20;

 private:
  struct Stay {
    std::string agent_id;
    std::int64_t begin = 0;
    std::int64_t end = 0;  ///< exclusive
  };
  struct Held {
    std::int64_t begin = 0;
    int units = 0;
  };
  struct AgentLedger {
    int capacity_units = 0;
    int used_units = 0;
    std::int64_t last_sequence = 0;
    std::map<std::string, Held> contacts;
  };
  struct Listing {
    std::string ref;
    v1::ContactState state = v1::CONTACT_STATE_UNSPECIFIED;
  };

  void set_units(const std::string& agent_id, AgentLedger& ledger, const Load& load, std::int64_t sequence);
  void end_stay(const std::string& agent_id, AgentLedger& ledger, const std::string& contact_id, std::int64_t end);
  void compare_creations(AuditCounts& counts);
  void compare_endings(AuditCounts& counts);
  void compare_stays(AuditCounts& counts);
  void find(std::string finding);

  std::map<std::string, AgentLedger> agents_;
  std::unordered_map<std::string, std::set<std::string>> created_;  ///< contact ids by ref
  std::unordered_map<std::string, std::set<v1::ContactState>> endings_;
  std::unordered_map<std::string, std::vector<Stay>> stays_;
  std::map<std::string, Listing> listed_;
  std::int64_t over_capacity_ = 0;
  std::int64_t listed_twice_ = 0;
  std::vector<std::string> findings_;
};

}  // namespace muster::sim
