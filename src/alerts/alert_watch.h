#pragma once

#include <memory>
#include <string>
#include <vector>

#include "alert_book.h"
#include "muster/api/checker.h"
#include "muster/api/stream.h"
#include "muster/v1/alert_service.pb.h"

namespace muster::alerts {

/// Streams alerts as they come, change and leave.
class AlertWatch
    : public api::StreamReactor<grpc::ServerWriteReactor<v1::WatchAlertsResponse>, v1::WatchAlertsResponse> {
 public:
  AlertWatch(grpc::CallbackServerContext* context, api::StreamRegistry& registry, const AlertBook& book,
             const v1::WatchAlertsRequest& request);

  [[nodiscard]] api::StreamKind kind() const override { return api::StreamKind::kAlerts; }

 private:
  void start() override;
  void written() override;
  void ended() override;
  [[nodiscard]] dispatch::Sequence last_sequence() const override { return 0; }
  void next();
  void wait();
  /// REQUIRES: mutex_ held, can_write().
  void write_part(bool snapshot);

  const AlertBook& book_;
  const std::string named_;
  const TimePoint opened_ = wall_now();
  std::string tenant_;  // guarded by mutex_, as all below; empty: all
  std::int64_t revision_ = 0;
  std::vector<v1::Alert> rest_;  ///< of what is told now, to follow in further responses
  TimePoint as_of_;
  std::chrono::milliseconds silence_{};
  std::shared_ptr<grpc::Alarm> waiting_;
};

}  // namespace muster::alerts
