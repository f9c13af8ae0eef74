#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "committer.h"
#include "measures.h"
#include "muster/base/bounded_queue.h"
#include "muster/journal/appender.h"
#include "publisher.h"
#include "work.h"

namespace muster::node {

/// Stage 3 of the pipeline: makes batches durable, in their order. All that arrived while the last commit ran goes
/// into the next one (group commit without a timer).
class JournalStage {
 public:
  /// A row of the journal holds about this much, at most; what is more goes into the next row.
  static constexpr std::size_t kRowBytesMax = 4 << 20;

  /// Publisher and measures must outlive it. `failed` is called once, on the journal's thread, with the reason, when an
  /// append was not committed. From then on every batch is abandoned.
  JournalStage(std::unique_ptr<journal::Appender> appender, Publisher& publisher, Measures& measures,
               std::function<void(const std::string&)> failed);
  /// Finishes what was pushed and ends the thread.
  ~JournalStage();

  /// Hands a batch over, waiting while too many are on their way.
  void push(Batch&& batch) { queue_.push(std::move(batch)); }

 private:
  void run();
  journal::AppendResult append(dispatch::Sequence first, dispatch::Sequence last, std::string_view payload);
  void let_out(std::vector<Batch>& batches);

  std::unique_ptr<journal::Appender> appender_;
  Publisher& publisher_;
  Measures& measures_;
  BoundedQueue<Batch> queue_{64};
  Committer committer_;  // journal thread only
  std::thread thread_;
};

}  // namespace muster::node
