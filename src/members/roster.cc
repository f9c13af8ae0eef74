#include "muster/members/roster.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "lifecycle.h"
#include "member_store.h"
#include "muster/api/by.h"
#include "muster/api/caller.h"
#include "muster/base/thread_name.h"

namespace muster::members {
namespace {

/// The engine gets so many at once. With 128 other commands were answered up to 20 ms later while thousands of members
/// changed; with 16 they were as fast as without, and 3,000 changes a second still got through (muster-bench retag).
constexpr std::size_t kBatch = 16;
constexpr std::chrono::milliseconds kPause{500};
/// Suspensions that begin so are the roster's own to lift.
constexpr const char* kReason = "member ";

using Commands = std::vector<dispatch::CommandBody>;
using Skills = std::vector<dispatch::NamedSkillLevel>;

/// What the roster knows beside the changes.
struct Facts {
  std::vector<RosterChange> changes;
  std::set<std::string> managed;  ///< skills
};

/// As the agent has them; sorted.
Skills skills_of(const dispatch::Agent& agent, const dispatch::Engine& engine) {
  Skills skills;
  for (const dispatch::SkillLevel& has : agent.spec.skills) {
    skills.push_back({engine.skill(has.skill)->spec.id, has.level, has.valid_until});
  }
  std::sort(skills.begin(), skills.end(), [](const auto& a, const auto& b) { return a.skill < b.skill; });
  return skills;
}

/// The skills that the member is granted, and of the agent's own those that nobody grants; sorted.
Skills skills_for(const RosterChange& change, const std::set<std::string>& managed, const dispatch::Agent* agent,
                  const dispatch::Engine& engine, TimePoint now) {
  Skills skills = agent ? skills_of(*agent, engine) : Skills{};
  std::erase_if(skills, [&](const auto& skill) { return managed.contains(skill.skill); });
  for (const GrantedSkill& granted : change.skills) {
    const bool ended = granted.expires != TimePoint{} && granted.expires <= now;
    if (!ended) skills.push_back({granted.skill_id, granted.level, granted.expires});
  }
  std::sort(skills.begin(), skills.end(), [](const auto& a, const auto& b) { return a.skill < b.skill; });
  return skills;
}

bool same(const Skills& a, const Skills& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.skill == y.skill && x.level == y.level && x.valid_until == y.valid_until;
  });
}

/// How many contacts of each channel the agent may have, if that differs from what it is: chats are the tier's.
std::optional<dispatch::PerChannel<std::int16_t>> limits_for(const RosterChange& change, const dispatch::Agent* agent) {
  auto limits = agent ? agent->spec.channel_limits : dispatch::AgentSpec{}.channel_limits;
  auto& chats = limits[static_cast<std::size_t>(dispatch::Channel::kChat)];
  const auto wanted = static_cast<std::int16_t>(change.chat_limit);
  if (change.member.tier() == 0 || chats == wanted) return std::nullopt;
  chats = wanted;
  return limits;
}

/// What makes the agent as the member is. `created`: skills that come with the commands before.
Commands commands_for(const RosterChange& change, const std::set<std::string>& managed, const dispatch::Engine& engine,
                      TimePoint now, std::set<std::string>& created) {
  const v1::Member& member = change.member;
  const dispatch::Agent* agent = engine.agent(member.member_id());
  const bool serving = serves(member.state());
  if (!agent && !serving) return {};
  Commands commands;
  dispatch::AgentChange wanted;
  if (!agent || agent->spec.display_name != member.display_name()) wanted.display_name = member.display_name();
  const Skills skills = skills_for(change, managed, agent, engine, now);
  if (agent ? !same(skills, skills_of(*agent, engine)) : !skills.empty()) wanted.skills = skills;
  if (auto limits = limits_for(change, agent)) wanted.channel_limits = *limits;
  if ((agent ? agent->spec.base : "") != member.base_id()) wanted.base = member.base_id();
  if ((agent ? agent->spec.team : "") != member.team_id()) wanted.team = member.team_id();
  for (const dispatch::NamedSkillLevel& skill : skills) {
    const bool known = engine.skill(skill.skill) || !created.insert(skill.skill).second;
    if (!known) commands.push_back(dispatch::CreateSkill{skill.skill, ""});
  }
  if (!agent) {
    commands.push_back(dispatch::CreateAgent{member.member_id(), wanted});
    return commands;
  }
  const bool changes = wanted.display_name || wanted.skills || wanted.channel_limits || wanted.base || wanted.team;
  if (changes) commands.push_back(dispatch::UpdateAgent{member.member_id(), wanted});
  const bool suspended = agent->presence == dispatch::Presence::kSuspended;
  const bool by_roster = suspended && agent->presence_reason.starts_with(kReason);
  if (serving && by_roster) commands.push_back(dispatch::SuspendAgent{member.member_id(), false, ""});
  if (!serving && !suspended) {
    commands.push_back(dispatch::SuspendAgent{member.member_id(), true, kReason + api::short_name(member.state())});
  }
  return commands;
}

/// What is to be done about each change; empty if this node does not serve the workspace.
std::optional<std::vector<Commands>> look_up(node::Node& node, const Facts& facts) {
  auto promise = std::make_shared<std::promise<std::optional<std::vector<Commands>>>>();
  auto result = promise->get_future();
  node.read(
      [promise, &facts](const dispatch::Engine& engine, TimePoint now) -> std::function<void()> {
        std::vector<Commands> commands;
        std::set<std::string> created;
        for (const RosterChange& change : facts.changes) {
          commands.push_back(commands_for(change, facts.managed, engine, now, created));
        }
        return [promise, commands = std::move(commands)] { promise->set_value(commands); };
      },
      [promise](node::Delivery) { promise->set_value(std::nullopt); });
  return result.get();
}

std::future<node::Answer> submit(node::Node& node, dispatch::CommandBody body) {
  auto promise = std::make_shared<std::promise<node::Answer>>();
  auto answer = promise->get_future();
  node.submit({{}, std::move(body)}, [promise](const node::Answer& each) { promise->set_value(each); });
  return answer;
}

}  // namespace

Roster::Roster(store::TenantPool& pool, node::Node& node)
    : pool_(pool), node_(node), thread_([this](const std::stop_token& stop) { run(stop); }) {
  name_thread(thread_, "roster");
}

Roster::~Roster() = default;

void Roster::wake() {
  const std::lock_guard lock(mutex_);
  news_ = true;
  woken_.notify_one();
}

void Roster::wait(const std::stop_token& stop, std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  woken_.wait_for(lock, stop, at_most, [this] { return news_; });
  news_ = false;
}

void Roster::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::size_t told = 0;
    try {
      if (node_.readiness().ready) told = tell_some();
    } catch (const std::exception& e) {
      spdlog::warn("members: the engine could not be told of changes, they wait: {}", e.what());
    }
    if (told == 0) wait(stop, kPause);
  }
}

std::size_t Roster::tell_some() {
  const Facts facts = pool_
                          .submit(kPlatformTenant,
                                  [](TenantTransaction& t) {
                                    return Facts{roster_changes(t, kBatch), managed_skills(t)};
                                  })
                          .get();
  const std::vector<RosterChange>& changes = facts.changes;
  if (changes.empty()) return 0;
  const auto todo = look_up(node_, facts);
  if (!todo) return 0;
  std::vector<std::vector<std::future<node::Answer>>> answers(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    for (const dispatch::CommandBody& body : (*todo)[i]) answers[i].push_back(submit(node_, body));
  }
  std::vector<std::int64_t> told;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    bool done = true;
    for (auto& answer : answers[i]) {
      const node::Answer given = answer.get();
      done = done && given.delivery == node::Delivery::kAnswered && given.reply.ok();
    }
    if (done) told.insert(told.end(), changes[i].numbers.begin(), changes[i].numbers.end());
  }
  if (!told.empty()) pool_.submit(kPlatformTenant, [&](TenantTransaction& t) { delete_roster_changes(t, told); }).get();
  return told.size();
}

}  // namespace muster::members
