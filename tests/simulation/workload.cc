#include "workload.h"

#include <memory>
#include <utility>
#include <variant>

namespace muster::dispatch {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Few of each, so that everything meets everything.
constexpr std::uint64_t kSkills = 4;
constexpr std::uint64_t kPolicies = 3;
constexpr std::uint64_t kQueues = 5;
constexpr std::uint64_t kAgents = 7;
constexpr std::uint64_t kRepeatable = 16;

constexpr Channel kChannels[] = {Channel::kVoice, Channel::kChat, Channel::kEmail, Channel::kVoice, Channel::kChat};

}  // namespace

Workload::Workload(std::uint64_t seed) : random_(seed) {}

std::vector<NamedSkillLevel> Workload::some_skills(std::uint64_t most, std::uint64_t level_bound) {
  std::vector<NamedSkillLevel> skills;
  for (std::uint64_t i = below(most + 1); i > 0; --i) {
    skills.push_back({some("skill", kSkills), static_cast<std::uint8_t>(below(level_bound))});
  }
  return skills;
}

std::vector<StepDraft> Workload::some_steps() {
  std::vector<StepDraft> steps(1 + below(3));
  Duration after{};
  for (StepDraft& step : steps) {
    step.after = after;
    step.requirements = some_skills(2, 80);
    after += seconds(1 + below(60));
  }
  return steps;
}

std::vector<CommandBody> Workload::opening() {
  std::vector<CommandBody> commands;
  commands.push_back(OpenWorkspace{++epoch_, "simulation"});
  for (std::uint64_t i = 0; i < kSkills; ++i) commands.push_back(CreateSkill{"skill" + std::to_string(i), ""});
  for (std::uint64_t i = 0; i < kPolicies; ++i) {
    PolicyChange change;
    change.steps = some_steps();
    change.auto_accept = i == 2;
    change.refusal_cool_down = seconds(below(40));
    change.priority_weight = seconds(below(30));
    commands.push_back(CreatePolicy{"policy" + std::to_string(i), change});
  }
  for (std::uint64_t i = 0; i < kQueues; ++i) {
    QueueChange change;
    change.policy = some("policy", kPolicies);
    change.wrap_up_limit = seconds(i % 2 == 0 ? 0 : 20);
    change.time_to_live = minutes(1 + below(20));
    commands.push_back(CreateQueue{"queue" + std::to_string(i), kChannels[i], change});
  }
  for (std::uint64_t i = 0; i < kAgents; ++i) {
    AgentChange change;
    change.skills = some_skills(4, 101);
    change.capacity_units = static_cast<std::uint16_t>(50 + below(100));
    commands.push_back(CreateAgent{"agent" + std::to_string(i), change});
  }
  return commands;
}

Duration Workload::pause() {
  switch (below(10)) {
    case 0:
    case 1:
    case 2:
      return {};
    case 3:
      return minutes(below(10));
    case 4:
      return one_in(20) ? hours(below(30)) : seconds(below(90));
    default:
      return milliseconds(below(8'000));
  }
}

Command Workload::next(const Engine& engine) {
  if (!sent_.empty() && one_in(40)) {
    Command again = sent_[below(sent_.size())];
    CommandBody other = body(engine);
    if (one_in(3) && !std::holds_alternative<OpenWorkspace>(other)) again.body = std::move(other);
    return again;
  }
  Command command{{}, body(engine)};
  if (std::holds_alternative<OpenWorkspace>(command.body)) return command;  // an owner's, never sent twice
  if (!one_in(5)) command.request = {0xabcdef, ++requests_};
  if (sent_.size() < kRepeatable) {
    sent_.push_back(command);
  } else {
    sent_[below(kRepeatable)] = command;
  }
  return command;
}

CommandBody Workload::body(const Engine& engine) {
  const std::uint64_t dice = below(100);
  if (dice < 30) return customer(engine);
  if (dice < 55) return offer_answer(engine);
  if (dice < 75) return work(engine);
  if (dice < 95) return presence(engine);
  return configuration();
}

CommandBody Workload::customer(const Engine& engine) {
  if (one_in(5)) {
    const ContactState ends[] = {ContactState::kCancelled, ContactState::kAbandoned, ContactState::kDeflected};
    return EndContact{some_contact(engine), ends[below(3)], "changed their mind"};
  }
  if (one_in(12)) return TransferContact{some_contact(engine), some("queue", kQueues), "elsewhere"};
  CreateContact create;
  create.queue = some("queue", kQueues);
  create.priority = static_cast<std::uint8_t>(one_in(3) ? below(101) : 0);
  if (one_in(3)) create.requirements = some_skills(2, 101);
  if (one_in(4)) create.excluded_agents = {some("agent", kAgents)};
  auto details = std::make_shared<ContactDetails>();
  details->customer_ref = some("customer", 1000);
  details->attributes = {{"shop", some("shop", 9)}};
  create.details = std::move(details);
  if (one_in(6)) create.due = engine.last_time() + seconds(below(300));
  if (one_in(6)) create.time_to_live = seconds(1 + below(120));
  return create;
}

CommandBody Workload::offer_answer(const Engine& engine) {
  const Agent* agent = some_agent(engine);
  OfferId offer{below(4)};  // mostly long gone
  if (agent && !agent->offers.empty() && !one_in(10)) offer = agent->offers[below(agent->offers.size())];
  const SessionId session = agent && !one_in(20) ? agent->session : some_session(engine);
  if (one_in(3)) return DeclineOffer{session, offer, "not mine"};
  return AcceptOffer{session, offer};
}

CommandBody Workload::work(const Engine& engine) {
  const Agent* agent = some_agent(engine);
  ContactId contact = some_contact(engine);
  if (agent && !agent->contacts.empty() && !one_in(10)) contact = agent->contacts[below(agent->contacts.size())];
  const SessionId session = agent && !one_in(20) ? agent->session : some_session(engine);
  switch (below(12)) {
    case 0:
    case 1:
    case 2:
      return HoldContact{session, contact};
    case 3:
    case 4:
      return ResumeContact{session, contact};
    case 5:
    case 6:
      return StartWrapUp{session, contact};
    case 7:
      return ReturnContact{session, contact, one_in(2) ? "" : some("queue", kQueues), "not my field"};
    case 8:
      return ReportSetupFailure{session, contact, "no line"};
    default:
      return CompleteContact{session, contact, "done"};
  }
}

CommandBody Workload::presence(const Engine& engine) {
  const Agent* agent = some_agent(engine);
  if (!agent || one_in(12)) {
    return OpenSession{some("agent", kAgents), one_in(2) || !agent ? SessionId{} : agent->session};
  }
  if (agent->session == SessionId::kNone) return OpenSession{agent->spec.id, {}};
  if (!agent->connected && !one_in(3)) return OpenSession{agent->spec.id, agent->session};
  const SessionId session = one_in(30) ? some_session(engine) : agent->session;
  switch (below(12)) {
    case 0:
      return LoseSession{session};
    case 1:
      return one_in(2) ? CommandBody{CloseSession{session}} : CommandBody{LoseSession{session}};
    case 2:
      return SetPresence{session, Presence::kBreak, "tea"};
    case 3:
      return SetPresence{session, Presence::kOffline, ""};
    case 4:
      return SuspendAgent{agent->spec.id, one_in(3), "quality"};
    default:
      return SetPresence{session, Presence::kAvailable, ""};
  }
}

// Things come and go under a handful of names: some are there already, some no more.
CommandBody Workload::coming_and_going() {
  switch (below(9)) {
    case 0:
      return CreateSkill{some("skill", kSkills + 1), "again"};
    case 1:
      return DeleteSkill{some("skill", kSkills + 1)};
    case 2:
      return CreatePolicy{some("policy", kPolicies + 1), {}};
    case 3:
      return DeletePolicy{some("policy", kPolicies + 1)};
    case 4: {
      QueueChange change;
      change.policy = some("policy", kPolicies + 1);
      return CreateQueue{some("queue", kQueues + 1), Channel::kTask, change};
    }
    case 5:
      return DeleteQueue{some("queue", kQueues + 1)};
    case 6:
      return DeleteAgent{some("agent", kAgents)};
    case 7:
      return UpdateSkill{some("skill", kSkills + 1), "renamed"};
    default: {
      AgentChange change;
      change.skills = some_skills(4, 101);
      return CreateAgent{some("agent", kAgents), change};
    }
  }
}

CommandBody Workload::configuration() {
  switch (below(12)) {
    case 0: {
      PolicyChange change;
      change.steps = some_steps();
      return UpdatePolicy{some("policy", kPolicies), change};
    }
    case 1: {
      PolicyChange change;
      change.priority_weight = seconds(below(30));
      change.offer_timeout = seconds(1 + below(30));
      return UpdatePolicy{some("policy", kPolicies), change};
    }
    case 2: {
      QueueChange change;
      change.policy = some("policy", kPolicies);
      return UpdateQueue{some("queue", kQueues), change};
    }
    case 3:
    case 4: {
      AgentChange change;
      change.skills = some_skills(4, 101);
      return UpdateAgent{some("agent", kAgents), change};
    }
    case 5: {
      AgentChange change;
      change.capacity_units = static_cast<std::uint16_t>(below(200));
      change.channel_limits = AgentSpec{}.channel_limits;
      (*change.channel_limits)[raw(Channel::kChat)] = static_cast<std::int16_t>(below(3));
      return UpdateAgent{some("agent", kAgents), change};
    }
    case 6: {
      SettingsChange change;
      change.channel_units[raw(Channel::kChat)] = static_cast<std::uint16_t>(1 + below(60));
      change.escalate_after_refusals = static_cast<std::uint16_t>(1 + below(6));
      change.resume_grace = seconds(below(30));
      if (one_in(2)) change.contact_grace = seconds(below(90));
      return UpdateSettings{change};
    }
    case 7:
      return OpenWorkspace{++epoch_, "simulation"};
    case 8:
      return RecordStateHash{};
    default:
      return coming_and_going();
  }
}

SessionId Workload::some_session(const Engine& engine) {
  const Agent* agent = some_agent(engine);
  return agent ? agent->session : SessionId{below(100)};
}

const Agent* Workload::some_agent(const Engine& engine) { return engine.agent(some("agent", kAgents)); }

ContactId Workload::some_contact(const Engine& engine) {
  const StateImage image = engine.image();
  if (image.contacts.empty() || one_in(20)) return ContactId{below(50)};
  return image.contacts[below(image.contacts.size())].id;
}

}  // namespace muster::dispatch
