#include "tracking.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "cascade.h"
#include "muster/api/back_office.h"
#include "muster/node/days.h"
#include "muster/node/render.h"
#include "pace.h"
#include "target_store.h"

namespace muster::targets {
namespace {

using api::Checker;
using kpi::Dimension;
using node::KpiWindow;

constexpr int kWeeks = 4;

/// What is asked for, checked.
struct Question {
  Question(const v1::TrackTargetsRequest& request, const std::string& in_name_of, Checker& check)
      : tenant(in_name_of),
        dimension(api::named_dimension(request.dimension(), check)),
        time_zone(api::named_time_zone(request.time_zone(), check)),
        filter(request, check) {
    check.expect(may_have_targets(dimension), "dimension", "must be WORKSPACE, TENANT, QUEUE, BASE, TEAM or AGENT");
    if (request.metric_ids_size() > 0) {
      for (const auto* metric : api::named_metrics(request.metric_ids(), check)) metrics.insert(metric->id);
    }
    if (request.page_size() != 0) {
      page_size = static_cast<std::size_t>(check.number("page_size", request.page_size(), 1, 500));
    }
    skip = static_cast<std::size_t>(check.number("skip", request.skip(), 0, 1'000'000));
    if (!tenant.empty()) filter.hold_to(tenant);
  }

  std::string tenant;
  Dimension dimension;
  std::string time_zone;
  api::RowFilter filter;
  std::set<std::string_view> metrics;  ///< empty: all
  std::size_t page_size = 100;
  std::size_t skip = 0;
};

/// A row, and the targets that hold for it.
struct Tracked {
  const kpi::RowSample* row;
  std::vector<const v1::Target*> targets;
};

/// One call: today's rows, their targets, and what was counted by this time on the same weekday of the weeks before.
class Tracking {
 public:
  Tracking(node::Node& node, Question question)
      : question_(std::move(question)),
        today_(node.kpis(question_.dimension, KpiWindow::kToday, question_.time_zone)),
        day_end_(midnight_after(0)) {
    for (const auto& row : today_->rows) {
      if (question_.filter.passes(row.key, row.place)) rows_.push_back(&row);
    }
  }

  /// Where targets may come from; in a tenant's name, what the platform sets for all does not count.
  [[nodiscard]] std::vector<Scope> scopes() const {
    std::set<Scope> scopes;
    for (const auto* row : rows_) {
      for (Scope& scope : scopes_of(row->key, row->place)) {
        if (question_.tenant.empty() || api::is_for_tenants(scope.dimension)) scopes.insert(std::move(scope));
      }
    }
    return {scopes.begin(), scopes.end()};
  }

  /// Takes what is set at the scopes.
  void take(std::vector<v1::Target> targets) {
    cascade_ = std::make_unique<Cascade>(std::move(targets), node::weekday_of(question_.time_zone, today_->as_of));
    for (const auto* row : rows_) {
      auto in_force = cascade_->in_force(question_.dimension, scopes_of(row->key, row->place));
      if (!question_.metrics.empty()) {
        std::erase_if(in_force, [&](const auto* each) { return !question_.metrics.contains(each->metric_id()); });
      }
      if (in_force.empty()) continue;
      const std::size_t place = total_++;
      if (place >= question_.skip && page_.size() < question_.page_size) page_.push_back({row, std::move(in_force)});
    }
  }

  /// What to ask history for: of the rows with quantities, and of what they are a part of.
  [[nodiscard]] std::vector<node::KpiQuery> queries() const {
    std::set<kpi::Key> keys;
    for (const Tracked& tracked : page_) {
      if (!has_quantity(tracked)) continue;
      keys.insert(tracked.row->key);
      keys.insert(whole_of(tracked.row->key));
    }
    std::map<Dimension, std::vector<kpi::Key>> by_dimension;
    for (const kpi::Key& key : keys) by_dimension[key.dimension].push_back(key);
    std::vector<node::KpiQuery> queries;
    for (const auto& [dimension, wanted] : by_dimension) add_queries(dimension, wanted, queries);
    return queries;
  }

  void fill(const std::vector<node::KpiQuery>& queries, const std::vector<node::KpiHistory>& found,
            v1::TrackTargetsResponse* response) const {
    std::map<kpi::Key, DayParts> days;
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (const auto& row : found[i].rows) part_of(days[row.key], queries[i]) += row.facts;
    }
    response->set_total_rows(static_cast<std::int32_t>(total_));
    node::to_proto(today_->as_of, response->mutable_as_of());
    node::to_proto(today_->from, response->mutable_day_start());
    node::to_proto(day_end_, response->mutable_day_end());
    for (const Tracked& tracked : page_) fill(tracked, days, response->add_rows());
  }

 private:
  using Days = std::map<kpi::Key, DayParts>;

  /// What a row takes its pace from when it has none of its own. What is a tenant's says nothing of others.
  static kpi::Key whole_of(const kpi::Key& row) {
    if (row.dimension == Dimension::kQueue) return {Dimension::kTenant, row.second};
    return row.dimension == Dimension::kTenant ? row : kpi::Key{};
  }
  static bool has_quantity(const Tracked& tracked) {
    return std::any_of(tracked.targets.begin(), tracked.targets.end(),
                       [](const auto* target) { return is_quantity(*kpi::find_metric(target->metric_id())); });
  }

  /// The same moment, so many days before, by the clocks of the time zone.
  [[nodiscard]] TimePoint moment(int days) const { return node::days_before(days, question_.time_zone, today_->as_of); }
  [[nodiscard]] TimePoint midnight_before(int days) const {
    return node::start_of(KpiWindow::kToday, question_.time_zone, moment(days));
  }
  [[nodiscard]] TimePoint midnight_after(int days) const { return midnight_before(days - 1); }

  void add_queries(Dimension dimension, const std::vector<kpi::Key>& keys, std::vector<node::KpiQuery>& queries) const {
    const auto add = [&](TimePoint from, TimePoint until) {
      if (from >= until) return;
      node::KpiQuery query;
      query.dimension = dimension;
      query.from = from;
      query.until = until;
      query.keys = keys;
      query.tenant_id = question_.tenant;
      queries.push_back(std::move(query));
    };
    for (int days = 7; days <= 7 * kWeeks; days += 7) {
      const TimePoint quarter = kpi::interval_of(moment(days));
      add(midnight_before(days), quarter);
      add(quarter, quarter + kpi::kInterval);
      add(quarter + kpi::kInterval, midnight_after(days));
    }
  }
  /// Which part of its day a query is about.
  [[nodiscard]] kpi::Facts& part_of(DayParts& parts, const node::KpiQuery& query) const {
    for (int days = 7; days <= 7 * kWeeks; days += 7) {
      const TimePoint quarter = kpi::interval_of(moment(days));
      if (query.from == quarter) return parts.present;
      if (query.until == quarter) return parts.before;
    }
    return parts.after;
  }

  void fill(const Tracked& tracked, const Days& days, v1::TrackedRow* out) const {
    const kpi::Key& key = tracked.row->key;
    api::render(key, tracked.row->place, out->mutable_row());
    const Scope own = scopes_of(key, tracked.row->place).front();
    for (const auto* target : tracked.targets) {
      const kpi::Metric& metric = *kpi::find_metric(target->metric_id());
      const double actual = api::value_of(metric, tracked.row->sample);
      v1::TargetTrack& track = *out->add_tracks() = track_of(metric, *target, actual, pace(metric, key, days));
      track.set_inherited(scope_of(*target) != own);
    }
  }

  [[nodiscard]] Pace pace(const kpi::Metric& metric, const kpi::Key& row, const Days& days) const {
    if (!is_quantity(metric)) return {};
    const auto of = [&](const kpi::Key& key) {
      const auto found = days.find(key);
      return found == days.end() ? nullptr : &found->second;
    };
    const auto share = [](Duration part, Duration whole) {
      return static_cast<double>(part.count()) / static_cast<double>(whole.count());
    };
    const TimePoint now = today_->as_of;
    const Clock clock{share(now - kpi::interval_of(now), kpi::kInterval),
                      share(now - today_->from, day_end_ - today_->from)};
    const bool of_tenant = whole_of(row).dimension == Dimension::kTenant;
    return pace_of(metric, of(row), of(whole_of(row)), of_tenant ? v1::PACE_BASIS_TENANT : v1::PACE_BASIS_WORKSPACE,
                   clock);
  }

  const Question question_;
  const std::shared_ptr<const node::KpiTable> today_;
  const TimePoint day_end_;
  std::vector<const kpi::RowSample*> rows_;
  std::unique_ptr<Cascade> cascade_;
  std::vector<Tracked> page_;
  std::size_t total_ = 0;
};

}  // namespace

void track(node::Node& node, store::TenantPool& pool, const std::string& tenant, grpc::ServerUnaryReactor* reactor,
           const v1::TrackTargetsRequest& request, v1::TrackTargetsResponse* response) {
  Checker check;
  Question question(request, tenant, check);
  if (!check.ok()) return reactor->Finish(api::to_status(check.error()));
  if (!tenant.empty() && !api::is_for_tenants(question.dimension)) {
    return reactor->Finish(api::to_status(api::tenant_dimension()));
  }
  if (!node.readiness().ready) return reactor->Finish(api::to_status(api::delivery_error(node::Delivery::kNotServing)));
  const auto tracking = std::make_shared<Tracking>(node, std::move(question));
  api::look_up(
      pool, tenant.empty() ? kPlatformTenant : tenant, reactor,
      [=](TenantTransaction& t) { tracking->take(targets_at(t, tracking->scopes())); },
      [=, &node] {
        const auto queries = std::make_shared<const std::vector<node::KpiQuery>>(tracking->queries());
        api::read_history(node, *queries, reactor, [=](const std::vector<node::KpiHistory>& found) {
          tracking->fill(*queries, found, response);
          reactor->Finish(grpc::Status::OK);
        });
      });
}

}  // namespace muster::targets
