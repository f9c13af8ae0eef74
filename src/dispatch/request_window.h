#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "muster/dispatch/state.h"

namespace muster::dispatch {

/// The newest requests that were carried out, up to Engine::kRequestsMax: a ring in order of time, and an
/// open-addressed table over it. The table knows half of each request's hash, so that the ring is looked at only where
/// a request is found.
class RequestWindow {
 public:
  /// Fetches what find() will need, for a caller who has something else to do before.
  void prepare(const RequestId& id) const {
    if (!table_.empty()) __builtin_prefetch(&table_[home_of(hash_of(id))]);
  }
  /// Null if the request is not remembered.
  [[nodiscard]] const AnsweredRequest* find(const RequestId& id) const;
  /// Remembers a request, forgetting the oldest when the window is full. False if it is known already.
  bool add(const AnsweredRequest& request);

  [[nodiscard]] std::size_t size() const { return ring_.size(); }
  /// The oldest is number 0.
  [[nodiscard]] const AnsweredRequest& at(std::size_t number) const { return ring_[(oldest_ + number) % ring_.size()]; }

 private:
  static constexpr std::uint32_t kFree = 0;
  struct Slot {
    std::uint32_t hash = 0;       // gives the home slot as well
    std::uint32_t entry = kFree;  // ring position + 1
  };

  static std::uint32_t hash_of(const RequestId& id);
  [[nodiscard]] std::size_t home_of(std::uint32_t hash) const { return hash & (table_.size() - 1); }
  [[nodiscard]] std::size_t slot_of(const RequestId& id, std::uint32_t hash) const;
  [[nodiscard]] std::size_t after(std::size_t slot) const { return (slot + 1) & (table_.size() - 1); }
  void insert(std::uint32_t hash, std::size_t position);
  void forget(const RequestId& id);

  std::vector<AnsweredRequest> ring_;
  std::size_t oldest_ = 0;
  std::vector<Slot> table_;  // a power of two, at least twice the ring
};

}  // namespace muster::dispatch
