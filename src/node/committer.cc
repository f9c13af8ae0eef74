#include "committer.h"

namespace muster::node {

std::size_t Committer::commit(std::vector<Batch>& batches) {
  if (broken_ || !make_durable(batches)) return abandon_all(batches);
  let_out_(batches);
  return 0;
}

bool Committer::make_durable(const std::vector<Batch>& batches) {
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
  const auto result = append_(first, last, payload_);
  if (result == journal::AppendResult::kCommitted) return true;
  broken_ = true;
  failed_(result);
  return false;
}

}  // namespace muster::node
