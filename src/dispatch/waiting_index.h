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

/// What contacts of one class have in common: all that decides who may have them, and against whom they compete.
struct WaitingKey {
  Channel channel{};
  Conditions asked;
  AgentHandle preferred{};  ///< for this agent alone; kNone: for any
  QueueHandle lane{};       ///< of this queue alone; kNone: of any that needs no lane of its own
  bool operator==(const WaitingKey&) const = default;
};

/// Contacts that ask the same of an agent. Only the first that an agent may have needs a look.
struct WaitingClass {
  const WaitingKey* key = nullptr;  // of the map that holds the class
  std::uint64_t salt = 0;           // a number from the key, the same on every machine
  ContactLine line;
  /// Contacts in the line that are settled, exclude nobody and were refused by nobody. While there is one, no agent
  /// has room and skills for this class, save those about to choose for themselves.
  std::size_t settled_open = 0;
  Reach reach;

  /// Where the class stands in the lists, while the line is not empty.
  struct Listing {
    SkillHandle skill{};
    std::size_t at = 0;
  };
  std::vector<Listing> listings;
  std::size_t apart_at = 0;  // position in the list of its agent or lane, if it has one
  [[nodiscard]] bool in_use() const { return !line.empty(); }
};

/// One bit for each skill; skills may share one. Whose set lacks a bit of another's lacks a skill of it.
using SkillBits = std::uint64_t;
inline SkillBits bit_of(SkillHandle skill) { return SkillBits{1} << (raw(skill) % 64); }

/// Waiting contacts by class. Each class is listed under a skill that its agents must have, or under all those of
/// which they must have one; so that only an agent with such a skill meets it at all. Classes for one agent alone are
/// listed under that agent, and those of a lane under its queue as well.
class WaitingIndex {
 public:
  /// A class with waiting contacts, and what most agents who look at it need to know of it: that it is not for them.
  struct Listed {
    WaitingClass* waiting_class = nullptr;
    SkillBits skills = 0;       // that all its agents must have
    WaitKey first;              // of its line
    bool in_lane = false;       // where it comes is not for its first contact to say
    std::uint32_t listing = 0;  // the class's entry that points back here
  };
  using Classes = std::vector<WaitingClass*>;

  /// The class of that key if it has waiting contacts.
  [[nodiscard]] const WaitingClass* find(const WaitingKey& key) const;
  /// The class of that key; made if it is new. It holds until the next call unless a contact joins it.
  WaitingClass& class_for(WaitingKey key);

  /// A class that comes into use is listed where the fewest agents meet it then.
  void join(ContactRecord& record, WaitingClass& waiting_class, std::int64_t rank, const AgentIndex& agents);
  void leave(ContactRecord& record);
  /// Says that nobody can take the contact now.
  void settle(ContactRecord& record);

  /// Classes with waiting contacts listed under a skill; under kNone those that anybody may meet.
  [[nodiscard]] std::span<const Listed> listed(SkillHandle skill) const {
    if (raw(skill) >= listed_.size()) return {};
    return listed_[raw(skill)];
  }
  /// Classes with waiting contacts for one agent alone, in no order that matters.
  [[nodiscard]] const Classes& for_agent(AgentHandle agent) const;
  /// Classes with waiting contacts of a queue that has a lane of its own, but for those for one agent alone.
  [[nodiscard]] const Classes& in_lane(QueueHandle lane) const;
  [[nodiscard]] std::size_t classes_in_use() const { return in_use_; }

  /// All classes with waiting contacts but those for one agent alone, in an order that depends on what happened before.
  template <typename Visit>
  void for_each_class(Visit visit) const {
    for (const auto& list : listed_) {
      for (const Listed& listed : list) {
        if (listed.listing == 0) visit(*listed.waiting_class);
      }
    }
  }

 private:
  /// Classes out of use are kept for what they know of reach, up to this many or as many as are in use.
  static constexpr std::size_t kUnusedMax = 1'024;

  struct KeyHash {
    std::size_t operator()(const WaitingKey& key) const;
  };

  void list(WaitingClass& waiting_class, const AgentIndex& agents);
  void unlist(WaitingClass& waiting_class);
  void drop_unused();
  void note_first(WaitingClass& waiting_class);

  std::unordered_map<WaitingKey, WaitingClass, KeyHash> classes_;  // walked only to drop
  std::size_t in_use_ = 0;
  std::vector<std::vector<Listed>> listed_;              // by skill handle
  std::unordered_map<std::uint32_t, Classes> by_agent_;  // never walked
  std::unordered_map<std::uint32_t, Classes> by_lane_;   // never walked
};

}  // namespace muster::dispatch
