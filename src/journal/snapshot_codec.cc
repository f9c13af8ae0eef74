#include <zlib.h>

#include <algorithm>
#include <utility>

#include "codec_values.h"
#include "muster/journal/codec.h"
#include "muster/journal/v1/snapshot.pb.h"

namespace muster::journal {
namespace {

using journal::fill;  // those of codec_values.h, which the ones below would hide
using journal::read;

void fill(v1::SkillPut& stored, const dispatch::Skill& skill) {
  stored.set_skill(raw(skill.handle));
  fill(*stored.mutable_spec(), skill.spec);
}
dispatch::Skill read(const v1::SkillPut& stored) {
  check_known(stored);
  return {handle_of<dispatch::SkillHandle>(stored.skill()), read(stored.spec())};
}

void fill(v1::PolicyPut& stored, const dispatch::Policy& policy) {
  stored.set_policy(raw(policy.handle));
  fill(*stored.mutable_spec(), policy.spec);
}
dispatch::Policy read(const v1::PolicyPut& stored) {
  check_known(stored);
  return {handle_of<dispatch::PolicyHandle>(stored.policy()), read(stored.spec())};
}

void fill(v1::QueuePace& stored, const dispatch::QueuePace& pace) {
  stored.set_handled(pace.handled);
  stored.set_answering(store(pace.answering));
  stored.set_working(store(pace.working));
  stored.set_waits(pace.waits);
  stored.set_abandoned(pace.abandoned);
  stored.set_waiting(store(pace.waiting));
}
dispatch::QueuePace read(const v1::QueuePace& stored) {
  check_known(stored);
  return {stored.handled(), span_of(stored.answering()), span_of(stored.working()),
          stored.waits(),   stored.abandoned(),          span_of(stored.waiting())};
}

void fill(v1::Queue& stored, const dispatch::Queue& queue) {
  stored.set_queue(raw(queue.handle));
  fill(*stored.mutable_spec(), queue.spec);
  stored.set_live_contacts(queue.live_contacts);
  stored.set_served(queue.served);
  fill(*stored.mutable_pace(), queue.pace);
  fill(*stored.mutable_pools(), queue.pools);
  stored.set_pools_changed_at(store(queue.pools_changed_at));
  for (const dispatch::RecentService::Minute& minute : queue.recent.minutes) {
    stored.add_recent_ended(minute.ended);
    stored.add_recent_in_target(minute.in_target);
  }
  stored.set_recent_minute(queue.recent.last_minute);
}
dispatch::Queue read(const v1::Queue& stored) {
  check_known(stored);
  dispatch::Queue queue;
  queue.handle = handle_of<dispatch::QueueHandle>(stored.queue());
  queue.spec = read(stored.spec());
  queue.live_contacts = stored.live_contacts();
  queue.served = stored.served();
  queue.pace = read(stored.pace());
  queue.pools = read(stored.pools());
  queue.pools_changed_at = time_of(stored.pools_changed_at());
  const int minutes = std::min(stored.recent_ended_size(), stored.recent_in_target_size());
  for (int i = 0; i < minutes && std::cmp_less(i, queue.recent.minutes.size()); ++i) {
    queue.recent.minutes[static_cast<std::size_t>(i)] = {stored.recent_ended(i), stored.recent_in_target(i)};
  }
  queue.recent.last_minute = stored.recent_minute();
  return queue;
}

void fill(v1::Agent& stored, const dispatch::Agent& agent) {
  stored.set_agent(raw(agent.handle));
  fill(*stored.mutable_spec(), agent.spec);
  stored.set_presence(static_cast<v1::Presence>(agent.presence));
  stored.set_presence_reason(agent.presence_reason);
  stored.set_presence_until(store(agent.presence_until));
  stored.set_presence_since(store(agent.presence_since));
  stored.set_session(raw(agent.session));
  stored.set_connected(agent.connected);
  stored.set_lost_at(store(agent.lost_at));
  stored.set_misses(agent.misses);
  stored.set_used_units(agent.used_units);
  fill_indexed(stored.mutable_channel_contacts(), agent.channel_contacts);
  fill_handles(stored.mutable_offers(), agent.offers);
  fill_handles(stored.mutable_contacts(), agent.contacts);
  stored.set_idle_since(store(agent.idle_since));
  stored.set_idle_order(agent.idle_order);
  stored.set_signed_on_at(store(agent.signed_on_at));
  stored.set_accepted(agent.accepted);
  stored.set_next(static_cast<v1::Presence>(agent.next.presence));
  stored.set_next_reason(agent.next.reason);
  stored.set_ramp_up(agent.ramp_up);
}
dispatch::Agent read(const v1::Agent& stored) {
  check_known(stored);
  dispatch::Agent agent;
  agent.handle = handle_of<dispatch::AgentHandle>(stored.agent());
  agent.spec = read(stored.spec());
  agent.presence = presence_of(stored.presence());
  agent.presence_reason = stored.presence_reason();
  agent.presence_until = time_of(stored.presence_until());
  agent.presence_since = time_of(stored.presence_since());
  agent.session = handle_of<dispatch::SessionId>(stored.session());
  agent.connected = stored.connected();
  agent.lost_at = time_of(stored.lost_at());
  agent.misses = narrow<std::uint8_t>(stored.misses());
  agent.used_units = stored.used_units();
  read_indexed(stored.channel_contacts(), agent.channel_contacts);
  read_handles(stored.offers(), agent.offers);
  read_handles(stored.contacts(), agent.contacts);
  agent.idle_since = time_of(stored.idle_since());
  agent.idle_order = stored.idle_order();
  agent.signed_on_at = time_of(stored.signed_on_at());
  agent.accepted = stored.accepted();
  agent.next = next_presence_of(stored.next(), stored.next_reason());
  agent.ramp_up = narrow<std::uint8_t>(stored.ramp_up());
  return agent;
}

void fill(v1::Refusal& stored, const dispatch::Refusal& refusal) {
  stored.set_agent(raw(refusal.agent));
  stored.set_count(refusal.count);
  stored.set_until(store(refusal.until));
}
dispatch::Refusal read(const v1::Refusal& stored) {
  check_known(stored);
  return {handle_of<dispatch::AgentHandle>(stored.agent()), narrow<std::uint8_t>(stored.count()),
          time_of(stored.until())};
}

void fill(v1::Contact& stored, const dispatch::Contact& contact) {
  stored.set_contact(raw(contact.id));
  stored.set_queue(raw(contact.queue));
  stored.set_state(static_cast<v1::ContactState>(contact.state));
  stored.set_priority(contact.priority);
  stored.set_escalated(contact.escalated);
  stored.set_at_front(contact.at_front);
  stored.set_answered(contact.answered);
  stored.set_step(contact.step);
  stored.set_refusal_count(contact.refusal_count);
  fill(*stored.mutable_requirements(), contact.requirements);
  fill_handles(stored.mutable_excluded(), contact.excluded);
  for (const dispatch::Refusal& refusal : contact.refusals) fill(*stored.add_refusals(), refusal);
  fill(*stored.mutable_details(), *contact.details);
  stored.set_created(store(contact.created));
  stored.set_due(store(contact.due));
  stored.set_expires(store(contact.expires));
  stored.set_answered_at(store(contact.answered_at));
  stored.set_state_since(store(contact.state_since));
  stored.set_wrap_up_until(store(contact.wrap_up_until));
  stored.set_offer(raw(contact.offer));
  stored.set_agent(raw(contact.agent));
  stored.set_last_agent(raw(contact.last_agent));
  stored.set_starving(contact.starving);
  stored.set_preferred(raw(contact.preferred));
  stored.set_preferred_until(store(contact.preferred_until));
  stored.set_estimated_wait(store(contact.estimated_wait));
  fill_handles(stored.mutable_further_offers(), contact.further_offers);
  stored.set_interrupted(contact.interrupted);
}
dispatch::Contact read(const v1::Contact& stored) {
  check_known(stored);
  dispatch::Contact contact;
  contact.id = handle_of<dispatch::ContactId>(stored.contact());
  contact.queue = handle_of<dispatch::QueueHandle>(stored.queue());
  contact.state = contact_state_of(stored.state());
  contact.priority = narrow<std::uint8_t>(stored.priority());
  contact.escalated = stored.escalated();
  contact.at_front = stored.at_front();
  contact.answered = stored.answered();
  contact.step = narrow<std::uint16_t>(stored.step());
  contact.refusal_count = narrow<std::uint16_t>(stored.refusal_count());
  contact.requirements = read(stored.requirements());
  read_handles(stored.excluded(), contact.excluded);
  for (const v1::Refusal& refusal : stored.refusals()) contact.refusals.push_back(read(refusal));
  contact.details = read(stored.details());
  contact.created = time_of(stored.created());
  contact.due = time_of(stored.due());
  contact.expires = time_of(stored.expires());
  contact.answered_at = time_of(stored.answered_at());
  contact.state_since = time_of(stored.state_since());
  contact.wrap_up_until = time_of(stored.wrap_up_until());
  contact.offer = handle_of<dispatch::OfferId>(stored.offer());
  contact.agent = handle_of<dispatch::AgentHandle>(stored.agent());
  contact.last_agent = handle_of<dispatch::AgentHandle>(stored.last_agent());
  contact.starving = stored.starving();
  contact.preferred = handle_of<dispatch::AgentHandle>(stored.preferred());
  contact.preferred_until = time_of(stored.preferred_until());
  contact.estimated_wait = span_of(stored.estimated_wait());
  read_handles(stored.further_offers(), contact.further_offers);
  contact.interrupted = stored.interrupted();
  return contact;
}

void fill(v1::Offer& stored, const dispatch::Offer& offer) {
  stored.set_offer(raw(offer.id));
  stored.set_contact(raw(offer.contact));
  stored.set_agent(raw(offer.agent));
  stored.set_made(store(offer.made));
  stored.set_expires(store(offer.expires));
  fill(*stored.mutable_explanation(), offer.explanation);
  stored.set_sequence(offer.sequence);
  stored.set_idle_since(store(offer.idle_since));
  stored.set_idle_order(offer.idle_order);
}
dispatch::Offer read(const v1::Offer& stored) {
  check_known(stored);
  dispatch::Offer offer;
  offer.id = handle_of<dispatch::OfferId>(stored.offer());
  offer.contact = handle_of<dispatch::ContactId>(stored.contact());
  offer.agent = handle_of<dispatch::AgentHandle>(stored.agent());
  offer.made = time_of(stored.made());
  offer.expires = time_of(stored.expires());
  offer.explanation = read(stored.explanation());
  offer.sequence = stored.sequence();
  offer.idle_since = time_of(stored.idle_since());
  offer.idle_order = stored.idle_order();
  return offer;
}

void fill(v1::AnsweredRequest& stored, const dispatch::AnsweredRequest& request) {
  stored.set_request_high(request.id.high);
  stored.set_request_low(request.id.low);
  stored.set_fingerprint(request.fingerprint);
  stored.set_sequence(request.sequence);
  stored.set_result(request.result);
}
dispatch::AnsweredRequest read(const v1::AnsweredRequest& stored) {
  check_known(stored);
  return {{stored.request_high(), stored.request_low()}, stored.fingerprint(), stored.sequence(), stored.result()};
}

void fill(v1::QueueCounters& stored, const kpi::BoardCounters::Queue& queue) {
  const kpi::QueueCounters& counters = queue.counters;
  stored.set_queue(raw(queue.queue));
  stored.set_created(counters.created);
  stored.set_answered(counters.answered);
  stored.set_answered_in_target(counters.answered_in_target);
  stored.set_abandoned(counters.abandoned);
  stored.set_abandoned_in_target(counters.abandoned_in_target);
  stored.set_completed(counters.completed);
  stored.set_ended_otherwise(counters.ended_otherwise);
  stored.set_total_answer_wait(store(counters.total_answer_wait));
  stored.set_estimated(counters.estimated);
  stored.set_total_estimate_error(store(counters.total_estimate_error));
  stored.set_total_estimate_excess(store(counters.total_estimate_excess));
}
kpi::BoardCounters::Queue read(const v1::QueueCounters& stored) {
  check_known(stored);
  return {
      handle_of<dispatch::QueueHandle>(stored.queue()),
      {stored.created(), stored.answered(), stored.answered_in_target(), stored.abandoned(),
       stored.abandoned_in_target(), stored.completed(), stored.ended_otherwise(), span_of(stored.total_answer_wait()),
       stored.estimated(), span_of(stored.total_estimate_error()), span_of(stored.total_estimate_excess())}};
}

void fill(v1::AgentCounters& stored, const kpi::BoardCounters::Agent& agent) {
  stored.set_agent(raw(agent.agent));
  stored.set_since(store(agent.since));
  stored.set_answered(agent.counters.answered);
  stored.set_missed(agent.counters.missed);
}
kpi::BoardCounters::Agent read(const v1::AgentCounters& stored) {
  check_known(stored);
  return {
      handle_of<dispatch::AgentHandle>(stored.agent()), time_of(stored.since()), {stored.answered(), stored.missed()}};
}

void fill(v1::TotalCounters& stored, const kpi::TotalCounters& totals) {
  stored.set_created(totals.created);
  stored.set_answered(totals.answered);
  stored.set_abandoned(totals.abandoned);
  stored.set_completed(totals.completed);
  stored.set_offers(totals.offers);
  stored.set_offers_missed(totals.offers_missed);
  stored.set_offers_declined(totals.offers_declined);
}
kpi::TotalCounters read(const v1::TotalCounters& stored) {
  check_known(stored);
  return {stored.created(), stored.answered(),      stored.abandoned(),      stored.completed(),
          stored.offers(),  stored.offers_missed(), stored.offers_declined()};
}

void fill(v1::FactsSlice& stored, const kpi::FactsSlice& slice) {
  stored.set_start(store(slice.start));
  for (const auto& [fact, amount] : slice.facts) {
    stored.add_facts(fact);
    stored.add_amounts(amount);
  }
}
kpi::FactsSlice read(const v1::FactsSlice& stored) {
  check_known(stored);
  if (stored.facts_size() != stored.amounts_size()) throw Corrupt("snapshot holds facts without amounts");
  kpi::FactsSlice slice{time_of(stored.start()), {}};
  for (int i = 0; i < stored.facts_size(); ++i) {
    if (stored.facts(i) >= kpi::kFactCount) throw Corrupt("snapshot holds a fact that this release does not know");
    slice.facts.emplace_back(static_cast<std::uint8_t>(stored.facts(i)), stored.amounts(i));
  }
  return slice;
}

void fill(v1::FactsRow& stored, const kpi::FoldImage::Row& row) {
  stored.set_dimension(static_cast<std::uint32_t>(row.key.dimension));
  stored.set_id(row.key.id);
  stored.set_second(row.key.second);
  stored.set_settled(store(row.series.settled));
  for (const auto& minute : row.series.minutes) fill(*stored.add_minutes(), minute);
  for (const auto& interval : row.series.intervals) fill(*stored.add_intervals(), interval);
}
kpi::FoldImage::Row read(const v1::FactsRow& stored) {
  check_known(stored);
  kpi::FoldImage::Row row;
  row.key.dimension = known(narrow<int>(stored.dimension()), kpi::Dimension::kBaseQueue);
  row.key.id = stored.id();
  row.key.second = stored.second();
  row.series.settled = time_of(stored.settled());
  for (const auto& minute : stored.minutes()) row.series.minutes.push_back(read(minute));
  for (const auto& interval : stored.intervals()) row.series.intervals.push_back(read(interval));
  return row;
}

void fill(v1::Handling& stored, const kpi::FoldImage::Handling& handling) {
  stored.set_contact(raw(handling.contact));
  stored.set_since(store(handling.since));
  stored.set_talk(store(handling.talk));
  stored.set_hold(store(handling.hold));
  stored.set_units(handling.units);
  stored.set_answer(raw(handling.answer));
  stored.set_waited(store(handling.waited));
  stored.set_in_target(handling.in_target);
}
kpi::FoldImage::Handling read(const v1::Handling& stored) {
  check_known(stored);
  return {handle_of<dispatch::ContactId>(stored.contact()),
          time_of(stored.since()),
          span_of(stored.talk()),
          span_of(stored.hold()),
          narrow<std::uint16_t>(stored.units()),
          handle_of<dispatch::OfferId>(stored.answer()),
          span_of(stored.waited()),
          stored.in_target()};
}

template <typename Stored, typename Value>
void fill_all(google::protobuf::RepeatedPtrField<Stored>* stored, const std::vector<Value>& values) {
  stored->Reserve(static_cast<int>(values.size()));
  for (const Value& value : values) fill(*stored->Add(), value);
}
template <typename Value, typename Stored>
void read_all(const google::protobuf::RepeatedPtrField<Stored>& stored, std::vector<Value>& values) {
  values.reserve(static_cast<std::size_t>(stored.size()));
  for (const Stored& each : stored) values.push_back(read(each));
}

std::uint32_t crc_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

std::string encode_snapshot(const Snapshot& snapshot) {
  const dispatch::StateImage& image = snapshot.state;
  google::protobuf::Arena arena;
  v1::Snapshot& stored = *google::protobuf::Arena::CreateMessage<v1::Snapshot>(&arena);
  stored.set_epoch(image.epoch);
  stored.set_last_sequence(image.last_sequence);
  stored.set_last_time(store(image.last_time));
  stored.set_last_estimate(store(image.last_estimate));
  stored.set_last_skill(image.last_skill);
  stored.set_last_policy(image.last_policy);
  stored.set_last_queue(image.last_queue);
  stored.set_last_agent(image.last_agent);
  stored.set_last_contact(image.last_contact);
  stored.set_last_offer(image.last_offer);
  stored.set_last_session(image.last_session);
  fill(*stored.mutable_settings(), image.settings);
  fill_all(stored.mutable_skills(), image.skills);
  fill_all(stored.mutable_policies(), image.policies);
  fill_all(stored.mutable_queues(), image.queues);
  fill_all(stored.mutable_agents(), image.agents);
  fill_all(stored.mutable_contacts(), image.contacts);
  fill_all(stored.mutable_offers(), image.offers);
  fill_all(stored.mutable_requests(), image.requests);
  v1::BoardCounters& board = *stored.mutable_board();
  board.set_day(snapshot.folded.board.day);
  fill(*board.mutable_totals(), snapshot.folded.board.totals);
  fill_all(board.mutable_queues(), snapshot.folded.board.queues);
  fill_all(board.mutable_agents(), snapshot.folded.board.agents);
  fill_all(stored.mutable_facts(), snapshot.folded.facts.rows);
  fill_all(stored.mutable_handling(), snapshot.folded.facts.handling);
  std::string payload = stored.SerializeAsString();
  v1::Snapshot checksum;  // two messages, one after the other, are read as one
  checksum.set_checksum(crc_of(payload));
  checksum.AppendToString(&payload);
  return payload;
}

bool is_intact(std::string_view snapshot) {
  v1::Snapshot checksum;
  checksum.set_checksum(0);
  const std::size_t length = checksum.ByteSizeLong();
  if (snapshot.size() < length) return true;
  const std::string_view body = snapshot.substr(0, snapshot.size() - length);
  const bool readable = checksum.ParseFromArray(snapshot.data() + body.size(), static_cast<int>(length));
  return !readable || !checksum.has_checksum() || checksum.checksum() == crc_of(body);
}

Snapshot decode_snapshot(std::string_view payload) {
  google::protobuf::Arena arena;
  v1::Snapshot& stored = *google::protobuf::Arena::CreateMessage<v1::Snapshot>(&arena);
  if (!stored.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    throw Corrupt("snapshot cannot be parsed");
  }
  check_known(stored);
  Snapshot snapshot;
  dispatch::StateImage& image = snapshot.state;
  image.epoch = stored.epoch();
  image.last_sequence = stored.last_sequence();
  image.last_time = time_of(stored.last_time());
  image.last_estimate = time_of(stored.last_estimate());
  image.last_skill = stored.last_skill();
  image.last_policy = stored.last_policy();
  image.last_queue = stored.last_queue();
  image.last_agent = stored.last_agent();
  image.last_contact = stored.last_contact();
  image.last_offer = stored.last_offer();
  image.last_session = stored.last_session();
  image.settings = read(stored.settings());
  read_all(stored.skills(), image.skills);
  read_all(stored.policies(), image.policies);
  read_all(stored.queues(), image.queues);
  read_all(stored.agents(), image.agents);
  read_all(stored.contacts(), image.contacts);
  read_all(stored.offers(), image.offers);
  read_all(stored.requests(), image.requests);
  check_known(stored.board());
  kpi::BoardCounters& board = snapshot.folded.board;
  board.day = stored.board().day();
  board.totals = read(stored.board().totals());
  read_all(stored.board().queues(), board.queues);
  read_all(stored.board().agents(), board.agents);
  read_all(stored.facts(), snapshot.folded.facts.rows);
  read_all(stored.handling(), snapshot.folded.facts.handling);
  return snapshot;
}

}  // namespace muster::journal
