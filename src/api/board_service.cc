#include "kpi_watch.h"
#include "muster/api/checker.h"
#include "muster/node/render.h"
#include "muster/v1/board_service.grpc.pb.h"
#include "services.h"

namespace muster::api {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSilenceMax{10'000};

/// Streams the board. Each write holds the latest values of the rows that changed since the one before, however long
/// that took, so a slow reader has no backlog.
class BoardWatch : public StreamReactor<grpc::ServerWriteReactor<v1::WatchBoardResponse>, v1::WatchBoardResponse> {
 public:
  BoardWatch(grpc::CallbackServerContext* context, StreamRegistry& registry, node::Node& node,
             const v1::WatchBoardRequest& request)
      : StreamReactor(context, registry), node_(node), include_agents_(request.include_agents()) {
    if (!request.has_interval()) return;
    interval_ = std::chrono::duration_cast<milliseconds>(
        check_.duration("interval", request.interval(), milliseconds(100), std::chrono::minutes(1)));
  }

 private:
  [[nodiscard]] StreamKind kind() const override { return StreamKind::kBoard; }
  void start() override {
    {
      std::lock_guard lock(mutex_);
      terms_ended_ = node_.terms_ended();
      tenant_ = admission().tenant();
      if (!check_.ok()) {
        finish(to_status(check_.error()));
      } else if (!node_.readiness().ready) {
        finish(to_status(delivery_error(node::Delivery::kNotServing)));
      }
    }
    next();
  }

  void written() override { wait(); }

  void ended() override {
    std::lock_guard lock(mutex_);
    waiting_.reset();
  }

  [[nodiscard]] dispatch::Sequence last_sequence() const override { return version_; }

  void next() {
    std::uint64_t version = 0;
    {
      std::lock_guard lock(mutex_);
      if (finished()) return;
      version = version_;
    }
    auto delta = node_.board(version, include_agents_ && tenant_.empty(), tenant_);
    std::unique_lock lock(mutex_);
    if (finished()) return;
    if (node_.terms_ended() != terms_ended_) return end_as(node::StreamEnd::kRecovering);
    silence_ += interval_;
    if (!tells_more(delta) && silence_ < kSilenceMax) {
      version_ = delta.version;
      lock.unlock();
      wait();
      return;
    }
    silence_ = milliseconds::zero();
    version_ = delta.version;
    response_ = std::move(delta.response);
    node::to_proto(wall_now(), response_.mutable_as_of());
    write();
  }

  /// To a tenant, what changed elsewhere is nothing.
  [[nodiscard]] bool tells_more(const node::Node::BoardDelta& delta) const {
    if (version_ == 0 || delta.response.snapshot()) return true;
    if (tenant_.empty()) return delta.version != version_;
    return delta.response.queues_size() > 0 || delta.response.removed_queue_ids_size() > 0;
  }

  void wait() {
    auto self = std::static_pointer_cast<BoardWatch>(shared_from_this());
    std::lock_guard lock(mutex_);
    if (finished()) return;
    waiting_ = call_after(interval_, [self = std::move(self)](bool) { self->guard([&] { self->next(); }); });
  }

  node::Node& node_;
  const bool include_agents_;
  std::string tenant_;  ///< constant from start() on; empty: everything is shown
  milliseconds interval_{1'000};
  Checker check_;
  std::uint64_t terms_ended_ = 0;  // guarded by mutex_, as all below
  std::uint64_t version_ = 0;
  milliseconds silence_{};  ///< since the last write
  std::shared_ptr<grpc::Alarm> waiting_;
};

class BoardService final : public v1::BoardService::CallbackService {
 public:
  BoardService(node::Node& node, Gate& gate, StreamRegistry& streams) : node_(node), gate_(gate), streams_(streams) {}

  grpc::ServerWriteReactor<v1::WatchBoardResponse>* WatchBoard(grpc::CallbackServerContext* context,
                                                               const v1::WatchBoardRequest* request) override {
    return launch<BoardWatch, v1::WatchBoardRequest>(gate_, context, streams_, node_, *request);
  }

  grpc::ServerWriteReactor<v1::WatchKpisResponse>* WatchKpis(grpc::CallbackServerContext* context,
                                                             const v1::WatchKpisRequest* request) override {
    return launch<KpiWatch, v1::WatchKpisRequest>(gate_, context, streams_, node_, *request);
  }

 private:
  node::Node& node_;
  Gate& gate_;
  StreamRegistry& streams_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_board_service(node::Node& node, Gate& gate, StreamRegistry& streams) {
  return std::make_unique<BoardService>(node, gate, streams);
}

}  // namespace muster::api
