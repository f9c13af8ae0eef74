#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "muster/base/bounded_queue.h"
#include "muster/journal/appender.h"
#include "publisher.h"
#include "work.h"

namespace muster::node {

/// Stage 3 of the pipeline: makes batches durable, in their order. All that arrived while the last commit ran goes
/// into the next one. While many wait for each row anyway, rows keep a distance, so that fewer of them carry more
/// (docs/decisions/0006-busy-rows-keep-a-distance.md).
class JournalStage {
 public:
  /// A row of the journal holds about this much, at most; what is more goes into the next row.
  static constexpr std::size_t kRowBytesMax = 4 << 20;
  /// A row that lets out as many effects is a busy one: the next begins kBusyDistance after it at the earliest.
  static constexpr std::size_t kBusyEffects = 16;
  static constexpr std::chrono::milliseconds kBusyDistance{2};

  /// `failed` is called once, on the journal's thread, with the reason, when an append was not committed. From then
  /// on every batch is abandoned.
  JournalStage(std::unique_ptr<journal::Appender> appender, Publisher& publisher,
               std::function<void(const std::string&)> failed,
               std::chrono::steady_clock::duration busy_distance = kBusyDistance);
  /// Finishes what was pushed and ends the thread.
  ~JournalStage();

  /// Hands a batch over, waiting while too many are on their way.
  void push(Batch&& batch) { queue_.push(std::move(batch)); }

 private:
  void run();
  void make_durable(std::vector<Batch>& batches);
  bool append(std::vector<Batch>& batches);

  std::unique_ptr<journal::Appender> appender_;
  Publisher& publisher_;
  const std::function<void(const std::string&)> failed_;
  const std::chrono::steady_clock::duration busy_distance_;
  BoundedQueue<Batch> queue_{64};
  // Of the journal's thread only:
  std::chrono::steady_clock::time_point next_row_{};  // not before
  bool broken_ = false;
  std::string payload_;  // reused
  std::thread thread_;
};

}  // namespace muster::node
