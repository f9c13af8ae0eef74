#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "muster/dispatch/engine.h"
#include "muster/dispatch/event.h"
#include "muster/v1/contact_service.pb.h"

namespace muster::node {

/// The newest committed events, for those who watch contacts. Readers pull at their own pace with a cursor, so a
/// slow one costs nothing. Thread-safe.
class EventFeed {
 public:
  /// `events_max`: how many events are kept.
  explicit EventFeed(std::size_t events_max) : events_max_(events_max) {}

  struct Page {
    std::vector<v1::ContactEvent> events;
    dispatch::Sequence sequence = 0;  ///< read up to here; the next cursor
    dispatch::Sequence oldest = 0;    ///< the lowest cursor that can be read from
    std::uint64_t epoch = 0;
    bool too_old = false;  ///< the cursor lies before `oldest`: nothing was read
  };

  /// What a watcher wants to see.
  struct Filter {
    std::unordered_set<std::string> queue_ids;  ///< empty: all
    std::string tenant_id;                      ///< empty: all
  };

  /// The events after `cursor` that pass the filter, looking at `look_max` events at most.
  [[nodiscard]] Page read(dispatch::Sequence cursor, const Filter& filter, std::size_t look_max) const;

  /// Calls `wake` once, as soon as there is an event after `cursor` or everybody is woken; at once if there is. It
  /// runs under the feed's lock: keep it short, and do not call back. Returns a ticket for cancel().
  std::uint64_t wait(dispatch::Sequence cursor, std::function<void()> wake);
  /// After it returns, `wake` is not running and will not be called.
  void cancel(std::uint64_t ticket);

  /// The last committed sequence.
  [[nodiscard]] dispatch::Sequence last_sequence() const;

  // --- for the publisher and the replay ---

  /// Starts anew after a snapshot or at the beginning: forgets all events, learns the names in the engine.
  void reset(const dispatch::Engine& engine);
  void add(std::shared_ptr<const std::vector<dispatch::Event>> events);
  /// Calls everyone who waits.
  void wake_all();

 private:
  void learn(const dispatch::Event& event);
  struct QueueName {
    std::string id;
    std::string tenant_id;
  };

  bool render(const dispatch::Event& event, const Filter& filter, v1::ContactEvent& out) const;

  const std::size_t events_max_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const std::vector<dispatch::Event>>> batches_;  // guarded by mutex_, as all below
  std::size_t events_ = 0;
  dispatch::Sequence last_ = 0;
  std::uint64_t epoch_ = 0;
  std::map<std::uint64_t, std::function<void()>> waiting_;
  std::uint64_t last_ticket_ = 0;

  mutable std::shared_mutex names_mutex_;                // readers render under it; events that name something are few
  std::unordered_map<std::uint32_t, QueueName> queues_;  // guarded by names_mutex_
  std::unordered_map<std::uint32_t, std::string> agent_ids_;  // guarded by names_mutex_
};

}  // namespace muster::node
