#include "muster/store/jobs.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <pqxx/pqxx>

#include "muster/base/thread_name.h"
#include "muster/store/sql.h"

namespace muster::store {
namespace {

/// Another server may end in the middle of a job, so that it is looked at this often.
constexpr std::chrono::seconds kLookMax{30};

/// Whether it is for this transaction to do: it is due, and nobody else is at it. Nobody else begins until it ends.
bool take(TenantTransaction& t, const Job& job, TimePoint now) {
  t.sql().exec_params("INSERT INTO job_run (name) VALUES ($1) ON CONFLICT DO NOTHING", job.name);
  const auto rows = t.sql().exec_params(
      "SELECT coalesce(" + read_time("done_time") + ", 0) FROM job_run WHERE name = $1 FOR UPDATE SKIP LOCKED",
      job.name);
  return !rows.empty() && time_in(rows[0][0]) + job.every <= now;
}

/// Whether something is left of it to do now.
bool do_some(TenantTransaction& t, const Job& job) {
  const TimePoint now = wall_now();
  if (!take(t, job, now)) return false;
  if (job.work(t, now)) return true;
  t.sql().exec_params("UPDATE job_run SET done_time = " + time_param(2) + " WHERE name = $1", job.name, micros(now));
  return false;
}

}  // namespace

Jobs::Jobs(TenantPool& pool, std::string tenant, std::vector<Job> jobs)
    : pool_(pool),
      tenant_(std::move(tenant)),
      jobs_(std::move(jobs)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
  name_thread(thread_, "jobs");
}

Jobs::~Jobs() = default;

void Jobs::run(const std::stop_token& stop) {
  std::vector<Clock::time_point> looks(jobs_.size(), Clock::now());
  while (!stop.stop_requested()) {
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (looks[i] > Clock::now()) continue;
      look_after(jobs_[i], stop);
      looks[i] = Clock::now() + std::min(jobs_[i].every, kLookMax);
    }
    const auto next = std::min_element(looks.begin(), looks.end());
    if (next == looks.end()) return;
    std::unique_lock lock(mutex_);
    stopped_.wait_until(lock, stop, *next, [] { return false; });
  }
}

void Jobs::look_after(const Job& job, const std::stop_token& stop) {
  try {
    while (!stop.stop_requested() &&
           pool_.submit(tenant_, [&job](TenantTransaction& t) { return do_some(t, job); }).get()) {
    }
  } catch (const std::exception& e) {
    spdlog::warn("jobs: {} failed, it is tried again: {}", job.name, e.what());
  }
}

}  // namespace muster::store
