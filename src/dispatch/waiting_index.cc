#include "waiting_index.h"

#include <algorithm>
#include <utility>

#include "hash_types.h"

namespace muster::dispatch {
namespace {

using ClassesByNumber = std::unordered_map<std::uint32_t, WaitingIndex::Classes>;

const WaitingIndex::Classes& classes_under(const ClassesByNumber& lists, std::uint32_t number) {
  static const WaitingIndex::Classes kNone;
  const auto found = lists.find(number);
  return found == lists.end() ? kNone : found->second;
}

void strike(ClassesByNumber& lists, std::uint32_t number, const WaitingClass& waiting_class) {
  const auto found = lists.find(number);
  WaitingIndex::Classes& classes = found->second;
  classes[waiting_class.apart_at] = classes.back();
  classes.back()->apart_at = waiting_class.apart_at;
  classes.pop_back();
  if (classes.empty()) lists.erase(found);
}

void append(WaitingIndex::Classes& classes, WaitingClass& waiting_class) {
  waiting_class.apart_at = classes.size();
  classes.push_back(&waiting_class);
}

}  // namespace

std::size_t WaitingIndex::KeyHash::operator()(const WaitingKey& key) const {
  Hasher hasher;
  hasher.add(key.channel, key.preferred, key.lane, key.asked.all, key.asked.any);
  return hasher.value();
}

const WaitingClass* WaitingIndex::find(const WaitingKey& key) const {
  if (in_use_ == 0) return nullptr;
  const auto found = classes_.find(key);
  return found != classes_.end() && found->second.in_use() ? &found->second : nullptr;
}

WaitingClass& WaitingIndex::class_for(WaitingKey key) {
  if (const auto found = classes_.find(key); found != classes_.end()) return found->second;
  drop_unused();
  auto& [held, fresh] = *classes_.try_emplace(std::move(key)).first;
  fresh.key = &held;
  fresh.salt = KeyHash{}(held);
  return fresh;
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
  if (waiting_class.line.first() == &record.place) note_first(waiting_class);
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
    note_first(waiting_class);
  }
}

void WaitingIndex::settle(ContactRecord& record) {
  if (record.settled) return;
  record.settled = true;
  if (is_open(record.contact)) ++record.waiting_class->settled_open;
}

const WaitingIndex::Classes& WaitingIndex::for_agent(AgentHandle agent) const {
  return classes_under(by_agent_, raw(agent));
}

const WaitingIndex::Classes& WaitingIndex::in_lane(QueueHandle lane) const {
  return classes_under(by_lane_, raw(lane));
}

void WaitingIndex::note_first(WaitingClass& waiting_class) {
  for (const WaitingClass::Listing& listing : waiting_class.listings) {
    listed_[raw(listing.skill)][listing.at].first = waiting_class.line.first()->key();
  }
}

void WaitingIndex::list(WaitingClass& waiting_class, const AgentIndex& agents) {
  ++in_use_;
  const WaitingKey& key = *waiting_class.key;
  if (key.preferred != AgentHandle::kNone) {
    append(by_agent_[raw(key.preferred)], waiting_class);
    return;
  }
  if (key.lane != QueueHandle::kNone) append(by_lane_[raw(key.lane)], waiting_class);
  SkillBits skills = 0;
  for (const SkillRequirement& required : key.asked.all) skills |= bit_of(required.skill);
  agents.entry_of(key.asked).for_each_skill([&](SkillHandle skill) {
    if (raw(skill) >= listed_.size()) listed_.resize(raw(skill) + std::size_t{1});
    auto& list = listed_[raw(skill)];
    const auto listing = static_cast<std::uint32_t>(waiting_class.listings.size());
    list.push_back({&waiting_class, skills, {}, key.lane != QueueHandle::kNone, listing});
    waiting_class.listings.push_back({skill, list.size() - 1});
  });
}

void WaitingIndex::unlist(WaitingClass& waiting_class) {
  --in_use_;
  const WaitingKey& key = *waiting_class.key;
  if (key.preferred != AgentHandle::kNone) return strike(by_agent_, raw(key.preferred), waiting_class);
  if (key.lane != QueueHandle::kNone) strike(by_lane_, raw(key.lane), waiting_class);
  for (const WaitingClass::Listing& listing : waiting_class.listings) {
    auto& list = listed_[raw(listing.skill)];
    const Listed last = list.back();
    list[listing.at] = last;
    last.waiting_class->listings[last.listing].at = listing.at;
    list.pop_back();
  }
  waiting_class.listings.clear();
}

}  // namespace muster::dispatch
