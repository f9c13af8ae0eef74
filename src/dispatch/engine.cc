#include "muster/dispatch/engine.h"

#include <utility>

#include "dispatcher.h"
#include "estimator.h"

namespace muster::dispatch {
namespace {

template <typename Record, typename Fact>
const Fact* fact_of(const Record* record, Fact Record::*fact) {
  return record ? &(record->*fact) : nullptr;
}

}  // namespace

Engine::Engine() : impl_(std::make_unique<Impl>()) {}
Engine::Engine(StateImage image) : impl_(std::make_unique<Impl>(std::move(image))) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Reply Engine::handle(const Command& command, TimePoint now, std::vector<Event>& out) {
  return impl_->handle(command, now, out);
}
void Engine::advance(TimePoint now, std::vector<Event>& out) { impl_->advance(now, out); }
bool Engine::apply(const Event& event) { return impl_->apply(event); }

std::optional<TimePoint> Engine::next_deadline() const { return impl_->state.next_deadline(); }

std::uint64_t Engine::state_hash() const { return impl_->state.hash(); }
StateImage Engine::image() const { return impl_->state.image(); }
std::string Engine::self_check() const { return impl_->state.self_check(); }

Sequence Engine::last_sequence() const { return impl_->state.last_sequence(); }
TimePoint Engine::last_time() const { return impl_->state.last_time(); }
std::uint64_t Engine::epoch() const { return impl_->state.epoch(); }
const Settings& Engine::settings() const { return impl_->state.settings(); }

const Skill* Engine::skill(SkillHandle handle) const {
  return fact_of(impl_->state.skills().find(handle), &SkillRecord::skill);
}
const Skill* Engine::skill(std::string_view id) const {
  return fact_of(impl_->state.skills().find(id), &SkillRecord::skill);
}
const Policy* Engine::policy(PolicyHandle handle) const {
  return fact_of(impl_->state.policies().find(handle), &PolicyRecord::policy);
}
const Policy* Engine::policy(std::string_view id) const {
  return fact_of(impl_->state.policies().find(id), &PolicyRecord::policy);
}
const Queue* Engine::queue(QueueHandle handle) const {
  return fact_of(impl_->state.queues().find(handle), &QueueRecord::queue);
}
const Queue* Engine::queue(std::string_view id) const {
  return fact_of(impl_->state.queues().find(id), &QueueRecord::queue);
}
const Agent* Engine::agent(AgentHandle handle) const {
  return fact_of(impl_->state.agents().find(handle), &AgentRecord::agent);
}
const Agent* Engine::agent(std::string_view id) const {
  return fact_of(impl_->state.agents().find(id), &AgentRecord::agent);
}
const Agent* Engine::agent_of(SessionId session) const {
  return fact_of(impl_->state.agent_of(session), &AgentRecord::agent);
}
const Contact* Engine::contact(ContactId id) const {
  return fact_of(std::as_const(impl_->state).contacts().find(id), &ContactRecord::contact);
}
const Offer* Engine::offer(OfferId id) const { return impl_->state.offers().find(id); }

std::optional<WaitEstimate> Engine::estimate_wait(ContactId id, TimePoint now) const {
  const ContactRecord* record = std::as_const(impl_->state).contacts().find(id);
  if (!record || record->contact.state != ContactState::kQueued) return std::nullopt;
  return dispatch::estimate_wait(impl_->state, *record, now);
}
WaitEstimate Engine::estimate_wait(const Arrival& arrival, TimePoint now) const {
  return dispatch::estimate_wait(impl_->state, arrival, now);
}

void Engine::visit_waiting(AgentHandle agent, const VisitWaiting& visit) const {
  bool goes_on = true;
  const auto visit_class = [&](const WaitingClass& group) {
    for (const auto* place = group.line.first(); place && goes_on; place = place->next()) {
      goes_on = visit(place->value->contact, group.key->asked);
    }
  };
  const WaitingIndex& waiting = impl_->state.waiting();
  for (const WaitingClass* group : waiting.for_agent(agent)) visit_class(*group);
  waiting.for_each_class(visit_class);
}
std::uint32_t Engine::waiting_in(QueueHandle queue) const {
  const QueueRecord* record = impl_->state.queues().find(queue);
  return record ? record->waiting : 0;
}
bool Engine::lets_offer(QueueHandle queue) const { return impl_->state.may_be_offered(queue); }

SkillHandle Engine::last_skill() const { return impl_->state.skills().last(); }
PolicyHandle Engine::last_policy() const { return impl_->state.policies().last(); }
QueueHandle Engine::last_queue() const { return impl_->state.queues().last(); }
AgentHandle Engine::last_agent() const { return impl_->state.agents().last(); }
ContactId Engine::last_contact() const { return ContactId{impl_->state.last_contact()}; }

}  // namespace muster::dispatch
