#include "muster/alerts/alerting.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "alert_book.h"
#include "alert_service.h"
#include "baselines.h"
#include "evaluation.h"
#include "muster/api/caller.h"
#include "muster/base/thread_name.h"
#include "receivers.h"

namespace muster::alerts {
namespace {

constexpr std::chrono::milliseconds kPause{1'000};
/// So many alerts in one transaction.
constexpr std::size_t kBatch = 100;
/// After so many failures it is not the items' fault.
constexpr std::size_t kInVain = 5;
/// Told in alert_service.proto.
constexpr auto kKept = std::chrono::days(400);

}  // namespace

class Alerting::Impl {
 public:
  Impl(store::TenantPool& pool, node::Node& node)
      : pool_(pool),
        node_(node),
        baselines_(node),
        evaluation_(node, baselines_),
        thread_([this](const std::stop_token& stop) { run(stop); }) {
    name_thread(thread_, "alerts");
  }

  [[nodiscard]] store::TenantPool& pool() { return pool_; }
  [[nodiscard]] const AlertBook& book() const { return book_; }

  /// There may be something new in the tables.
  void wake() {
    const std::lock_guard lock(mutex_);
    news_ = true;
    woken_.notify_one();
  }

  void stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    baselines_.stop();
  }

 private:
  void run(const std::stop_token& stop) {
    bool failing = false;
    while (!stop.stop_requested()) {
      try {
        refresh();
        look(stop);
        failing = false;
      } catch (const std::exception& error) {
        evaluation_.forget();
        if (!std::exchange(failing, true)) spdlog::warn("alerts: {}; trying on", error.what());
      }
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, stop, kPause, [this] { return std::exchange(news_, false); });
    }
  }

  /// What changed in the tables since the last time.
  void refresh() {
    pool_
        .submit(kPlatformTenant,
                [this](TenantTransaction& t) {
                  const Revisions now = revisions(t);
                  if (now.rules < seen_.rules || now.alerts < seen_.alerts) {  // a backup was restored
                    seen_ = {};
                    book_.clear();
                  }
                  if (now.rules != seen_.rules) take_rules(all_rules(t));
                  if (now.alerts != seen_.alerts) book_.take(changed_alerts(t, seen_.alerts), now.alerts, wall_now());
                  seen_ = now;
                })
        .get();
    book_.touch(wall_now());
    book_.forget_left(wall_now());
  }

  void take_rules(std::vector<v1::AlertRule> rules) {
    rules_ = std::move(rules);
    by_name_.clear();
    for (const v1::AlertRule& rule : rules_) {
      if (!rule.disabled()) by_name_.emplace(std::pair(rule.tenant_id(), rule.rule_id()), &rule);
    }
    baselines_.ask_for(rules_);
  }

  void look(const std::stop_token& stop) {
    const std::uint64_t term = node_.terms_ended();
    if (!node_.readiness().ready) return evaluation_.forget();
    const TimePoint now = wall_now();
    const auto changed = evaluation_.look(rules_, book_.open(), now);
    if (!node_.readiness().ready || node_.terms_ended() != term) return evaluation_.forget();
    in_batches(changed, stop, [now](TenantTransaction& t, const Seen& seen) { settle(t, seen, now); });
    if (!changed.empty()) refresh();
    std::vector<AlertRecord> untold;
    for (AlertRecord& record : book_.open()) {
      if (due(record, rule_of(record.alert), now)) untold.push_back(std::move(record));
    }
    in_batches(untold, stop, [&](TenantTransaction& t, const AlertRecord& record) {
      if (!tell(t, record, rule_of(record.alert), now)) book_.drop(record.alert.alert_id());
    });
  }

  /// Does `work` for each item, many in one transaction. One that cannot be done does not hold up the others.
  template <typename Item, typename Work>
  void in_batches(const std::vector<Item>& items, const std::stop_token& stop, const Work& work) {
    for (std::size_t from = 0; from < items.size() && !stop.stop_requested(); from += kBatch) {
      const std::size_t to = std::min(items.size(), from + kBatch);
      try {
        in_one(items, from, to, work);
      } catch (const std::exception&) {
        one_by_one(items, from, to, work);
      }
    }
  }

  template <typename Item, typename Work>
  void in_one(const std::vector<Item>& items, std::size_t from, std::size_t to, const Work& work) {
    pool_
        .submit(kPlatformTenant,
                [&](TenantTransaction& t) {
                  hold_changes(t);
                  for (std::size_t i = from; i < to; ++i) work(t, items[i]);
                })
        .get();
  }

  template <typename Item, typename Work>
  void one_by_one(const std::vector<Item>& items, std::size_t from, std::size_t to, const Work& work) {
    std::size_t done = 0;
    for (std::size_t i = from; i < to; ++i) {
      try {
        in_one(items, i, i + 1, work);
        ++done;
      } catch (const std::exception& error) {
        if (done == 0 && i - from == kInVain) throw;
        const v1::Alert& alert = items[i].alert;
        spdlog::error("alerts: {} of rule {} of {}: {}", alert.row_id(), alert.rule_id(), alert.tenant_id(),
                      error.what());
      }
    }
  }

  [[nodiscard]] const v1::AlertRule* rule_of(const v1::Alert& alert) const {
    const auto rule = by_name_.find({alert.tenant_id(), alert.rule_id()});
    return rule == by_name_.end() ? nullptr : rule->second;
  }

  store::TenantPool& pool_;
  node::Node& node_;
  AlertBook book_;
  Baselines baselines_;
  Evaluation evaluation_;             // the thread's alone, as all below down to seen_
  std::vector<v1::AlertRule> rules_;  ///< by their creation
  std::map<std::pair<std::string, std::string>, const v1::AlertRule*> by_name_;  ///< those that are not disabled
  Revisions seen_{};
  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool news_ = false;  // guarded by mutex_
  std::jthread thread_;
};

Alerting::Alerting(store::TenantPool& pool, node::Node& node) : impl_(std::make_unique<Impl>(pool, node)) {}
Alerting::~Alerting() { stop(); }
void Alerting::stop() { impl_->stop(); }

std::unique_ptr<grpc::Service> Alerting::make_service(api::Gate& gate, api::StreamRegistry& streams) {
  return make_alert_service(impl_->pool(), gate, streams, impl_->book(), [impl = impl_.get()] { impl->wake(); });
}

store::Job alert_cleanup_job() {
  return {"alerts.cleanup", std::chrono::hours(1),
          [](store::TenantTransaction& t, TimePoint now) { return delete_old_alerts(t, now - kKept); }};
}

}  // namespace muster::alerts
