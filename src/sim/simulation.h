#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "customers.h"
#include "desk.h"
#include "floor.h"
#include "muster/client/channel.h"
#include "progress.h"
#include "setup.h"
#include "summary.h"

namespace muster::sim {

/// How a workload is played.
struct RunOptions {
  std::string server = "127.0.0.1:7070";
  client::Tls tls;
  double speed = 60;                 ///< simulated seconds per real second
  std::optional<double> duration_s;  ///< real; nobody arrives after it
  double give_up_after_s = 60;       ///< real; without a server for longer, the run ends with an error
  std::uint64_t seed = 1;            ///< of the agents' behaviour
  bool quiet = false;                ///< no progress
};

/// Plays one workload against one server, once, and tells what came of it.
class Simulation {
 public:
  /// `workload` must outlive this.
  Simulation(const Workload& workload, const RunOptions& options);
  /// Breaks off what is still open.
  ~Simulation();

  /// Set up, sign in, play, drain, sign out, take stock. Throws ServerError.
  Summary run();

 private:
  void connect();
  void sign_in();
  void play();
  void drain();
  void sign_out();
  Summary take_stock();

  void plan_shifts();
  void show_progress();
  bool anything_open();
  void cancel_rest();
  bool all_gone() const;
  void pause(Duration real);
  void on_signal();
  /// All contacts of a queue in one of the states; of all queues and states if none is named.
  template <class Visit>
  void for_each_contact(const std::vector<v1::ContactState>& states, Visit visit);

  const Workload& workload_;
  const RunOptions options_;
  const Loop::Clock::time_point began_ = Loop::Clock::now();
  Loop loop_;
  Outage outage_;
  Caller caller_;
  Floor floor_;
  Progress progress_;
  boost::asio::signal_set signals_;
  bool interrupted_ = false;

  std::vector<std::unique_ptr<v1::AgentSessionService::StubInterface>> session_stubs_;
  std::unique_ptr<v1::ContactService::StubInterface> contact_stub_;
  std::unique_ptr<v1::RoutingService::StubInterface> routing_stub_;
  std::unique_ptr<Setup> setup_;
  ScaledTimes scaled_;
  std::unique_ptr<Customers> customers_;
  std::vector<std::unique_ptr<Desk>> desks_;
};

}  // namespace muster::sim
