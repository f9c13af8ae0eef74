#pragma once

#include <map>
#include <string>
#include <vector>

#include "audit.h"
#include "desk.h"
#include "setup.h"
#include "statistics.h"

namespace muster::sim {

/// A contact as the server listed it at the end.
struct ListedContact {
  std::string contact_id;
  std::string customer_ref;
  std::string queue_id;
  v1::ContactState state = v1::CONTACT_STATE_UNSPECIFIED;
  double wait_s = 0;  ///< simulated, from due to answered or, if never answered, to ended
  bool answered = false;
};

/// Mean and quantiles of a set of values.
struct Spread {
  double mean = 0;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
};

/// What a queue's customers met with.
struct QueueSummary {
  std::string queue_id;
  std::int64_t contacts = 0;
  std::int64_t answered = 0;
  std::int64_t abandoned = 0;
  double mean_wait_s = 0;  ///< of the answered
  ServiceLevels service;
};

/// What came of a run: all that is reported. Times of the simulated world are simulated seconds.
struct Summary {
  std::string workload;
  std::string prefix;
  std::string server;
  double speed = 1;
  std::uint64_t seed = 1;
  double real_s = 0;  ///< whole run, real
  std::size_t agents = 0;
  ScaledTimes scaled;
  Totals totals;
  std::int64_t retries = 0;  ///< unary calls and session commands sent again
  int outages = 0;           ///< times that the server could not be reached
  std::int64_t answered = 0;
  std::int64_t abandoned = 0;
  std::map<std::string, std::int64_t> by_state;  ///< name of the final state, e.g. COMPLETED
  Spread waits_s;                                ///< of the answered
  ServiceLevels service;
  std::vector<QueueSummary> queues;
  std::map<std::string, DeskTimes> desks;  ///< by agent
  double occupancy = 0;                    ///< of all desks: busy / (busy + available)
  std::int64_t offers_measured = 0;
  Spread offer_latency_ms;  ///< real
  Spread lateness_ms;       ///< real
  AuditCounts audit;
  std::vector<std::string> findings;
};

Spread spread(std::vector<double> values);

/// Reads one contact of the server's list. `speed` turns its real times into simulated ones.
ListedContact read_listed(const v1::Contact& contact, double speed);

/// Fills answered, abandoned, by_state, waits_s, service and queues.
void summarize_contacts(const std::vector<ListedContact>& contacts, Summary& summary);

/// Fills desks' totals and the latencies, from what desks and customers counted.
void summarize_floor(const Floor& floor, Summary& summary);

}  // namespace muster::sim
