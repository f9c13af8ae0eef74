#include <cstdint>
#include <optional>
#include <type_traits>
#include <variant>

#include "hash_types.h"
#include "muster/dispatch/command.h"
#include "muster/dispatch/engine.h"

// The fingerprint of a command is remembered with its request id, across versions of the program: the number that
// stands for each kind of command must not change.
namespace muster::dispatch {

template <typename T>
static void hash_into(Hasher& h, const std::optional<T>& v) {
  h.add(v.has_value());
  if (v) h.add(*v);
}

static void hash_into(Hasher& h, const NamedSkillLevel& v) {
  h.add(v.skill, v.level);
  h.add_later(1, v.valid_until, {});
}
static void hash_into(Hasher& h, const NamedRequirement& v) {
  h.add(v.skill, v.min_level);
  h.add_later(1, v.max_level, kLevelMax);
}
static void hash_into(Hasher& h, const PredicateDraft& v) { h.add(v.kind, v.parts, v.skill); }
static void hash_into(Hasher& h, const PreferencesDraft& v) { h.add(v.weights, v.newcomers); }
static void hash_into(Hasher& h, const LendingDraft& v) { h.add(v.conditions, v.lender); }
static void hash_into(Hasher& h, const PoolDraft& v) { h.add(v.id, v.members, v.lending); }
static void hash_into(Hasher& h, const StepDraft& v) {
  h.add(v.after, v.requirements);
  h.add_later(1, v.where, {});
  h.add_later(2, v.prefer, {});
  h.add_later(3, v.pools, {});
  h.add_later(4, v.offers, std::uint8_t{1});
}
static void hash_into(Hasher& h, const PolicyChange& v) {
  h.add(v.display_name, v.steps, v.offer_timeout, v.priority_weight, v.refusal_cool_down, v.auto_accept);
  h.add_later(1, v.gates, {});
  h.add_later(2, v.preferred_agent_wait, {});
  h.add_later(3, v.strict_priority, {});
  h.add_later(4, v.by_deadline, {});
  h.add_later(5, v.starvation_bound, {});
  h.add_later(6, v.pools, {});
}
static void hash_into(Hasher& h, const QueueChange& v) {
  h.add(v.display_name, v.policy, v.service_level_target, v.wrap_up_limit, v.time_to_live);
  h.add_later(1, v.paused, {});
  h.add_later(2, v.share, {});
  h.add_later(3, v.idle_reserve, {});
  h.add_later(4, v.reserve_skill, {});
  h.add_later(5, v.service_level_method, {});
  h.add_later(6, v.short_abandon, {});
}
static void hash_into(Hasher& h, const AgentChange& v) {
  h.add(v.display_name, v.skills, v.capacity_units, v.channel_limits);
  h.add_later(1, v.quality, {});
  h.add_later(2, v.cost, {});
  h.add_later(3, v.base, {});
  h.add_later(4, v.team, {});
}
static void hash_into(Hasher& h, const SettingsChange& v) {
  h.add(v.channel_units, v.resume_grace, v.contact_grace, v.first_miss_pause, v.second_miss_pause,
        v.escalate_after_refusals, v.escalation_priority);
  h.add_later(1, v.queue_order, {});
  h.add_later(2, v.ramp_up_offers, {});
  h.add_later(3, v.interrupts, {});
}

static void hash_into(Hasher& h, const CreateSkill& v) { h.add(1, v.id, v.display_name); }
static void hash_into(Hasher& h, const UpdateSkill& v) { h.add(2, v.id, v.display_name); }
static void hash_into(Hasher& h, const DeleteSkill& v) { h.add(3, v.id); }
static void hash_into(Hasher& h, const CreatePolicy& v) { h.add(4, v.id, v.change); }
static void hash_into(Hasher& h, const UpdatePolicy& v) { h.add(5, v.id, v.change); }
static void hash_into(Hasher& h, const DeletePolicy& v) { h.add(6, v.id); }
static void hash_into(Hasher& h, const CreateQueue& v) {
  h.add(7, v.id, v.channel, v.change);
  h.add_later(1, v.tenant, std::string(kPlatformTenant));
}
static void hash_into(Hasher& h, const UpdateQueue& v) { h.add(8, v.id, v.change); }
static void hash_into(Hasher& h, const DeleteQueue& v) { h.add(9, v.id); }
static void hash_into(Hasher& h, const CreateAgent& v) { h.add(10, v.id, v.change); }
static void hash_into(Hasher& h, const UpdateAgent& v) { h.add(11, v.id, v.change); }
static void hash_into(Hasher& h, const DeleteAgent& v) { h.add(12, v.id); }
static void hash_into(Hasher& h, const UpdateSettings& v) { h.add(13, v.change); }
static void hash_into(Hasher& h, const SuspendAgent& v) { h.add(14, v.id, v.suspended, v.reason); }
static void hash_into(Hasher& h, const CreateContact& v) {
  h.add(15, v.queue, v.priority, v.requirements, v.excluded_agents, *v.details, v.due, v.time_to_live);
  h.add_later(1, v.preferred_agent, {});
}
static void hash_into(Hasher& h, const EndContact& v) { h.add(16, v.contact, v.state, v.reason); }
static void hash_into(Hasher& h, const TransferContact& v) { h.add(17, v.contact, v.queue, v.reason); }
static void hash_into(Hasher& h, const OpenSession& v) { h.add(18, v.agent, v.resume); }
static void hash_into(Hasher& h, const LoseSession& v) { h.add(19, v.session); }
static void hash_into(Hasher& h, const CloseSession& v) { h.add(20, v.session); }
// The commands of agents are taken without the session: a client that lost it repeats them through the next one.
static void hash_into(Hasher& h, const SetPresence& v) {
  h.add(21, v.presence, v.reason);
  h.add_later(1, v.next, false);
}
static void hash_into(Hasher& h, const AcceptOffer& v) { h.add(22, v.offer); }
static void hash_into(Hasher& h, const DeclineOffer& v) { h.add(23, v.offer, v.reason); }
static void hash_into(Hasher& h, const ReportSetupFailure& v) { h.add(24, v.contact, v.reason); }
static void hash_into(Hasher& h, const HoldContact& v) { h.add(25, v.contact); }
static void hash_into(Hasher& h, const ResumeContact& v) { h.add(26, v.contact); }
static void hash_into(Hasher& h, const StartWrapUp& v) { h.add(27, v.contact); }
static void hash_into(Hasher& h, const CompleteContact& v) { h.add(28, v.contact, v.disposition); }
static void hash_into(Hasher& h, const ReturnContact& v) { h.add(29, v.contact, v.queue, v.reason); }
static void hash_into(Hasher& h, const OpenWorkspace& v) { h.add(30, v.epoch, v.owner); }
static void hash_into(Hasher& h, const RecordStateHash&) { h.add(31); }
static void hash_into(Hasher& h, const PrioritizeContact& v) { h.add(32, v.contact, v.priority); }
static void hash_into(Hasher& h, const AssignContact& v) { h.add(33, v.contact, v.agent, v.wait, v.reason); }

static void hash_into(Hasher& h, const HoldPool& v) { h.add(34, v.queue, v.pool, v.hold); }
static void hash_into(Hasher& h, const SetAgentPresence& v) { h.add(35, v.agent, v.presence, v.reason, v.next); }
// Where and when it counts is looked up for each try.
static void hash_into(Hasher& h, const RecordContactOutcome& v) { h.add(36, v.contact, v.kind, v.value, v.id); }

/// No body has a field of this number.
static constexpr std::uint64_t kTenantTag = 0x100;

std::uint64_t fingerprint(const Command& command) {
  Hasher hasher;
  std::visit([&](const auto& body) { hash_into(hasher, body); }, command.body);
  hasher.add_later(kTenantTag, command.tenant, std::string());
  return hasher.value();
}

}  // namespace muster::dispatch
