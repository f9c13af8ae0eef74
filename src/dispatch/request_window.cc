#include "request_window.h"

#include <bit>

#include "hash.h"
#include "muster/dispatch/engine.h"

namespace muster::dispatch {

std::uint32_t RequestWindow::hash_of(const RequestId& id) {
  return static_cast<std::uint32_t>(fold(id.high ^ 0x9e3779b97f4a7c15ULL, mix(id.low)));
}

// The slot that holds the request, or the free one where it would go.
std::size_t RequestWindow::slot_of(const RequestId& id, std::uint32_t hash) const {
  std::size_t slot = home_of(hash);
  for (; table_[slot].entry != kFree; slot = after(slot)) {
    if (table_[slot].hash == hash && ring_[table_[slot].entry - 1].id == id) break;
  }
  return slot;
}

const AnsweredRequest* RequestWindow::find(const RequestId& id) const {
  if (ring_.empty()) return nullptr;
  const std::uint32_t entry = table_[slot_of(id, hash_of(id))].entry;
  return entry == kFree ? nullptr : &ring_[entry - 1];
}

bool RequestWindow::add(const AnsweredRequest& request) {
  if (table_.empty()) table_.resize(std::bit_ceil(2 * Engine::kRequestsMax));
  const std::uint32_t hash = hash_of(request.id);
  if (table_[slot_of(request.id, hash)].entry != kFree) return false;
  std::size_t position = ring_.size();
  if (position < Engine::kRequestsMax) {
    ring_.push_back(request);
  } else {
    position = oldest_;
    forget(ring_[position].id);
    ring_[position] = request;
    oldest_ = (oldest_ + 1) % ring_.size();
    // The slot of the next one to be forgotten is far from all that is used meanwhile.
    __builtin_prefetch(&table_[home_of(hash_of(ring_[oldest_].id))]);
  }
  insert(hash, position);
  return true;
}

void RequestWindow::insert(std::uint32_t hash, std::size_t position) {
  std::size_t slot = home_of(hash);
  while (table_[slot].entry != kFree) slot = after(slot);
  table_[slot] = {hash, static_cast<std::uint32_t>(position + 1)};
}

// Frees a slot and moves up those behind it that would no longer be found.
void RequestWindow::forget(const RequestId& id) {
  std::size_t hole = slot_of(id, hash_of(id));
  for (std::size_t slot = after(hole); table_[slot].entry != kFree; slot = after(slot)) {
    const std::size_t home = home_of(table_[slot].hash);
    const std::size_t mask = table_.size() - 1;
    if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
    table_[hole] = table_[slot];
    hole = slot;
  }
  table_[hole] = Slot{};
}

}  // namespace muster::dispatch
