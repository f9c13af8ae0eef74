#include "workspace_owner.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "journal_stage.h"
#include "muster/base/thread_name.h"
#include "muster/journal/appender.h"
#include "muster/journal/error.h"
#include "muster/journal/reader.h"
#include "take_up.h"

namespace muster::node {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLeaseRetry = std::chrono::milliseconds(100);
constexpr auto kFailurePause = std::chrono::milliseconds(200);
/// How often the engine's thread looks at the lease when nothing else wakes it.
constexpr auto kLeaseCheck = std::chrono::milliseconds(250);
/// How often the hash of the state goes into the journal. It walks the whole state: milliseconds at 60,000 agents.
constexpr auto kHashInterval = std::chrono::seconds(60);
/// Requests that go into one batch; more would make the first of them wait.
constexpr std::size_t kBatchRequestsMax = 512;
/// A difference between the engine's clock and the wall clock that people should know of.
constexpr auto kClockTolerance = std::chrono::seconds(1);

/// Thrown out of a replay when the server stops.
struct Stopping {};

Request internal(dispatch::CommandBody body, std::function<void(const Answer&)> done = {}) {
  return CommandRequest{dispatch::Command{{}, std::move(body)}, std::move(done)};
}

}  // namespace

WorkspaceOwner::WorkspaceOwner(const NodeOptions& options, PublicView& view, Follower& follower)
    : options_(options),
      view_(view),
      follower_(follower),
      lease_({.connection = options.database, .workspace = options.workspace, .owner = options.owner}),
      inbox_(options.inbox_max),
      thread_([this] { run(); }) {
  name_thread(thread_, "engine");
}

WorkspaceOwner::~WorkspaceOwner() { stop(); }

void WorkspaceOwner::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  not_serving("stopping");
  inbox_.push_anyway(internal(dispatch::RecordStateHash{}));  // wakes the thread
  thread_.join();
}

void WorkspaceOwner::submit(Request request) {
  if (!serving_) return turn_away(request, Delivery::kNotServing);
  if (!inbox_.try_push(std::move(request))) {
    turn_away(request, stopping_ ? Delivery::kNotServing : Delivery::kBusy);
  }
}

void WorkspaceOwner::submit_anyway(Request request) {
  if (serving_) inbox_.push_anyway(std::move(request));
}

Readiness WorkspaceOwner::readiness() const {
  if (serving_ && lease_.valid()) return {true, ""};
  std::lock_guard lock(mutex_);
  return {false, reason_.empty() ? "the lease was not renewed in time" : reason_};
}

void WorkspaceOwner::run() {
  while (!stopping_) {
    try {
      journal::Ownership ownership;
      if (acquire(ownership)) serve(ownership);
    } catch (const Stopping&) {
      break;
    } catch (const journal::Corrupt& error) {
      spdlog::critical("workspace {} cannot be served: {}", options_.workspace, error.what());
      end_term(error.what());
      lease_.release();
      while (!stopping_) pause(kLeaseCheck);
    } catch (const std::exception& error) {
      spdlog::warn("workspace {}: {}", options_.workspace, error.what());
      end_term(error.what());
      pause(kFailurePause);
    }
  }
  inbox_.close();
  refuse_waiting(Delivery::kNotServing);
  lease_.release();
}

bool WorkspaceOwner::acquire(journal::Ownership& ownership) {
  while (!stopping_) {
    if (const auto acquired = lease_.try_acquire()) {
      ownership = *acquired;
      return true;
    }
    not_serving("another node owns the workspace");
    pause(kLeaseRetry);
  }
  return false;
}

// One term: 1 replay, 2 start the stages, 3 announce, 4 serve, 5 take the stages down (later ones last).
void WorkspaceOwner::serve(const journal::Ownership& ownership) {
  not_serving("replaying the journal");
  Sequencer sequencer(replay(ownership), options_.heartbeat_interval);
  std::atomic<bool> failed{false};
  std::mutex failure_mutex;
  std::string failure = "the lease was lost";
  const auto fail = [&](const std::string& why) {
    std::lock_guard lock(failure_mutex);
    if (failed) return;
    failure = why;
    serving_ = false;
    failed = true;
  };
  {
    Publisher publisher(
        view_, [this] { return lease_.valid(); }, [&] { fail("the lease was not renewed in time"); },
        [this](dispatch::Sequence sequence) { follower_.committed(sequence); });
    JournalStage journal(std::make_unique<journal::Appender>(journal::Appender::Options{
                             .connection = options_.database, .workspace = options_.workspace, .ownership = ownership}),
                         publisher, view_.measures, fail);
    const auto push = [&](Batch&& batch) { journal.push(std::move(batch)); };

    epoch_ = ownership.epoch;
    follower_.begin_term(view_.committed);
    EngineClock clock(sequencer.engine().last_time(), wall_now(), Clock::now());
    std::vector<Request> announce;
    announce.push_back(internal(dispatch::OpenWorkspace{ownership.epoch, options_.owner}, [this](const Answer& answer) {
      if (answer.delivery != Delivery::kAnswered || stopping_) return;
      std::lock_guard lock(mutex_);
      reason_.clear();
      serving_ = true;
    }));
    push(sequencer.process(announce, clock.at(wall_now(), Clock::now())));
    serve_inbox(sequencer, clock, push, failed);
    serving_ = false;
  }
  if (follower_.corrupt()) throw journal::Corrupt(follower_.trouble());
  if (!stopping_ || failed) spdlog::warn("workspace {}: {}; taking it up anew", options_.workspace, failure);
  end_term(failure);
}

void WorkspaceOwner::serve_inbox(Sequencer& sequencer, EngineClock& clock, const std::function<void(Batch&&)>& push,
                                 const std::atomic<bool>& failed) {
  next_heartbeat_ = {};
  next_hash_ = Clock::now() + kHashInterval;
  std::vector<Request> requests;
  while (!failed && lease_.valid() && !follower_.corrupt()) {
    auto wake = std::min(Clock::now() + kLeaseCheck, next_heartbeat_);
    if (const auto deadline = sequencer.engine().next_deadline()) wake = std::min(wake, clock.when(*deadline));
    inbox_.take_all(requests, wake);
    const bool last = stopping_ && requests.size() <= 1;
    add_housekeeping(requests, sequencer.engine());
    std::span<Request> rest(requests);
    do {
      const auto now = rest.subspan(0, std::min(rest.size(), kBatchRequestsMax));
      rest = rest.subspan(now.size());
      auto batch = sequencer.process(now, clock.at(wall_now(), Clock::now()));
      if (!batch.events->empty() || !batch.effects.empty()) push(std::move(batch));
    } while (!rest.empty());
    compare_clocks(clock);
    if (last) return;
  }
}

void WorkspaceOwner::compare_clocks(const EngineClock& clock) {
  const bool differ = std::chrono::abs(clock.ahead()) > kClockTolerance;
  if (differ && !clocks_differ_) {
    spdlog::warn("workspace {}: the wall clock was set: timers run {} ms ahead of it and follow it slowly",
                 options_.workspace, clock.ahead() / std::chrono::milliseconds(1));
  }
  clocks_differ_ = differ;
}

// What the node itself asks of the engine from time to time.
void WorkspaceOwner::add_housekeeping(std::vector<Request>& requests, const dispatch::Engine& engine) {
  const auto now = Clock::now();
  if (now >= next_heartbeat_) {
    next_heartbeat_ = now + options_.heartbeat_interval / 4;
    follower_.expire_waiting();
    for (auto& silent : view_.sessions.tick(options_.heartbeat_interval, view_.committed)) {
      requests.emplace_back(std::move(silent));
    }
  }
  if (now >= next_hash_) {
    next_hash_ = now + kHashInterval;
    if (engine.last_sequence() > hashed_at_ + 1) requests.push_back(internal(dispatch::RecordStateHash{}));
    hashed_at_ = engine.last_sequence();
  }
}

dispatch::Engine WorkspaceOwner::replay(const journal::Ownership& ownership) {
  const auto started = Clock::now();
  journal::Reader reader(options_.database, options_.workspace);
  auto recovered = take_up(reader, ownership, view_, [this] {
    if (stopping_) throw Stopping();
  });
  for (const auto& warning : recovered.warnings) spdlog::error("workspace {}: {}", options_.workspace, warning);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started);
  spdlog::info("workspace {}: epoch {}, replayed {} events after the snapshot at {} in {} ms", options_.workspace,
               ownership.epoch, recovered.events_replayed, recovered.snapshot_seq, took.count());
  return std::move(recovered.engine);
}

void WorkspaceOwner::refuse_waiting(Delivery delivery) {
  std::vector<Request> requests;
  inbox_.take_all(requests, Clock::time_point::min());
  for (auto& request : requests) turn_away(request, delivery);
}

void WorkspaceOwner::turn_away(Request& request, Delivery delivery) {
  view_.measures.told(delivery, refuse(request, delivery));
}

// Sessions and watches end here, so that nobody sees the replay; those who wait for an answer get one at once.
void WorkspaceOwner::end_term(const std::string& why) {
  if (!stopping_) {
    not_serving(why);
    ++view_.terms_ended;
    view_.events.wake_all();
    follower_.end_term();  // but a stopping one still writes what is new
  }
  refuse_waiting(Delivery::kNotServing);
  view_.sessions.end_all(stopping_ ? StreamEnd::kShutdown : StreamEnd::kRecovering);
}

void WorkspaceOwner::not_serving(const std::string& why) {
  serving_ = false;
  std::lock_guard lock(mutex_);
  reason_ = why;
}

// Between terms nobody may wait in the inbox for long.
void WorkspaceOwner::pause(std::chrono::milliseconds span) {
  refuse_waiting(Delivery::kNotServing);
  std::this_thread::sleep_for(span);
}

}  // namespace muster::node
