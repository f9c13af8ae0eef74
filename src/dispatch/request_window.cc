#include "request_window.h"

#include <bit>

#include "hash.h"
#include "muster/dispatch/engine.h"

namespace muster::dispatch {

std::size_t RequestWindow::home_of(const RequestId& id) const {
  return fold(id.high ^ 0x9e3779b97f4a7c15ULL, mix(id.low)) & (table_.size() - 1);
}

// The slot that holds the request, or the free one where it would go.
std::size_t RequestWindow::slot_of(const RequestId& id) const {
  std::size_t slot = home_of(id);
  while (table_[slot] != kFree && ring_[table_[slot] - 1].id != id) slot = after(slot);
  return slot;
}

const AnsweredRequest* RequestWindow::find(const RequestId& id) const {
  if (ring_.empty()) return nullptr;
  const std::uint32_t entry = table_[slot_of(id)];
  return entry == kFree ? nullptr : &ring_[entry - 1];
}

bool RequestWindow::add(const AnsweredRequest& request) {
  if (table_.empty()) table_.assign(std::bit_ceil(2 * Engine::kRequestsMax), kFree);
  if (find(request.id)) return false;
  std::size_t position = ring_.size();
  if (position < Engine::kRequestsMax) {
    ring_.push_back(request);
  } else {
    position = oldest_;
    forget(ring_[position].id);
    ring_[position] = request;
    oldest_ = (oldest_ + 1) % ring_.size();
  }
  // The new request is in the ring already, but no slot leads to it, so the search ends at a free one.
  table_[slot_of(request.id)] = static_cast<std::uint32_t>(position + 1);
  return true;
}

// Frees a slot and moves up those behind it that would no longer be found.
void RequestWindow::forget(const RequestId& id) {
  std::size_t hole = slot_of(id);
  for (std::size_t slot = after(hole); table_[slot] != kFree; slot = after(slot)) {
    const std::size_t home = home_of(ring_[table_[slot] - 1].id);
    const std::size_t mask = table_.size() - 1;
    if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
    table_[hole] = table_[slot];
    hole = slot;
  }
  table_[hole] = kFree;
}

}  // namespace muster::dispatch
