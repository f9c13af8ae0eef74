#include "session_registry.h"

#include <utility>

#include "muster/node/render.h"

namespace muster::node {
namespace {

std::int64_t steady_ns() { return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

}  // namespace

void SessionRegistry::start(dispatch::AgentHandle agent, dispatch::SessionId session,
                            std::shared_ptr<SessionMailbox> mailbox) {
  std::lock_guard lock(mutex_);
  mailbox->last_heard = steady_ns();
  auto& open = by_agent_[dispatch::raw(agent)];
  if (open.mailbox) {
    open.mailbox->close(StreamEnd::kReplaced);
    agent_of_.erase(dispatch::raw(open.session));
  }
  open = Open{session, std::move(mailbox), steady_ns()};
  agent_of_[dispatch::raw(session)] = agent;
}

std::function<void()> SessionRegistry::send(dispatch::AgentHandle agent, v1::SessionEvent&& message) {
  std::lock_guard lock(mutex_);
  const auto found = by_agent_.find(dispatch::raw(agent));
  if (found == by_agent_.end()) return nullptr;
  found->second.last_sent = steady_ns();
  return found->second.mailbox->put_quietly(std::move(message));
}

void SessionRegistry::end(dispatch::SessionId session, StreamEnd reason) {
  std::lock_guard lock(mutex_);
  const auto found = agent_of_.find(dispatch::raw(session));
  if (found == agent_of_.end()) return;
  const auto open = by_agent_.find(dispatch::raw(found->second));
  open->second.mailbox->close(reason);
  by_agent_.erase(open);
  agent_of_.erase(found);
}

void SessionRegistry::end_all(StreamEnd reason) {
  std::lock_guard lock(mutex_);
  for (auto& [agent, open] : by_agent_) open.mailbox->close(reason);
  by_agent_.clear();
  agent_of_.clear();
}

bool SessionRegistry::touch(dispatch::SessionId session) {
  std::lock_guard lock(mutex_);
  const auto found = agent_of_.find(dispatch::raw(session));
  if (found == agent_of_.end()) return false;
  by_agent_.at(dispatch::raw(found->second)).mailbox->last_heard = steady_ns();
  return true;
}

bool SessionRegistry::forget(dispatch::SessionId session, const std::shared_ptr<SessionMailbox>& mailbox) {
  std::lock_guard lock(mutex_);
  const auto found = agent_of_.find(dispatch::raw(session));
  if (found == agent_of_.end()) return false;
  const auto open = by_agent_.find(dispatch::raw(found->second));
  if (open->second.mailbox != mailbox) return false;
  by_agent_.erase(open);
  agent_of_.erase(found);
  return true;
}

std::vector<LostStream> SessionRegistry::tick(std::chrono::milliseconds interval, dispatch::Sequence sequence) {
  const std::int64_t now = steady_ns();
  const std::int64_t interval_ns = std::chrono::nanoseconds(interval).count();
  std::vector<LostStream> silent;
  std::lock_guard lock(mutex_);
  for (auto open = by_agent_.begin(); open != by_agent_.end();) {
    auto& [session, mailbox, last_sent] = open->second;
    if (now - mailbox->last_heard > 3 * interval_ns) {
      silent.push_back({session, mailbox});
      mailbox->close(StreamEnd::kSilent);
      agent_of_.erase(dispatch::raw(session));
      open = by_agent_.erase(open);
      continue;
    }
    if (now - last_sent >= interval_ns) {
      v1::SessionEvent beat;
      beat.set_sequence(static_cast<std::int64_t>(sequence));
      to_proto(wall_now(), beat.mutable_event_time());
      beat.mutable_heartbeat();
      mailbox->put(std::move(beat));
      last_sent = now;
    }
    ++open;
  }
  return silent;
}

int SessionRegistry::size() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(by_agent_.size());
}

}  // namespace muster::node
