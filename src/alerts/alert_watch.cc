#include "alert_watch.h"

#include <algorithm>

#include "muster/api/by.h"
#include "muster/node/render.h"

namespace muster::alerts {
namespace {

constexpr std::chrono::milliseconds kInterval{1'000};
constexpr std::chrono::milliseconds kSilenceMax{10'000};
/// What was known longer ago is not told as if it were so now.
constexpr Duration kOutageMax = std::chrono::seconds(30);
/// Alerts in one response: clients take 4 MiB unless they say otherwise.
constexpr std::size_t kPartMax = 500;

}  // namespace

AlertWatch::AlertWatch(grpc::CallbackServerContext* context, api::StreamRegistry& registry, const AlertBook& book,
                       const v1::WatchAlertsRequest& request)
    : StreamReactor(context, registry), book_(book), named_(request.tenant_id()) {}

void AlertWatch::start() {
  {
    const std::lock_guard lock(mutex_);
    api::Checker check;
    check.optional_id("tenant_id", named_);
    if (!check.ok()) return finish(api::to_status(check.error()));
    try {
      tenant_ = api::tenant_asked(admission(), named_);
    } catch (const api::Refusal& refusal) {
      return finish(api::to_status(refusal.error()));
    }
  }
  next();
}

void AlertWatch::ended() {
  const std::lock_guard lock(mutex_);
  waiting_.reset();
}

void AlertWatch::next() {
  {
    const std::lock_guard lock(mutex_);
    if (finished()) return;
    auto changes = book_.changes(revision_, tenant_);
    silence_ += kInterval;
    if (wall_now() - std::max(changes.as_of, opened_) > kOutageMax) {
      return finish(api::to_status(api::store_error(node::StoreStatus::kUnavailable)));
    }
    const bool tells = changes.snapshot || !changes.alerts.empty();
    if (changes.revision > 0 && (tells || silence_ >= kSilenceMax)) {
      revision_ = changes.revision;
      silence_ = std::chrono::milliseconds::zero();
      as_of_ = changes.as_of;
      rest_ = std::move(changes.alerts);
      return write_part(changes.snapshot);
    }
  }
  wait();
}

void AlertWatch::write_part(bool snapshot) {
  const std::size_t part = std::min(rest_.size(), kPartMax);
  response_.Clear();
  response_.set_snapshot(snapshot);
  node::to_proto(as_of_, response_.mutable_as_of());
  for (std::size_t i = 0; i < part; ++i) response_.add_alerts()->Swap(&rest_[i]);
  rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(part));
  response_.set_more(!rest_.empty());
  write();
}

void AlertWatch::written() {
  {
    const std::lock_guard lock(mutex_);
    if (finished()) return;
    if (!rest_.empty()) return write_part(false);
  }
  wait();
}

void AlertWatch::wait() {
  auto self = std::static_pointer_cast<AlertWatch>(shared_from_this());
  const std::lock_guard lock(mutex_);
  if (finished()) return;
  waiting_ = api::call_after(kInterval, [self = std::move(self)](bool) { self->guard([&] { self->next(); }); });
}

}  // namespace muster::alerts
