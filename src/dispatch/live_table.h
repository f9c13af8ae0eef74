#pragma once

#include <cstdint>
#include <unordered_map>

#include "muster/dispatch/types.h"

namespace muster::dispatch {

/// Records that come and go, by number. Numbers only rise, so the order of joining is the order of numbers, which
/// makes the walk canonical. Records do not move.
template <typename Id, typename Record>
class LiveTable {
 public:
  [[nodiscard]] Record* find(Id id) {
    const auto found = nodes_.find(raw(id));
    return found == nodes_.end() ? nullptr : &found->second.record;
  }
  [[nodiscard]] const Record* find(Id id) const {
    const auto found = nodes_.find(raw(id));
    return found == nodes_.end() ? nullptr : &found->second.record;
  }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

  /// REQUIRES: id is higher than any before.
  Record& add(Id id) {
    Node& node = nodes_[raw(id)];
    node.older = newest_;
    (newest_ ? newest_->newer : oldest_) = &node;
    newest_ = &node;
    return node.record;
  }
  void remove(Id id) {
    const auto found = nodes_.find(raw(id));
    const Node& node = found->second;
    (node.older ? node.older->newer : oldest_) = node.newer;
    (node.newer ? node.newer->older : newest_) = node.older;
    nodes_.erase(found);
  }

  /// In the order of numbers. `visit` must not add or remove.
  template <typename Visit>
  void for_each(Visit visit) {
    for (Node* node = oldest_; node; node = node->newer) visit(node->record);
  }
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Node* node = oldest_; node; node = node->newer) visit(node->record);
  }

 private:
  struct Node {
    Record record{};
    Node* older = nullptr;
    Node* newer = nullptr;
  };

  std::unordered_map<std::uint64_t, Node> nodes_;  // never walked
  Node* oldest_ = nullptr;
  Node* newest_ = nullptr;
};

}  // namespace muster::dispatch
