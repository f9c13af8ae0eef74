#pragma once

#include "floor.h"
#include "muster/v1/routing_service.grpc.pb.h"

namespace muster::sim {

/// What a run did to the server's times so that they fit simulated time; all real.
struct ScaledTimes {
  Duration offer_timeout{};
  Duration first_miss_pause{};
  Duration second_miss_pause{};
};

/// Creates what the workload needs, every id with the run's prefix, times divided by the speed; divides the
/// workspace's pauses after missed offers likewise. resume_grace and contact_grace stay: they are about real
/// connections. Fills floor.channel_units, floor.offer_timeout and the audit's agents. Throws ServerError.
class Setup {
 public:
  Setup(Floor& floor, v1::RoutingService::StubInterface& stub) : floor_(floor), stub_(stub) {}

  ScaledTimes run();
  /// Gives the workspace back the pauses that it had before run().
  void restore();

 private:
  void scale_settings();
  void create_skills();
  void create_policy(const QueuePlan& plan);
  void create_queue(const QueuePlan& plan);
  void create_agents();
  void update_pauses(Duration first, Duration second);

  Floor& floor_;
  v1::RoutingService::StubInterface& stub_;
  ScaledTimes scaled_;
  v1::WorkspaceSettings before_;
};

}  // namespace muster::sim
