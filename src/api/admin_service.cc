#include "muster/api/admitted.h"
#include "muster/api/checker.h"
#include "muster/node/render.h"
#include "muster/v1/admin_service.grpc.pb.h"
#include "services.h"

namespace muster::api {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{200};

/// Starts a rebuild of the reporting tables and tells how far it is.
class Rebuild
    : public StreamReactor<grpc::ServerWriteReactor<v1::RebuildProjectionsResponse>, v1::RebuildProjectionsResponse> {
 public:
  Rebuild(grpc::CallbackServerContext* context, StreamRegistry& registry, node::Node& node,
          const v1::RebuildProjectionsRequest& request)
      : StreamReactor(context, registry), node_(node) {
    check_.request_id(request.request_id());
  }

 private:
  [[nodiscard]] StreamKind kind() const override { return StreamKind::kRebuild; }
  void start() override {
    std::unique_lock lock(mutex_);
    if (!check_.ok()) {
      finish(to_status(check_.error()));
      return;
    }
    terms_ended_ = node_.terms_ended();
    const auto start = node_.rebuild_projections();
    if (start != node::RebuildStart::kStarted) {
      finish(to_status(rebuild_error(start)));
      return;
    }
    target_ = node_.info().committed;
    lock.unlock();
    next();
  }

  void written() override {
    auto self = std::static_pointer_cast<Rebuild>(shared_from_this());
    std::lock_guard lock(mutex_);
    if (projected_ >= target_) {
      finish(grpc::Status::OK);
    } else {
      waiting_ = call_after(kProgressInterval, [self = std::move(self)](bool) { self->guard([&] { self->next(); }); });
    }
  }

  void ended() override {
    std::lock_guard lock(mutex_);
    waiting_.reset();
  }

  [[nodiscard]] dispatch::Sequence last_sequence() const override { return projected_; }

  void next() {
    const dispatch::Sequence projected = node_.info().projected;
    std::lock_guard lock(mutex_);
    if (finished()) return;
    if (node_.terms_ended() != terms_ended_) return end_as(node::StreamEnd::kRecovering);
    projected_ = projected;
    response_.set_projected_sequence(static_cast<std::int64_t>(projected));
    response_.set_target_sequence(static_cast<std::int64_t>(target_));
    write();
  }

  node::Node& node_;
  Checker check_;
  dispatch::Sequence target_ = 0;  // guarded by mutex_, as all below
  dispatch::Sequence projected_ = 0;
  std::uint64_t terms_ended_ = 0;
  std::shared_ptr<grpc::Alarm> waiting_;
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
