#include "muster/node/node.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "follower.h"
#include "kpi_history_store.h"
#include "muster/node/kpi_recomputation.h"
#include "muster/node/metrics.h"
#include "muster/store/tenant_pool.h"
#include "projection_store.h"
#include "publisher.h"
#include "workspace_owner.h"

namespace muster::node {

/// The last one that was asked for: one at a time. Who asked may leave before its thread ends.
class LastRecomputation {
 public:
  std::shared_ptr<KpiRecomputation> begin(const KpiRecomputation::Options& options) {
    const std::lock_guard lock(mutex_);
    if (last_ && last_->progress().state == KpiRecomputation::State::kRunning) return nullptr;
    last_ = std::make_shared<KpiRecomputation>(options);
    return last_;
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    if (last_) last_->cancel();
    last_.reset();
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<KpiRecomputation> last_;  // guarded by mutex_
};

class Node::Impl {
 public:
  explicit Impl(NodeOptions given) : options(std::move(given)), view(options.feed_events_max) {}

  void start() {
    pool = std::make_unique<store::TenantPool>(store::Pool::Options{.connection = options.database});
    follower = std::make_unique<Follower>(Follower::Options{.database = options.database,
                                                            .workspace = options.workspace,
                                                            .snapshot_events = options.snapshot_events,
                                                            .snapshot_interval = options.snapshot_interval});
    owner = std::make_unique<WorkspaceOwner>(options, view, *follower);
  }

  // Data flows forward, so the first stage stops first.
  void stop() {
    recomputation.stop();
    if (owner) owner->stop();
    if (follower) follower->stop();
    if (pool) pool->stop();
  }

  template <typename T>
  using Read = std::function<std::optional<T>(store::TenantTransaction&, dispatch::Sequence complete_to)>;

  /// Runs `read` on the pool, as the tenant or, if that is empty, the platform, once the tables hold everything
  /// committed so far.
  template <typename T>
  void from_tables(const std::string& tenant, Read<T> read, StoreResult<T> done) {
    if (!owner->readiness().ready) return done(StoreStatus::kNotServing, std::nullopt, "");
    const dispatch::Sequence complete_to = view.committed;
    follower->when_projected(complete_to, [=, this](StoreStatus status, const std::string& trouble) {
      if (status != StoreStatus::kRead) return done(status, std::nullopt, trouble);
      auto result = std::make_shared<std::optional<T>>();
      try {
        pool->post(
            tenant.empty() ? kPlatformTenant : tenant,
            [=](store::TenantTransaction& t) { *result = read(t, complete_to); },
            [=, this](const std::exception_ptr& error) { answer(error, std::move(*result), tenant, read, done); },
            store::TenantTransaction::Kind::kSnapshot);
      } catch (const store::PoolFull& full) {
        done(StoreStatus::kBusy, std::nullopt, full.what());
      } catch (const store::PoolStopped& stopped) {
        done(StoreStatus::kNotServing, std::nullopt, stopped.what());
      }
    });
  }

  template <typename T>
  void answer(const std::exception_ptr& error, std::optional<T> result, const std::string& tenant, const Read<T>& read,
              const StoreResult<T>& done) {
    if (!error) return done(StoreStatus::kRead, std::move(result), "");
    try {
      std::rethrow_exception(error);
    } catch (const TablesBehind&) {
      from_tables(tenant, read, done);
    } catch (const std::exception& caught) {
      done(StoreStatus::kUnavailable, std::nullopt, caught.what());
    }
  }

  const NodeOptions options;
  PublicView view;
  std::unique_ptr<store::TenantPool> pool;
  std::unique_ptr<Follower> follower;
  std::unique_ptr<WorkspaceOwner> owner;
  LastRecomputation recomputation;
};

Node::Node(NodeOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Node::~Node() { stop(); }

void Node::start() { impl_->start(); }
void Node::stop() { impl_->stop(); }

Readiness Node::readiness() const { return impl_->owner->readiness(); }

NodeInfo Node::info() const {
  NodeInfo info;
  info.workspace = impl_->options.workspace;
  info.epoch = impl_->owner->epoch();
  info.committed = impl_->view.committed;
  info.snapshot = impl_->follower->snapshot();
  info.projected = impl_->follower->projected();
  info.open_sessions = impl_->view.sessions.size();
  return info;
}

NodeMetrics Node::metrics() const {
  NodeMetrics metrics;
  impl_->view.measures.read(metrics);
  metrics.inbox_depth = impl_->owner->inbox_depth();
  metrics.inbox_capacity = impl_->options.inbox_max;
  const kpi::Totals board = impl_->view.board.totals();
  metrics.contacts_waiting = board.waiting;
  metrics.contacts_in_hand = board.in_hand;
  metrics.terms_ended = impl_->view.terms_ended;
  metrics.table_reads_queued = impl_->pool->queued();
  return metrics;
}

void Node::submit(dispatch::Command command, std::function<void(const Answer&)> done) {
  impl_->owner->submit(CommandRequest{std::move(command), std::move(done)});
}

void Node::read(std::function<std::function<void()>(const dispatch::Engine&, TimePoint)> look,
                std::function<void(Delivery)> refused) {
  impl_->owner->submit(ReadRequest{std::move(look), std::move(refused)});
}

void Node::open_session(const std::string& agent_id, dispatch::SessionId resume,
                        std::shared_ptr<SessionMailbox> mailbox, std::function<void(const Answer&)> done) {
  impl_->owner->submit(SessionRequest{dispatch::Command{{}, dispatch::OpenSession{agent_id, resume}},
                                      std::move(mailbox), std::move(done)});
}

bool Node::touch_session(dispatch::SessionId session) { return impl_->view.sessions.touch(session); }

void Node::lose_session(dispatch::SessionId session, const std::shared_ptr<SessionMailbox>& mailbox) {
  if (!impl_->view.sessions.forget(session, mailbox)) return;
  impl_->owner->submit_anyway(LostStream{session, mailbox});
}

std::chrono::milliseconds Node::heartbeat_interval() const { return impl_->options.heartbeat_interval; }

std::shared_ptr<SessionMailbox> Node::make_mailbox() const {
  return std::make_shared<SessionMailbox>(impl_->options.mailbox_max);
}

std::uint64_t Node::terms_ended() const { return impl_->view.terms_ended; }

EventFeed& Node::events() { return impl_->view.events; }

Node::BoardDelta Node::board(std::uint64_t version, bool include_agents, const std::string& tenant_id) const {
  return impl_->view.board.delta(version, include_agents, tenant_id);
}

void Node::get_contact(dispatch::ContactId contact, const std::string& tenant_id, StoreResult<ContactHistory> done) {
  impl_->from_tables<ContactHistory>(
      tenant_id,
      [this, contact](store::TenantTransaction& t, dispatch::Sequence complete_to) {
        return read_contact(t, impl_->options.workspace, complete_to, contact);
      },
      std::move(done));
}

void Node::list_contacts(ContactFilter filter, StoreResult<ContactPage> done) {
  const std::string tenant = filter.tenant_id;
  impl_->from_tables<ContactPage>(
      tenant,
      [this, filter = std::move(filter)](store::TenantTransaction& t, dispatch::Sequence complete_to) {
        return std::optional(read_contacts(t, impl_->options.workspace, complete_to, filter));
      },
      std::move(done));
}

std::shared_ptr<const KpiTable> Node::kpis(kpi::Dimension dimension, KpiWindow window,
                                           const std::string& time_zone) const {
  return impl_->view.kpis.read(dimension, window, time_zone);
}

void Node::query_kpis(KpiQuery query, StoreResult<KpiHistory> done) {
  const std::string tenant = query.tenant_id;
  impl_->from_tables<KpiHistory>(
      tenant,
      [this, query = std::move(query)](store::TenantTransaction& t, dispatch::Sequence complete_to) {
        KpiHistoryReader reader(query);
        const TimePoint is_over = reader.read_tables(t, impl_->options.workspace, complete_to);
        const TimePoint from = std::max(is_over, query.from);
        const auto open = impl_->view.kpis.intervals(query.dimension, from, query.until, complete_to);
        if (!open) throw TablesBehind();
        reader.add_open(open->rows);
        return std::optional(reader.finish(open->as_of));
      },
      std::move(done));
}

RebuildStart Node::rebuild_projections() { return impl_->follower->rebuild(); }

std::shared_ptr<KpiRecomputation> Node::recompute_kpis(bool repair) {
  return impl_->recomputation.begin({impl_->options.database, impl_->options.workspace, repair});
}

}  // namespace muster::node
