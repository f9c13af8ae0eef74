#include <optional>

#include "muster/api/admitted.h"
#include "muster/api/checker.h"
#include "muster/api/kpi_rows.h"
#include "muster/node/kpi_recomputation.h"
#include "muster/node/render.h"
#include "muster/v1/admin_service.grpc.pb.h"
#include "services.h"

namespace muster::api {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{200};

/// Long work that is looked at now and then, until it is done.
template <typename Response>
class ProgressStream : public StreamReactor<grpc::ServerWriteReactor<Response>, Response> {
 protected:
  ProgressStream(grpc::CallbackServerContext* context, StreamRegistry& registry, node::Node& node,
                 const std::string& request_id)
      : StreamReactor<grpc::ServerWriteReactor<Response>, Response>(context, registry), node_(node) {
    check_.request_id(request_id);
  }

  /// Begins the work, or says why not.
  virtual std::optional<Error> begin() = 0;
  /// Tells how far it is; or why it goes no further.
  virtual std::optional<Error> look(Response* response) = 0;
  // REQUIRES: mutex_ held.
  [[nodiscard]] virtual bool is_done() const = 0;
  /// Nobody looks any more.
  virtual void let_go() {}

  node::Node& node_;

 private:
  void start() final {
    {
      const std::lock_guard lock(this->mutex_);
      const auto refusal = check_.ok() ? begin() : check_.error();
      if (refusal) return this->finish(to_status(*refusal));
    }
    next();
  }

  void next() {
    const std::lock_guard lock(this->mutex_);
    if (this->finished()) return;
    if (const auto error = look(&this->response_)) return this->finish(to_status(*error));
    this->write();
  }

  void written() final {
    auto self = std::static_pointer_cast<ProgressStream>(this->shared_from_this());
    const std::lock_guard lock(this->mutex_);
    if (is_done()) return this->finish(grpc::Status::OK);
    waiting_ = call_after(kProgressInterval, [self = std::move(self)](bool) { self->guard([&] { self->next(); }); });
  }

  void ended() final {
    const std::lock_guard lock(this->mutex_);
    waiting_.reset();
    let_go();
  }

  Checker check_;
  std::shared_ptr<grpc::Alarm> waiting_;  // guarded by mutex_
};

/// A rebuild of the reporting tables. It goes on by itself.
class Rebuild final : public ProgressStream<v1::RebuildProjectionsResponse> {
 public:
  Rebuild(grpc::CallbackServerContext* context, StreamRegistry& registry, node::Node& node,
          const v1::RebuildProjectionsRequest& request)
      : ProgressStream(context, registry, node, request.request_id()) {}

 private:
  [[nodiscard]] StreamKind kind() const override { return StreamKind::kRebuild; }
  [[nodiscard]] dispatch::Sequence last_sequence() const override { return projected_; }

  std::optional<Error> begin() override {
    terms_ended_ = node_.terms_ended();
    const auto start = node_.rebuild_projections();
    if (start != node::RebuildStart::kStarted) return rebuild_error(start);
    target_ = node_.info().committed;
    return std::nullopt;
  }

  std::optional<Error> look(v1::RebuildProjectionsResponse* response) override {
    if (node_.terms_ended() != terms_ended_) return stream_end_error(node::StreamEnd::kRecovering, projected_);
    projected_ = node_.info().projected;
    response->set_projected_sequence(static_cast<std::int64_t>(projected_));
    response->set_target_sequence(static_cast<std::int64_t>(target_));
    return std::nullopt;
  }

  [[nodiscard]] bool is_done() const override { return projected_ >= target_; }

  dispatch::Sequence target_ = 0;  // guarded by mutex_, as all below
  dispatch::Sequence projected_ = 0;
  std::uint64_t terms_ended_ = 0;
};

void render(const node::KpiDifference& difference, v1::KpiDifference* out) {
  out->set_dimension(static_cast<v1::KpiDimension>(difference.key.dimension));
  out->set_row_id(row_id(difference.key));
  if (difference.key.dimension == kpi::Dimension::kQueue) out->set_tenant_id(difference.key.second);
  node::to_proto(difference.start, out->mutable_start_time());
  out->set_fact(std::string(kpi::name_of(difference.fact)));
  out->set_stored(difference.stored);
  out->set_recomputed(difference.recomputed);
}

void render(const node::KpiComparison& comparison, v1::KpiComparison* out) {
  out->set_equal_rows(comparison.equal);
  out->set_missing_rows(comparison.missing);
  out->set_unexpected_rows(comparison.unexpected);
  out->set_different_rows(comparison.different);
  for (const auto& difference : comparison.differences) render(difference, out->add_differences());
  out->set_repaired(comparison.repaired);
}

Error recomputation_running() {
  return {grpc::StatusCode::FAILED_PRECONDITION,
          "RECOMPUTATION_RUNNING",
          "metrics are being recomputed already",
          {},
          {},
          {}};
}

Error recomputation_error(node::KpiRecomputation::State state) {
  if (state != node::KpiRecomputation::State::kIncomplete) return store_error(node::StoreStatus::kUnavailable);
  return {grpc::StatusCode::FAILED_PRECONDITION,
          "JOURNAL_INCOMPLETE",
          "the journal does not reach back to its beginning, or cannot be read: the server's log tells where",
          {},
          {},
          {}};
}

/// A recomputation of metrics. It ends with whoever asked for it.
class Recomputation final : public ProgressStream<v1::RecomputeKpisResponse> {
 public:
  Recomputation(grpc::CallbackServerContext* context, StreamRegistry& registry, node::Node& node,
                const v1::RecomputeKpisRequest& request)
      : ProgressStream(context, registry, node, request.request_id()), repair_(request.repair()) {}

 private:
  using State = node::KpiRecomputation::State;

  [[nodiscard]] StreamKind kind() const override { return StreamKind::kRecomputation; }
  [[nodiscard]] dispatch::Sequence last_sequence() const override { return 0; }

  std::optional<Error> begin() override {
    if (!node_.readiness().ready) return delivery_error(node::Delivery::kNotServing);
    run_ = node_.recompute_kpis(repair_);
    return run_ ? std::nullopt : std::optional(recomputation_running());
  }

  std::optional<Error> look(v1::RecomputeKpisResponse* response) override {
    const auto progress = run_->progress();
    done_ = progress.state == State::kDone;
    if (!done_ && progress.state != State::kRunning) return recomputation_error(progress.state);
    response->set_counted_sequence(static_cast<std::int64_t>(progress.counted));
    response->set_target_sequence(static_cast<std::int64_t>(progress.target));
    if (done_) render(progress.comparison, response->mutable_comparison());
    return std::nullopt;
  }

  [[nodiscard]] bool is_done() const override { return done_; }
  void let_go() override {
    if (run_) run_->cancel();
  }

  const bool repair_;
  std::shared_ptr<node::KpiRecomputation> run_;  // guarded by mutex_, as all below
  bool done_ = false;
};

class AdminService final : public v1::AdminService::CallbackService {
 public:
  AdminService(node::Node& node, Gate& gate, StreamRegistry& streams, TimePoint started)
      : node_(node), gate_(gate), streams_(streams), started_(started) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context, const v1::GetServerInfoRequest* request,
                                          v1::GetServerInfoResponse* response) override {
    return admitted(gate_, context, request, [&](grpc::ServerUnaryReactor* reactor, const Admission&) {
      tell(node_.info(), response);
      reactor->Finish(grpc::Status::OK);
    });
  }

  grpc::ServerWriteReactor<v1::RebuildProjectionsResponse>* RebuildProjections(
      grpc::CallbackServerContext* context, const v1::RebuildProjectionsRequest* request) override {
    return launch<Rebuild, v1::RebuildProjectionsRequest>(gate_, context, streams_, node_, *request);
  }

  grpc::ServerWriteReactor<v1::RecomputeKpisResponse>* RecomputeKpis(grpc::CallbackServerContext* context,
                                                                     const v1::RecomputeKpisRequest* request) override {
    return launch<Recomputation, v1::RecomputeKpisRequest>(gate_, context, streams_, node_, *request);
  }

 private:
  void tell(const node::NodeInfo& info, v1::GetServerInfoResponse* out) const {
    out->set_version(MUSTER_VERSION);
    out->set_workspace(info.workspace);
    out->set_epoch(static_cast<std::int64_t>(info.epoch));
    out->set_committed_sequence(static_cast<std::int64_t>(info.committed));
    out->set_snapshot_sequence(static_cast<std::int64_t>(info.snapshot));
    out->set_projected_sequence(static_cast<std::int64_t>(info.projected));
    node::to_proto(started_, out->mutable_start_time());
    out->set_open_sessions(info.open_sessions);
  }

  node::Node& node_;
  Gate& gate_;
  StreamRegistry& streams_;
  const TimePoint started_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_admin_service(node::Node& node, Gate& gate, StreamRegistry& streams,
                                                  TimePoint started) {
  return std::make_unique<AdminService>(node, gate, streams, started);
}

}  // namespace muster::api
