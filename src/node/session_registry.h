#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "muster/dispatch/types.h"
#include "muster/node/node.h"
#include "work.h"

namespace muster::node {

/// The sessions whose streams are open on this node. Thread-safe; the publisher is the only one who starts, ends and
/// feeds them, so each stream sees the commit order.
class SessionRegistry {
 public:
  void start(dispatch::AgentHandle agent, dispatch::SessionId session, std::shared_ptr<SessionMailbox> mailbox);
  /// Gives what Mailbox::put_quietly() gives.
  [[nodiscard]] std::function<void()> send(dispatch::AgentHandle agent, v1::SessionEvent&& message);
  /// Closes the session's mailbox and forgets it.
  void end(dispatch::SessionId session, StreamEnd reason);
  void end_all(StreamEnd reason);

  /// Notes a sign of life. False if the session is not open here.
  bool touch(dispatch::SessionId session);
  /// Forgets a session whose stream broke. False if it has another mailbox by now.
  bool forget(dispatch::SessionId session, const std::shared_ptr<SessionMailbox>& mailbox);

  /// Sends heartbeats to the streams that got nothing for one interval, cuts those whose client was silent for
  /// three, and returns the latter.
  std::vector<LostStream> tick(std::chrono::milliseconds interval, dispatch::Sequence sequence);

  [[nodiscard]] int size() const;

 private:
  struct Open {
    dispatch::SessionId session{};
    std::shared_ptr<SessionMailbox> mailbox;
    std::int64_t last_sent = 0;  ///< steady clock, nanoseconds
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::uint32_t, Open> by_agent_;                   // guarded by mutex_
  std::unordered_map<std::uint64_t, dispatch::AgentHandle> agent_of_;  // guarded by mutex_
};

}  // namespace muster::node
