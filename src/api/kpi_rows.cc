#include "muster/api/kpi_rows.h"

#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "muster/api/guard.h"
#include "muster/v1/common.pb.h"
#include "unary.h"

namespace muster::api {
namespace {

constexpr auto kLongest = std::chrono::days(93);

TimePoint whole_interval(std::string_view field, const google::protobuf::Timestamp& time, Checker& check) {
  const TimePoint named = check.time(field, time);
  check.expect(kpi::interval_of(named) == named, field, "must be a whole quarter of an hour");
  return named;
}

Error too_many_rows() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED,
          "KPI_ROW_LIMIT",
          "more than 100000 rows: ask for less time, longer steps or fewer rows",
          {},
          {},
          {}};
}

/// Of several queries; the last one to come in ends the call.
class Answers {
 public:
  using Then = std::function<void(const std::vector<node::KpiHistory>&)>;
  Answers(std::size_t count, grpc::ServerUnaryReactor* reactor, Then then)
      : reactor_(reactor), then_(std::move(then)), left_(count), histories_(count) {}

  void take(std::size_t query, node::StoreStatus status, std::optional<node::KpiHistory> history,
            const std::string& trouble) {
    {
      const std::lock_guard lock(mutex_);
      if (status != node::StoreStatus::kRead) {
        failed_ = not_read(status, trouble);
      } else if (history->too_many) {
        failed_ = to_status(too_many_rows());
      } else {
        histories_[query] = *std::move(history);
      }
      if (--left_ > 0) return;
    }
    if (!failed_.ok()) return reactor_->Finish(failed_);
    guarded([&] { then_(histories_); }, [&](const grpc::Status& failed) { reactor_->Finish(failed); });
  }

 private:
  grpc::ServerUnaryReactor* const reactor_;
  const Then then_;
  std::mutex mutex_;
  std::size_t left_;  // guarded by mutex_, as all below until it is 0
  std::vector<node::KpiHistory> histories_;
  grpc::Status failed_;
};

}  // namespace

std::vector<const kpi::Metric*> named_metrics(const google::protobuf::RepeatedPtrField<std::string>& ids,
                                              Checker& check) {
  std::vector<const kpi::Metric*> metrics;
  if (!check.count("metric_ids", ids.size(), 1, 32)) return metrics;
  std::set<std::string_view> seen;
  for (int i = 0; i < ids.size(); ++i) {
    const std::string path = "metric_ids[" + std::to_string(i) + "]";
    const kpi::Metric* metric = kpi::find_metric(ids[i]);
    check.expect(metric, path, "is not in the dictionary: ListMetrics tells what is");
    check.expect(seen.insert(ids[i]).second, path, "is named twice");
    if (metric) metrics.push_back(metric);
  }
  return metrics;
}

kpi::Dimension named_dimension(v1::KpiDimension dimension, Checker& check) {
  check.expect(dimension != v1::KPI_DIMENSION_UNSPECIFIED && v1::KpiDimension_IsValid(dimension), "dimension",
               "must name a dimension");
  return static_cast<kpi::Dimension>(dimension);
}

std::string named_time_zone(const std::string& name, Checker& check) {
  if (name.empty()) return "UTC";
  check.expect(node::is_time_zone(name), "time_zone", "must name a time zone, such as Asia/Shanghai");
  return name;
}

KpiSpan named_span(const google::protobuf::Timestamp* start, const google::protobuf::Timestamp* end, Checker& check) {
  KpiSpan span;
  check.expect(start, "start_time", "is required");
  if (start) span.from = whole_interval("start_time", *start, check);
  if (end) span.until = whole_interval("end_time", *end, check);
  const TimePoint until = span.until.value_or(std::max(span.from, kpi::interval_of(wall_now())) + kpi::kInterval);
  span.length = until - span.from;
  check.expect(span.length > Duration::zero(), "end_time", "must be after start_time");
  check.expect(span.length <= kLongest, "end_time", "must be at most 93 days after start_time");
  return span;
}

std::vector<kpi::Key> named_rows(const google::protobuf::RepeatedPtrField<std::string>& ids, kpi::Dimension dimension,
                                 Checker& check) {
  std::vector<kpi::Key> keys;
  if (!check.count("row_ids", ids.size(), 0, 100)) return keys;
  for (int i = 0; i < ids.size(); ++i) {
    const auto key = key_of(dimension, ids[i]);
    check.expect(key.has_value(), indexed("row_ids", i), "names no row of the dimension");
    if (key) keys.push_back(*key);
  }
  return keys;
}

bool RowFilter::passes(const kpi::Key& key, const kpi::Place& place) const {
  if (!tenant_.empty() && place.tenant != tenant_) return false;
  if (!base_.empty() && place.base != base_) return false;
  if (!team_.empty() && place.team != team_) return false;
  return wanted_.empty() || wanted_.contains(row_id(key));
}

bool is_for_tenants(kpi::Dimension dimension) {
  return dimension == kpi::Dimension::kTenant || dimension == kpi::Dimension::kQueue;
}

Error tenant_dimension() {
  return {grpc::StatusCode::PERMISSION_DENIED,
          "TENANT_DIMENSION",
          "a tenant sees metrics by the dimensions TENANT and QUEUE only",
          {},
          {},
          {}};
}

double value_of(const kpi::Metric& metric, const kpi::Sample& sample) {
  const kpi::Figure figure = kpi::figure(metric, sample);
  if (!figure.known()) return std::numeric_limits<double>::quiet_NaN();
  const double value = static_cast<double>(figure.numerator) / static_cast<double>(figure.denominator);
  if (metric.unit == kpi::Unit::kDuration) return value / 1e6;
  return metric.unit == kpi::Unit::kMoney ? value / 100 : value;
}

std::string row_id(const kpi::Key& key) {
  if (key.dimension == kpi::Dimension::kBaseQueue) return key.id + "/" + key.second;
  if (key.dimension != kpi::Dimension::kChannel) return key.id;
  return v1::Channel_Name(static_cast<v1::Channel>(std::stoi(key.id)));
}

std::optional<kpi::Key> key_of(kpi::Dimension dimension, const std::string& row_id) {
  if (dimension == kpi::Dimension::kChannel) {
    v1::Channel channel{};
    if (!v1::Channel_Parse(row_id, &channel) || channel == v1::CHANNEL_UNSPECIFIED) return std::nullopt;
    return kpi::Key{dimension, std::to_string(static_cast<int>(channel))};
  }
  if (dimension != kpi::Dimension::kBaseQueue) return kpi::Key{dimension, row_id};
  const std::size_t slash = row_id.find('/');
  if (slash == std::string::npos) return std::nullopt;
  return kpi::Key{dimension, row_id.substr(0, slash), row_id.substr(slash + 1)};
}

void render(const kpi::Key& key, const kpi::Place& place, v1::KpiRow* row) {
  row->set_row_id(row_id(key));
  row->set_display_name(place.display_name);
  row->set_tenant_id(key.dimension == kpi::Dimension::kQueue ? key.second : place.tenant);
  row->set_base_id(place.base);
  row->set_team_id(place.team);
  if (place.method) row->set_service_level_method(static_cast<v1::ServiceLevelMethod>(*place.method));
}

void read_history(node::Node& node, const std::vector<node::KpiQuery>& queries, grpc::ServerUnaryReactor* reactor,
                  std::function<void(const std::vector<node::KpiHistory>&)> then) {
  if (queries.empty()) return then({});
  const auto answers = std::make_shared<Answers>(queries.size(), reactor, std::move(then));
  for (std::size_t i = 0; i < queries.size(); ++i) {
    node.query_kpis(queries[i], [answers, i](node::StoreStatus status, std::optional<node::KpiHistory> history,
                                             const std::string& trouble) {
      answers->take(i, status, std::move(history), trouble);
    });
  }
}

std::map<kpi::Key, kpi::Place> places_of(const node::Node& node, kpi::Dimension dimension) {
  std::map<kpi::Key, kpi::Place> places;
  for (const auto& row : node.kpis(dimension, node::KpiWindow::kToday, "UTC")->rows) places.emplace(row.key, row.place);
  return places;
}

}  // namespace muster::api
