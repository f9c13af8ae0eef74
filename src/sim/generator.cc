#include "generator.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "distributions.h"
#include "language.h"

namespace muster::sim {
namespace {

// An agent may stay in wrap-up for this many times its mean before the server completes the contact.
constexpr double kWrapUpLimitFactor = 4;

QueuePlan queue_of(const TypeProfile& type) {
  return {.id = type.id,
          .display_name = type.display_name,
          .channel = type.channel,
          .requirements = type.requirements,
          .widen_after_s = type.widen_after_s,
          .widened = type.widened,
          .service_level_target_s = type.service_level_target_s,
          .wrap_up_limit_s = kWrapUpLimitFactor * type.wrap_up_mean_s};
}

std::vector<AgentPlan> agents_of(const Profile& profile) {
  std::vector<double> shares;
  for (const TeamProfile& team : profile.teams) shares.push_back(team.share);
  const std::vector<int> sizes = apportion(profile.agents, shares);
  std::vector<AgentPlan> agents;
  for (std::size_t t = 0; t < profile.teams.size(); ++t) {
    const TeamProfile& team = profile.teams[t];
    for (int i = 1; i <= sizes[t]; ++i) {
      agents.push_back({.id = fmt::format("{}-{:03}", team.id, i),
                        .display_name = fmt::format("{} {}", team.id, i),
                        .skills = team.skills,
                        .capacity_units = team.capacity_units,
                        .channel_limits = team.channel_limits});
    }
  }
  return agents;
}

std::vector<std::string> skills_of(const Profile& profile) {
  std::set<std::string> skills;
  const auto collect = [&](const std::vector<SkillLevel>& levels) {
    for (const SkillLevel& level : levels) skills.insert(level.skill);
  };
  for (const TypeProfile& type : profile.types) collect(type.requirements), collect(type.widened);
  for (const TeamProfile& team : profile.teams) collect(team.skills);
  return {skills.begin(), skills.end()};
}

/// A type's index drawn by the shares. REQUIRES: the shares' sum is above 0.
std::size_t draw_type(Random& random, const std::vector<double>& shares, double sum) {
  double at = random.unit() * sum;
  for (std::size_t i = 0; i + 1 < shares.size(); ++i) {
    if (at < shares[i]) return i;
    at -= shares[i];
  }
  return shares.size() - 1;
}

Arrival draw_arrival(Random& random, const TypeProfile& type, double at_s, std::size_t queue) {
  Arrival arrival{.at_s = at_s, .queue = queue, .priority = type.priority};
  arrival.service_s = lognormal(random, type.handle_mean_s, type.handle_cv);
  arrival.wrap_up_s = exponential(random, type.wrap_up_mean_s);
  if (type.patience_mean_s > 0) arrival.patience_s = exponential(random, type.patience_mean_s);
  return arrival;
}

}  // namespace

std::vector<int> apportion(int total, const std::vector<double>& shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<int> parts(shares.size(), 0);
  if (sum <= 0) return parts;
  std::vector<std::pair<double, std::size_t>> remainders;
  int given = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double exact = total * shares[i] / sum;
    parts[i] = static_cast<int>(exact);
    given += parts[i];
    remainders.emplace_back(exact - parts[i], i);
  }
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; given < total; ++i, ++given) ++parts[remainders[i % remainders.size()].second];
  return parts;
}

Workload generate(const Profile& profile, std::uint64_t seed, double length_s) {
  Workload workload{.name = profile.name,
                    .skills = skills_of(profile),
                    .agents = agents_of(profile),
                    .behaviour = profile.behaviour,
                    .start_s = profile.start_hour * 3600.0};
  std::vector<double> shares;
  for (const TypeProfile& type : profile.types) {
    workload.queues.push_back(queue_of(type));
    shares.push_back(type.share);
  }
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  const double busiest = *std::max_element(profile.arrivals_per_hour.begin(), profile.arrivals_per_hour.end());
  if (sum <= 0 || busiest <= 0)
    throw InputError(say("profile {}: nobody arrives", "方案 {}：没有任何到达", profile.name));
  Random random(seed);
  // Thinning (Lewis and Shedler 1979): draw at the busiest hour's rate, keep each with the rate of its own hour.
  for (double at = workload.start_s;;) {
    at += exponential(random, 3600 / busiest);
    if (at >= workload.start_s + length_s) break;
    const auto hour = static_cast<std::size_t>(at / 3600) % 24;
    if (random.unit() * busiest >= profile.arrivals_per_hour[hour]) continue;
    const std::size_t type = draw_type(random, shares, sum);
    workload.arrivals.push_back(draw_arrival(random, profile.types[type], at, type));
  }
  return workload;
}

}  // namespace muster::sim
