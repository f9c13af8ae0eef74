#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "judge.h"
#include "muster/node/node.h"

/// What metrics were before, for the conditions that compare with it.
namespace muster::alerts {

/// History is read on a thread of its own, once in a quarter of an hour for each question that rules ask. Until the
/// answer is there, nothing can be said. Thread-safe.
class Baselines {
 public:
  using Spikes = std::map<kpi::Key, SpikeSample>;
  using Rails = std::map<kpi::Key, GuardRailSample>;

  /// The node must outlive it.
  explicit Baselines(node::Node& node);
  /// As stop().
  ~Baselines();
  Baselines(const Baselines&) = delete;
  Baselines& operator=(const Baselines&) = delete;

  /// Asks no more. May be called again.
  void stop();

  /// The rules whose questions are asked from now on.
  void ask_for(const std::vector<v1::AlertRule>& rules);
  /// By row: what the condition compares. A row that counted nothing on the day a week before is left out: it is new.
  std::optional<Spikes> spikes(const v1::AlertRule& rule, const node::KpiTable& last_hour) const;
  /// Null: not known yet.
  std::shared_ptr<const Rails> guard_rails(const v1::AlertRule& rule, const node::KpiTable& last_hour) const;

 private:
  /// Counts of the quarters of an hour that the span can touch, by row.
  using Quarters = std::map<kpi::Key, std::vector<double>>;
  struct Weeks {
    std::vector<Quarters> weeks;  ///< those with anything on that day: neither holidays nor before there was history
    std::set<kpi::Key> known;     ///< rows that counted anything on the day of the first of them
  };
  struct Answer {
    TimePoint quarter;  ///< that holds the beginning of the last hour
    std::shared_ptr<const Weeks> weeks;
    std::shared_ptr<const Rails> rails;
  };

  void run(const std::stop_token& stop);
  void answer(const std::string& question, TimePoint quarter);
  [[nodiscard]] std::shared_ptr<const Weeks> read_weeks(const v1::AlertRule& question, TimePoint quarter) const;
  [[nodiscard]] std::shared_ptr<const Rails> read_rails(const v1::AlertRule& question, TimePoint quarter) const;
  [[nodiscard]] Answer answer_to(const v1::AlertRule& rule, const node::KpiTable& last_hour) const;

  node::Node& node_;
  mutable std::mutex mutex_;
  std::condition_variable_any woken_;
  std::map<std::string, Answer> answers_;  // guarded by mutex_; by the question
  std::jthread thread_;
};

}  // namespace muster::alerts
