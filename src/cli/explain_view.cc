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
  if (!response.closed_pool_ids().empty()) {
    const std::vector<std::string> pools{response.closed_pool_ids().begin(), response.closed_pool_ids().end()};
    ways.push_back(say("an agent of a pool that is closed now: when it opens ({0})", join(pools)));
  }
  if (response.has_next_step_time()) {
    ways.push_back(
        say("its policy moves to the next step, which may ask for less: in {0}", in(response.next_step_time(), now)));
  }
  return ways;
}

/// What stands between an agent and contacts: of an AgentStanding or a WaitingCount.
template <typename Message>
std::string obstacle_text(const Message& message) {
  const std::string text = word(message.obstacle());
  const std::string asked = requirement_text(message.required());
  switch (message.obstacle()) {
    case v1::OBSTACLE_SKILL:
      return text + say("; asked for is {0}", asked);
    case v1::OBSTACLE_LEVEL:
      return text + say("; asked for is {0}, the agent has {1}", asked, message.level());
    case v1::OBSTACLE_CONDITION:
      return text + say("; asked for is {0}", alternatives_text(message.alternatives()));
    default:
      return text;
  }
}

std::string standing_line(const v1::AgentStanding& standing, TimePoint now) {
  const std::string text = standing.agent_id() + tr(": ") + obstacle_text(standing);
  switch (standing.obstacle()) {
    case v1::OBSTACLE_NONE:
      return text + say("; idle for {0}, carries {1} units", format_duration(from_proto(standing.idle())),
                        standing.used_units());
    case v1::OBSTACLE_COOL_DOWN:
      return text + (standing.has_cool_down_end_time() ? say("; ends in {0}", in(standing.cool_down_end_time(), now))
                                                       : tr("; for good: declined too often"));
    case v1::OBSTACLE_CAPACITY:
      return text + say("; carries {0} units", standing.used_units());
    default:
      return text;
  }
}

/// "score 12m: idle 2m, quality 10m".
std::string score_text(const v1::AgentScore& score) {
  std::vector<std::string> parts{say("idle {0}", signed_span(score.idle()))};
  const auto add = [&](bool set, const google::protobuf::Duration& part, const char* pattern) {
    if (set) parts.push_back(say(pattern, signed_span(part)));
  };
  add(score.has_load(), score.load(), noop("load {0}"));
  add(score.has_quality(), score.quality(), noop("quality {0}"));
  add(score.has_cost(), score.cost(), noop("cost {0}"));
  add(score.has_specialist(), score.specialist(), noop("number of skills {0}"));
  add(score.has_fairness(), score.fairness(), noop("contacts an hour {0}"));
  add(score.has_skill_fit(), score.skill_fit(), noop("level in what is required {0}"));
  return say("score {0}: {1}", signed_span(score.total()), join(parts));
}

/// How an agent stands to a contact and, if scores count, to the agent whom it is offered to.
std::vector<std::string> standing_lines(const v1::AgentStanding& standing, const v1::ExplainContactResponse& response,
                                        TimePoint now) {
  std::vector<std::string> lines{standing_line(standing, now)};
  if (!standing.has_score()) return lines;
  lines.push_back("  " + score_text(standing.score()));
  const v1::AgentStanding& chosen = response.offered_to();
  if (!chosen.has_score() || chosen.agent_id() == standing.agent_id()) return lines;
  const Duration lead = from_proto(chosen.score().total()) - from_proto(standing.score().total());
  lines.push_back("  " + (lead < Duration::zero()
                              ? say("{0} more than {1}", format_duration(-lead), chosen.agent_id())
                              : say("{0} less than {1}", format_duration(lead), chosen.agent_id())));
  return lines;
}

void add_section(std::vector<std::string>& lines, const std::string& title, const std::vector<std::string>& items) {
  lines.push_back("");
  lines.push_back(title);
  for (const std::string& item : items) lines.push_back("  " + printable(item));
}

/// Whether it is what the agent does now, or the queue, and not what the agent is to the contact.
bool is_for_agent(v1::Obstacle obstacle) {
  switch (obstacle) {
    case v1::OBSTACLE_NONE:
    case v1::OBSTACLE_SUSPENDED:
    case v1::OBSTACLE_SIGNED_OFF:
    case v1::OBSTACLE_NOT_AVAILABLE:
    case v1::OBSTACLE_CAPACITY:
    case v1::OBSTACLE_PAUSED:
    case v1::OBSTACLE_RESERVE:
      return true;
    default:
      return false;
  }
}

/// Why an agent gets nothing more.
std::string first_obstacle(const v1::ExplainAgentResponse& response) {
  const v1::Agent& agent = response.agent();
  const bool leaves = agent.presence() == v1::AGENT_PRESENCE_AVAILABLE && agent.connected() &&
                      agent.next_presence() != v1::AGENT_PRESENCE_UNSPECIFIED;
  if (response.obstacle() == v1::OBSTACLE_NOT_AVAILABLE && leaves) {
    return say("{0} comes once nothing is in hand: until then nothing more is offered", word(agent.next_presence()));
  }
  if (response.obstacle() != v1::OBSTACLE_NONE) return word(response.obstacle());
  return response.waiting().empty() ? tr("nothing waits") : tr("nothing that waits can be offered to the agent now");
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
  if (response.offered_to().has_score()) lines.push_back("      " + score_text(response.offered_to().score()));
  std::vector<std::string> named;
  for (const auto& standing : response.agents()) {
    for (std::string& line : standing_lines(standing, response, now)) named.push_back(std::move(line));
  }
  if (!named.empty()) add_section(lines, tr("The agents asked about:"), named);
  return lines;
}

std::vector<std::string> explanation_lines(const v1::ExplainAgentResponse& response) {
  std::vector<std::string> lines;
  std::vector<std::string> rooms;
  for (const auto& room : response.rooms())
    rooms.push_back(fmt::format("{} {}", word(room.channel()), room.contacts()));
  add_section(lines, tr("There is room for, by capacity alone:"), {join(rooms)});
  add_section(lines, tr("What the agent has, and why nothing more:"),
              {say("in hand {0}, ringing {1}", response.in_hand(), response.ringing()), first_obstacle(response)});
  std::vector<std::string> may_have;
  std::vector<std::string> may_not_have;
  for (const auto& count : response.waiting()) {
    (is_for_agent(count.obstacle()) ? may_have : may_not_have)
        .push_back(fmt::format("{:>6}  {}{}{}", count.contacts(), count.queue_id(), tr(": "), obstacle_text(count)));
  }
  if (!may_have.empty()) add_section(lines, tr("Waiting contacts that are for the agent:"), may_have);
  if (!may_not_have.empty()) add_section(lines, tr("Waiting contacts that are not:"), may_not_have);
  if (response.contacts_left_out() > 0) {
    add_section(lines, tr("Left out:"),
                {say("{0} more contacts wait: too many to look at", response.contacts_left_out())});
  }
  return lines;
}

}  // namespace muster::cli
