#include "journal_stage.h"

#include <iterator>
#include <utility>

#include "muster/base/thread_name.h"

namespace muster::node {

JournalStage::JournalStage(std::unique_ptr<journal::Appender> appender, Publisher& publisher, Measures& measures,
                           std::function<void(const std::string&)> failed)
    : appender_(std::move(appender)),
      publisher_(publisher),
      measures_(measures),
      committer_([this](auto first, auto last, auto payload) { return append(first, last, payload); },
                 [this](std::vector<Batch>& batches) { let_out(batches); },
                 [this, failed = std::move(failed)](journal::AppendResult result) {
                   const bool fenced = result == journal::AppendResult::kFenced;
                   failed((fenced ? "fenced: " : "outcome of an append unknown: ") + appender_->error());
                 }),
      thread_([this] { run(); }) {
  name_thread(thread_, "journal");
}

JournalStage::~JournalStage() {
  queue_.close();
  thread_.join();
}

void JournalStage::run() {
  std::vector<Batch> taken;
  while (queue_.take_all(taken, std::chrono::steady_clock::time_point::max())) {
    auto next = taken.begin();
    while (next != taken.end()) {
      std::vector<Batch> row;
      std::size_t bytes = 0;
      do {
        bytes += next->payload.size();
        row.push_back(std::move(*next++));
      } while (next != taken.end() && bytes + next->payload.size() <= kRowBytesMax);
      measures_.told(Delivery::kUnknown, committer_.commit(row));
    }
  }
}

journal::AppendResult JournalStage::append(dispatch::Sequence first, dispatch::Sequence last,
                                           std::string_view payload) {
  const auto began = std::chrono::steady_clock::now();
  const auto result = appender_->append(first, last, payload);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (result == journal::AppendResult::kCommitted) measures_.committed(took.count(), last - first + 1);
  return result;
}

// At low load the publisher's thread is spared.
void JournalStage::let_out(std::vector<Batch>& batches) {
  if (publisher_.idle() && queue_.size() == 0) {
    publisher_.publish_inline(batches);
  } else {
    publisher_.publish_later(std::move(batches));
  }
}

}  // namespace muster::node
