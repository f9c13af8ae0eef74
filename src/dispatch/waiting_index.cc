#include "waiting_index.h"

#include <algorithm>
#include <utility>

namespace muster::dispatch {
namespace {

/// Nothing about the contact itself bars any agent.
bool is_open(const Contact& contact) { return contact.excluded.empty() && contact.refusals.empty(); }

}  // namespace

std::size_t WaitingIndex::KeyHash::operator()(const Key& key) const {
  Hasher hasher;
  hasher.add(key.channel);
  for (const SkillRequirement& each : key.requirements) hasher.add(each.skill, each.min_level);
  return hasher.value();
}

WaitingClass& WaitingIndex::class_for(Channel channel, const Requirements& requirements) {
  if (const auto found = classes_.find({channel, requirements}); found != classes_.end()) return found->second;
  drop_unused();
  WaitingClass fresh;
  fresh.channel = channel;
  fresh.requirements = requirements;
  const Key key{channel, fresh.requirements};  // a vector that moves takes its elements along
  return classes_.emplace(key, std::move(fresh)).first->second;
}

void WaitingIndex::drop_unused() {
  const std::size_t unused = classes_.size() - in_use_;
  if (unused <= std::max(kUnusedMax, in_use_)) return;
  std::erase_if(classes_, [](const auto& entry) { return !entry.second.in_use(); });
}

void WaitingIndex::join(ContactRecord& record, WaitingClass& waiting_class, std::int64_t rank,
                        const AgentIndex& agents) {
  if (!waiting_class.in_use()) list(waiting_class, agents);
  record.waiting_class = &waiting_class;
  record.settled = false;
  record.place.value = &record;
  waiting_class.line.join(record.place, {rank, record.contact.id});
  if (waiting_class.line.first() == &record.place) entry_of(waiting_class).first = record.place.key();
}

void WaitingIndex::leave(ContactRecord& record) {
  WaitingClass& waiting_class = *record.waiting_class;
  if (record.settled && is_open(record.contact)) --waiting_class.settled_open;
  record.settled = false;
  record.waiting_class = nullptr;
  const bool was_first = waiting_class.line.first() == &record.place;
  waiting_class.line.leave(record.place);
  if (!waiting_class.in_use()) {
    unlist(waiting_class);
  } else if (was_first) {
    entry_of(waiting_class).first = waiting_class.line.first()->key();
  }
}

void WaitingIndex::settle(ContactRecord& record) {
  if (record.settled) return;
  record.settled = true;
  if (is_open(record.contact)) ++record.waiting_class->settled_open;
}

void WaitingIndex::list(WaitingClass& waiting_class, const AgentIndex& agents) {
  SkillHandle rarest = SkillHandle::kNone;
  SkillBits skills = 0;
  for (const SkillRequirement& required : waiting_class.requirements) {
    const bool rarer = agents.signed_in_count(required.skill) < agents.signed_in_count(rarest);
    if (rarest == SkillHandle::kNone || rarer) rarest = required.skill;
    skills |= bit_of(required.skill);
  }
  if (raw(rarest) >= listed_.size()) listed_.resize(raw(rarest) + std::size_t{1});
  waiting_class.listed_under = rarest;
  waiting_class.listed_at = listed_[raw(rarest)].size();
  listed_[raw(rarest)].push_back({&waiting_class, skills, {}});
  ++in_use_;
}

void WaitingIndex::unlist(WaitingClass& waiting_class) {
  auto& list = listed_[raw(waiting_class.listed_under)];
  entry_of(waiting_class) = list.back();
  list.back().waiting_class->listed_at = waiting_class.listed_at;
  list.pop_back();
  --in_use_;
}

}  // namespace muster::dispatch
