#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/tenant_pool.h"

namespace muster::store {

/// Work that is due from time to time, whoever of the servers on the database does it: at most one at once, and none
/// again before its time. When it was last done is in the table job_run, in the transaction that did it.
struct Job {
  std::string name;                                               ///< unique, and never to change
  std::chrono::seconds every;                                     ///< at least a second
  std::function<bool(TenantTransaction& t, TimePoint now)> work;  ///< true: there is more, it is called again at once
};

/// Does jobs, on a thread of its own. One that throws is tried again after a while; nothing that it did stays.
class Jobs {
 public:
  /// `pool` must outlive it; the transactions are of `tenant`.
  Jobs(TenantPool& pool, std::string tenant, std::vector<Job> jobs);
  /// Lets the transaction that runs come to its end.
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  void run(const std::stop_token& stop);
  /// Does the job if it is due, until nothing is left of it.
  void look_after(const Job& job, const std::stop_token& stop);

  TenantPool& pool_;
  const std::string tenant_;
  const std::vector<Job> jobs_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

}  // namespace muster::store
