#include <algorithm>
#include <tuple>
#include <utility>

#include "hash_types.h"
#include "rules.h"
#include "state.h"

// The state as plain data, back from it, and the hash of both. All walk the facts in the same order.
namespace muster::dispatch {
namespace {

/// Nothing hangs on it unless a policy is to be fair: hashes from before it was known still hold.
void hash_fairness(Hasher& h, const Agent& agent) { h.add(agent.accepted, agent.signed_on_at); }

}  // namespace

State::State(StateImage image)
    : epoch_(image.epoch),
      last_sequence_(image.last_sequence),
      last_time_(image.last_time),
      last_estimate_(image.last_estimate),
      last_contact_(image.last_contact),
      last_offer_(image.last_offer),
      last_session_(image.last_session),
      settings_(image.settings) {
  for (Skill& skill : image.skills) skills_.add(skill.handle, skill.spec.id).skill = std::move(skill);
  for (Policy& policy : image.policies) {
    use_skills(policy.spec, true);
    PolicyRecord& record = policies_.add(policy.handle, policy.spec.id);
    record.policy = std::move(policy);
    compile(record);
  }
  for (Queue& queue : image.queues) {
    ++policies_.find(queue.spec.policy)->uses;
    use_skills(queue.spec, true);
    queues_.add(queue.handle, queue.spec.id).queue = std::move(queue);
  }
  find_reserving_queues();
  queues_.for_each([this](QueueRecord& record) { compile(record); });
  restore_agents(std::move(image.agents));
  skills_.skip_to(SkillHandle{image.last_skill});
  policies_.skip_to(PolicyHandle{image.last_policy});
  queues_.skip_to(QueueHandle{image.last_queue});
  agents_.skip_to(AgentHandle{image.last_agent});
  for (const Offer& offer : image.offers) offers_.add(offer.id) = offer;
  restore_contacts(std::move(image.contacts));
  queues_.for_each([this](QueueRecord& record) { watch_pools(record); });
  for (const AnsweredRequest& request : image.requests) static_cast<void>(requests_.add(request));
}

void State::restore_agents(std::vector<Agent> agents) {
  std::vector<AgentRecord*> records;
  for (Agent& agent : agents) {
    use_skills(agent.spec, true);
    AgentRecord& record = agents_.add(agent.handle, agent.spec.id);
    record.agent = std::move(agent);
    record.agent.active = {};
    record.agent.interrupted = 0;
    records.push_back(&record);
    timers_.set(record.timer, raw(record.agent.handle), dispatch::next_deadline(record.agent, settings_));
    skill_expiries_.set(record.skill_expiry, raw(record.agent.handle), next_skill_expiry(record.agent));
  }
  std::sort(records.begin(), records.end(),
            [](const AgentRecord* a, const AgentRecord* b) { return a->agent.session < b->agent.session; });
  for (AgentRecord* record : records) {
    const SessionId session = record->agent.session;
    if (session != SessionId::kNone) sessions_.add(raw(session), record);
  }
  // Whoever comes last sits down at the end, which is quick.
  std::sort(records.begin(), records.end(), [](const AgentRecord* a, const AgentRecord* b) {
    return std::tie(a->agent.idle_since, a->agent.idle_order) < std::tie(b->agent.idle_since, b->agent.idle_order);
  });
  for (AgentRecord* record : records) {
    agent_index_.update(*record);
    agent_index_.seat(*record);
  }
  plan_seats();
}

void State::restore_contacts(std::vector<Contact> contacts) {
  for (Contact& contact : contacts) {
    use_skills(contact.requirements, true);
    for (const AgentHandle agent : contact.excluded) ++agents_.find(agent)->exclusions;
    ContactRecord& record = contacts_.add(contact.id);
    record.contact = std::move(contact);
    if (AgentRecord* with = agents_.find(record.contact.agent)) count_in_hand(with->agent, record.contact, +1);
    if (record.contact.state == ContactState::kQueued) {
      count_waiting(*queues_.find(record.contact.queue));
      line_up(record);
    }
    schedule(record);
  }
}

StateImage State::image() const {
  StateImage image;
  image.epoch = epoch_;
  image.last_sequence = last_sequence_;
  image.last_time = last_time_;
  image.last_estimate = last_estimate_;
  image.last_skill = raw(skills_.last());
  image.last_policy = raw(policies_.last());
  image.last_queue = raw(queues_.last());
  image.last_agent = raw(agents_.last());
  image.last_contact = last_contact_;
  image.last_offer = last_offer_;
  image.last_session = last_session_;
  image.settings = settings_;
  skills_.for_each([&](const SkillRecord& record) { image.skills.push_back(record.skill); });
  policies_.for_each([&](const PolicyRecord& record) { image.policies.push_back(record.policy); });
  queues_.for_each([&](const QueueRecord& record) { image.queues.push_back(record.queue); });
  agents_.for_each([&](const AgentRecord& record) { image.agents.push_back(record.agent); });
  contacts_.for_each([&](const ContactRecord& record) { image.contacts.push_back(record.contact); });
  offers_.for_each([&](const Offer& offer) { image.offers.push_back(offer); });
  for (std::size_t i = 0; i < requests_.size(); ++i) image.requests.push_back(requests_.at(i));
  return image;
}

std::uint64_t State::hash() const {
  Hasher h;
  h.add(epoch_, last_sequence_, last_time_, skills_.last(), policies_.last(), queues_.last(), agents_.last(),
        last_contact_, last_offer_, last_session_, settings_);
  h.add(skills_.size());
  skills_.for_each([&](const SkillRecord& record) { h.add(record.skill); });
  h.add(policies_.size());
  policies_.for_each([&](const PolicyRecord& record) { h.add(record.policy); });
  h.add(queues_.size());
  queues_.for_each([&](const QueueRecord& record) { h.add(record.queue); });
  h.add(agents_.size());
  agents_.for_each([&](const AgentRecord& record) { h.add(record.agent); });
  if (prefers_fairness_) {
    agents_.for_each([&](const AgentRecord& record) { hash_fairness(h, record.agent); });
  }
  h.add(contacts_.size());
  contacts_.for_each([&](const ContactRecord& record) { h.add(record.contact); });
  h.add(offers_.size());
  offers_.for_each([&](const Offer& offer) { h.add(offer); });
  h.add(requests_.size());
  for (std::size_t i = 0; i < requests_.size(); ++i) h.add(requests_.at(i));
  return h.value();
}

std::uint64_t state_hash(const StateImage& image) {
  Hasher h;
  h.add(image.epoch, image.last_sequence, image.last_time, image.last_skill, image.last_policy, image.last_queue,
        image.last_agent, image.last_contact, image.last_offer, image.last_session, image.settings);
  h.add(image.skills, image.policies, image.queues, image.agents);
  if (std::any_of(image.policies.begin(), image.policies.end(), [](const Policy& p) { return is_fair(p.spec); })) {
    for (const Agent& agent : image.agents) hash_fairness(h, agent);
  }
  h.add(image.contacts, image.offers, image.requests);
  return h.value();
}

}  // namespace muster::dispatch
