#include "floor.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace muster::testing {
namespace {

using namespace dispatch;
using namespace std::chrono_literals;

constexpr int kSkills = 8;
const std::vector<std::string> kQueues = {"calls", "chats", "tasks"};

std::string skill_id(std::uint64_t number) { return "skill-" + std::to_string(number % kSkills); }
std::string agent_id(int number) { return "agent-" + std::to_string(number); }

ContactDetailsPtr details(std::uint64_t number) {
  return std::make_shared<ContactDetails>(
      ContactDetails{"customer-" + std::to_string(number), "Order " + std::to_string(number), {{"language", "en"}}});
}

}  // namespace

Floor::Floor(Options options) : options_(options), random_(options.seed) {
  mean_gap_ = Duration(60s) / options_.agents;
  run(OpenWorkspace{1, "floor"});
  configure();
  for (int agent = 0; agent < options_.agents; ++agent) sign_in(agent);
}

void Floor::configure() {
  for (std::uint64_t i = 0; i < kSkills; ++i) run(CreateSkill{skill_id(i), "Skill " + std::to_string(i)});
  PolicyChange policy;
  policy.steps = std::vector<StepDraft>{{0s, {{skill_id(0), 30}}}, {20s, {{skill_id(0), 0}}}, {60s, {}}};
  const auto has = [](std::uint64_t skill) {
    return PredicateDraft{Predicate::Kind::kSkill, {}, {skill_id(skill), 0, 90}};
  };
  policy.steps->at(1).where = {Predicate::Kind::kAnyOf, {has(1), {Predicate::Kind::kNot, {has(2)}, {}}}, {}};
  policy.steps->at(1).prefer.weights.quality = 1s;
  policy.steps->at(2).offers = 3;
  policy.pools = {{"others", has(1), {{.waiting = 1}, {}}}};
  policy.refusal_cool_down = 15s;
  policy.starvation_bound = 2min;
  run(CreatePolicy{"widening", policy});
  QueueChange queue;
  queue.policy = "widening";
  queue.wrap_up_limit = 30s;
  queue.time_to_live = 10min;
  run(CreateQueue{"calls", Channel::kVoice, queue});
  run(CreateQueue{"chats", Channel::kChat, queue});
  queue.wrap_up_limit = 0s;
  queue.share = 2;
  run(CreateQueue{"tasks", Channel::kTask, queue});
  for (int i = 0; i < options_.agents; ++i) {
    AgentChange agent;
    agent.skills = std::vector<NamedSkillLevel>{{skill_id(0), static_cast<std::uint8_t>(random_.below(101))}};
    for (const std::uint64_t skill : {random_.below(kSkills - 1), random_.below(kSkills - 1)}) {
      if (agent.skills->back().skill == skill_id(skill + 1)) continue;
      agent.skills->push_back({skill_id(skill + 1), static_cast<std::uint8_t>(random_.below(101))});
    }
    agent.skills->back().valid_until = now_ + 1h;
    agent.quality = static_cast<std::uint8_t>(random_.below(101));
    run(CreateAgent{agent_id(i), agent});
  }
}

void Floor::sign_in(int agent, SessionId resume) {
  const Reply opened = run(OpenSession{agent_id(agent), resume});
  if (opened.ok()) run(SetPresence{SessionId{opened.id}, Presence::kAvailable, ""});
}

Reply Floor::run(CommandBody body) {
  const Reply reply = engine_.handle({{random_(), random_()}, std::move(body)}, now_, events_);
  for (; reacted_ < events_.size(); ++reacted_) react(Event(events_[reacted_]));
  return reply;
}

std::vector<Event> Floor::take() {
  reacted_ = 0;
  return std::exchange(events_, {});
}

void Floor::step() {
  const TimePoint planned = planned_.empty() ? TimePoint::max() : planned_.begin()->first;
  const TimePoint deadline = engine_.next_deadline().value_or(TimePoint::max());
  now_ = std::max(now_, std::min({planned, deadline, next_arrival_}));
  if (planned <= now_) {
    CommandBody body = std::move(planned_.begin()->second);
    planned_.erase(planned_.begin());
    run(std::move(body));
  } else if (next_arrival_ <= now_) {
    next_arrival_ = now_ + between(0s, 2 * mean_gap_);
    create_contact();
    if (odd()) change_something();
  } else {
    engine_.advance(now_, events_);
    for (; reacted_ < events_.size(); ++reacted_) react(Event(events_[reacted_]));
  }
}

void Floor::create_contact() {
  CreateContact contact;
  contact.queue = kQueues[random_.below(kQueues.size())];
  contact.priority = static_cast<std::uint8_t>(random_.below(3) * 10);
  if (random_.below(2) == 0) contact.requirements = {{skill_id(1 + random_.below(kSkills - 1)), 20}};
  contact.details = details(random_.below(1'000'000));
  if (odd()) contact.excluded_agents = {agent_id(0)};
  if (odd()) contact.due = now_ + between(1s, 60s);
  if (odd()) contact.time_to_live = between(1s, 5s);
  if (odd()) contact.preferred_agent = some_agent();
  const Reply created = run(contact);
  assert(created.ok());
  if (odd()) plan(between(0s, 30s), EndContact{ContactId{created.id}, ContactState::kAbandoned, "hung up"});
  if (odd()) plan(between(0s, 30s), TransferContact{ContactId{created.id}, contact.queue, "asked for another"});
  if (odd()) plan(between(0s, 30s), PrioritizeContact{ContactId{created.id}, 30});
  if (odd()) {
    plan(between(60s, 3600s), RecordContactOutcome{ContactId{created.id}, contact.queue, some_agent(), now_,
                                                   ContactOutcomeKind::kCsat, 5, "survey"});
  }
  if (odd()) plan(between(0s, 30s), AssignContact{ContactId{created.id}, some_agent(), 30s, "knows the case"});
}

void Floor::change_something() {
  const std::string agent = some_agent();
  const SessionId session = session_of(engine_.agent(agent)->handle);
  switch (random_.below(9)) {
    case 0:
      run(LoseSession{session});
      break;
    case 1:
      run(CloseSession{session});
      break;
    case 2:
      run(SetPresence{session, Presence::kBreak, "lunch", odd()});
      break;
    case 3:
      run(SuspendAgent{agent, true, "coaching"});
      break;
    case 4:
      run(CreateSkill{"passing", "Comes and goes"});
      run(DeleteSkill{"passing"});
      break;
    case 5:
      run(CreatePolicy{"passing", {}});
      run(DeletePolicy{"passing"});
      break;
    case 6:
      run(CreateQueue{"passing", Channel::kEmail, {{}, "widening", {}, {}, {}}});
      run(DeleteQueue{"passing"});
      break;
    case 7:
      run(CreateAgent{"passing", {}});
      run(DeleteAgent{"passing"});
      break;
    case 8: {
      SettingsChange settings;
      settings.escalate_after_refusals = static_cast<std::uint16_t>(1 + random_.below(3));
      settings.interrupts.emplace();
      (*settings.interrupts)[raw(Channel::kVoice)] = odd() ? ChannelSet{} : bit_of(Channel::kTask);
      settings.ramp_up_offers = static_cast<std::uint8_t>(random_.below(3));
      settings.queue_order = odd() ? QueueOrder::kShare : QueueOrder::kRank;
      run(UpdateSettings{settings});
      if (odd()) run(RecordStateHash{});  // walks the whole state: as rare as snapshots are
      break;
    }
  }
}

void Floor::react(const Event& event) {
  if (const auto* offer = std::get_if<OfferMade>(&event.body)) answer_offer(*offer);
  if (const auto* accepted = std::get_if<OfferAccepted>(&event.body)) work(*accepted);
  if (const auto* wrap_up = std::get_if<ContactWrapUpStarted>(&event.body)) {
    if (!odd()) plan(between(1s, 20s), CompleteContact{session_of(wrap_up->agent), wrap_up->contact, "solved"});
  }
  if (const auto* presence = std::get_if<PresenceChanged>(&event.body)) {
    const std::string& id = engine_.agent(presence->agent)->spec.id;
    const SessionId session = session_of(presence->agent);
    if (presence->presence == Presence::kSuspended) plan(60s, SuspendAgent{id, false, "coached"});
    if (presence->presence == Presence::kBreak) plan(60s, SetPresence{session, Presence::kAvailable, ""});
    if (presence->presence == Presence::kNotResponding) plan(20s, SetPresence{session, Presence::kAvailable, ""});
    if (presence->presence == Presence::kOffline && session != SessionId{}) {
      plan(90s, SetPresence{session, Presence::kAvailable, ""});
    }
  }
  if (const auto* lost = std::get_if<SessionLost>(&event.body)) {
    // Back in time to resume, or too late.
    plan(between(1s, 120s), OpenSession{engine_.agent(lost->agent)->spec.id, lost->session});
  }
  if (const auto* ended = std::get_if<SessionEnded>(&event.body)) {
    plan(60s, OpenSession{engine_.agent(ended->agent)->spec.id, {}});
  }
  if (const auto* opened = std::get_if<SessionOpened>(&event.body)) {
    plan(1s, SetPresence{opened->session, Presence::kAvailable, ""});
  }
}

void Floor::answer_offer(const OfferMade& offer) {
  const SessionId session = session_of(offer.agent);
  if (!odd()) return plan(between(1s, 5s), AcceptOffer{session, offer.offer});
  if (odd() || random_.below(3) != 0) plan(between(1s, 5s), DeclineOffer{session, offer.offer, "busy"});
}

void Floor::work(const OfferAccepted& accepted) {
  const SessionId session = session_of(accepted.agent);
  const ContactId contact = accepted.contact;
  Duration done = between(10s, 60s);
  if (odd()) {
    switch (random_.below(4)) {
      case 0:
        return plan(1s, ReportSetupFailure{session, contact, "no answer"});
      case 1:
        return plan(10s, ReturnContact{session, contact, "", "not mine"});
      case 2:
        plan(10s, EndContact{contact, ContactState::kCancelled, "ordered twice"});
        break;
      case 3:
        plan(5s, HoldContact{session, contact});
        plan(30s, ResumeContact{session, contact});
        done += 60s;
        break;
    }
  }
  plan(done, StartWrapUp{session, contact});
}

void Floor::plan(Duration after, CommandBody body) { planned_.emplace(now_ + after, std::move(body)); }

std::string Floor::some_agent() {
  return agent_id(static_cast<int>(random_.below(static_cast<std::uint64_t>(options_.agents))));
}

Duration Floor::between(Duration least, Duration most) {
  return least + Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>((most - least).count()))));
}

SessionId Floor::session_of(AgentHandle agent) const { return engine_.agent(agent)->session; }

}  // namespace muster::testing
