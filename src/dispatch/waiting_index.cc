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

WaitingClass& WaitingIndex::class_for(Channel channel, Requirements requirements) {
  Key key{channel, std::move(requirements)};
  if (const auto found = classes_.find(key); found != classes_.end()) return *found->second;
  drop_unused();
  auto fresh = std::make_unique<WaitingClass>();
  fresh->channel = channel;
  fresh->requirements = key.requirements;
  return *classes_.emplace(std::move(key), std::move(fresh)).first->second;
}

void WaitingIndex::drop_unused() {
  const std::size_t unused = classes_.size() - in_use_;
  if (unused <= std::max(kUnusedMax, in_use_)) return;
  std::erase_if(classes_, [](const auto& entry) { return !entry.second->in_use(); });
}

void WaitingIndex::join(ContactRecord& record, WaitingClass& waiting_class, std::int64_t rank,
                        const AgentIndex& agents) {
  if (!waiting_class.in_use()) list(waiting_class, agents);
  record.waiting_class = &waiting_class;
  record.settled = false;
  record.place.value = &record;
  waiting_class.line.join(record.place, {rank, record.contact.id});
}

void WaitingIndex::leave(ContactRecord& record) {
  WaitingClass& waiting_class = *record.waiting_class;
  if (record.settled && is_open(record.contact)) --waiting_class.settled_open;
  record.settled = false;
  record.waiting_class = nullptr;
  waiting_class.line.leave(record.place);
  if (!waiting_class.in_use()) unlist(waiting_class);
}

void WaitingIndex::settle(ContactRecord& record) {
  if (record.settled) return;
  record.settled = true;
  if (is_open(record.contact)) ++record.waiting_class->settled_open;
}

const std::vector<WaitingClass*>& WaitingIndex::listed(SkillHandle skill) const {
  static const std::vector<WaitingClass*> kNone;
  return raw(skill) < listed_.size() ? listed_[raw(skill)] : kNone;
}

void WaitingIndex::list(WaitingClass& waiting_class, const AgentIndex& agents) {
  SkillHandle rarest = SkillHandle::kNone;
  for (const SkillRequirement& required : waiting_class.requirements) {
    const bool rarer = agents.signed_in_count(required.skill) < agents.signed_in_count(rarest);
    if (rarest == SkillHandle::kNone || rarer) rarest = required.skill;
  }
  if (raw(rarest) >= listed_.size()) listed_.resize(raw(rarest) + std::size_t{1});
  waiting_class.listed_under = rarest;
  waiting_class.listed_at = listed_[raw(rarest)].size();
  listed_[raw(rarest)].push_back(&waiting_class);
  ++in_use_;
}

void WaitingIndex::unlist(WaitingClass& waiting_class) {
  auto& list = listed_[raw(waiting_class.listed_under)];
  list[waiting_class.listed_at] = list.back();
  list[waiting_class.listed_at]->listed_at = waiting_class.listed_at;
  list.pop_back();
  --in_use_;
}

}  // namespace muster::dispatch
