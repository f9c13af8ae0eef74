#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "audit.h"
#include "caller.h"
#include "loop.h"
#include "outage.h"
#include "workload.h"

namespace muster::sim {

/// Translates between simulated and real time.
class SimClock {
 public:
  /// REQUIRES: speed > 0, in simulated seconds per real second.
  explicit SimClock(double speed) : speed_(speed) {}

  /// The simulated time is start_s now, and runs from here.
  void start(double start_s) {
    start_s_ = start_s;
    started_ = Loop::Clock::now();
  }

  double speed() const { return speed_; }
  double now_s() const { return start_s_ + speed_ * elapsed_s(); }
  /// Real seconds since start().
  double elapsed_s() const { return std::chrono::duration<double>(Loop::Clock::now() - started_).count(); }
  /// The real time that this much simulated time takes.
  Duration real(double span_s) const { return Duration(static_cast<std::int64_t>(span_s / speed_ * 1e6)); }
  /// The real time until a simulated moment; 0 if it is past.
  Duration until(double at_s) const { return real(std::max(0.0, at_s - now_s())); }

 private:
  double speed_;
  double start_s_ = 0;
  Loop::Clock::time_point started_ = Loop::Clock::now();
};

/// What is counted during a run.
struct Totals {
  std::int64_t arrivals = 0;          ///< customers who came
  std::int64_t created = 0;           ///< contacts acknowledged
  std::int64_t rejected = 0;          ///< creations that the server refused
  std::int64_t offers = 0;            ///< offers that a desk saw
  std::int64_t accepted = 0;          ///< accepts that the server acknowledged
  std::int64_t declined = 0;          ///< declines that the server acknowledged
  std::int64_t missed = 0;            ///< offers that a desk saw time out
  std::int64_t withdrawn = 0;         ///< offers that a desk saw end otherwise: withdrawn, rescinded, revoked
  std::int64_t sessions_opened = 0;   ///< of all desks, the first ones included
  std::int64_t sessions_resumed = 0;  ///< of these, how many went on as if nothing had happened
  std::int64_t reconnects = 0;        ///< sessions opened again after their stream broke
  std::int64_t command_retries = 0;   ///< session commands sent again with the same request_id
  std::int64_t cancelled_at_end = 0;  ///< contacts taken back when the drain took too long
  std::vector<double> lateness_ms;    ///< real: how late arrivals were played, our own delay
};

/// A customer's contact, as this process knows it.
struct CustomerContact {
  std::string contact_id;  ///< empty until the creation is acknowledged
  Loop::Clock::time_point sent;
  int attempts = 0;        ///< creations sent, once answered
  bool offered = false;    ///< some desk has seen an offer of it
  double latency_ms = -1;  ///< real, from sent to the first offer seen, if the server made that offer at once; else -1
  bool answered = false;   ///< some desk has, or had, the contact in hand
  bool ended = false;
};

/// What customers and desks share. Everything in it lives as long as the simulation, on its loop.
struct Floor {
  Loop& loop;
  Outage& outage;
  Caller& caller;
  const Workload& workload;
  SimClock clock;
  std::string prefix;  ///< of every id that this run creates
  std::map<v1::Channel, int> channel_units;
  Duration offer_timeout{};
  RequestIds ids;
  Audit audit;
  Totals totals;
  std::vector<CustomerContact> contacts;  ///< one per Workload::arrivals

  /// The number of the arrival that a contact's customer_ref names; -1 if it is not one of this run.
  std::int64_t arrival_of(const std::string& customer_ref) const;
  std::string ref_of(std::size_t arrival) const { return prefix + std::to_string(arrival); }
  int units_of(v1::Channel channel) const;
};

}  // namespace muster::sim
