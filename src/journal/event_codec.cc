#include <google/protobuf/arena.h>
#include <google/protobuf/io/coded_stream.h>

#include "codec_values.h"
#include "muster/journal/codec.h"

namespace muster::journal {
namespace {

using journal::read;  // those of codec_values.h, which the ones below would hide

// The three that most events name.
template <typename Stored, typename Event>
void fill_subject(Stored& stored, const Event& event) {
  stored.set_contact(raw(event.contact));
  stored.set_queue(raw(event.queue));
  if constexpr (requires { event.agent; }) stored.set_agent(raw(event.agent));
}
template <typename Event, typename Stored>
Event read_subject(const Stored& stored) {
  Event event;
  event.contact = handle_of<dispatch::ContactId>(stored.contact());
  event.queue = handle_of<dispatch::QueueHandle>(stored.queue());
  if constexpr (requires { event.agent; }) event.agent = handle_of<dispatch::AgentHandle>(stored.agent());
  return event;
}

void write(v1::Event& to, const dispatch::WorkspaceOpened& event) {
  to.mutable_workspace_opened()->set_epoch(event.epoch);
  to.mutable_workspace_opened()->set_owner(event.owner);
}
dispatch::WorkspaceOpened read(const v1::WorkspaceOpened& stored) { return {stored.epoch(), stored.owner()}; }

void write(v1::Event& to, const dispatch::StateHashed& event) { to.mutable_state_hashed()->set_hash(event.hash); }
dispatch::StateHashed read(const v1::StateHashed& stored) { return {stored.hash()}; }

void write(v1::Event& to, const dispatch::SkillPut& event) {
  to.mutable_skill_put()->set_skill(raw(event.skill));
  fill(*to.mutable_skill_put()->mutable_spec(), event.spec);
}
dispatch::SkillPut read(const v1::SkillPut& stored) {
  return {handle_of<dispatch::SkillHandle>(stored.skill()), read(stored.spec())};
}

void write(v1::Event& to, const dispatch::SkillDeleted& event) {
  to.mutable_skill_deleted()->set_skill(raw(event.skill));
}
dispatch::SkillDeleted read(const v1::SkillDeleted& stored) {
  return {handle_of<dispatch::SkillHandle>(stored.skill())};
}

void write(v1::Event& to, const dispatch::PolicyPut& event) {
  to.mutable_policy_put()->set_policy(raw(event.policy));
  fill(*to.mutable_policy_put()->mutable_spec(), event.spec);
}
dispatch::PolicyPut read(const v1::PolicyPut& stored) {
  return {handle_of<dispatch::PolicyHandle>(stored.policy()), read(stored.spec())};
}

void write(v1::Event& to, const dispatch::PolicyDeleted& event) {
  to.mutable_policy_deleted()->set_policy(raw(event.policy));
}
dispatch::PolicyDeleted read(const v1::PolicyDeleted& stored) {
  return {handle_of<dispatch::PolicyHandle>(stored.policy())};
}

void write(v1::Event& to, const dispatch::QueuePut& event) {
  to.mutable_queue_put()->set_queue(raw(event.queue));
  fill(*to.mutable_queue_put()->mutable_spec(), event.spec);
}
dispatch::QueuePut read(const v1::QueuePut& stored) {
  return {handle_of<dispatch::QueueHandle>(stored.queue()), read(stored.spec())};
}

void write(v1::Event& to, const dispatch::QueueDeleted& event) {
  to.mutable_queue_deleted()->set_queue(raw(event.queue));
}
dispatch::QueueDeleted read(const v1::QueueDeleted& stored) {
  return {handle_of<dispatch::QueueHandle>(stored.queue())};
}

void write(v1::Event& to, const dispatch::AgentPut& event) {
  to.mutable_agent_put()->set_agent(raw(event.agent));
  fill(*to.mutable_agent_put()->mutable_spec(), event.spec);
}
dispatch::AgentPut read(const v1::AgentPut& stored) {
  return {handle_of<dispatch::AgentHandle>(stored.agent()), read(stored.spec())};
}

void write(v1::Event& to, const dispatch::AgentDeleted& event) {
  to.mutable_agent_deleted()->set_agent(raw(event.agent));
}
dispatch::AgentDeleted read(const v1::AgentDeleted& stored) {
  return {handle_of<dispatch::AgentHandle>(stored.agent())};
}

void write(v1::Event& to, const dispatch::SettingsPut& event) {
  fill(*to.mutable_settings_put()->mutable_settings(), event.settings);
}
dispatch::SettingsPut read(const v1::SettingsPut& stored) { return {read(stored.settings())}; }

void write(v1::Event& to, const dispatch::ContactCreated& event) {
  v1::ContactCreated& stored = *to.mutable_contact_created();
  fill_subject(stored, event);
  stored.set_priority(event.priority);
  fill(*stored.mutable_requirements(), event.requirements);
  fill_handles(stored.mutable_excluded(), event.excluded);
  fill(*stored.mutable_details(), *event.details);
  stored.set_due(store(event.due));
  stored.set_expires(store(event.expires));
  stored.set_preferred(raw(event.preferred));
  stored.set_preferred_until(store(event.preferred_until));
  stored.set_estimated_wait(store(event.estimated_wait));
}
dispatch::ContactCreated read(const v1::ContactCreated& stored) {
  auto event = read_subject<dispatch::ContactCreated>(stored);
  event.priority = narrow<std::uint8_t>(stored.priority());
  event.requirements = read(stored.requirements());
  read_handles(stored.excluded(), event.excluded);
  event.details = read(stored.details());
  event.due = time_of(stored.due());
  event.expires = time_of(stored.expires());
  event.preferred = handle_of<dispatch::AgentHandle>(stored.preferred());
  event.preferred_until = time_of(stored.preferred_until());
  event.estimated_wait = span_of(stored.estimated_wait());
  return event;
}

void write(v1::Event& to, const dispatch::ContactPrioritySet& event) {
  fill_subject(*to.mutable_contact_priority_set(), event);
  to.mutable_contact_priority_set()->set_priority(event.priority);
}
dispatch::ContactPrioritySet read(const v1::ContactPrioritySet& stored) {
  auto event = read_subject<dispatch::ContactPrioritySet>(stored);
  event.priority = narrow<std::uint8_t>(stored.priority());
  return event;
}

void write(v1::Event& to, const dispatch::ContactStarving& event) {
  fill_subject(*to.mutable_contact_starving(), event);
}
dispatch::ContactStarving read(const v1::ContactStarving& stored) {
  return read_subject<dispatch::ContactStarving>(stored);
}

void write(v1::Event& to, const dispatch::ContactAssigned& event) {
  v1::ContactAssigned& stored = *to.mutable_contact_assigned();
  fill_subject(stored, event);
  stored.set_preferred(raw(event.preferred));
  stored.set_until(store(event.until));
  stored.set_reason(event.reason);
}
dispatch::ContactAssigned read(const v1::ContactAssigned& stored) {
  auto event = read_subject<dispatch::ContactAssigned>(stored);
  event.preferred = handle_of<dispatch::AgentHandle>(stored.preferred());
  event.until = time_of(stored.until());
  event.reason = stored.reason();
  return event;
}

void write(v1::Event& to, const dispatch::ContactReleased& event) {
  v1::ContactReleased& stored = *to.mutable_contact_released();
  fill_subject(stored, event);
  stored.set_preferred(raw(event.preferred));
  stored.set_reason(event.reason);
}
dispatch::ContactReleased read(const v1::ContactReleased& stored) {
  auto event = read_subject<dispatch::ContactReleased>(stored);
  event.preferred = handle_of<dispatch::AgentHandle>(stored.preferred());
  event.reason = stored.reason();
  return event;
}

void write(v1::Event& to, const dispatch::PoolsChanged& event) {
  to.mutable_pools_changed()->set_queue(raw(event.queue));
  fill(*to.mutable_pools_changed()->mutable_pools(), event.pools);
}
dispatch::PoolsChanged read(const v1::PoolsChanged& stored) {
  return {handle_of<dispatch::QueueHandle>(stored.queue()), read(stored.pools())};
}

void write(v1::Event& to, const dispatch::ContactOutcomeRecorded& event) {
  v1::ContactOutcomeRecorded& stored = *to.mutable_contact_outcome_recorded();
  fill_subject(stored, event);
  stored.set_agent(raw(event.agent));
  stored.set_occurred(store(event.occurred));
  stored.set_kind(static_cast<std::uint32_t>(event.kind));
  stored.set_value(event.value);
  stored.set_id(event.id);
}
dispatch::ContactOutcomeRecorded read(const v1::ContactOutcomeRecorded& stored) {
  auto event = read_subject<dispatch::ContactOutcomeRecorded>(stored);
  event.agent = handle_of<dispatch::AgentHandle>(stored.agent());
  event.occurred = time_of(stored.occurred());
  event.kind = known(narrow<int>(stored.kind()), dispatch::ContactOutcomeKind::kCost);
  event.value = stored.value();
  event.id = stored.id();
  return event;
}

void write(v1::Event& to, const dispatch::ContactQueued& event) {
  fill_subject(*to.mutable_contact_queued(), event);
  to.mutable_contact_queued()->set_estimated_wait(store(event.estimated_wait));
}
dispatch::ContactQueued read(const v1::ContactQueued& stored) {
  auto event = read_subject<dispatch::ContactQueued>(stored);
  event.estimated_wait = span_of(stored.estimated_wait());
  return event;
}

void write(v1::Event& to, const dispatch::ContactStepChanged& event) {
  fill_subject(*to.mutable_contact_step_changed(), event);
  to.mutable_contact_step_changed()->set_step(event.step);
  to.mutable_contact_step_changed()->set_skipped(event.skipped);
}
dispatch::ContactStepChanged read(const v1::ContactStepChanged& stored) {
  auto event = read_subject<dispatch::ContactStepChanged>(stored);
  event.step = narrow<std::uint16_t>(stored.step());
  event.skipped = stored.skipped();
  return event;
}

void write(v1::Event& to, const dispatch::ContactEscalated& event) {
  fill_subject(*to.mutable_contact_escalated(), event);
  to.mutable_contact_escalated()->set_priority(event.priority);
}
dispatch::ContactEscalated read(const v1::ContactEscalated& stored) {
  auto event = read_subject<dispatch::ContactEscalated>(stored);
  event.priority = narrow<std::uint8_t>(stored.priority());
  return event;
}

void write(v1::Event& to, const dispatch::OfferMade& event) {
  v1::OfferMade& stored = *to.mutable_offer_made();
  stored.set_offer(raw(event.offer));
  fill_subject(stored, event);
  stored.set_expires(store(event.expires));
  fill(*stored.mutable_explanation(), event.explanation);
}
dispatch::OfferMade read(const v1::OfferMade& stored) {
  auto event = read_subject<dispatch::OfferMade>(stored);
  event.offer = handle_of<dispatch::OfferId>(stored.offer());
  event.expires = time_of(stored.expires());
  event.explanation = read(stored.explanation());
  return event;
}

void write(v1::Event& to, const dispatch::OfferAccepted& event) {
  v1::OfferAccepted& stored = *to.mutable_offer_accepted();
  stored.set_offer(raw(event.offer));
  fill_subject(stored, event);
  stored.set_waited(store(event.waited));
  stored.set_again(!event.first);
}
dispatch::OfferAccepted read(const v1::OfferAccepted& stored) {
  auto event = read_subject<dispatch::OfferAccepted>(stored);
  event.offer = handle_of<dispatch::OfferId>(stored.offer());
  event.waited = span_of(stored.waited());
  event.first = !stored.again();
  return event;
}

void write(v1::Event& to, const dispatch::OfferEnded& event) {
  v1::OfferEnded& stored = *to.mutable_offer_ended();
  stored.set_offer(raw(event.offer));
  fill_subject(stored, event);
  stored.set_state(static_cast<v1::OfferState>(event.state));
  stored.set_reason(event.reason);
  stored.set_rings_on(event.rings_on);
}
dispatch::OfferEnded read(const v1::OfferEnded& stored) {
  auto event = read_subject<dispatch::OfferEnded>(stored);
  event.offer = handle_of<dispatch::OfferId>(stored.offer());
  event.state = offer_state_of(stored.state());
  event.reason = stored.reason();
  event.rings_on = stored.rings_on();
  return event;
}

void write(v1::Event& to, const dispatch::ContactHeld& event) {
  fill_subject(*to.mutable_contact_held(), event);
  to.mutable_contact_held()->set_interrupted(event.interrupted);
}
dispatch::ContactHeld read(const v1::ContactHeld& stored) {
  auto event = read_subject<dispatch::ContactHeld>(stored);
  event.interrupted = stored.interrupted();
  return event;
}

void write(v1::Event& to, const dispatch::ContactResumed& event) { fill_subject(*to.mutable_contact_resumed(), event); }
dispatch::ContactResumed read(const v1::ContactResumed& stored) {
  return read_subject<dispatch::ContactResumed>(stored);
}

void write(v1::Event& to, const dispatch::ContactTransferred& event) {
  v1::ContactTransferred& stored = *to.mutable_contact_transferred();
  fill_subject(stored, event);
  stored.set_from(raw(event.from));
  stored.set_reason(event.reason);
}
dispatch::ContactTransferred read(const v1::ContactTransferred& stored) {
  auto event = read_subject<dispatch::ContactTransferred>(stored);
  event.from = handle_of<dispatch::QueueHandle>(stored.from());
  event.reason = stored.reason();
  return event;
}

void write(v1::Event& to, const dispatch::ContactRequeued& event) {
  v1::ContactRequeued& stored = *to.mutable_contact_requeued();
  fill_subject(stored, event);
  stored.set_failed_offer(raw(event.failed_offer));
  stored.set_reason(event.reason);
}
dispatch::ContactRequeued read(const v1::ContactRequeued& stored) {
  auto event = read_subject<dispatch::ContactRequeued>(stored);
  event.failed_offer = handle_of<dispatch::OfferId>(stored.failed_offer());
  event.reason = stored.reason();
  return event;
}

void write(v1::Event& to, const dispatch::ContactWrapUpStarted& event) {
  fill_subject(*to.mutable_contact_wrap_up_started(), event);
  to.mutable_contact_wrap_up_started()->set_until(store(event.until));
}
dispatch::ContactWrapUpStarted read(const v1::ContactWrapUpStarted& stored) {
  auto event = read_subject<dispatch::ContactWrapUpStarted>(stored);
  event.until = time_of(stored.until());
  return event;
}

void write(v1::Event& to, const dispatch::ContactCompleted& event) {
  fill_subject(*to.mutable_contact_completed(), event);
  to.mutable_contact_completed()->set_disposition(event.disposition);
}
dispatch::ContactCompleted read(const v1::ContactCompleted& stored) {
  auto event = read_subject<dispatch::ContactCompleted>(stored);
  event.disposition = stored.disposition();
  return event;
}

void write(v1::Event& to, const dispatch::ContactEnded& event) {
  v1::ContactEnded& stored = *to.mutable_contact_ended();
  fill_subject(stored, event);
  stored.set_state(static_cast<v1::ContactState>(event.state));
  stored.set_waited(store(event.waited));
  stored.set_reason(event.reason);
}
dispatch::ContactEnded read(const v1::ContactEnded& stored) {
  auto event = read_subject<dispatch::ContactEnded>(stored);
  event.state = contact_state_of(stored.state());
  event.waited = span_of(stored.waited());
  event.reason = stored.reason();
  return event;
}

void write(v1::Event& to, const dispatch::SessionOpened& event) {
  v1::SessionOpened& stored = *to.mutable_session_opened();
  stored.set_agent(raw(event.agent));
  stored.set_session(raw(event.session));
  stored.set_resumed(event.resumed);
}
dispatch::SessionOpened read(const v1::SessionOpened& stored) {
  return {handle_of<dispatch::AgentHandle>(stored.agent()), handle_of<dispatch::SessionId>(stored.session()),
          stored.resumed()};
}

void write(v1::Event& to, const dispatch::SessionLost& event) {
  to.mutable_session_lost()->set_agent(raw(event.agent));
  to.mutable_session_lost()->set_session(raw(event.session));
}
dispatch::SessionLost read(const v1::SessionLost& stored) {
  return {handle_of<dispatch::AgentHandle>(stored.agent()), handle_of<dispatch::SessionId>(stored.session())};
}

void write(v1::Event& to, const dispatch::SessionEnded& event) {
  v1::SessionEnded& stored = *to.mutable_session_ended();
  stored.set_agent(raw(event.agent));
  stored.set_session(raw(event.session));
  stored.set_reason(event.reason);
}
dispatch::SessionEnded read(const v1::SessionEnded& stored) {
  return {handle_of<dispatch::AgentHandle>(stored.agent()), handle_of<dispatch::SessionId>(stored.session()),
          stored.reason()};
}

void write(v1::Event& to, const dispatch::PresenceChanged& event) {
  v1::PresenceChanged& stored = *to.mutable_presence_changed();
  stored.set_agent(raw(event.agent));
  stored.set_presence(static_cast<v1::Presence>(event.presence));
  stored.set_reason(event.reason);
  stored.set_until(store(event.until));
  stored.set_misses(event.misses);
  stored.set_next(static_cast<v1::Presence>(event.next.presence));
  stored.set_next_reason(event.next.reason);
}
dispatch::PresenceChanged read(const v1::PresenceChanged& stored) {
  return {handle_of<dispatch::AgentHandle>(stored.agent()),
          presence_of(stored.presence()),
          stored.reason(),
          time_of(stored.until()),
          narrow<std::uint8_t>(stored.misses()),
          next_presence_of(stored.next(), stored.next_reason())};
}

template <typename Stored>
auto read_known(const Stored& stored) {
  check_known(stored);
  return read(stored);
}

dispatch::EventBody read_body(const v1::Event& stored) {
  switch (stored.body_case()) {
    case v1::Event::kContactCreated:
      return read_known(stored.contact_created());
    case v1::Event::kOfferMade:
      return read_known(stored.offer_made());
    case v1::Event::kOfferAccepted:
      return read_known(stored.offer_accepted());
    case v1::Event::kOfferEnded:
      return read_known(stored.offer_ended());
    case v1::Event::kContactWrapUpStarted:
      return read_known(stored.contact_wrap_up_started());
    case v1::Event::kContactCompleted:
      return read_known(stored.contact_completed());
    case v1::Event::kContactEnded:
      return read_known(stored.contact_ended());
    case v1::Event::kContactStepChanged:
      return read_known(stored.contact_step_changed());
    case v1::Event::kPresenceChanged:
      return read_known(stored.presence_changed());
    case v1::Event::kWorkspaceOpened:
      return read_known(stored.workspace_opened());
    case v1::Event::kStateHashed:
      return read_known(stored.state_hashed());
    case v1::Event::kSkillPut:
      return read_known(stored.skill_put());
    case v1::Event::kSkillDeleted:
      return read_known(stored.skill_deleted());
    case v1::Event::kPolicyPut:
      return read_known(stored.policy_put());
    case v1::Event::kPolicyDeleted:
      return read_known(stored.policy_deleted());
    case v1::Event::kQueuePut:
      return read_known(stored.queue_put());
    case v1::Event::kQueueDeleted:
      return read_known(stored.queue_deleted());
    case v1::Event::kAgentPut:
      return read_known(stored.agent_put());
    case v1::Event::kAgentDeleted:
      return read_known(stored.agent_deleted());
    case v1::Event::kSettingsPut:
      return read_known(stored.settings_put());
    case v1::Event::kContactQueued:
      return read_known(stored.contact_queued());
    case v1::Event::kContactEscalated:
      return read_known(stored.contact_escalated());
    case v1::Event::kContactHeld:
      return read_known(stored.contact_held());
    case v1::Event::kContactResumed:
      return read_known(stored.contact_resumed());
    case v1::Event::kContactTransferred:
      return read_known(stored.contact_transferred());
    case v1::Event::kContactRequeued:
      return read_known(stored.contact_requeued());
    case v1::Event::kSessionOpened:
      return read_known(stored.session_opened());
    case v1::Event::kSessionLost:
      return read_known(stored.session_lost());
    case v1::Event::kSessionEnded:
      return read_known(stored.session_ended());
    case v1::Event::kContactPrioritySet:
      return read_known(stored.contact_priority_set());
    case v1::Event::kContactStarving:
      return read_known(stored.contact_starving());
    case v1::Event::kContactAssigned:
      return read_known(stored.contact_assigned());
    case v1::Event::kContactReleased:
      return read_known(stored.contact_released());
    case v1::Event::kPoolsChanged:
      return read_known(stored.pools_changed());
    case v1::Event::kContactOutcomeRecorded:
      return read_known(stored.contact_outcome_recorded());
    case v1::Event::BODY_NOT_SET:
      break;
  }
  throw Corrupt("journal holds event " + std::to_string(stored.sequence()) +
                " of a kind that this release does not know: it was written by a newer one");
}

/// An arena that begins on the stack: most batches never go to the heap.
template <std::size_t kBytes>
struct StackArena {
  StackArena() : arena(buffer, kBytes) {}
  alignas(8) char buffer[kBytes];
  google::protobuf::Arena arena;
};

constexpr std::uint8_t kEventsTag = 1 << 3 | 2;  // field 1 of EventBatch, length-delimited

}  // namespace

void encode_event(const dispatch::Event& event, std::string& payload) {
  StackArena<4096> memory;
  v1::Event& stored = *google::protobuf::Arena::CreateMessage<v1::Event>(&memory.arena);
  stored.set_sequence(event.sequence);
  stored.set_time(store(event.time));
  stored.set_request_high(event.request.high);
  stored.set_request_low(event.request.low);
  stored.set_fingerprint(event.fingerprint);
  std::visit([&](const auto& body) { write(stored, body); }, event.body);

  using google::protobuf::io::CodedOutputStream;
  const std::size_t size = stored.ByteSizeLong();
  const std::size_t start = payload.size();
  payload.resize(start + 1 + CodedOutputStream::VarintSize64(size) + size);
  auto* at = reinterpret_cast<std::uint8_t*>(payload.data() + start);
  *at++ = kEventsTag;
  at = CodedOutputStream::WriteVarint64ToArray(size, at);
  stored.SerializeWithCachedSizesToArray(at);
}

void decode_events(std::string_view payload, const std::function<void(dispatch::Event&)>& visit) {
  StackArena<65536> memory;
  v1::EventBatch& batch = *google::protobuf::Arena::CreateMessage<v1::EventBatch>(&memory.arena);
  if (!batch.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    throw Corrupt("journal holds a payload that cannot be parsed");
  }
  check_known(batch);
  for (const v1::Event& stored : batch.events()) {
    check_known(stored);
    dispatch::Event event{stored.sequence(),
                          time_of(stored.time()),
                          {stored.request_high(), stored.request_low()},
                          stored.fingerprint(),
                          read_body(stored)};
    visit(event);
  }
}

}  // namespace muster::journal
