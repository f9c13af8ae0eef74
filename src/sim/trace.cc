#include "trace.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <set>

#include "distributions.h"
#include "language.h"

namespace muster::sim {
namespace {

using csv::CsvReader;

// One point of priority is worth this much waiting: the head start that the log's centre gave its priority 2.
constexpr double kHeadStart = 90;
// Agents are on shift this long before their first and after their last service of the day.
constexpr double kShiftMargin = 120;
// An agent with fewer services that day is given all the types that the whole file shows.
constexpr int kFewServices = 10;
// A type with fewer hang-ups that day takes its patience from the whole file.
constexpr int kFewHangUps = 5;

/// A call that reached queue or agent. Times in seconds, moments after midnight.
struct Call {
  bool on_day = false;
  bool answered = false;
  double arrival_s = 0;
  double wait_s = 0;
  double service_start_s = 0;
  double service_end_s = 0;
  double service_s = 0;
  std::string type;
  std::string agent;
  int priority = 0;
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// The columns of a call-by-call log.
class CallLog {
 public:
  explicit CallLog(const std::string& path) : csv_(path) {}

  /// All calls that reached queue or agent; on_day marks those of the date. Throws InputError if there are none.
  std::vector<Call> read(const std::string& date, const std::string& path) {
    std::vector<Call> calls;
    bool found = false;
    std::string first;
    std::string last;
    while (csv_.next()) {
      const std::string& row_date = csv_.text(date_);
      if (first.empty() || row_date < first) first = row_date;
      if (row_date > last) last = row_date;
      if (!reached()) continue;
      calls.push_back(call());
      calls.back().on_day = row_date == date;
      found = found || calls.back().on_day;
    }
    if (!found) {
      throw InputError(say("{}: no call of {} reached queue or agent; the file runs from {} to {}",
                           "{}：{} 没有进入队列或坐席的来电；文件日期范围为 {} 至 {}", path, date, first, last));
    }
    return calls;
  }

 private:
  bool reached() const {
    const std::string& outcome = csv_.text(outcome_);
    if (outcome == "AGENT") return true;
    if (outcome == "PHANTOM") return false;
    if (outcome != "HANG")
      csv_.fail(outcome_, say("\"{}\" is not AGENT, HANG or PHANTOM", "“{}”不是 AGENT、HANG 或 PHANTOM", outcome));
    return csv_.span(queue_start_) > 0;
  }

  Call call() const {
    Call call;
    const double queue_start = csv_.span(queue_start_);
    call.answered = csv_.text(outcome_) == "AGENT";
    call.service_start_s = csv_.span(service_start_);
    call.service_end_s = csv_.span(service_end_);
    call.service_s = csv_.span(service_time_);
    call.arrival_s = queue_start > 0 ? queue_start : call.service_start_s;
    call.wait_s = queue_start > 0 ? csv_.span(queue_time_) : 0;
    call.type = lower(csv_.text(type_));
    if (call.type.empty()) csv_.fail(type_, say("a type is needed", "缺少类型"));
    call.agent = lower(csv_.text(agent_));
    call.priority = csv_.number(priority_) >= 2 ? 1 : 0;
    return call;
  }

  CsvReader csv_;
  std::size_t date_ = csv_.column("date");
  std::size_t queue_start_ = csv_.column("q_start_s");
  std::size_t queue_time_ = csv_.column("q_time");
  std::size_t outcome_ = csv_.column("outcome");
  std::size_t service_start_ = csv_.column("ser_start_s");
  std::size_t service_end_ = csv_.column("ser_exit_s");
  std::size_t service_time_ = csv_.column("ser_time");
  std::size_t type_ = csv_.column("type");
  std::size_t priority_ = csv_.column("priority");
  std::size_t agent_ = csv_.column("agent");
};

/// What is known of one type's customers.
struct TypeFacts {
  double waits_s = 0;  ///< sum over all calls
  int hang_ups = 0;
  std::vector<double> services_s;  ///< of the answered calls

  void add(const Call& call) {
    waits_s += call.wait_s;
    if (call.answered) {
      services_s.push_back(call.service_s);
    } else {
      ++hang_ups;
    }
  }
};

/// Facts by type of the day, of the file and of all types together, for as much as each can tell.
class Facts {
 public:
  explicit Facts(const std::vector<Call>& calls) {
    for (const Call& call : calls) {
      if (call.on_day) day_[call.type].add(call);
      file_[call.type].add(call);
      all_.add(call);
    }
  }

  /// Mean patience of a type: the censored estimate, sum of all waits / number of hang-ups.
  double patience_mean(const std::string& type) const {
    for (const TypeFacts* facts : {&day_.at(type), &file_.at(type), &all_}) {
      if (facts->hang_ups >= kFewHangUps && facts->waits_s > 0) return facts->waits_s / facts->hang_ups;
    }
    return 600;  // a file in which nearly nobody hangs up says only that customers are patient
  }

  /// A service time drawn from the type's answered calls.
  double draw_service(const std::string& type, Random& random) const {
    for (const TypeFacts* facts : {&day_.at(type), &file_.at(type), &all_}) {
      const auto& services = facts->services_s;
      if (!services.empty()) return services[random.below(services.size())];
    }
    return 0;
  }

 private:
  std::map<std::string, TypeFacts> day_;
  std::map<std::string, TypeFacts> file_;
  TypeFacts all_;
};

/// What the log shows of one agent.
struct Worker {
  double first_s = 0;
  double last_s = 0;
  int services = 0;
  std::set<std::string> day_types;
  std::set<std::string> file_types;
};

std::vector<AgentPlan> agents_of(const std::vector<Call>& calls, const std::map<std::string, std::size_t>& queues) {
  std::map<std::string, Worker> workers;
  for (const Call& call : calls) {
    if (!call.answered || call.agent.empty()) continue;
    Worker& worker = workers[call.agent];
    worker.file_types.insert(call.type);
    if (!call.on_day) continue;
    worker.first_s = worker.services == 0 ? call.service_start_s : std::min(worker.first_s, call.service_start_s);
    worker.last_s = std::max(worker.last_s, call.service_end_s);
    worker.day_types.insert(call.type);
    ++worker.services;
  }
  std::vector<AgentPlan> agents;
  for (const auto& [id, worker] : workers) {
    if (worker.services == 0) continue;
    AgentPlan agent{.id = id, .display_name = "Agent " + id};
    for (const std::string& type : worker.services < kFewServices ? worker.file_types : worker.day_types) {
      if (queues.contains(type)) agent.skills.push_back({type, 50});
    }
    agent.shift_start_s = worker.first_s - kShiftMargin;
    agent.shift_end_s = worker.last_s + kShiftMargin;
    agents.push_back(std::move(agent));
  }
  return agents;
}

void sort_and_start(Workload& workload) {
  std::stable_sort(workload.arrivals.begin(), workload.arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.at_s < b.at_s; });
  workload.start_s = workload.arrivals.empty() ? 0 : workload.arrivals.front().at_s;
}

Workload load_call_log(const TraceOptions& options) {
  if (options.date.empty()) throw InputError(say("--date is needed with a call-by-call log", "逐通话日志需要 --date"));
  const std::vector<Call> calls = CallLog(options.path).read(options.date, options.path);
  const Facts facts(calls);
  Random random(options.seed);
  Workload workload;
  workload.name = options.date;
  std::map<std::string, std::size_t> queues;
  for (const Call& call : calls) {
    if (call.on_day) queues.emplace(call.type, 0);
  }
  for (auto& [type, index] : queues) {
    index = workload.queues.size();
    workload.skills.push_back(type);
    workload.queues.push_back(
        {.id = type, .display_name = "Type " + type, .requirements = {{type, 0}}, .priority_weight_s = kHeadStart});
  }
  for (const Call& call : calls) {
    if (!call.on_day) continue;
    Arrival arrival{.at_s = call.arrival_s, .queue = queues.at(call.type), .priority = call.priority};
    if (call.answered) {
      // All that is known is that the customer would have waited longer; an exponential has no memory.
      arrival.service_s = call.service_s;
      arrival.patience_s = call.wait_s + exponential(random, facts.patience_mean(call.type));
    } else {
      arrival.service_s = facts.draw_service(call.type, random);
      arrival.patience_s = call.wait_s;
    }
    workload.arrivals.push_back(std::move(arrival));
  }
  workload.agents = agents_of(calls, queues);
  sort_and_start(workload);
  return workload;
}

std::vector<SkillLevel> skills_at(const CsvReader& csv, std::size_t column) {
  try {
    return parse_skills(csv.text(column));
  } catch (const InputError& error) {
    csv.fail(column, error.what());
  }
}

std::vector<AgentPlan> load_agents(const std::string& path) {
  CsvReader csv(path);
  const std::size_t id = csv.column("agent");
  const std::size_t skills = csv.column("skills");
  const std::size_t capacity = csv.column("capacity_units");
  const std::size_t start = csv.column("shift_start_s");
  const std::size_t end = csv.column("shift_end_s");
  std::vector<AgentPlan> agents;
  while (csv.next()) {
    AgentPlan agent{.id = lower(csv.text(id)), .display_name = csv.text(id), .skills = skills_at(csv, skills)};
    agent.capacity_units = static_cast<int>(csv.span(capacity));
    agent.shift_start_s = csv.span(start);
    agent.shift_end_s = csv.span(end);
    if (*agent.shift_end_s <= agent.shift_start_s)
      csv.fail(end, say("must be after shift_start_s", "必须晚于 shift_start_s"));
    agents.push_back(std::move(agent));
  }
  return agents;
}

void collect_skills(const std::vector<SkillLevel>& from, std::set<std::string>& into) {
  for (const SkillLevel& skill : from) into.insert(skill.skill);
}

Workload load_generic(const TraceOptions& options) {
  if (options.agents_path.empty() && options.agents <= 0) {
    throw InputError(say("a generic trace needs --agents-file or --agents", "通用格式需要 --agents-file 或 --agents"));
  }
  CsvReader csv(options.path);
  const std::size_t at = csv.column("arrival_s");
  const std::size_t queue = csv.column("queue");
  const std::size_t skills = csv.column("skills");
  const std::size_t service = csv.column("service_s");
  const std::size_t patience = csv.column("patience_s");
  const std::size_t priority = csv.column("priority");
  Workload workload;
  workload.name = "trace";
  std::map<std::string, std::size_t> queues;
  std::set<std::string> all_skills;
  while (csv.next()) {
    const std::string id = lower(csv.text(queue));
    if (id.empty()) csv.fail(queue, say("a queue is needed", "缺少队列"));
    const auto [found, added] = queues.emplace(id, workload.queues.size());
    if (added) workload.queues.push_back({.id = id, .display_name = csv.text(queue)});
    Arrival arrival{.at_s = csv.span(at), .queue = found->second, .requirements = skills_at(csv, skills)};
    arrival.service_s = csv.span(service);
    if (!csv.text(patience).empty()) arrival.patience_s = csv.span(patience);
    if (!csv.text(priority).empty()) arrival.priority = static_cast<int>(csv.span(priority));
    if (arrival.priority > 100) csv.fail(priority, say("{} is above 100", "{} 大于 100", arrival.priority));
    collect_skills(arrival.requirements, all_skills);
    workload.arrivals.push_back(std::move(arrival));
  }
  if (!options.agents_path.empty()) {
    workload.agents = load_agents(options.agents_path);
    for (const AgentPlan& agent : workload.agents) collect_skills(agent.skills, all_skills);
  } else {
    AgentPlan agent;
    for (const std::string& skill : all_skills) agent.skills.push_back({skill, 100});
    for (int i = 1; i <= options.agents; ++i) {
      agent.id = fmt::format("a{:04}", i);
      agent.display_name = fmt::format("Agent {}", i);
      workload.agents.push_back(agent);
    }
  }
  workload.skills.assign(all_skills.begin(), all_skills.end());
  sort_and_start(workload);
  return workload;
}

}  // namespace

std::vector<SkillLevel> parse_skills(const std::string& text) {
  std::vector<SkillLevel> skills;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('|', at), text.size());
    const std::string part = text.substr(at, end - at);
    const std::size_t colon = std::min(part.find(':'), part.size());
    SkillLevel skill{lower(part.substr(0, colon)), 0};
    if (colon < part.size()) {
      const char* last = part.data() + part.size();
      const auto [stop, error] = std::from_chars(part.data() + colon + 1, last, skill.level);
      if (error != std::errc() || stop != last || skill.level < 0 || skill.level > 100) {
        throw InputError(say("\"{}\": a level is 0..100", "“{}”：等级应为 0..100", part));
      }
    }
    if (skill.skill.empty()) throw InputError(say("\"{}\" names no skill", "“{}”没有技能名", text));
    skills.push_back(std::move(skill));
    at = end + 1;
  }
  return skills;
}

Workload load_trace(const TraceOptions& options) {
  return CsvReader(options.path).has_column("arrival_s") ? load_generic(options) : load_call_log(options);
}

}  // namespace muster::sim
