#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace muster::node {

/// How often something had which size.
struct Distribution {
  std::vector<double> bounds;         ///< ascending; each is the largest size that its count takes
  std::vector<std::uint64_t> counts;  ///< by bound; one more for what is beyond the last
  double sum = 0;                     ///< of all sizes
};

/// What a node tells of its work in figures. What is counted is counted since the node was made, over all terms, and
/// never falls. Nothing here names a tenant, a queue or a person.
struct NodeMetrics {
  std::size_t inbox_depth = 0;  ///< requests that wait for the engine: commands and reads
  std::size_t inbox_capacity = 0;

  struct Commands {  ///< told what came of them, by Delivery
    std::uint64_t answered = 0;
    std::uint64_t busy = 0;
    std::uint64_t not_serving = 0;
    std::uint64_t unknown = 0;
  } commands;

  Distribution commit_seconds;  ///< of rows that were committed
  Distribution commit_events;   ///< the events in them

  struct Offers {  ///< of the events that were published
    std::uint64_t made = 0;
    std::uint64_t accepted = 0;
    std::uint64_t declined = 0;
    std::uint64_t missed = 0;  ///< nobody answered in time
  } offers;

  std::int64_t contacts_waiting = 0;
  std::int64_t contacts_in_hand = 0;
  std::uint64_t terms_ended = 0;       ///< for whatever reason but a stop
  std::size_t table_reads_queued = 0;  ///< reads of the reporting tables that wait for a connection
};

}  // namespace muster::node
