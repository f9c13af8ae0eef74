#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "command.h"
#include "muster/base/random.h"
#include "muster/dispatch/engine.h"
#include "samples.h"
#include "skip_locked.h"
#include "system_process.h"

namespace muster::bench {
namespace {

using dispatch::ContactId;
using dispatch::Engine;
using dispatch::OfferId;
using dispatch::SessionId;

constexpr int kSkillsOfAnAgent = 8;
constexpr int kNeedMax = 3;  // skills that a contact asks for
constexpr std::uint8_t kLevel = 80;
constexpr const char* kQueue = "work";
constexpr const char* kSharedQueue = "shared";
constexpr const char* kReservedQueue = "reserved";
constexpr TimePoint kOpening{std::chrono::hours(24 * 365 * 50)};
/// Simulated time between commands. Where idle time is weighed against merits it has to amount to something: three
/// commands a contact make 330 contacts a second.
constexpr auto kTick = std::chrono::microseconds(10);
constexpr auto kElaborateTick = std::chrono::milliseconds(1);
constexpr int kElaborateMax = 20'000;  // decisions

struct Options {
  int agents = 60'000;
  int skills = 1'000;
  int backlog = 10'000;
  int unserveable = 50'000;
  int decisions = 100'000;         ///< measured in each case
  bool skip_locked = true;         ///< also PostgreSQL alone
  std::vector<std::string> cases;  ///< to run; empty: all
};

std::string numbered(const char* name, std::uint64_t number) { return name + std::to_string(number); }

/// Numbers below `bound`, the first ones most often: Zipf with exponent 1.
class Zipf {
 public:
  explicit Zipf(int bound) {
    double sum = 0;
    for (int i = 1; i <= bound; ++i) cumulated_.push_back(sum += 1.0 / i);
  }

  int draw(Random& random) const {
    const double at = random.unit() * cumulated_.back();
    return static_cast<int>(std::lower_bound(cumulated_.begin(), cumulated_.end(), at) - cumulated_.begin());
  }

 private:
  std::vector<double> cumulated_;
};

/// Who can do what, and what contacts ask for: the same for the engine and for the linear scan.
class Workforce {
 public:
  Workforce(int agents, int skills) : zipf_(skills) {
    Random random(1);
    skills_.resize(static_cast<std::size_t>(agents));
    for (auto& of_agent : skills_) {
      while (of_agent.size() < kSkillsOfAnAgent) {
        const int skill = zipf_.draw(random);
        if (std::find(of_agent.begin(), of_agent.end(), skill) == of_agent.end()) of_agent.push_back(skill);
      }
      std::sort(of_agent.begin(), of_agent.end());
    }
  }

  [[nodiscard]] std::size_t agents() const { return skills_.size(); }
  [[nodiscard]] const std::vector<int>& skills(std::size_t agent) const { return skills_[agent]; }

  /// One to three skills that some agent has together.
  std::vector<int> draw_need(Random& random) const { return draw_need(random, random.below(skills_.size())); }
  /// Of those of one agent.
  std::vector<int> draw_need(Random& random, std::size_t agent) const {
    std::vector<int> need = skills_[agent];
    for (std::size_t i = 0; i < kNeedMax; ++i) std::swap(need[i], need[i + random.below(need.size() - i)]);
    need.resize(1 + random.below(kNeedMax));
    std::sort(need.begin(), need.end());
    return need;
  }

 private:
  Zipf zipf_;
  std::vector<std::vector<int>> skills_;
};

/// What was measured of one case.
struct Timings {
  std::vector<double> ns;
  double at_once = 1;  ///< decisions under way at any time

  [[nodiscard]] double per_second() const {
    return 1e9 * at_once * static_cast<double>(ns.size()) / std::accumulate(ns.begin(), ns.end(), 0.0);
  }
};

/// What the policies of a floor make use of.
enum class Rules { kPlain, kEverything };

/// The real engine with everybody signed in. Each agent takes one contact at a time.
class EngineFloor {
 public:
  EngineFloor(const Workforce& workforce, const Options& options, Rules rules) : workforce_(workforce), rules_(rules) {
    must(dispatch::OpenWorkspace{1, "bench"});
    for (int i = 0; i < options.skills; ++i) must(dispatch::CreateSkill{numbered("skill-", i), ""});
    must(dispatch::CreateSkill{"nobody", ""});
    if (rules == Rules::kEverything) {
      open_elaborate_queues();
    } else {
      open_queue(kQueue, {.steps = {{dispatch::StepDraft{}}}}, {});
    }
    // Without request ids, so that memory grows by the agents alone.
    for (std::size_t i = 0; i < workforce.agents(); ++i) {
      const dispatch::AgentChange change = profile(i);
      if (is_fit(change)) fit_.push_back(i);
      carry_out({{}, dispatch::CreateAgent{numbered("agent-", i), change}});
    }
    for (std::size_t i = 0; i < workforce.agents(); ++i) {
      const SessionId session{carry_out({{}, dispatch::OpenSession{numbered("agent-", i), {}}}).id};
      carry_out({{}, dispatch::SetPresence{session, dispatch::Presence::kAvailable, ""}});
    }
  }

  /// A contact arrives while agents are idle, and is offered.
  Timings arrivals(int count) {
    return measure(count, [this] {
      const ContactId contact{timed(rules_ == Rules::kEverything ? elaborate_draft() : draw()).id};
      accept(contact);
      complete(contact);
    });
  }

  /// Everybody gets a contact, then `backlog` wait.
  void fill(int backlog) {
    for (std::size_t i = 0; i < workforce_.agents(); ++i) arrive({});
    for (int i = 0; i < backlog; ++i) arrive(workforce_.draw_need(random_));
  }

  /// An agent completes a contact and is offered the first waiting one that fits.
  Timings releases(int count) {
    return measure(count, [this] {
      std::swap(busy_[random_.below(busy_.size())], busy_.back());
      const auto contact = busy_.back();
      const SessionId session = session_of(contact);
      timed(dispatch::CompleteContact{session, contact, ""});
      busy_.pop_back();
      const auto& offers = engine_.agent_of(session)->offers;
      if (!offers.empty()) take_in_hand(engine_.offer(offers.front())->contact);
      arrive(workforce_.draw_need(random_));
    });
  }

  /// A contact arrives while everybody is busy, and waits.
  Timings queueings(int count) {
    return measure(count, [this] {
      const ContactId contact{timed(draw()).id};
      must(dispatch::EndContact{contact, dispatch::ContactState::kCancelled, ""});
    });
  }

  /// How long a contact that arrives now would wait.
  Timings estimates(int count) {
    return measure(count, [this] {
      dispatch::Arrival arrival;
      arrival.queue = engine_.queue(kQueue)->handle;
      for (const int skill : workforce_.draw_need(random_)) {
        arrival.requirements.push_back({engine_.skill(numbered("skill-", skill))->handle, kLevel});
      }
      std::sort(arrival.requirements.begin(), arrival.requirements.end());
      const auto begin = Clock::now();
      static_cast<void>(engine_.estimate_wait(arrival, now_));
      timings_.ns.push_back(1e9 * seconds_since(begin));
    });
  }

  /// Contacts that nobody can serve, before all others; without request ids, as the agents.
  void add_unserveable(int count) {
    for (int i = 0; i < count; ++i) {
      dispatch::CreateContact command = draft(workforce_.draw_need(random_));
      command.requirements.push_back({"nobody", 1});
      command.priority = 100;
      carry_out({{}, std::move(command)});
    }
  }

  /// An agent's skills change.
  Timings skill_changes(int count) {
    return measure(count, [this] {
      dispatch::AgentChange change;
      change.skills = levels(workforce_.skills(random_.below(workforce_.agents())));
      timed(dispatch::UpdateAgent{numbered("agent-", random_.below(workforce_.agents())), change});
    });
  }

 private:
  static std::vector<dispatch::NamedSkillLevel> levels(const std::vector<int>& skills) {
    std::vector<dispatch::NamedSkillLevel> out;
    for (const int skill : skills) out.push_back({numbered("skill-", skill), kLevel});
    return out;
  }

  void open_queue(const std::string& id, const dispatch::PolicyChange& policy, dispatch::QueueChange queue) {
    must(dispatch::CreatePolicy{id, policy});
    queue.policy = id;
    must(dispatch::CreateQueue{id, dispatch::Channel::kVoice, queue});
  }

  /// One with a share and one that leaves agents idle. Of ten agents nine have the certificate, eight speak a language,
  /// and one is a trainee; see profile().
  void open_elaborate_queues() {
    using Kind = dispatch::Predicate::Kind;
    for (const char* skill : {"certificate", "german", "english", "trainee"}) must(dispatch::CreateSkill{skill, ""});
    const auto has = [](const char* skill) { return dispatch::PredicateDraft{Kind::kSkill, {}, {skill, 0}}; };
    const dispatch::PredicateDraft a_language{Kind::kAnyOf, {has("german"), has("english")}};
    const dispatch::PredicateDraft no_trainee{Kind::kNot, {has("trainee")}};
    const dispatch::Preferences prefer{.quality = std::chrono::seconds(2),
                                       .cost = std::chrono::seconds(1),
                                       .specialist = std::chrono::seconds(5),
                                       .fairness = std::chrono::seconds(10),
                                       .skill_fit = std::chrono::seconds(1)};
    dispatch::PolicyChange policy;
    policy.gates = has("certificate");
    policy.steps = {{.where = {Kind::kAllOf, {a_language, no_trainee}}, .prefer = {prefer, ""}},
                    {.after = std::chrono::seconds(30), .where = a_language, .prefer = {prefer, ""}}};
    dispatch::QueueChange shared, reserved;
    shared.share = 3;
    reserved.idle_reserve = 50;
    open_queue(kSharedQueue, policy, shared);
    open_queue(kReservedQueue, policy, reserved);
    dispatch::SettingsChange settings;
    settings.queue_order = dispatch::QueueOrder::kShare;
    must(dispatch::UpdateSettings{settings});
  }

  [[nodiscard]] dispatch::AgentChange profile(std::size_t agent) const {
    dispatch::AgentChange change;
    change.skills = levels(workforce_.skills(agent));
    if (rules_ == Rules::kPlain) return change;
    Random random(agent);
    for (auto& skill : *change.skills) skill.level = static_cast<std::uint8_t>(kLevel + random.below(21));
    if (random.below(10) > 0)
      change.skills->push_back({"certificate", kLevel, kOpening + std::chrono::hours(24 * 365)});
    const auto language = random.below(10);
    if (language < 5) change.skills->push_back({"german", kLevel});
    if (language > 2 && language < 8) change.skills->push_back({"english", kLevel});
    if (random.below(10) == 0) change.skills->push_back({"trainee", kLevel});
    change.quality = static_cast<std::uint8_t>(random.below(101));
    change.cost = static_cast<std::uint8_t>(random.below(101));
    return change;
  }

  /// Whether an agent meets the first step of the elaborate policy.
  static bool is_fit(const dispatch::AgentChange& profile) {
    const auto has = [&](const char* id) {
      const auto& skills = *profile.skills;
      return std::any_of(skills.begin(), skills.end(), [&](const auto& skill) { return skill.skill == id; });
    };
    return has("certificate") && (has("german") || has("english")) && !has("trainee");
  }

  /// For either queue, with skills of an agent who may have it; one in ten prefers that agent.
  dispatch::CreateContact elaborate_draft() {
    const std::size_t agent = fit_[random_.below(fit_.size())];
    dispatch::CreateContact command = draft(workforce_.draw_need(random_, agent));
    command.queue = random_.below(2) == 0 ? kSharedQueue : kReservedQueue;
    if (random_.below(10) == 0) command.preferred_agent = numbered("agent-", agent);
    return command;
  }

  dispatch::CreateContact draw() { return draft(workforce_.draw_need(random_)); }

  static dispatch::CreateContact draft(const std::vector<int>& need) {
    static const auto details = std::make_shared<const dispatch::ContactDetails>();
    dispatch::CreateContact command;
    command.queue = kQueue;
    for (const int skill : need) command.requirements.push_back({numbered("skill-", skill), kLevel});
    command.details = details;
    return command;
  }

  /// Runs `once` until it has measured `count` decisions, after a tenth more to warm up.
  Timings measure(int count, const std::function<void()>& once) {
    timings_.ns.clear();
    while (timings_.ns.size() < static_cast<std::size_t>(count) / 10) once();
    timings_.ns.clear();
    while (timings_.ns.size() < static_cast<std::size_t>(count)) once();
    return std::exchange(timings_, {});
  }

  dispatch::Reply timed(dispatch::CommandBody body) {
    const dispatch::Command command{{7, ++requests_}, std::move(body)};
    events_.clear();
    now_ += rules_ == Rules::kPlain ? kTick : kElaborateTick;
    const auto begin = Clock::now();
    dispatch::Reply reply = engine_.handle(command, now_, events_);
    timings_.ns.push_back(1e9 * seconds_since(begin));
    return checked(std::move(reply));
  }

  dispatch::Reply must(dispatch::CommandBody body) { return carry_out({{7, ++requests_}, std::move(body)}); }

  dispatch::Reply carry_out(const dispatch::Command& command) {
    events_.clear();
    now_ += rules_ == Rules::kPlain ? kTick : kElaborateTick;
    return checked(engine_.handle(command, now_, events_));
  }

  static dispatch::Reply checked(dispatch::Reply reply) {
    if (!reply.ok()) throw std::runtime_error("the engine refused a command about '" + reply.subject + "'");
    return reply;
  }

  ContactId create(const std::vector<int>& need) { return ContactId{must(draft(need)).id}; }

  SessionId session_of(ContactId contact) const { return engine_.agent(engine_.contact(contact)->agent)->session; }

  /// A contact comes and is taken in hand if anybody is idle who fits; otherwise it waits.
  void arrive(const std::vector<int>& need) {
    const auto contact = create(need);
    if (engine_.contact(contact)->offer != OfferId::kNone) take_in_hand(contact);
  }

  void take_in_hand(ContactId contact) {
    accept(contact);
    busy_.push_back(contact);
  }

  void accept(ContactId contact) {
    const auto* offer = engine_.offer(engine_.contact(contact)->offer);
    if (offer == nullptr) throw std::runtime_error("a contact was not offered though agents are idle");
    must(dispatch::AcceptOffer{engine_.agent(offer->agent)->session, offer->id});
  }

  void complete(ContactId contact) { must(dispatch::CompleteContact{session_of(contact), contact, ""}); }

  const Workforce& workforce_;
  const Rules rules_;
  std::vector<std::size_t> fit_;  // agents who may have what elaborate_draft() gives
  Engine engine_;
  Random random_{2};
  TimePoint now_ = kOpening;
  std::uint64_t requests_ = 0;
  std::vector<dispatch::Event> events_;
  std::vector<ContactId> busy_;
  Timings timings_;
};

/// The plain way: look at every agent for the one idle longest who has all skills.
Timings linear_scan(const Workforce& workforce, int count) {
  std::vector<std::int64_t> idle_since(workforce.agents());
  for (std::size_t i = 0; i < idle_since.size(); ++i) idle_since[i] = static_cast<std::int64_t>(i);
  auto now = static_cast<std::int64_t>(idle_since.size());
  Random random(2);
  Timings timings;
  for (int i = 0; i < count; ++i) {
    const std::vector<int> need = workforce.draw_need(random);
    const auto begin = Clock::now();
    std::size_t best = workforce.agents();
    for (std::size_t agent = 0; agent < workforce.agents(); ++agent) {
      if (best != workforce.agents() && idle_since[agent] >= idle_since[best]) continue;
      const auto& skills = workforce.skills(agent);
      if (std::includes(skills.begin(), skills.end(), need.begin(), need.end())) best = agent;
    }
    idle_since[best] = now++;
    timings.ns.push_back(1e9 * seconds_since(begin));
  }
  return timings;
}

/// PostgreSQL alone, of which each contact that arrives takes an agent in one statement.
Timings skip_locked(const Workforce& workforce, int count) {
  const SkipLockedArrivals::Needs draw = [&](Random& random) { return workforce.draw_need(random); };
  std::vector<std::vector<int>> skills;
  for (std::size_t agent = 0; agent < workforce.agents(); ++agent) skills.push_back(workforce.skills(agent));
  SkipLockedArrivals arrivals(skills, draw);
  return {arrivals.measure(count), SkipLocked::kConnections};
}

class DispatchBench {
 public:
  explicit DispatchBench(const Options& options) : options_(options), workforce_(options.agents, options.skills) {}

  boost::json::object run() {
    const std::int64_t before = resident_kib(getpid());
    EngineFloor floor(workforce_, options_, Rules::kPlain);
    const std::int64_t bytes_per_agent = bytes_per(options_.agents, before);
    const int count = options_.decisions;
    take("arrival_with_idle_agents", [&] { return floor.arrivals(count); });
    take("skill_churn", [&] { return floor.skill_changes(count); });
    floor.fill(options_.backlog);
    take("arrival_all_busy", [&] { return floor.queueings(count); });
    take("release_with_backlog", [&] { return floor.releases(count); });
    take("estimate_wait", [&] { return floor.estimates(std::max(count / 100, 100)); });
    const std::int64_t before_contacts = resident_kib(getpid());
    floor.add_unserveable(options_.unserveable);
    const std::int64_t bytes_per_waiting_contact = bytes_per(options_.unserveable, before_contacts);
    take("release_behind_unserveable", [&] { return floor.releases(count); });
    take("everything_on", [&] {
      return EngineFloor(workforce_, options_, Rules::kEverything).arrivals(std::min(count, kElaborateMax));
    });
    take("linear_scan", [&] { return linear_scan(workforce_, std::max(count / 100, 100)); });
    if (options_.skip_locked) take("skip_locked", [&] { return skip_locked(workforce_, std::max(count / 20, 500)); });
    boost::json::object report = {
        {"bench", "dispatch"},
        {"agents", options_.agents},
        {"skills", options_.skills},
        {"backlog", options_.backlog},
        {"unserveable", options_.unserveable},
        {"bytes_per_agent", bytes_per_agent},
        {"bytes_per_waiting_contact", bytes_per_waiting_contact},
        {"cases", cases_},
    };
    add_ratio(report, "ratio_vs_linear_scan", "arrival_with_idle_agents", "linear_scan", 10);
    add_ratio(report, "ratio_unserveable", "release_with_backlog", "release_behind_unserveable", 1000);
    add_ratio(report, "ratio_everything_on", "everything_on", "arrival_with_idle_agents", 1000);
    add_ratio(report, "ratio_vs_skip_locked", "arrival_with_idle_agents", "skip_locked", 1);
    return report;
  }

 private:
  static std::int64_t bytes_per(int things, std::int64_t kib_before) {
    return 1024 * (resident_kib(getpid()) - kib_before) / things;
  }

  void take(const char* name, const std::function<Timings()>& measure) {
    const auto& wanted = options_.cases;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) return;
    const Timings timings = measure();
    const double per_second = std::round(timings.per_second());
    const long long p50 = std::llround(percentile(timings.ns, 0.5));
    const long long p99 = std::llround(percentile(timings.ns, 0.99));
    std::fprintf(stderr, "%-28s %10.0f decisions/s   p50 %6lld ns   p99 %6lld ns\n", name, per_second, p50, p99);
    cases_[name] = {{"decisions_per_s", per_second}, {"p50_ns", p50}, {"p99_ns", p99}};
  }

  /// The ratio of two cases, if both ran, to one part in `parts`.
  void add_ratio(boost::json::object& report, const char* name, const char* of, const char* to, double parts) const {
    if (!cases_.contains(of) || !cases_.contains(to)) return;
    const auto per_second = [this](const char* which) { return cases_.at(which).at("decisions_per_s").as_double(); };
    report[name] = std::round(per_second(of) / per_second(to) * parts) / parts;
  }

  const Options options_;
  const Workforce workforce_;
  boost::json::object cases_;
};

}  // namespace

Command dispatch_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "dispatch", "What a decision of the engine costs, in process, against a scan of all agents and PostgreSQL");
  command->add_option("--agents", options->agents, "Agents, all signed in")
      ->check(CLI::Range(100, 1'000'000))
      ->capture_default_str();
  command->add_option("--skills", options->skills, "Skills, each agent has 8; Zipf-distributed")
      ->check(CLI::Range(20, 10'000))
      ->capture_default_str();
  command->add_option("--backlog", options->backlog, "Contacts that wait while everybody is busy")
      ->check(CLI::Range(1, 500'000))
      ->capture_default_str();
  command->add_option("--unserveable", options->unserveable, "Contacts before all others that nobody can serve")
      ->check(CLI::Range(1, 400'000))
      ->capture_default_str();
  command->add_option("--decisions", options->decisions, "Decisions measured in each case")
      ->check(CLI::Range(1'000, 10'000'000))
      ->capture_default_str();
  command->add_option("--case", options->cases, "Measure this case; may be repeated. All of them by default")
      ->check(CLI::IsMember({"arrival_with_idle_agents", "skill_churn", "arrival_all_busy", "release_with_backlog",
                             "release_behind_unserveable", "everything_on", "linear_scan", "skip_locked"}));
  command->add_flag("!--no-skip-locked", options->skip_locked, "Leave PostgreSQL out");
  return {command, [options] { return DispatchBench(*options).run(); }};
}

}  // namespace muster::bench
