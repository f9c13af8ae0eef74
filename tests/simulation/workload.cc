#include "workload.h"

#include <iterator>
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
constexpr const char* kEmails = "queue2";
/// Beyond kSkills: seldom in use, so that it can be deleted.
constexpr const char* kSpareSkill = "skill4";
/// Whose queue each is at first. The calls are of two tenants, the chats of one.
constexpr const char* kTenants[] = {"acme", "globex", kPlatformTenant, "globex", "globex"};

/// OR over pairs joined by AND doubles with each pair.
PredicateDraft too_large() {
  using Kind = Predicate::Kind;
  PredicateDraft any{Kind::kAnyOf, {}, {}};
  for (std::uint8_t level = 1; level <= 5; ++level) {
    const PredicateDraft skill{Kind::kSkill, {}, {"skill0", level, kLevelMax}};
    const PredicateDraft other{Kind::kSkill, {}, {"skill1", level, kLevelMax}};
    any.parts.push_back({Kind::kAllOf, {skill, other}, {}});
  }
  return any;
}

/// A step for each preference, one more than the engine keeps.
std::vector<StepDraft> too_many_ways() {
  std::vector<StepDraft> steps(Engine::kPreferencesMax + 1);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i].after = seconds(i);
    steps[i].prefer.weights.quality = seconds(i + 1);
  }
  return steps;
}

/// And two chats or emails fill most agents.
SettingsChange everything_interrupts() {
  SettingsChange change;
  change.interrupts.emplace();
  (*change.interrupts)[raw(Channel::kVoice)] = bit_of(Channel::kChat) | bit_of(Channel::kEmail);
  (*change.interrupts)[raw(Channel::kChat)] = bit_of(Channel::kEmail);
  change.channel_units[raw(Channel::kChat)] = 50;
  change.channel_units[raw(Channel::kEmail)] = 40;
  return change;
}

/// What clients may do themselves.
bool is_a_tenants(const CommandBody& body) {
  return std::holds_alternative<CreateContact>(body) || std::holds_alternative<EndContact>(body) ||
         std::holds_alternative<TransferContact>(body) || std::holds_alternative<PrioritizeContact>(body);
}

}  // namespace

Workload::Workload(std::uint64_t seed)
    : random_(seed), diligent_(seed / 2 % 2 == 1), crowded_(diligent_ && seed / 4 % 2 == 1) {}

std::vector<NamedSkillLevel> Workload::some_skills(std::uint64_t most, TimePoint now) {
  std::vector<NamedSkillLevel> skills;
  for (std::uint64_t i = diligent_ ? 2 * most : below(most + 1); i > 0; --i) {
    NamedSkillLevel& skill = skills.emplace_back();
    skill.skill = some("skill", kSkills);
    skill.level = static_cast<std::uint8_t>(below(101));
    if (one_in(4)) skill.valid_until = now + seconds(below(600));
  }
  return skills;
}

std::vector<NamedRequirement> Workload::some_requirements(std::uint64_t most, std::uint64_t level_bound) {
  if (diligent_) level_bound /= 4;
  std::vector<NamedRequirement> requirements;
  for (std::uint64_t i = below(most + 1); i > 0; --i) {
    NamedRequirement& required = requirements.emplace_back();
    required.skill = some("skill", kSkills);
    required.min_level = static_cast<std::uint8_t>(below(level_bound));
    if (one_in(6)) required.max_level = static_cast<std::uint8_t>(below(101));
  }
  return requirements;
}

PredicateDraft Workload::some_predicate(int depth) {
  using Kind = Predicate::Kind;
  PredicateDraft predicate;
  if (depth == 0 || one_in(3)) {
    predicate.kind = Kind::kSkill;
    predicate.skill = {some("skill", kSkills), static_cast<std::uint8_t>(below(50)), kLevelMax};
    return predicate;
  }
  const Kind kinds[] = {Kind::kAllOf, Kind::kAnyOf, Kind::kNot};
  predicate.kind = kinds[below(3)];
  const std::uint64_t parts = predicate.kind == Kind::kNot ? 1 : 1 + below(3);
  for (std::uint64_t i = 0; i < parts; ++i) predicate.parts.push_back(some_predicate(depth - 1));
  return predicate;
}

PreferencesDraft Workload::some_preferences() {
  PreferencesDraft prefer;
  Preferences& weights = prefer.weights;
  switch (below(7)) {
    case 0:
      weights.quality = seconds(1);
      break;
    case 1:
      weights.cost = seconds(2);
      break;
    case 2:
      weights.load = seconds(1);
      break;
    case 3:
      weights.specialist = minutes(1);
      weights.quality = milliseconds(100);
      break;
    case 4:
      weights.fairness = seconds(20);
      break;
    case 5:
      weights.ignore_idle = true;
      weights.quality = seconds(1);
      break;
    default:
      break;
  }
  if (one_in(3)) weights.skill_fit = seconds(below(3));
  if (one_in(4)) {
    prefer.newcomers = some("skill", kSkills);
    weights.newcomer_percent = static_cast<std::uint8_t>(one_in(2) ? 100 : 30);
  }
  if (one_in(6)) weights.quality = milliseconds(1 + below(1'000));  // one way more
  return prefer;
}

std::vector<StepDraft> Workload::some_steps() {
  std::vector<StepDraft> steps(1 + below(4));
  Duration after{};
  for (StepDraft& step : steps) {
    step.after = after;
    step.requirements = some_requirements(crowded_ ? 1 : 2, 80);
    if (one_in(crowded_ ? 8 : 2)) step.where = some_predicate(2);
    if (one_in(2)) step.prefer = some_preferences();
    if (one_in(3)) step.offers = static_cast<std::uint8_t>(2 + below(4));
    after += seconds(1 + below(60));
  }
  return steps;
}

void Workload::add_pools(PolicyChange& change) {
  change.pools = {{"pool0", some_predicate(1), {}}, {"pool1", some_predicate(1), {}}};
  Lending& lending = change.pools->back().lending.conditions;
  if (one_in(2)) lending.waiting = static_cast<std::uint16_t>(below(4));
  if (one_in(2)) lending.service_level = static_cast<std::uint8_t>(below(101));
  if (one_in(2)) lending.predicted_wait = seconds(below(120));
  if (one_in(4)) {
    change.pools->back().lending.lender = some("queue", kQueues);
    lending.lender_service_level = static_cast<std::uint8_t>(below(101));
  }
  if (!change.steps) return;
  for (StepDraft& step : *change.steps) {
    if (one_in(2)) step.pools.push_back("pool1");
    if (one_in(3)) step.pools.push_back("pool0");
    if (!step.pools.empty() && one_in(30)) step.pools.push_back("pool9");
  }
}

std::vector<CommandBody> Workload::opening() {
  std::vector<CommandBody> commands;
  commands.push_back(OpenWorkspace{++epoch_, "simulation"});
  if (crowded_) commands.push_back(UpdateSettings{everything_interrupts()});
  for (std::uint64_t i = 0; i < kSkills; ++i) commands.push_back(CreateSkill{"skill" + std::to_string(i), ""});
  for (std::uint64_t i = 0; i < kPolicies; ++i) {
    PolicyChange change;
    change.steps = some_steps();
    change.auto_accept = i == 2 || (crowded_ && i == 1);
    change.refusal_cool_down = seconds(below(40));
    change.priority_weight = seconds(below(30));
    if (one_in(crowded_ ? 9 : 3)) change.gates = some_predicate(1);
    change.strict_priority = one_in(3);
    change.by_deadline = one_in(3);
    change.starvation_bound = seconds(below(300));
    if (diligent_) *change.starvation_bound += minutes(10);
    if (one_in(2)) add_pools(change);
    commands.push_back(CreatePolicy{"policy" + std::to_string(i), change});
  }
  for (std::uint64_t i = 0; i < kQueues; ++i) {
    QueueChange change;
    change.policy = some("policy", kPolicies);
    change.wrap_up_limit = seconds(i % 2 == 0 ? 0 : 20);
    change.time_to_live = minutes(1 + below(20));
    change.share = static_cast<std::uint16_t>(below(4));
    commands.push_back(CreateQueue{"queue" + std::to_string(i), kChannels[i], change, kTenants[i]});
  }
  for (std::uint64_t i = 0; i < kAgents; ++i) {
    AgentChange change;
    change.skills = some_skills(4, {});
    change.capacity_units = static_cast<std::uint16_t>((diligent_ ? 150 : 50) + below(100));
    if (crowded_) change.capacity_units = static_cast<std::uint16_t>(100 + below(50));
    change.quality = static_cast<std::uint8_t>(below(101));
    change.cost = static_cast<std::uint8_t>(below(101));
    change.base = "base" + std::to_string(i % 3);
    if (i % 4 != 0) change.team = "team" + std::to_string(i % 5);
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
      return diligent_ ? seconds(below(30)) : minutes(below(10));
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
    if (one_in(3)) again.tenant = "globex";
    if (!is_a_tenants(again.body)) again.tenant.clear();
    return again;
  }
  Command command{{}, body(engine)};
  if (std::holds_alternative<OpenWorkspace>(command.body)) return command;  // an owner's, never sent twice
  if (!one_in(5)) command.request = {0xabcdef, ++requests_};
  if (is_a_tenants(command.body) && one_in(3)) command.tenant = one_in(2) ? "acme" : "globex";
  if (sent_.size() < kRepeatable) {
    sent_.push_back(command);
  } else {
    sent_[below(kRepeatable)] = command;
  }
  return command;
}

CommandBody Workload::body(const Engine& engine) {
  const std::uint64_t dice = below(100);
  if (dice < (diligent_ ? 18U : 30U)) return customer(engine);
  if (dice < 55) return offer_answer(engine);
  if (dice < 75) return work(engine);
  if (dice < 92) return presence(engine);
  if (dice < 95) return supervisor(engine);
  return configuration(engine.last_time());
}

CommandBody Workload::customer(const Engine& engine) {
  if (one_in(5)) {
    const ContactState ends[] = {ContactState::kCancelled, ContactState::kAbandoned, ContactState::kDeflected};
    return EndContact{some_contact(engine), ends[below(3)], "changed their mind"};
  }
  if (one_in(12)) return TransferContact{some_contact(engine), some("queue", kQueues), "elsewhere"};
  CreateContact create;
  create.queue = crowded_ && one_in(2) ? kEmails : some("queue", kQueues);
  create.priority = static_cast<std::uint8_t>(one_in(3) ? below(101) : 0);
  if (one_in(3)) create.requirements = some_requirements(2, 101);
  if (one_in(6)) create.preferred_agent = some("agent", kAgents);
  if (one_in(4)) create.excluded_agents = {some("agent", kAgents)};
  auto details = std::make_shared<ContactDetails>();
  details->customer_ref = some("customer", 1000);
  details->attributes = {{"shop", some("shop", 9)}};
  create.details = std::move(details);
  if (one_in(6)) create.due = engine.last_time() + seconds(below(300));
  if (one_in(6)) create.time_to_live = seconds(1 + below(120));
  return create;
}

CommandBody Workload::outcome(const Engine& engine, ContactId contact) {
  const auto kind = ContactOutcomeKind(1 + below(8));
  return RecordContactOutcome{contact,
                              some("queue", kQueues),
                              one_in(4) ? "" : some("agent", kAgents),
                              engine.last_time() - seconds(below(7200)),
                              kind,
                              static_cast<std::int64_t>(below(5)),
                              some("outcome", 1000)};
}

CommandBody Workload::supervisor(const Engine& engine) {
  const ContactId contact = some_contact(engine);
  if (one_in(6)) return outcome(engine, contact);
  if (one_in(3)) {
    return HoldPool{some("queue", kQueues), some("pool", 3), PoolHold(1 + below(3))};
  }
  if (one_in(4)) {
    return SetAgentPresence{some("agent", kAgents), Presence(1 + below(3)), "asked to", one_in(2)};
  }
  if (one_in(2)) return PrioritizeContact{contact, static_cast<std::uint8_t>(below(101))};
  AssignContact assign{contact, some("agent", kAgents), {}, "asked for"};
  if (one_in(2)) assign.wait = seconds(below(90));
  return assign;
}

CommandBody Workload::offer_answer(const Engine& engine) {
  const Agent* agent = some_agent(engine, &Agent::offers);
  OfferId offer{below(4)};  // mostly long gone
  if (agent && !agent->offers.empty() && !one_in(10)) offer = agent->offers[below(agent->offers.size())];
  const SessionId session = agent && !one_in(20) ? agent->session : some_session(engine);
  if (one_in(3)) return DeclineOffer{session, offer, "not mine"};
  return AcceptOffer{session, offer};
}

CommandBody Workload::work(const Engine& engine) {
  const Agent* agent = some_agent(engine, &Agent::contacts);
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
  switch (diligent_ && !one_in(8) ? 11 : below(12)) {
    case 0:
      return LoseSession{session};
    case 1:
      return one_in(2) ? CommandBody{CloseSession{session}} : CommandBody{LoseSession{session}};
    case 2:
      return SetPresence{session, Presence::kBreak, "tea", one_in(2)};
    case 3:
      return SetPresence{session, Presence::kOffline, "", one_in(2)};
    case 4:
      return SuspendAgent{agent->spec.id, one_in(3), "quality"};
    default:
      return SetPresence{session, Presence::kAvailable, "", one_in(10)};
  }
}

// Things come and go under a handful of names: some are there already, some no more.
CommandBody Workload::coming_and_going(TimePoint now) {
  switch (below(9)) {
    case 0:
      return CreateSkill{one_in(2) ? kSpareSkill : some("skill", kSkills + 1), "again"};
    case 1:
      return DeleteSkill{one_in(2) ? kSpareSkill : some("skill", kSkills + 1)};
    case 2:
      return CreatePolicy{some("policy", kPolicies + 1), {}};
    case 3:
      return DeletePolicy{some("policy", kPolicies + 1)};
    case 4: {
      QueueChange change;
      change.policy = some("policy", kPolicies + 1);
      return CreateQueue{some("queue", kQueues + 1), Channel::kTask, change, kTenants[below(std::size(kTenants))]};
    }
    case 5:
      return DeleteQueue{some("queue", kQueues + 1)};
    case 6:
      return DeleteAgent{some("agent", kAgents)};
    case 7:
      return UpdateSkill{some("skill", kSkills + 1), "renamed"};
    default: {
      AgentChange change;
      change.skills = some_skills(4, now);
      return CreateAgent{some("agent", kAgents), change};
    }
  }
}

CommandBody Workload::configuration(TimePoint now) {
  switch (below(12)) {
    case 0: {
      PolicyChange change;
      change.steps = one_in(10) ? too_many_ways() : some_steps();
      if (one_in(2)) add_pools(change);
      return UpdatePolicy{some("policy", kPolicies), change};
    }
    case 1: {
      PolicyChange change;
      change.priority_weight = seconds(below(30));
      change.offer_timeout = seconds(1 + below(30));
      if (one_in(2)) change.gates = one_in(10) ? too_large() : some_predicate(1);
      if (one_in(4)) change.strict_priority = one_in(2);
      if (one_in(4)) change.by_deadline = one_in(2);
      if (one_in(4)) change.starvation_bound = seconds(below(300));
      if (one_in(4)) change.preferred_agent_wait = seconds(below(60));
      if (one_in(8)) change.pools.emplace();
      return UpdatePolicy{some("policy", kPolicies), change};
    }
    case 2: {
      QueueChange change;
      if (one_in(2)) change.policy = some("policy", kPolicies);
      if (one_in(3)) change.paused = one_in(2);
      if (one_in(3)) change.share = static_cast<std::uint16_t>(below(4));
      if (one_in(3)) change.idle_reserve = static_cast<std::uint16_t>(below(3));
      if (one_in(4)) change.reserve_skill = one_in(3) ? "" : some("skill", kSkills);
      if (one_in(4)) change.service_level_method = ServiceLevelMethod(1 + below(7));
      if (one_in(4)) change.short_abandon = seconds(below(10));
      return UpdateQueue{some("queue", kQueues), change};
    }
    case 3:
    case 4: {
      AgentChange change;
      change.skills = some_skills(4, now);
      return UpdateAgent{some("agent", kAgents), change};
    }
    case 5: {
      AgentChange change;
      if (one_in(2)) change.quality = static_cast<std::uint8_t>(below(101));
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
      if (one_in(3)) change.queue_order = QueueOrder(1 + below(3));
      if (one_in(2)) {
        change.interrupts.emplace();
        (*change.interrupts)[raw(Channel::kVoice)] = static_cast<ChannelSet>(below(64) * 2);
        if (one_in(2)) (*change.interrupts)[raw(Channel::kChat)] = bit_of(Channel::kEmail);
      }
      if (one_in(3)) change.ramp_up_offers = static_cast<std::uint8_t>(below(4));
      if (one_in(2)) change.contact_grace = seconds(below(90));
      return UpdateSettings{change};
    }
    case 7:
      return OpenWorkspace{++epoch_, "simulation"};
    case 8:
      return RecordStateHash{};
    default:
      return coming_and_going(now);
  }
}

SessionId Workload::some_session(const Engine& engine) {
  const Agent* agent = some_agent(engine);
  return agent ? agent->session : SessionId{below(100)};
}

const Agent* Workload::some_agent(const Engine& engine) { return engine.agent(some("agent", kAgents)); }

template <typename List>
const Agent* Workload::some_agent(const Engine& engine, List Agent::*list) {
  const Agent* agent = some_agent(engine);
  for (int tries = 0; diligent_ && tries < 5 && (!agent || (agent->*list).empty()); ++tries) agent = some_agent(engine);
  return agent;
}

ContactId Workload::some_contact(const Engine& engine) {
  const StateImage image = engine.image();
  if (image.contacts.empty() || one_in(20)) return ContactId{below(50)};
  return image.contacts[below(image.contacts.size())].id;
}

}  // namespace muster::dispatch
