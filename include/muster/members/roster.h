#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "muster/node/node.h"
#include "muster/store/tenant_pool.h"

namespace muster::members {

/// Tells the engine of members: whoever serves has an agent of the same identifier and name, with the skills that the
/// member is granted (skills.h), and whoever does not serve has that agent suspended. Each change waits in
/// roster_change, in the transaction that made it, until the engine has answered; so none is lost, and of one member
/// the last one holds. It works while this node serves the workspace. A thread of its own.
class Roster {
 public:
  /// Both must outlive it, and the node be started.
  Roster(store::TenantPool& pool, node::Node& node);
  /// Ends the thread.
  ~Roster();
  Roster(const Roster&) = delete;
  Roster& operator=(const Roster&) = delete;

  /// There may be something new. Without a word it looks twice a second.
  void wake();

 private:
  void run(const std::stop_token& stop);
  /// How many changes the engine took.
  std::size_t tell_some();
  void wait(const std::stop_token& stop, std::chrono::milliseconds at_most);

  store::TenantPool& pool_;
  node::Node& node_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool news_ = false;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace muster::members
