#include "queue_simulation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <queue>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>

#include "muster/base/random.h"

namespace muster::theory {
namespace {

using dispatch::AgentHandle;
using dispatch::ContactId;

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }
Duration of_seconds(double seconds) { return Duration(std::llround(seconds * 1e6)); }
std::string queue_id(std::size_t of_class) { return "calls" + std::to_string(of_class); }
std::string skill_id(std::size_t of_class) { return "skill" + std::to_string(of_class); }
std::string agent_id(std::size_t agent) { return "agent" + std::to_string(agent); }

constexpr Duration kForever = std::chrono::hours(24 * 14);
/// So many unlimited tasks wait at any time: more than agents can come free at once.
constexpr std::size_t kTasksWaiting = 2;

/// Everybody on the floor, and the engine between them.
class Simulation {
 public:
  Simulation(const Floor& floor, const Run& run, const Watch& watch);
  /// Once only.
  Result play();

 private:
  struct Caller {
    std::size_t of_class = 0;
    Duration work{};
    Duration patience{};
    bool counts = false;
    bool waiting = true;
  };
  struct Agent {
    dispatch::SessionId session{};
    double speed = 1;
    bool working = false;
    Duration worked{};  // in the measured time
  };
  enum class What : std::uint8_t { kCall, kPatienceLost, kWorkDone };
  struct Plan {
    TimePoint at;
    std::uint64_t order = 0;  // of what happens at the same time, first comes what was planned first
    What what{};
    std::size_t of_class = 0;  // of a call
    ContactId contact{};       // of everything else
    AgentHandle agent{};       // of work done
    bool operator>(const Plan& other) const { return std::tie(at, order) > std::tie(other.at, other.order); }
  };

  void open_queue(std::size_t of_class);
  void hire(std::size_t agent);
  void plan(Plan plan);
  void plan_call(std::size_t of_class);
  void carry_out(const Plan& plan);
  void call(std::size_t of_class);
  void create(Caller caller);
  void add_tasks();
  dispatch::Reply ask(dispatch::CommandBody body);
  void check_that_everybody_went_home();
  Result result() const;

  void on(const dispatch::ContactCreated& event);
  void on(const dispatch::OfferMade&) {}  // accepted at once
  void on(const dispatch::OfferAccepted& event);
  void on(const dispatch::ContactCompleted& event);
  void on(const dispatch::ContactEnded& event);
  void end_wait(Caller& caller, Duration waited);
  void begin_task(std::size_t of_class);

  Agent& agent(AgentHandle handle) { return agents_.at(raw(handle) - 1); }
  double exponential(double mean) { return -mean * std::log1p(-random_.unit()); }
  void expect(bool right, const char* else_what) {
    if (!right && fault_.empty()) fault_ = else_what;
  }

  const Floor& floor_;
  const Watch& watch_;
  const TimePoint opens_;   // who calls from here on counts
  const TimePoint closes_;  // who calls from here on does not
  Random random_;
  TimePoint now_ = kMorning;
  dispatch::Engine engine_;
  std::vector<dispatch::Event> events_;  // of the last command
  const dispatch::ContactDetailsPtr details_ = std::make_shared<dispatch::ContactDetails>();
  std::vector<Agent> agents_;  // in the order of their handles
  std::priority_queue<Plan, std::vector<Plan>, std::greater<>> plans_;
  std::uint64_t planned_ = 0;
  Caller calling_;  // who has no contact yet
  std::unordered_map<ContactId, Caller> callers_;
  std::size_t awaited_ = 0;  // callers who count and wait
  std::size_t tasks_waiting_ = 0;
  std::vector<Tally> tallies_;
  std::string fault_;
};

Simulation::Simulation(const Floor& floor, const Run& run, const Watch& watch)
    : floor_(floor),
      watch_(watch),
      opens_(kMorning + run.warm_up),
      closes_(opens_ + run.measured),
      random_(run.seed),
      tallies_(floor.classes.size()) {
  dispatch::SettingsChange settings;
  settings.queue_order = floor.queue_order;
  ask(dispatch::UpdateSettings{settings});
  for (std::size_t c = 0; c < floor.classes.size(); ++c) open_queue(c);
  for (std::size_t a = 0; a < floor.agents.size(); ++a) hire(a);
  for (std::size_t c = 0; c < floor.classes.size(); ++c) {
    if (!floor.classes[c].unlimited) plan_call(c);
  }
  add_tasks();
}

void Simulation::open_queue(std::size_t of_class) {
  const CallerClass& served = floor_.classes[of_class];
  ask(dispatch::CreateSkill{skill_id(of_class), ""});
  dispatch::PolicyChange policy;
  policy.steps = {{.requirements = {{skill_id(of_class), 0}}, .prefer = {floor_.prefer, ""}}};
  policy.auto_accept = true;  // nobody waits for an agent who reads an offer
  policy.strict_priority = floor_.strict_priority;
  if (!floor_.strict_priority) policy.priority_weight = std::chrono::hours(24);  // longer than anybody waits
  policy.starvation_bound = Duration{0};                                         // whatever the wait
  policy.preferred_agent_wait = kForever;
  ask(dispatch::CreatePolicy{queue_id(of_class), policy});
  dispatch::QueueChange queue;
  queue.policy = queue_id(of_class);
  queue.time_to_live = kForever;
  queue.share = served.share;
  queue.idle_reserve = served.idle_reserve;
  ask(dispatch::CreateQueue{queue_id(of_class), dispatch::Channel::kVoice, queue});
}

void Simulation::hire(std::size_t agent) {
  Agent& hired = agents_.emplace_back();
  if (!floor_.speeds.empty()) hired.speed = floor_.speeds.at(agent);
  dispatch::AgentChange change;
  change.quality = static_cast<std::uint8_t>(std::lround(10 * hired.speed));
  change.cost = change.quality;
  change.skills.emplace();
  for (const std::size_t c : floor_.agents[agent]) change.skills->push_back({skill_id(c), 50});
  ask(dispatch::CreateAgent{agent_id(agent), change});
  hired.session = dispatch::SessionId{ask(dispatch::OpenSession{agent_id(agent), {}}).id};
  ask(dispatch::SetPresence{hired.session, dispatch::Presence::kAvailable, ""});
}

Result Simulation::play() {
  while (!plans_.empty()) {
    const Plan next = plans_.top();
    plans_.pop();
    now_ = next.at;
    carry_out(next);
    add_tasks();
  }
  check_that_everybody_went_home();
  return result();
}

void Simulation::plan(Plan plan) {
  plan.order = ++planned_;
  plans_.push(plan);
}

void Simulation::plan_call(std::size_t of_class) {
  const Duration pause = of_seconds(exponential(3600 / floor_.classes[of_class].per_hour));
  plan({.at = now_ + pause, .what = What::kCall, .of_class = of_class});
}

void Simulation::carry_out(const Plan& plan) {
  switch (plan.what) {
    case What::kCall:
      if (now_ < closes_ || awaited_ > 0) call(plan.of_class);
      break;
    case What::kPatienceLost: {
      const auto caller = callers_.find(plan.contact);
      if (caller == callers_.end() || !caller->second.waiting) break;
      ask(dispatch::EndContact{plan.contact, dispatch::ContactState::kAbandoned, ""});
      break;
    }
    case What::kWorkDone:
      ask(dispatch::CompleteContact{agent(plan.agent).session, plan.contact, ""});
      break;
  }
}

/// All that is random about a caller is drawn here, in the order of the calls: whatever becomes of a caller on one
/// floor, the next callers are the same on another.
void Simulation::call(std::size_t of_class) {
  plan_call(of_class);
  Caller caller{.of_class = of_class,
                .work = of_seconds(exponential(floor_.handle_seconds)),
                .counts = now_ >= opens_ && now_ < closes_};
  if (std::isfinite(floor_.patience_seconds)) caller.patience = of_seconds(exponential(floor_.patience_seconds));
  create(caller);
}

void Simulation::create(Caller caller) {
  calling_ = caller;
  const CallerClass& of = floor_.classes[caller.of_class];
  ask(dispatch::CreateContact{.queue = queue_id(caller.of_class),
                              .priority = of.priority,
                              .details = details_,
                              .preferred_agent = of.preferred_agent ? agent_id(*of.preferred_agent) : ""});
}

void Simulation::add_tasks() {
  if (now_ >= closes_ && awaited_ == 0) return;
  for (std::size_t c = 0; c < floor_.classes.size(); ++c) {
    if (!floor_.classes[c].unlimited) continue;
    while (tasks_waiting_ < kTasksWaiting) {
      ++tasks_waiting_;
      create({.of_class = c, .work = of_seconds(exponential(floor_.handle_seconds))});
    }
  }
}

dispatch::Reply Simulation::ask(dispatch::CommandBody body) {
  events_.clear();
  dispatch::Reply reply = engine_.handle({{}, std::move(body)}, now_, events_);
  expect(reply.ok(), "a command was refused");
  for (const dispatch::Event& event : events_) {
    if (watch_) watch_(event, engine_);
    std::visit(
        [&](const auto& happened) {
          if constexpr (requires { on(happened); }) {
            on(happened);
          } else {
            expect(now_ == kMorning, "an event that no caller and no agent brought about");
          }
        },
        event.body);
  }
  return reply;
}

void Simulation::on(const dispatch::ContactCreated& event) {
  Caller& caller = callers_.emplace(event.contact, calling_).first->second;
  if (caller.counts) {
    ++tallies_[caller.of_class].callers;
    ++awaited_;
  }
  if (!std::isfinite(floor_.patience_seconds) || floor_.classes[caller.of_class].unlimited) return;
  plan({.at = now_ + caller.patience, .what = What::kPatienceLost, .contact = event.contact});
}

void Simulation::on(const dispatch::OfferAccepted& event) {
  Caller& caller = callers_.at(event.contact);
  end_wait(caller, event.waited);
  if (caller.counts && event.waited <= Result::kInTime) ++tallies_[caller.of_class].served_in_time;
  if (floor_.classes[caller.of_class].unlimited) begin_task(caller.of_class);
  Agent& one = agent(event.agent);
  expect(!one.working, "an agent had two callers");
  one.working = true;
  const TimePoint done = now_ + of_seconds(seconds_of(caller.work) / one.speed);
  one.worked += std::max(Duration{}, std::min(done, closes_) - std::max(now_, opens_));
  plan({.at = done, .what = What::kWorkDone, .contact = event.contact, .agent = event.agent});
}

void Simulation::on(const dispatch::ContactCompleted& event) {
  agent(event.agent).working = false;
  callers_.erase(event.contact);
}

void Simulation::on(const dispatch::ContactEnded& event) {
  Caller& caller = callers_.at(event.contact);
  expect(event.state == dispatch::ContactState::kAbandoned, "a contact ended that nobody gave up");
  end_wait(caller, event.waited);
  if (caller.counts) ++tallies_[caller.of_class].abandoned;
  callers_.erase(event.contact);
}

void Simulation::end_wait(Caller& caller, Duration waited) {
  expect(caller.waiting, "a caller was answered twice");
  caller.waiting = false;
  if (!caller.counts) return;
  Tally& tally = tallies_[caller.of_class];
  tally.waited_seconds += seconds_of(waited);
  if (waited > Duration{}) ++tally.had_to_wait;
  --awaited_;
}

void Simulation::begin_task(std::size_t of_class) {
  --tasks_waiting_;
  if (now_ >= opens_ && now_ < closes_) ++tallies_[of_class].callers;
}

void Simulation::check_that_everybody_went_home() {
  expect(callers_.empty(), "a caller was forgotten");
  for (const Agent& one : agents_) expect(!one.working, "an agent still works");
  const dispatch::StateImage image = engine_.image();
  expect(image.contacts.empty() && image.offers.empty(), "the engine holds contacts or offers at the end");
  expect(!engine_.next_deadline(), "the engine waits for something at the end");
  const std::string inconsistency = engine_.self_check();
  expect(inconsistency.empty(), inconsistency.c_str());
}

Result Simulation::result() const {
  Result result{.classes = tallies_, .occupancy = {}, .fault = fault_};
  for (const Agent& one : agents_) result.occupancy.push_back(seconds_of(one.worked) / seconds_of(closes_ - opens_));
  return result;
}

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  callers += other.callers;
  abandoned += other.abandoned;
  had_to_wait += other.had_to_wait;
  served_in_time += other.served_in_time;
  waited_seconds += other.waited_seconds;
  return *this;
}

Tally Result::total() const {
  Tally total;
  for (const Tally& tally : classes) total += tally;
  return total;
}

Result simulate(const Floor& floor, const Run& run, const Watch& watch) { return Simulation(floor, run, watch).play(); }

}  // namespace muster::theory
