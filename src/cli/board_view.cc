#include "board_view.h"

#include <algorithm>

#include "duration.h"
#include "i18n.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

std::string number(std::int64_t value) { return fmt::format("{}", value); }

void add_totals(const BoardModel& board, TimePoint now, std::vector<Line>& lines) {
  const v1::Totals& totals = board.totals();
  lines.push_back({say("Muster board  {0}  sequence {1}", format_time(now, now), board.sequence()), Style::kTitle});
  lines.push_back(
      {say("Now    waiting {0} (ringing {1})  in hand {2}  scheduled {3}  agents signed in {4}, available "
           "{5}, idle {6}",
           totals.waiting(), totals.ringing(), totals.in_hand(), totals.scheduled(), totals.agents_signed_in(),
           totals.agents_available(), totals.agents_idle())});
  lines.push_back(
      {say("Today  created {0}  answered {1}  abandoned {2}  completed {3}  offers {4} (missed {5}, declined "
           "{6})",
           totals.created(), totals.answered(), totals.abandoned(), totals.completed(), totals.offers(),
           totals.offers_missed(), totals.offers_declined())});
}

std::vector<std::string> queue_cells(const v1::QueueRow& queue, TimePoint now) {
  const int level = service_level_percent(queue);
  const bool waits = queue.has_oldest_queue_time();
  return {queue.queue_id(),
          queue.display_name(),
          word(queue.channel()),
          number(queue.waiting()),
          waits ? format_duration(now - from_proto(queue.oldest_queue_time())) : "-",
          number(queue.in_hand()),
          level < 0 ? "-" : fmt::format("{}%", level),
          queue.answered() == 0 ? "-" : format_duration(from_proto(queue.total_answer_wait()) / queue.answered()),
          queue.estimated() == 0 ? "-"
                                 : "±" + format_duration(from_proto(queue.total_estimate_error()) / queue.estimated()),
          number(queue.created()),
          number(queue.answered()),
          number(queue.abandoned()),
          number(queue.completed())};
}

void add_table(const Table& table, std::vector<Line>& lines) {
  bool is_header = true;
  for (const std::string& text : table.lines()) {
    lines.push_back({text, is_header ? Style::kTitle : Style::kPlain});
    is_header = false;
  }
}

void add_queues(const BoardModel& board, TimePoint now, std::vector<Line>& lines) {
  Table table({{tr("Queue")},
               {tr("Name")},
               {tr("Channel")},
               {tr("Waiting"), true},
               {tr("Oldest"), true},
               {tr("In hand"), true},
               {tr("In time"), true},
               {tr("Avg wait"), true},
               {tr("Est. error"), true},
               {tr("Created"), true},
               {tr("Answered"), true},
               {tr("Abandoned"), true},
               {tr("Completed"), true}});
  for (const auto& [id, queue] : board.queues()) table.add(queue_cells(queue, now));
  lines.emplace_back();
  add_table(table, lines);
}

void add_agent_states(const BoardModel& board, std::vector<Line>& lines) {
  std::vector<std::string> parts;
  for (const auto& [state, count] : board.agents_by_state()) {
    const bool available = state.presence == v1::AGENT_PRESENCE_AVAILABLE;
    parts.push_back(fmt::format("{} {}", available ? word(state.activity) : word(state.presence), count));
  }
  lines.emplace_back();
  lines.push_back({say("Agents  {0}", parts.empty() ? tr("nobody is signed in") : join(parts, "  "))});
}

void add_agents(const BoardModel& board, TimePoint now, int rows_max, std::vector<Line>& lines) {
  std::vector<const v1::AgentRow*> agents;
  for (const auto& [id, agent] : board.agents()) agents.push_back(&agent);
  const std::size_t shown = std::min(agents.size(), static_cast<std::size_t>(rows_max));
  const auto middle = agents.begin() + static_cast<std::ptrdiff_t>(shown);
  std::partial_sort(agents.begin(), middle, agents.end(), [](const auto* a, const auto* b) {
    return std::pair(from_proto(a->since()), a->agent_id()) < std::pair(from_proto(b->since()), b->agent_id());
  });
  if (shown == 0) return;
  Table table({{tr("Agent")},
               {tr("Name")},
               {tr("Presence")},
               {tr("Activity")},
               {tr("For"), true},
               {tr("In hand"), true},
               {tr("Answered"), true},
               {tr("Missed"), true}});
  for (std::size_t i = 0; i < shown; ++i) {
    const v1::AgentRow& agent = *agents[i];
    const std::string presence =
        presence_text(agent.presence(), agent.next_presence()) + (agent.connected() ? "" : tr(" (connection lost)"));
    table.add({agent.agent_id(), agent.display_name(), presence, word(agent.activity()),
               format_duration(now - from_proto(agent.since())), number(agent.in_hand()), number(agent.answered()),
               number(agent.missed())});
  }
  lines.emplace_back();
  add_table(table, lines);
  if (agents.size() > shown) lines.push_back({say("… and {0} more", agents.size() - shown), Style::kFaint});
}

}  // namespace

std::vector<Line> board_lines(const BoardModel& board, TimePoint local_now, int agent_rows_max) {
  const TimePoint now = board.server_time(local_now);
  std::vector<Line> lines;
  add_totals(board, now, lines);
  add_queues(board, now, lines);
  add_agent_states(board, lines);
  add_agents(board, now, agent_rows_max, lines);
  lines.emplace_back();
  lines.push_back({tr("In time (SL4): answered within the target, of all answered and of those who left later than it. "
                      "Counters since midnight UTC."),
                   Style::kFaint});
  return lines;
}

}  // namespace muster::cli
