#include "kpi_watch.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "muster/node/render.h"

namespace muster::api {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSilenceMax{10'000};

/// What is less than this nobody sees.
double least_move(const kpi::Metric& metric) {
  switch (metric.unit) {
    case kpi::Unit::kPercent:
      return 0.05;
    case kpi::Unit::kDuration:
      return metric.denominator.empty() ? 1 : 0.05;
    case kpi::Unit::kNumber:
      return 0.005;
    default:
      return 0;
  }
}

}  // namespace

KpiFrame::KpiFrame(const v1::WatchKpisRequest& request, Checker& check)
    : dimension_(named_dimension(request.dimension(), check)),
      metrics_(named_metrics(request.metric_ids(), check)),
      time_zone_(named_time_zone(request.time_zone(), check)),
      filter_(request, check),
      descending_(request.descending()) {
  check.expect(v1::KpiWindow_IsValid(request.window()), "window", "must name a window");
  if (request.window() != v1::KPI_WINDOW_UNSPECIFIED) window_ = static_cast<node::KpiWindow>(request.window());
  if (!request.sort_metric_id().empty()) {
    const auto found = std::find_if(metrics_.begin(), metrics_.end(),
                                    [&](const kpi::Metric* metric) { return metric->id == request.sort_metric_id(); });
    if (check.expect(found != metrics_.end(), "sort_metric_id", "must be one of metric_ids")) sort_ = *found;
  }
  if (request.page_size() != 0) {
    page_size_ = static_cast<std::size_t>(check.number("page_size", request.page_size(), 1, 5000));
  }
  skip_ = static_cast<std::size_t>(check.number("skip", request.skip(), 0, 1'000'000));
}

bool KpiFrame::hold_to(const std::string& tenant) {
  if (tenant.empty()) return true;
  filter_.hold_to(tenant);
  return is_for_tenants(dimension_);
}

KpiFrame::Rows KpiFrame::page_of(Rows rows) const {
  const std::size_t from = std::min(skip_, rows.size()), to = std::min(from + page_size_, rows.size());
  if (sort_) {
    std::vector<std::pair<double, const kpi::RowSample*>> by_value;
    by_value.reserve(rows.size());
    for (const auto* row : rows) by_value.emplace_back(value_of(*sort_, row->sample), row);
    // Those without a value come last either way; equal ones in the order of their names, as they lie in the table.
    const auto goes_first = [this](const auto& a, const auto& b) {
      if (std::isnan(a.first) != std::isnan(b.first)) return std::isnan(b.first);
      if (std::isnan(a.first) || a.first == b.first) return a.second < b.second;
      return descending_ ? a.first > b.first : a.first < b.first;
    };
    std::partial_sort(by_value.begin(), std::next(by_value.begin(), static_cast<std::ptrdiff_t>(to)), by_value.end(),
                      goes_first);
    for (std::size_t i = from; i < to; ++i) rows[i] = by_value[i].second;
  } else if (descending_) {
    std::reverse(rows.begin(), rows.end());
  }
  return {std::next(rows.begin(), static_cast<std::ptrdiff_t>(from)),
          std::next(rows.begin(), static_cast<std::ptrdiff_t>(to))};
}

bool KpiFrame::moved(const Told& told, const std::vector<double>& now, const kpi::Place& place) const {
  if (told.place != place) return true;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (std::isnan(told.values[i]) != std::isnan(now[i])) return true;
    if (std::abs(told.values[i] - now[i]) > least_move(*metrics_[i])) return true;
  }
  return false;
}

v1::WatchKpisResponse KpiFrame::next(const node::KpiTable& table) {
  v1::WatchKpisResponse response;
  node::to_proto(table.as_of, response.mutable_as_of());
  node::to_proto(table.from, response.mutable_window_start());
  response.set_snapshot(std::exchange(first_, false));
  Rows rows;
  for (const auto& row : table.rows) {
    if (filter_.passes(row.key, row.place)) rows.push_back(&row);
  }
  response.set_total_rows(static_cast<std::int32_t>(rows.size()));
  std::unordered_map<std::string, Told> told;
  told.reserve(told_.size());
  std::vector<std::string> order;
  for (const auto* row : page_of(std::move(rows))) {
    std::vector<double> values;
    values.reserve(metrics_.size());
    for (const auto* metric : metrics_) values.push_back(value_of(*metric, row->sample));
    order.push_back(row_id(row->key));
    const auto before = told_.find(order.back());
    if (before != told_.end() && !moved(before->second, values, row->place)) {
      told.insert(told_.extract(before));
      continue;
    }
    v1::KpiRow* added = response.add_rows();
    render(row->key, row->place, added);
    added->mutable_values()->Assign(values.begin(), values.end());
    told.emplace(order.back(), Told{std::move(values), row->place});
  }
  told_ = std::move(told);
  if (order != order_) response.mutable_row_ids()->Assign(order.begin(), order.end());
  if (order.empty() && !order_.empty()) response.set_snapshot(true);  // an empty list would be "as before"
  order_ = std::move(order);
  return response;
}

KpiWatch::KpiWatch(grpc::CallbackServerContext* context, StreamRegistry& registry, node::Node& node,
                   const v1::WatchKpisRequest& request)
    : StreamReactor(context, registry), node_(node), frame_(request, check_) {
  if (!request.has_interval()) return;
  interval_ = std::chrono::duration_cast<milliseconds>(
      check_.duration("interval", request.interval(), milliseconds(250), std::chrono::minutes(1)));
}

void KpiWatch::start() {
  {
    const std::lock_guard lock(mutex_);
    terms_ended_ = node_.terms_ended();
    if (!check_.ok()) {
      finish(to_status(check_.error()));
    } else if (!frame_.hold_to(admission().tenant())) {
      finish(to_status(tenant_dimension()));
    } else if (!node_.readiness().ready) {
      finish(to_status(delivery_error(node::Delivery::kNotServing)));
    }
    if (finished()) return;
  }
  next();
}

void KpiWatch::ended() {
  const std::lock_guard lock(mutex_);
  waiting_.reset();
}

void KpiWatch::next() {
  const auto table = node_.kpis(frame_.dimension(), frame_.window(), frame_.time_zone());
  {
    const std::lock_guard lock(mutex_);
    if (finished()) return;
    if (node_.terms_ended() != terms_ended_) return end_as(node::StreamEnd::kRecovering);
    auto response = frame_.next(*table);
    const bool tells = response.snapshot() || response.rows_size() > 0 || response.row_ids_size() > 0;
    silence_ += interval_;
    if (tells || silence_ >= kSilenceMax) {
      silence_ = milliseconds::zero();
      response_ = std::move(response);
      return write();
    }
  }
  wait();
}

void KpiWatch::wait() {
  auto self = std::static_pointer_cast<KpiWatch>(shared_from_this());
  const std::lock_guard lock(mutex_);
  if (finished()) return;
  waiting_ = call_after(interval_, [self = std::move(self)](bool) { self->guard([&] { self->next(); }); });
}

}  // namespace muster::api
