#include "request_window.h"

#include "hash.h"
#include "muster/dispatch/engine.h"

namespace muster::dispatch {

std::uint32_t RequestWindow::hash_of(const RequestId& id) {
  return static_cast<std::uint32_t>(fold(id.high ^ 0x9e3779b97f4a7c15ULL, mix(id.low)));
}

const AnsweredRequest* RequestWindow::find(const RequestId& id) const {
  const std::uint32_t entry = table_.find(hash_of(id), [&](std::uint32_t each) { return ring_[each - 1].id == id; });
  return entry == SlotTable::kFree ? nullptr : &ring_[entry - 1];
}

bool RequestWindow::add(const AnsweredRequest& request) {
  if (find(request.id)) return false;
  if (ring_.empty()) table_.reserve(Engine::kRequestsMax);
  std::size_t position = ring_.size();
  if (position < Engine::kRequestsMax) {
    ring_.push_back(request);
  } else {
    position = oldest_;
    table_.erase(hash_of(ring_[position].id), static_cast<std::uint32_t>(position + 1));
    ring_[position] = request;
    oldest_ = (oldest_ + 1) % ring_.size();
    // The slot of the next one to be forgotten is far from all that is used meanwhile.
    prepare(ring_[oldest_].id);
  }
  table_.insert(hash_of(request.id), static_cast<std::uint32_t>(position + 1));
  return true;
}

}  // namespace muster::dispatch
