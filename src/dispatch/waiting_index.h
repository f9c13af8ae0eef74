#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "agent_index.h"
#include "records.h"
#include "rules.h"

namespace muster::dispatch {

/// Contacts that ask the same of an agent. Only the first that an agent may have needs a look.
struct WaitingClass {
  Channel channel{};
  Requirements requirements;
  ContactLine line;
  /// Contacts in the line that are settled, exclude nobody and were refused by nobody. While there is one, no agent
  /// has room and skills for this class, save those about to choose for themselves.
  std::size_t settled_open = 0;
  Reach reach;

  SkillHandle listed_under{};  // kNone: asks for no skill
  std::size_t listed_at = 0;   // position in that list, while the line is not empty
  [[nodiscard]] bool in_use() const { return !line.empty(); }
};

/// Waiting contacts by class. Each class is listed under one of the skills it asks for, so that an agent meets it
/// once, and only an agent with that skill meets it at all.
class WaitingIndex {
 public:
  /// The class of contacts of `channel` that ask for `requirements`; made if it is new. It holds until the next
  /// call unless a contact joins it.
  WaitingClass& class_for(Channel channel, Requirements requirements);

  /// A class that comes into use is listed under the skill, of those it asks for, with the fewest agents then.
  void join(ContactRecord& record, WaitingClass& waiting_class, std::int64_t rank, const AgentIndex& agents);
  void leave(ContactRecord& record);
  /// Says that nobody can take the contact now.
  void settle(ContactRecord& record);

  /// Classes with waiting contacts listed under a skill; under kNone those that ask for none.
  [[nodiscard]] const std::vector<WaitingClass*>& listed(SkillHandle skill) const;
  [[nodiscard]] std::size_t class_count() const { return classes_.size(); }

 private:
  /// Classes out of use are kept for what they know of reach, up to this many or as many as are in use.
  static constexpr std::size_t kUnusedMax = 1'024;

  struct Key {
    Channel channel{};
    Requirements requirements;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };

  void list(WaitingClass& waiting_class, const AgentIndex& agents);
  void unlist(WaitingClass& waiting_class);
  void drop_unused();

  std::unordered_map<Key, std::unique_ptr<WaitingClass>, KeyHash> classes_;  // walked only to drop
  std::size_t in_use_ = 0;
  std::vector<std::vector<WaitingClass*>> listed_;  // by skill handle
};

}  // namespace muster::dispatch
