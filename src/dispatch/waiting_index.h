#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
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

/// One bit for each skill; skills may share one. Whose set lacks a bit of another's lacks a skill of it.
using SkillBits = std::uint64_t;
inline SkillBits bit_of(SkillHandle skill) { return SkillBits{1} << (raw(skill) % 64); }

/// Waiting contacts by class. Each class is listed under one of the skills it asks for, so that an agent meets it
/// once, and only an agent with that skill meets it at all.
class WaitingIndex {
 public:
  /// A class with waiting contacts, and what most agents who look at it need to know of it: that it is not for them.
  struct Listed {
    WaitingClass* waiting_class = nullptr;
    SkillBits skills = 0;  // that it asks for
    WaitKey first;         // of its line
  };

  /// The class of contacts of `channel` that ask for `requirements`; made if it is new. It holds until the next
  /// call unless a contact joins it.
  WaitingClass& class_for(Channel channel, const Requirements& requirements);

  /// A class that comes into use is listed under the skill, of those it asks for, with the fewest agents then.
  void join(ContactRecord& record, WaitingClass& waiting_class, std::int64_t rank, const AgentIndex& agents);
  void leave(ContactRecord& record);
  /// Says that nobody can take the contact now.
  void settle(ContactRecord& record);

  /// Classes with waiting contacts listed under a skill; under kNone those that ask for none.
  [[nodiscard]] std::span<const Listed> listed(SkillHandle skill) const {
    if (raw(skill) >= listed_.size()) return {};
    return listed_[raw(skill)];
  }
  [[nodiscard]] std::size_t class_count() const { return classes_.size(); }

 private:
  /// Classes out of use are kept for what they know of reach, up to this many or as many as are in use.
  static constexpr std::size_t kUnusedMax = 1'024;

  /// The requirements lie in the class.
  struct Key {
    Channel channel{};
    std::span<const SkillRequirement> requirements;
    bool operator==(const Key& other) const {
      return channel == other.channel && std::ranges::equal(requirements, other.requirements);
    }
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };

  void list(WaitingClass& waiting_class, const AgentIndex& agents);
  void unlist(WaitingClass& waiting_class);
  void drop_unused();
  [[nodiscard]] Listed& entry_of(const WaitingClass& waiting_class) {
    return listed_[raw(waiting_class.listed_under)][waiting_class.listed_at];
  }

  std::unordered_map<Key, WaitingClass, KeyHash> classes_;  // walked only to drop
  std::size_t in_use_ = 0;
  std::vector<std::vector<Listed>> listed_;  // by skill handle
};

}  // namespace muster::dispatch
