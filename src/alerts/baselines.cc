#include "baselines.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <stdexcept>
#include <utility>

#include "muster/api/caller.h"
#include "muster/api/kpi_rows.h"
#include "muster/base/thread_name.h"
#include "muster/node/days.h"

namespace muster::alerts {
namespace {

constexpr int kQuarters = 5;  ///< that 60 minutes touch
constexpr std::chrono::seconds kPause{5};

std::int64_t count_of(const kpi::Metric& metric, const kpi::Facts& facts) {
  return kpi::figure(metric, {facts, {}, {}}).numerator;
}

/// How much of the quarters of an hour, the first of which holds `from`, lies between the two.
double within(const std::vector<double>& quarters, TimePoint from, TimePoint until) {
  double sum = 0;
  for (std::size_t i = 0; i < quarters.size(); ++i) {
    const TimePoint start = kpi::interval_of(from) + static_cast<int>(i) * kpi::kInterval;
    const Duration shared = std::min(start + kpi::kInterval, until) - std::max(start, from);
    sum += quarters[i] * std::max(0.0, std::chrono::duration<double>(shared) / kpi::kInterval);
  }
  return sum;
}

/// What decides which history is read: rules that differ in their limits alone share it.
std::string question_of(const v1::AlertRule& rule) {
  v1::AlertRule question;
  question.set_tenant_id(rule.tenant_id());
  question.set_dimension(rule.dimension());
  *question.mutable_row_ids() = rule.row_ids();
  if (rule.has_spike()) {
    question.mutable_spike()->set_metric_id(rule.spike().metric_id());
    question.mutable_spike()->set_weeks(rule.spike().weeks());
    question.mutable_spike()->set_time_zone(rule.spike().time_zone());
  } else {
    question.mutable_guard_rail()->set_days(rule.guard_rail().days());
  }
  return question.SerializeAsString();
}

class NotReadable : public std::runtime_error {
 public:
  NotReadable() : std::runtime_error("history cannot be read now") {}
};

std::vector<node::KpiHistory::Row> rows_of(node::Node& node, const node::KpiQuery& query) {
  auto promise = std::make_shared<std::promise<std::optional<node::KpiHistory>>>();
  auto answer = promise->get_future();
  node.query_kpis(query, [promise](node::StoreStatus, std::optional<node::KpiHistory> history, const std::string&) {
    promise->set_value(std::move(history));
  });
  auto history = answer.get();
  if (!history) throw NotReadable();
  return std::move(history->rows);
}

node::KpiQuery query_of(const v1::AlertRule& question, TimePoint from, TimePoint until, node::KpiStep step) {
  node::KpiQuery query;
  query.dimension = static_cast<kpi::Dimension>(question.dimension());
  query.from = from;
  query.until = until;
  query.step = step;
  query.time_zone = "UTC";
  for (const std::string& id : question.row_ids()) query.keys.push_back(*api::key_of(query.dimension, id));
  if (question.tenant_id() != kPlatformTenant) query.tenant_id = question.tenant_id();
  return query;
}

bool has_history(node::Node& node, TimePoint from, TimePoint until) {
  node::KpiQuery query;
  query.dimension = kpi::Dimension::kWorkspace;
  query.from = from;
  query.until = until;
  query.time_zone = "UTC";
  return !rows_of(node, query).empty();
}

}  // namespace

Baselines::Baselines(node::Node& node) : node_(node), thread_([this](const std::stop_token& stop) { run(stop); }) {
  name_thread(thread_, "baselines");
}

Baselines::~Baselines() { stop(); }

void Baselines::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Baselines::ask_for(const std::vector<v1::AlertRule>& rules) {
  std::map<std::string, Answer> answers;
  const std::lock_guard lock(mutex_);
  for (const v1::AlertRule& rule : rules) {
    if (rule.disabled() || rule.has_threshold()) continue;
    const std::string question = question_of(rule);
    answers.emplace(question, answers_[question]);
  }
  answers_ = std::move(answers);
  woken_.notify_one();
}

void Baselines::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  do {
    if (!node_.readiness().ready) continue;
    const TimePoint quarter =
        kpi::interval_of(node_.kpis(kpi::Dimension::kWorkspace, node::KpiWindow::kHour, "UTC")->from);
    std::vector<std::string> unanswered;
    for (const auto& [question, known] : answers_) {
      if (known.quarter != quarter) unanswered.push_back(question);
    }
    lock.unlock();
    try {
      for (std::size_t i = 0; i < unanswered.size() && !stop.stop_requested(); ++i) answer(unanswered[i], quarter);
    } catch (const std::exception& error) {
      spdlog::warn("alerts: {}; trying again", error.what());
    }
    lock.lock();
  } while (!woken_.wait_for(lock, stop, kPause, [&] { return stop.stop_requested(); }));
}

void Baselines::answer(const std::string& question, TimePoint quarter) {
  v1::AlertRule asked;
  asked.ParseFromString(question);
  Answer answer{quarter, nullptr, nullptr};
  if (asked.has_spike()) {
    answer.weeks = read_weeks(asked, quarter);
  } else {
    answer.rails = read_rails(asked, quarter);
  }
  const std::lock_guard lock(mutex_);
  const auto waiting = answers_.find(question);
  if (waiting != answers_.end()) waiting->second = std::move(answer);
}

std::shared_ptr<const Baselines::Weeks> Baselines::read_weeks(const v1::AlertRule& question, TimePoint quarter) const {
  constexpr Duration kHalfDay = std::chrono::hours(12);
  auto result = std::make_shared<Weeks>();
  const kpi::Metric* metric = kpi::find_metric(question.spike().metric_id());
  for (int week = 1; metric && week <= question.spike().weeks(); ++week) {
    const TimePoint from = node::days_before(7 * week, question.spike().time_zone(), quarter);
    if (!has_history(node_, from - kHalfDay, from + kHalfDay)) continue;
    if (result->weeks.empty()) {
      const auto day = query_of(question, from - kHalfDay, from + kHalfDay, node::KpiStep::kTotal);
      for (const auto& row : rows_of(node_, day)) result->known.insert(row.key);
    }
    Quarters& quarters = result->weeks.emplace_back();
    const auto hour = query_of(question, from, from + kQuarters * kpi::kInterval, node::KpiStep::kQuarterHour);
    for (const auto& row : rows_of(node_, hour)) {
      auto& counts = quarters.try_emplace(row.key, std::vector<double>(kQuarters)).first->second;
      counts[static_cast<std::size_t>((row.start - from) / kpi::kInterval)] =
          static_cast<double>(count_of(*metric, row.facts));
    }
  }
  return result;
}

std::shared_ptr<const Baselines::Rails> Baselines::read_rails(const v1::AlertRule& question, TimePoint quarter) const {
  const TimePoint until = quarter + std::chrono::hours(1);  // what came after is not over yet
  const Duration span = std::chrono::days(question.guard_rail().days());
  auto samples = std::make_shared<Rails>();
  const auto now = query_of(question, until - span, until, node::KpiStep::kTotal);
  const auto before = query_of(question, until - 2 * span, until - span, node::KpiStep::kTotal);
  for (const auto& row : rows_of(node_, now)) (*samples)[row.key].now = row.facts;
  for (const auto& row : rows_of(node_, before)) (*samples)[row.key].before = row.facts;
  return samples;
}

Baselines::Answer Baselines::answer_to(const v1::AlertRule& rule, const node::KpiTable& last_hour) const {
  const std::lock_guard lock(mutex_);
  const auto known = answers_.find(question_of(rule));
  const bool fits = known != answers_.end() && known->second.quarter == kpi::interval_of(last_hour.from);
  return fits ? known->second : Answer{};
}

std::optional<Baselines::Spikes> Baselines::spikes(const v1::AlertRule& rule, const node::KpiTable& last_hour) const {
  const kpi::Metric* metric = kpi::find_metric(rule.spike().metric_id());
  const auto weeks = answer_to(rule, last_hour).weeks;
  if (!weeks || !metric) return std::nullopt;
  Spikes samples;
  for (const kpi::RowSample& row : last_hour.rows) {
    if (!weeks->known.contains(row.key)) continue;
    SpikeSample& sample = samples[row.key];
    sample.count = count_of(*metric, row.sample.facts);
    sample.weeks = static_cast<int>(weeks->weeks.size());
    for (const Quarters& week : weeks->weeks) {
      const auto counts = week.find(row.key);
      if (counts != week.end()) sample.past += within(counts->second, last_hour.from, last_hour.as_of);
    }
  }
  return samples;
}

std::shared_ptr<const Baselines::Rails> Baselines::guard_rails(const v1::AlertRule& rule,
                                                               const node::KpiTable& last_hour) const {
  return answer_to(rule, last_hour).rails;
}

}  // namespace muster::alerts
