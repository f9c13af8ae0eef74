#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "muster/dispatch/types.h"

namespace muster::api {

/// Whose the sessions are that have a stream here: an agent's commands are for the agent's own sessions. Thread-safe.
class SessionOwners {
 public:
  /// A stream of the session begins.
  void add(dispatch::SessionId session, const std::string& agent_id) {
    std::lock_guard lock(mutex_);
    auto& owner = owners_[dispatch::raw(session)];
    owner.agent_id = agent_id;
    ++owner.streams;
  }
  /// It ends. For a moment the one that resumes the session may be there, too.
  void remove(dispatch::SessionId session) {
    std::lock_guard lock(mutex_);
    const auto found = owners_.find(dispatch::raw(session));
    if (found != owners_.end() && --found->second.streams == 0) owners_.erase(found);
  }
  [[nodiscard]] bool owns(const std::string& agent_id, dispatch::SessionId session) const {
    std::lock_guard lock(mutex_);
    const auto found = owners_.find(dispatch::raw(session));
    return found != owners_.end() && found->second.agent_id == agent_id;
  }

 private:
  struct Owner {
    std::string agent_id;
    int streams = 0;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Owner> owners_;  // guarded by mutex_
};

}  // namespace muster::api
