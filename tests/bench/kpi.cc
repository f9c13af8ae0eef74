#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "command.h"
#include "muster/kpi/board.h"
#include "muster/kpi/fold.h"
#include "samples.h"

// What it costs to count a day of a large floor by every dimension, and to show it. Beside it: the board, which keeps
// the same floor without windows and dimensions.
namespace muster::bench {
namespace {

using namespace dispatch;  // NOLINT: the events' vocabulary
using std::chrono::seconds;

struct Size {
  std::uint32_t agents = 4'000;
  std::uint32_t queues = 200;
  std::uint32_t bases = 30;
  int hours = 2;
};

/// A day's events: everybody takes a contact every few minutes.
class Day {
 public:
  explicit Day(const Size& size) : size_(size) {
    for (std::uint32_t n = 1; n <= size.queues; ++n) {
      QueueSpec spec;
      spec.id = "queue-" + std::to_string(n);
      spec.tenant = "tenant-" + std::to_string(n % 30);
      spec.channel = Channel(1 + n % 6);
      happen(QueuePut{QueueHandle{n}, spec});
    }
    for (std::uint32_t n = 1; n <= size.agents; ++n) {
      AgentSpec spec;
      spec.id = "agent-" + std::to_string(n);
      spec.base = "base-" + std::to_string(n % size.bases);
      spec.team = "team-" + std::to_string(n / 15);
      happen(AgentPut{AgentHandle{n}, spec});
      happen(SessionOpened{AgentHandle{n}, SessionId{n}, false});
      happen(PresenceChanged{AgentHandle{n}, Presence::kAvailable, "", {}, 0, {}});
    }
  }

  /// Of all agents one after the other: so nothing that one event touched is still near when the next comes.
  std::vector<Event> contacts() {
    const int rounds = size_.hours * 3600 / kRound;
    for (int round = 0; round < rounds; ++round) {
      for (std::uint32_t n = 1; n <= size_.agents; ++n) {
        now_ += Duration(seconds(kRound)) / size_.agents;
        serve(AgentHandle{n}, QueueHandle{1 + (n * 7 + static_cast<std::uint32_t>(round)) % size_.queues});
      }
    }
    return std::exchange(events_, {});
  }
  std::vector<Event> setting() { return std::exchange(events_, {}); }
  [[nodiscard]] TimePoint now() const { return now_; }

 private:
  static constexpr int kRound = 240;

  void happen(EventBody body) {
    Event& event = events_.emplace_back();
    event.sequence = ++sequence_;
    event.time = now_;
    event.body = std::move(body);
  }

  // The contact that the agent had is completed, and the next one comes.
  void serve(AgentHandle agent, QueueHandle queue) {
    auto& [held, of] = held_[raw(agent)];
    if (held != ContactId::kNone) {
      happen(ContactWrapUpStarted{held, of, agent, now_ + seconds(30)});
      happen(ContactCompleted{held, of, agent, "done"});
    }
    held = ContactId{++last_contact_};
    of = queue;
    ContactCreated created;
    created.contact = held;
    created.queue = queue;
    created.due = now_;
    created.details = details_;
    happen(std::move(created));
    happen(OfferMade{OfferId{last_contact_}, held, queue, agent, now_ + seconds(20), {}});
    happen(OfferAccepted{OfferId{last_contact_}, held, queue, agent, seconds(5), true});
  }

  const Size size_;
  const ContactDetailsPtr details_ = std::make_shared<ContactDetails>();
  TimePoint now_{std::chrono::sys_days(std::chrono::year(2026) / 11 / 11)};
  Sequence sequence_ = 0;
  std::uint64_t last_contact_ = 0;
  std::vector<std::pair<ContactId, QueueHandle>> held_{size_.agents + 1};  ///< by agent, and of which queue
  std::vector<Event> events_;
};

template <typename Folded>
double nanoseconds_per_event(Folded& folded, const std::vector<Event>& setting, const std::vector<Event>& events) {
  for (const Event& event : setting) folded.apply(event);
  const auto start = Clock::now();
  for (const Event& event : events) folded.apply(event);
  return seconds_since(start) * 1e9 / static_cast<double>(events.size());
}

double milliseconds(const std::function<void()>& work) {
  std::vector<double> samples;
  for (int i = 0; i < 9; ++i) {
    const auto start = Clock::now();
    work();
    samples.push_back(seconds_since(start) * 1e3);
  }
  return percentile(samples, 0.5);
}

boost::json::object run(const Size& size) {
  Day day(size);
  const std::vector<Event> setting = day.setting(), events = day.contacts();
  std::fprintf(stderr, "%zu events of %u agents and %u queues\n", events.size(), size.agents, size.queues);
  kpi::Board board;
  kpi::Fold live, history(kpi::Fold::Keep::kHistory);
  const double by_board = nanoseconds_per_event(board, setting, events);
  const double by_fold = nanoseconds_per_event(live, setting, events);
  const double with_history = nanoseconds_per_event(history, setting, events);
  const TimePoint midnight = std::chrono::floor<std::chrono::days>(day.now());
  std::size_t rows = 0;
  const double read = milliseconds([&] {
    rows = live.read(kpi::Dimension::kAgent, midnight, day.now()).size() +
           live.read(kpi::Dimension::kQueue, midnight, day.now()).size();
  });
  return {{"agents", size.agents},
          {"queues", size.queues},
          {"events", events.size()},
          {"board_ns_per_event", by_board},
          {"fold_ns_per_event", by_fold},
          {"fold_ratio_to_board", by_fold / by_board},
          {"history_ns_per_event", with_history},
          {"rows_read", rows},
          {"read_agents_and_queues_ms", read},
          {"image_ms", milliseconds([&] { static_cast<void>(live.image()); })}};
}

}  // namespace

Command kpi_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("kpi", "What it costs to count a large floor by every dimension");
  const auto size = std::make_shared<Size>();
  command->add_option("--agents", size->agents, "Agents, all at work")->capture_default_str();
  command->add_option("--queues", size->queues, "Queues")->capture_default_str();
  command->add_option("--bases", size->bases, "Bases of the agents")->capture_default_str();
  command->add_option("--hours", size->hours, "Hours of the floor's time")->capture_default_str();
  return {command, [size] { return run(*size); }};
}

}  // namespace muster::bench
