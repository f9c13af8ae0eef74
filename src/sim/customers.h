#pragma once

#include "floor.h"
#include "muster/v1/contact_service.grpc.pb.h"

namespace muster::sim {

/// The customers: each creates a contact when it is time, and leaves when its patience ends unanswered.
class Customers {
 public:
  Customers(Floor& floor, v1::ContactService::StubInterface& stub) : floor_(floor), stub_(stub) {}

  /// Lets them come, from now.
  void start() { play(); }
  /// Nobody comes any more; those who are here stay.
  void stop() { stopped_ = true; }
  /// Everyone has come, or nobody comes any more.
  bool all_arrived() const { return stopped_ || next_ == floor_.workload.arrivals.size(); }
  /// Calls that are not answered yet.
  std::int64_t pending() const { return pending_; }

 private:
  void play();
  void create(std::size_t index);
  void created(std::size_t index, const grpc::Status& status, const v1::CreateContactResponse& response, int attempts);
  void leave(std::size_t index);

  Floor& floor_;
  v1::ContactService::StubInterface& stub_;
  std::size_t next_ = 0;
  bool stopped_ = false;
  std::int64_t pending_ = 0;
};

}  // namespace muster::sim
