#include "seat_plan.h"

namespace muster::dispatch {

void SeatPlan::seat(AgentRecord& record) {
  const std::size_t at = raw(record.agent.handle);
  if (at >= places_.size()) places_.resize(at + 1);
  Place& place = places_[at];
  if (record.load == Load::kNotReady) return stand_up(record);
  const SeatKey key = seat_key(record.agent, prefer_);
  if (place.row == record.load && place.key == key) return;
  stand_up(record);
  sit_down(record, place, key);
}

/// The sets of seats that know of the agent.
template <typename Do>
void SeatPlan::for_each_set(const AgentRecord& record, Load load, Do act) {
  const auto act_on = [&](SkillHandle skill) {
    if (raw(skill) >= by_skill_.size()) by_skill_.resize(raw(skill) + std::size_t{1});
    act(by_skill_[raw(skill)][static_cast<std::size_t>(load)]);
  };
  act_on(SkillHandle::kNone);
  for (const SkillLevel& skill : record.agent.spec.skills) act_on(skill.skill);
}

void SeatPlan::sit_down(AgentRecord& record, Place& place, const SeatKey& key) {
  const Load load = record.load;
  const auto take = [&] {
    return rows_[static_cast<std::size_t>(load)].take(
        &record, key, [&](AgentRecord& neighbour, std::uint32_t from, std::uint32_t to) {
          places_[raw(neighbour.agent.handle)].seat = to;
          for_each_set(neighbour, load, [&](SeatSet& set) {
            set.remove(from);
            set.add(to);
          });
        });
  };
  auto seat = take();
  if (!seat) {
    compact(load, key);
    seat = take();
  }
  place = {key, *seat, load};
  for_each_set(record, load, [&](SeatSet& set) { set.add(*seat); });
}

void SeatPlan::stand_up(const AgentRecord& record) {
  const std::size_t at = raw(record.agent.handle);
  if (at >= places_.size() || places_[at].row == Load::kNotReady) return;
  Place& place = places_[at];
  for_each_set(record, place.row, [&](SeatSet& set) { set.remove(place.seat); });
  rows_[static_cast<std::size_t>(place.row)].vacate(place.seat);
  place.row = Load::kNotReady;
}

void SeatPlan::compact(Load load, const SeatKey& near) {
  const auto which = static_cast<std::size_t>(load);
  const auto now_at = rows_[which].compact(
      near, [this](const AgentRecord& record, std::uint32_t to) { places_[raw(record.agent.handle)].seat = to; });
  for (Sets& sets : by_skill_) sets[which].renumber(now_at);
}

bool SeatPlan::seats_rightly(const AgentRecord& record) const {
  const std::size_t at = raw(record.agent.handle);
  const Place place = at < places_.size() ? places_[at] : Place{};
  if (place.row != record.load) return false;
  if (place.row == Load::kNotReady) return true;
  bool known = ready(SkillHandle::kNone, place.row).contains(place.seat);
  for (const SkillLevel& skill : record.agent.spec.skills) {
    known = known && ready(skill.skill, place.row).contains(place.seat);
  }
  return known && row(place.row).holder(place.seat) == &record && place.key == seat_key(record.agent, prefer_);
}

}  // namespace muster::dispatch
