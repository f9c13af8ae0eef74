#include "journal_stage.h"

#include <iterator>
#include <utility>

#include "muster/base/thread_name.h"

namespace muster::node {

JournalStage::JournalStage(std::unique_ptr<journal::Appender> appender, Publisher& publisher,
                           std::function<void(const std::string&)> failed)
    : appender_(std::move(appender)), publisher_(publisher), failed_(std::move(failed)), thread_([this] { run(); }) {
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
      make_durable(row);
    }
  }
}

void JournalStage::make_durable(std::vector<Batch>& batches) {
  if (broken_ || !append(batches)) return abandon_all(batches);
  if (publisher_.idle() && queue_.size() == 0) {
    publisher_.publish_inline(batches);
  } else {
    publisher_.publish_later(std::move(batches));
  }
}

bool JournalStage::append(std::vector<Batch>& batches) {
  dispatch::Sequence first = 0;
  dispatch::Sequence last = 0;
  payload_.clear();
  for (const auto& batch : batches) {
    if (batch.events->empty()) continue;
    if (first == 0) first = batch.events->front().sequence;
    last = batch.events->back().sequence;
    payload_.append(batch.payload);
  }
  if (first == 0) return true;
  const auto result = appender_->append(first, last, payload_);
  if (result == journal::AppendResult::kCommitted) return true;
  broken_ = true;
  failed_((result == journal::AppendResult::kFenced ? "fenced: " : "outcome of an append unknown: ") +
          appender_->error());
  return false;
}

}  // namespace muster::node
