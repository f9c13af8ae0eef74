#include "state.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

#include "estimator.h"
#include "pools.h"
#include "rules.h"

namespace muster::dispatch {
namespace {

std::uint64_t result_of(const EventBody& body) {
  const auto* created = std::get_if<ContactCreated>(&body);
  return created ? raw(created->contact) : 0;
}

}  // namespace

bool State::apply(const Event& event, Openings& openings) {
  if (event.sequence != last_sequence_ + 1 || event.time < last_time_) return false;
  if (const auto* hashed = std::get_if<StateHashed>(&event.body); hashed && hashed->hash != hash()) return false;
  last_sequence_ = event.sequence;
  last_time_ = event.time;
  openings_ = &openings;
  const bool applied = std::visit([this](const auto& body) { return on(body); }, event.body);
  openings_ = nullptr;
  if (!applied || event.request.is_nil()) return applied;
  return requests_.add({event.request, event.fingerprint, event.sequence, result_of(event.body)});
}

bool State::on(const WorkspaceOpened& event) {
  if (event.epoch < epoch_) return false;
  epoch_ = event.epoch;
  // Nobody could come back while no owner served, so every grace starts now.
  agents_.for_each([this](AgentRecord& record) {
    if (record.agent.session != SessionId::kNone || !record.agent.contacts.empty()) lose(record);
  });
  return true;
}

// Compared by apply(), before the sequence moved on.
bool State::on(const StateHashed&) { return true; }

const QueueSpec& State::queue_of(const Contact& contact) const { return queues_.find(contact.queue)->queue.spec; }

const PolicySpec& State::policy_of(const Contact& contact) const { return policy_record_of(contact).policy.spec; }

const PolicyRecord& State::policy_record_of(const Contact& contact) const {
  return *policies_.find(queue_of(contact).policy);
}

WaitingKey State::key_of(const Contact& contact) const {
  const Conditions& of_preferred = policy_record_of(contact).asked_of_preferred;
  return key_of(contact, asked_of_agent(contact, queues_.find(contact.queue)->asked, of_preferred));
}

WaitingKey State::key_of(const Contact& contact, Conditions asked) const {
  const QueueSpec& queue = queue_of(contact);
  const bool preferring = contact.preferred != AgentHandle::kNone;
  // One agent alone competes with nobody, so only a pause matters.
  const bool own_lane = preferring ? queue.paused : needs_own_lane(queue, settings_);
  return {queue.channel, std::move(asked), contact.preferred, own_lane ? contact.queue : QueueHandle::kNone};
}

// Nothing is interrupted for contacts that leave even idle agents to others.
bool State::may_interrupt(const WaitingKey& key) const {
  const QueueRecord* lane = queues_.find(key.lane);
  const bool held_back = lane && (lane->queue.spec.paused || lane->queue.spec.idle_reserve > 0);
  return settings_.interrupts[raw(key.channel)] != 0 && !held_back;
}

bool State::rings_at(const Contact& contact, const Agent& agent) const {
  return std::any_of(agent.offers.begin(), agent.offers.end(),
                     [&](OfferId offer) { return offers_.find(offer)->contact == contact.id; });
}

bool State::may_be_offered(QueueHandle lane) const {
  const QueueRecord* record = queues_.find(lane);
  if (!record) return true;
  const QueueSpec& queue = record->queue.spec;
  if (queue.paused) return false;
  return queue.idle_reserve == 0 || agent_index_.idle_count(queue.reserve_skill) > queue.idle_reserve;
}

bool State::anybody_could(const Contact& contact, std::size_t step) {
  assert(contact.preferred == AgentHandle::kNone);
  WaitingKey key = key_of(contact, united(policy_record_of(contact).asked[step], {contact.requirements, {}}));
  const Channel channel = key.channel;
  WaitingClass& group = waiting_.class_for(std::move(key));
  return agent_index_.anybody_signed_in(group.key->asked, contact, channel, units_of(channel), agents_, group.reach);
}

bool State::could_be_preferred(const Contact& contact, AgentHandle agent, TimePoint now) const {
  const AgentRecord* record = agents_.find(agent);
  if (!record || !record->signed_in) return false;
  const Conditions asked = united(policy_record_of(contact).asked_of_preferred, {contact.requirements, {}});
  const Channel channel = queue_of(contact).channel;
  return failed_gate(record->agent.spec.skills, asked) == Gate{} &&
         failed_contact_gate(contact, agent, now) == Gate{} &&
         could_have_room(record->agent.spec, channel, units_of(channel));
}

void State::find_reserving_queues() {
  reserving_queues_.clear();
  queues_.for_each([this](const QueueRecord& record) {
    if (record.queue.spec.idle_reserve > 0) reserving_queues_.push_back(record.queue.handle);
  });
}

void State::plan_seats() {
  std::vector<Preferences> preferences;
  policies_.for_each([&](const PolicyRecord& record) {
    for (const PolicyStep& step : record.policy.spec.steps) preferences.push_back(lasting(step.prefer));
  });
  prefers_fairness_ = false;
  policies_.for_each(
      [&](const PolicyRecord& record) { prefers_fairness_ = prefers_fairness_ || is_fair(record.policy.spec); });
  const std::vector<std::size_t> numbers = agent_index_.keep_plans(preferences, agents_);
  auto next = numbers.begin();
  policies_.for_each([&](PolicyRecord& record) {
    const auto steps = static_cast<std::ptrdiff_t>(record.policy.spec.steps.size());
    record.plans.assign(next, next + steps);
    next += steps;
  });
}

void State::compile(PolicyRecord& record) {
  const PolicySpec& spec = record.policy.spec;
  record.asked = asked_by_steps(spec, kAllPools);
  record.asked_of_preferred = asked_of_preferred(spec);
}

std::optional<Timers::Due> State::first_due(TimePoint now) const {
  for (const Timers* timers : {&skill_expiries_, &timers_}) {
    const auto first = timers->first();
    if (first && first->deadline.at <= now) return first;
  }
  return std::nullopt;
}

std::optional<TimePoint> State::next_deadline() const {
  std::optional<TimePoint> next;
  for (const Timers* timers : {&skill_expiries_, &timers_}) {
    if (const auto first = timers->first()) next = std::min(next.value_or(first->deadline.at), first->deadline.at);
  }
  return next;
}

void State::compile(QueueRecord& record) {
  record.asked = asked_by_steps(policies_.find(record.queue.spec.policy)->policy.spec, record.queue.pools.open);
}

void State::watch_pools(QueueRecord& record) {
  const PolicySpec& policy = policies_.find(record.queue.spec.policy)->policy.spec;
  const auto next = next_look(policy, record.queue, record.waiting, last_time_);
  if (!next) return timers_.stop(record.timer);
  // One that runs lies ahead: all looks until now were taken.
  if (!timers_.find(record.timer))
    timers_.set(record.timer, raw(record.queue.handle), Deadline{*next, TimerKind::kPools});
}

void State::watch_pools_after(QueueRecord& record, TimePoint at) {
  timers_.stop(record.timer);
  const PolicySpec& policy = policies_.find(record.queue.spec.policy)->policy.spec;
  const auto next = next_look(policy, record.queue, record.waiting, at);
  if (next) timers_.set(record.timer, raw(record.queue.handle), Deadline{*next, TimerKind::kPools});
}

PoolSet State::lent_to(const QueueRecord& record, TimePoint at) const {
  const PolicySpec& policy = policies_.find(record.queue.spec.policy)->policy.spec;
  LendingFacts facts{record.waiting, service_level(record.queue.recent, at), {}};
  if (facts.waiting > 0 && asks_for_predicted_wait(policy)) {
    // As if nothing were lent: else what opens a pool would close it again.
    const std::vector<Conditions> unlent = asked_by_steps(policy, static_cast<PoolSet>(~lent_pools(policy)));
    facts.predicted_wait = estimate_wait(*this, Arrival{record.queue.handle, 0, {}}, unlent, at).wait;
  }
  unsigned lent = 0;
  for (std::size_t i = 0; i < policy.pools.size(); ++i) {
    const Lending& lending = policy.pools[i].lending;
    const QueueRecord* lender = queues_.find(lending.lender);
    const bool permitted = lending.lender == QueueHandle::kNone ||
                           (lender && service_level(lender->queue.recent, at) >= lending.lender_service_level);
    if (permitted && wants(lending, facts)) lent |= pool_bit(i);
  }
  return static_cast<PoolSet>(lent);
}

void State::reschedule(ContactRecord& record, TimePoint now) {
  const Contact& contact = record.contact;
  TimePoint offer_expires;
  if (contact.state == ContactState::kOffered) offer_expires = offers_.find(contact.offer)->expires;
  timers_.set(record.timer, raw(contact.id), dispatch::next_deadline(contact, policy_of(contact), offer_expires, now));
}

bool State::known_skills(const Requirements& requirements) const {
  for (std::size_t i = 0; i < requirements.size(); ++i) {
    if (!skills_.find(requirements[i].skill)) return false;
    if (i > 0 && requirements[i].skill <= requirements[i - 1].skill) return false;
  }
  return true;
}

bool State::known_skills(const std::vector<SkillLevel>& skills) const {
  for (std::size_t i = 0; i < skills.size(); ++i) {
    if (!skills_.find(skills[i].skill)) return false;
    if (i > 0 && skills[i].skill <= skills[i - 1].skill) return false;
  }
  return true;
}

bool State::known_skills(const Predicate& predicate) const {
  bool known = normal_form(predicate).has_value();
  for_each_skill(predicate, [&](SkillHandle skill) { known = known && skills_.find(skill); });
  return known;
}

bool State::known_skills(const PolicySpec& policy) const {
  const auto known = [this, &policy](const PolicyStep& step) {
    const bool newcomers = step.prefer.newcomers == SkillHandle::kNone || skills_.find(step.prefer.newcomers);
    const bool pools = step.pools >> policy.pools.size() == 0;
    return newcomers && pools && known_skills(step.requirements) && known_skills(step.where) &&
           has_bearable_size(policy, step);
  };
  const auto known_pool = [this](const Pool& pool) { return known_skills(pool.members); };
  return policy.pools.size() <= kPoolsMax && known_skills(policy.gates) &&
         std::all_of(policy.pools.begin(), policy.pools.end(), known_pool) &&
         std::all_of(policy.steps.begin(), policy.steps.end(), known);
}

bool State::known_agents(const std::vector<AgentHandle>& agents) const {
  for (std::size_t i = 0; i < agents.size(); ++i) {
    if (!agents_.find(agents[i])) return false;
    if (i > 0 && agents[i] <= agents[i - 1]) return false;
  }
  return true;
}

void State::use_skill(SkillHandle skill, bool use) {
  std::uint32_t& uses = skills_.find(skill)->uses;
  use ? ++uses : --uses;
}

void State::use_skills(const Requirements& requirements, bool use) {
  for (const SkillRequirement& each : requirements) use_skill(each.skill, use);
}

void State::use_skills(const PolicySpec& policy, bool use) {
  use_skills(policy.gates, use);
  for (const Pool& pool : policy.pools) use_skills(pool.members, use);
  for (const PolicyStep& step : policy.steps) {
    use_skills(step.requirements, use);
    use_skills(step.where, use);
    if (step.prefer.newcomers != SkillHandle::kNone) use_skill(step.prefer.newcomers, use);
  }
}

void State::use_skills(const Predicate& predicate, bool use) {
  for_each_skill(predicate, [&](SkillHandle skill) { use_skill(skill, use); });
}

void State::use_skills(const QueueSpec& queue, bool use) {
  if (queue.reserve_skill != SkillHandle::kNone) use_skill(queue.reserve_skill, use);
}

void State::use_skills(const AgentSpec& agent, bool use) {
  for (const SkillLevel& each : agent.skills) use_skill(each.skill, use);
}

}  // namespace muster::dispatch
