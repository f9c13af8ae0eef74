#include "setup.h"

#include <algorithm>

namespace muster::sim {
namespace {

using RoutingStub = v1::RoutingService::StubInterface::async_interface;

// The API's own defaults and limits, in simulated and real time.
constexpr double kOfferTimeout = 20;
constexpr double kRefusalCoolDown = 60;
constexpr double kFirstMissPause = 30;
constexpr double kSecondMissPause = 300;
constexpr Duration kOfferTimeoutMin = std::chrono::milliseconds(50);

// How many creations of agents are under way at once.
constexpr int kInFlightMax = 128;

void to_proto(Duration span, google::protobuf::Duration* out) {
  out->set_seconds(span.count() / 1'000'000);
  out->set_nanos(static_cast<std::int32_t>(span.count() % 1'000'000 * 1000));
}

Duration to_duration(const google::protobuf::Duration& span) {
  return std::chrono::seconds(span.seconds()) + std::chrono::microseconds(span.nanos() / 1000);
}

}  // namespace

ScaledTimes Setup::run() {
  scaled_.offer_timeout = std::max(kOfferTimeoutMin, floor_.clock.real(kOfferTimeout));
  floor_.offer_timeout = scaled_.offer_timeout;
  scale_settings();
  create_skills();
  for (const QueuePlan& plan : floor_.workload.queues) {
    create_policy(plan);
    create_queue(plan);
  }
  create_agents();
  return scaled_;
}

void Setup::restore() {
  update_pauses(to_duration(before_.first_miss_pause()), to_duration(before_.second_miss_pause()));
}

void Setup::scale_settings() {
  before_ = floor_.caller.wait(stub_.async(), &RoutingStub::GetWorkspaceSettings, v1::GetWorkspaceSettingsRequest())
                .settings();
  // What a workspace does not name keeps the API's default.
  floor_.channel_units = {{v1::CHANNEL_VOICE, 100}, {v1::CHANNEL_CHAT, 34},   {v1::CHANNEL_EMAIL, 20},
                          {v1::CHANNEL_SOCIAL, 20}, {v1::CHANNEL_TICKET, 20}, {v1::CHANNEL_TASK, 25}};
  for (const v1::ChannelUnits& units : before_.channel_units()) floor_.channel_units[units.channel()] = units.units();
  // From the defaults and not from what is set: a run that was killed must not make the next one's pauses shorter.
  scaled_.first_miss_pause = floor_.clock.real(kFirstMissPause);
  scaled_.second_miss_pause = floor_.clock.real(kSecondMissPause);
  update_pauses(scaled_.first_miss_pause, scaled_.second_miss_pause);
}

void Setup::update_pauses(Duration first, Duration second) {
  v1::UpdateWorkspaceSettingsRequest request;
  request.set_request_id(floor_.ids.next());
  to_proto(first, request.mutable_settings()->mutable_first_miss_pause());
  to_proto(second, request.mutable_settings()->mutable_second_miss_pause());
  request.mutable_update_mask()->add_paths("first_miss_pause");
  request.mutable_update_mask()->add_paths("second_miss_pause");
  floor_.caller.wait(stub_.async(), &RoutingStub::UpdateWorkspaceSettings, std::move(request));
}

void Setup::create_skills() {
  for (const std::string& skill : floor_.workload.skills) {
    v1::CreateSkillRequest request;
    request.set_request_id(floor_.ids.next());
    request.mutable_skill()->set_skill_id(floor_.prefix + skill);
    request.mutable_skill()->set_display_name(skill);
    floor_.caller.wait(stub_.async(), &RoutingStub::CreateSkill, std::move(request));
  }
}

void Setup::create_policy(const QueuePlan& plan) {
  v1::CreatePolicyRequest request;
  request.set_request_id(floor_.ids.next());
  v1::Policy& policy = *request.mutable_policy();
  policy.set_policy_id(floor_.prefix + plan.id);
  policy.set_display_name(plan.display_name);
  const auto add_step = [&](double after_s, const std::vector<SkillLevel>& requirements) {
    v1::PolicyStep* step = policy.add_steps();
    to_proto(floor_.clock.real(after_s), step->mutable_after());
    for (const SkillLevel& skill : requirements) {
      v1::SkillRequirement* requirement = step->add_requirements();
      requirement->set_skill_id(floor_.prefix + skill.skill);
      requirement->set_min_level(skill.level);
    }
  };
  add_step(0, plan.requirements);
  if (plan.widen_after_s > 0) add_step(plan.widen_after_s, plan.widened);
  to_proto(scaled_.offer_timeout, policy.mutable_offer_timeout());
  to_proto(floor_.clock.real(plan.priority_weight_s), policy.mutable_priority_weight());
  to_proto(floor_.clock.real(kRefusalCoolDown), policy.mutable_refusal_cool_down());
  floor_.caller.wait(stub_.async(), &RoutingStub::CreatePolicy, std::move(request));
}

void Setup::create_queue(const QueuePlan& plan) {
  v1::CreateQueueRequest request;
  request.set_request_id(floor_.ids.next());
  v1::Queue& queue = *request.mutable_queue();
  queue.set_queue_id(floor_.prefix + plan.id);
  queue.set_display_name(plan.display_name);
  queue.set_channel(plan.channel);
  queue.set_policy_id(floor_.prefix + plan.id);
  to_proto(floor_.clock.real(plan.service_level_target_s), queue.mutable_service_level_target());
  to_proto(floor_.clock.real(plan.wrap_up_limit_s), queue.mutable_wrap_up_limit());
  floor_.caller.wait(stub_.async(), &RoutingStub::CreateQueue, std::move(request));
}

void Setup::create_agents() {
  int in_flight = 0;
  for (const AgentPlan& plan : floor_.workload.agents) {
    v1::CreateAgentRequest request;
    request.set_request_id(floor_.ids.next());
    v1::Agent& agent = *request.mutable_agent();
    agent.set_agent_id(floor_.prefix + plan.id);
    agent.set_display_name(plan.display_name);
    for (const SkillLevel& skill : plan.skills) {
      v1::SkillLevel* level = agent.add_skills();
      level->set_skill_id(floor_.prefix + skill.skill);
      level->set_level(skill.level);
    }
    agent.set_capacity_units(plan.capacity_units);
    for (const auto& [channel, contacts] : plan.channel_limits) {
      v1::ChannelLimit* limit = agent.add_channel_limits();
      limit->set_channel(channel);
      limit->set_max_contacts(contacts);
    }
    floor_.audit.agent(agent.agent_id(), plan.capacity_units);
    ++in_flight;
    floor_.caller.call(stub_.async(), &RoutingStub::CreateAgent, std::move(request),
                       [&in_flight](const grpc::Status& status, const v1::CreateAgentResponse&, int) {
                         if (!status.ok()) throw ServerError(Caller::describe(status));
                         --in_flight;
                       });
    floor_.loop.run_until([&] { return in_flight < kInFlightMax; });
  }
  floor_.loop.run_until([&] { return in_flight == 0; });
}

}  // namespace muster::sim
