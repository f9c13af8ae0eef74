#include <algorithm>
#include <string_view>
#include <tuple>

#include "fold_impl.h"

namespace muster::kpi {

FoldImage Fold::Impl::image() const {
  FoldImage image;
  for (const auto& [key, row] : rows_) image.rows.push_back({key, row.series.image()});
  for (const auto& [id, contact] : contacts_) {  // tidy: sorted below
    if (!in_hand(contact.state)) continue;
    image.handling.push_back({ContactId{id}, contact.since, contact.talk, contact.hold, contact.units, contact.answer,
                              contact.waited, contact.in_target});
  }
  std::sort(image.handling.begin(), image.handling.end(),
            [](const auto& a, const auto& b) { return a.contact < b.contact; });
  return image;
}

void Fold::Impl::name_base_queues(const dispatch::StateImage& state) {
  std::map<std::string_view, const dispatch::QueueSpec*> by_id;
  for (const auto& queue : state.queues) by_id.emplace(queue.spec.id, &queue.spec);
  for (auto it = rows_.lower_bound({Dimension::kBaseQueue}); it != rows_.end(); ++it) {
    const auto queue = by_id.find(it->first.second);
    if (queue == by_id.end()) continue;
    it->second.place.display_name = queue->second->display_name;
    it->second.place.tenant = queue->second->tenant;
  }
}

void Fold::Impl::restore(const dispatch::StateImage& state, const FoldImage& image) {
  rows_.clear();
  base_numbers_.clear();
  queues_.clear();
  agents_.clear();
  contacts_.clear();
  history_ = {};
  version_ = state.last_sequence;
  now_ = state.last_time;
  settings_ = state.settings;
  workspace_ = nullptr;
  if (version_ == 0) return;  // time begins with the first event
  for (const auto& row : image.rows) {
    Row& added = rows_.try_emplace(row.key, row.key, Series(row.series)).first->second;
    if (row.key.dimension == Dimension::kBaseQueue) added.place.base = row.key.id;
    if (row.key.dimension == Dimension::kTenant) added.place.tenant = row.key.id;
    if (row.key.dimension == Dimension::kQueue) added.place.tenant = row.key.second;
  }
  workspace_ = &row_of({Dimension::kWorkspace});
  workspace_->listed = true;

  restoring_ = true;
  for (const auto& queue : state.queues) on(dispatch::QueuePut{queue.handle, queue.spec});
  name_base_queues(state);
  for (const auto& agent : state.agents) {
    on(dispatch::AgentPut{agent.handle, agent.spec});
    AgentEntry& entry = *agent_at(agent.handle);
    entry.session = agent.session;
    entry.connected = agent.connected;
    entry.presence = agent.presence;
    if (rows_.contains({Dimension::kAgent, agent.spec.id})) place_agent(entry);
  }
  std::unordered_map<std::uint64_t, const FoldImage::Handling*> in_image;
  for (const auto& each : image.handling) in_image.emplace(raw(each.contact), &each);
  for (const auto& held : state.contacts) {
    OpenContact& contact = contacts_[raw(held.id)];
    contact.due = held.due;
    contact.queue = held.queue;
    contact.estimated_wait = held.estimated_wait;
    contact.answered = held.answered;
    const auto known = in_image.find(raw(held.id));
    if (known != in_image.end()) {
      const FoldImage::Handling& h = *known->second;
      std::tie(contact.talk, contact.hold, contact.units, contact.answer, contact.waited, contact.in_target) =
          std::tie(h.talk, h.hold, h.units, h.answer, h.waited, h.in_target);
    }
    move(held.id, contact, held.state, held.queue, in_hand(held.state) ? held.agent : AgentHandle::kNone);
    contact.since = known != in_image.end() ? known->second->since : held.state_since;
  }
  for (const auto& offer : state.offers) ring(offer.agent, +1);
  for (const auto& agent : state.agents) settle_agent(agent.handle);
  restoring_ = false;
}

}  // namespace muster::kpi
