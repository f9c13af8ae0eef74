#include "explain_view.h"

#include <algorithm>

#include "contact_view.h"
#include "duration.h"
#include "i18n.h"
#include "routing_view.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

int count_of(const v1::ExplainContactResponse& response, v1::Obstacle obstacle) {
  const auto& counts = response.obstacles();
  const auto found =
      std::find_if(counts.begin(), counts.end(), [&](const auto& each) { return each.obstacle() == obstacle; });
  return found == counts.end() ? 0 : found->agents();
}

std::string in(const google::protobuf::Timestamp& time, TimePoint now) {
  return format_duration(std::max(Duration::zero(), from_proto(time) - now));
}

/// What would get a queued contact to an agent, the likeliest first.
std::vector<std::string> ways_out(const v1::ExplainContactResponse& response, TimePoint now) {
  std::vector<std::string> ways;
  const auto add = [&](v1::Obstacle obstacle, const auto& sentence) {
    const auto agents = static_cast<unsigned long>(count_of(response, obstacle));
    if (agents > 0) ways.push_back(fmt::format(fmt::runtime(sentence(agents)), agents));
  };
  add(v1::OBSTACLE_CAPACITY, [](unsigned long n) {
    return trn("{0} agent who fits is busy: as soon as there is room",
               "{0} agents who fit are busy: as soon as one has room", n);
  });
  add(v1::OBSTACLE_PAUSED, [](unsigned long n) {
    return trn("{0} agent is ready for it: when its queue is no longer paused",
               "{0} agents are ready for it: when its queue is no longer paused", n);
  });
  add(v1::OBSTACLE_RESERVE, [](unsigned long n) {
    return trn("{0} agent is ready for it: when more agents are idle than its queue leaves for others",
               "{0} agents are ready for it: when more agents are idle than its queue leaves for others", n);
  });
  if (!response.preferred_agent_id().empty()) {
    ways.push_back(say("it waits for {0} alone, then for any agent: in {1}", response.preferred_agent_id(),
                       in(response.preferred_until_time(), now)));
  }
  add(v1::OBSTACLE_NOT_AVAILABLE, [](unsigned long n) {
    return trn("{0} agent who fits is on a break, not responding or cut off: when available again",
               "{0} agents who fit are on a break, not responding or cut off: when one is available again", n);
  });
  add(v1::OBSTACLE_SIGNED_OFF, [](unsigned long n) {
    return trn("{0} agent who fits is not signed in: after signing in",
               "{0} agents who fit are not signed in: when one signs in", n);
  });
  add(v1::OBSTACLE_SUSPENDED, [](unsigned long n) {
    return trn("{0} agent who fits is suspended: once that is lifted",
               "{0} agents who fit are suspended: once that is lifted for one", n);
  });
  if (response.has_next_cool_down_end_time()) {
    ways.push_back(say("an agent who refused it may be asked again, if available then: in {0}",
                       in(response.next_cool_down_end_time(), now)));
  }
  if (response.has_next_step_time()) {
    ways.push_back(
        say("its policy moves to the next step, which may ask for less: in {0}", in(response.next_step_time(), now)));
  }
  return ways;
}

std::string standing_line(const v1::AgentStanding& standing, TimePoint now) {
  std::string text = standing.agent_id() + tr(": ") + word(standing.obstacle());
  const std::string asked = requirement_text(standing.required());
  switch (standing.obstacle()) {
    case v1::OBSTACLE_NONE:
      return text + say("; idle for {0}, carries {1} units", format_duration(from_proto(standing.idle())),
                        standing.used_units());
    case v1::OBSTACLE_SKILL:
      return text + say("; asked for is {0}", asked);
    case v1::OBSTACLE_LEVEL:
      return text + say("; asked for is {0}, the agent has {1}", asked, standing.level());
    case v1::OBSTACLE_CONDITION:
      return text + say("; asked for is {0}", alternatives_text(standing.alternatives()));
    case v1::OBSTACLE_COOL_DOWN:
      return text + (standing.has_cool_down_end_time() ? say("; ends in {0}", in(standing.cool_down_end_time(), now))
                                                       : tr("; for good: declined too often"));
    case v1::OBSTACLE_CAPACITY:
      return text + say("; carries {0} units", standing.used_units());
    default:
      return text;
  }
}

void add_section(std::vector<std::string>& lines, const std::string& title, const std::vector<std::string>& items) {
  lines.push_back("");
  lines.push_back(title);
  for (const std::string& item : items) lines.push_back("  " + printable(item));
}

}  // namespace

std::string estimate_text(const v1::WaitEstimate& estimate) {
  if (estimate.servers() == 0) return tr("unknown: no agent who fits is available");
  const std::string basis =
      say("contacts ahead {0}, served at once {1}", estimate.contacts_ahead(), estimate.servers());
  if (!estimate.has_wait()) return say("unknown: the queue has not handled a contact yet ({0})", basis);
  return say("about {0} ({1})", format_duration(from_proto(estimate.wait())), basis);
}

std::vector<std::string> explanation_lines(const v1::ExplainContactResponse& response, TimePoint now) {
  std::vector<std::string> lines;
  std::vector<std::string> asked;
  for (const auto& alternatives : response.alternatives()) asked.push_back(alternatives_text(alternatives));
  if (asked.empty() || !response.requirements().empty()) {
    asked.insert(asked.begin(), requirements_text(response.requirements()));
  }
  add_section(lines, tr("Asked of an agent, by the policy and the contact itself:"), asked);
  std::vector<std::string> obstacles;
  for (const auto& each : response.obstacles()) {
    obstacles.push_back(fmt::format("{:>6}  {}", each.agents(), word(each.obstacle())));
  }
  add_section(lines, tr("Agents, by what keeps them from it:"), obstacles);
  if (response.contact().state() == v1::CONTACT_STATE_QUEUED) {
    auto ways = ways_out(response, now);
    if (ways.empty()) ways.push_back(tr("nobody may have it: change its policy or an agent's profile, or transfer it"));
    add_section(lines, tr("What would get it to an agent:"), ways);
  }
  if (response.has_estimate()) {
    add_section(lines, tr("Estimated wait from now on:"), {estimate_text(response.estimate())});
  }
  if (response.has_offer()) add_section(lines, tr("The open offer:"), offer_lines(response.offer(), now));
  std::vector<std::string> named;
  for (const auto& standing : response.agents()) named.push_back(standing_line(standing, now));
  if (!named.empty()) add_section(lines, tr("The agents asked about:"), named);
  return lines;
}

}  // namespace muster::cli
