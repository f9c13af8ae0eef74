#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hash.h"
#include "muster/dispatch/types.h"

namespace muster::dispatch {

/// Resources of one kind by handle and by the client's identifier. Handles are given in order and never again.
/// Records do not move.
template <typename Handle, typename Record>
class Registry {
 public:
  [[nodiscard]] Record* find(Handle handle) const {
    return raw(handle) < by_handle_.size() ? by_handle_[raw(handle)].get() : nullptr;
  }
  [[nodiscard]] Record* find(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : find(found->second);
  }
  /// The highest handle given so far.
  [[nodiscard]] Handle last() const { return Handle{static_cast<std::uint32_t>(by_handle_.size() - 1)}; }
  [[nodiscard]] Handle next() const { return Handle{static_cast<std::uint32_t>(by_handle_.size())}; }
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

  /// REQUIRES: handle lies after last(), and the identifier is free.
  Record& add(Handle handle, const std::string& id) {
    skip_to(handle);
    by_handle_.back() = std::make_unique<Record>();
    by_id_.emplace(id, handle);
    return *by_handle_.back();
  }
  void remove(Handle handle, const std::string& id) {
    by_id_.erase(id);
    by_handle_[raw(handle)].reset();
  }
  /// Counts every handle up to this one as given.
  void skip_to(Handle handle) {
    if (raw(handle) >= by_handle_.size()) by_handle_.resize(raw(handle) + std::size_t{1});
  }

  /// In the order of handles.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const auto& record : by_handle_) {
      if (record) visit(*record);
    }
  }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      Hasher hasher;
      hasher.add(text);
      return hasher.value();
    }
  };

  std::vector<std::unique_ptr<Record>> by_handle_ = std::vector<std::unique_ptr<Record>>(1);  // [0] is no handle
  std::unordered_map<std::string, Handle, TextHash, std::equal_to<>> by_id_;                  // never walked
};

}  // namespace muster::dispatch
