#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "muster/dispatch/state.h"
#include "slot_table.h"

namespace muster::dispatch {

/// The newest requests that were carried out, up to Engine::kRequestsMax: a ring in order of time, and a
/// table over it.
class RequestWindow {
 public:
  /// Fetches what find() will need, for a caller who has something else to do before.
  void prepare(const RequestId& id) const { table_.prepare(hash_of(id)); }
  /// Null if the request is not remembered.
  [[nodiscard]] const AnsweredRequest* find(const RequestId& id) const;
  /// Remembers a request, forgetting the oldest when the window is full. False if it is known already.
  bool add(const AnsweredRequest& request);

  [[nodiscard]] std::size_t size() const { return ring_.size(); }
  /// The oldest is number 0.
  [[nodiscard]] const AnsweredRequest& at(std::size_t number) const { return ring_[(oldest_ + number) % ring_.size()]; }

 private:
  static std::uint32_t hash_of(const RequestId& id);

  std::vector<AnsweredRequest> ring_;
  std::size_t oldest_ = 0;
  SlotTable table_;  // positions in the ring, plus 1
};

}  // namespace muster::dispatch
