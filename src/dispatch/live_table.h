#pragma once

#include <cstdint>
#include <utility>

#include "muster/dispatch/types.h"
#include "number_map.h"

namespace muster::dispatch {

/// Records that come and go, by number. Numbers only rise, so the order of joining is the order of numbers, which
/// makes the walk canonical. Records do not move.
template <typename Id, typename Record>
class LiveTable {
 public:
  LiveTable() = default;
  LiveTable(const LiveTable&) = delete;
  LiveTable& operator=(const LiveTable&) = delete;
  ~LiveTable() {
    while (oldest_) delete std::exchange(oldest_, oldest_->newer);
  }

  [[nodiscard]] Record* find(Id id) {
    Node* const node = nodes_.find(raw(id));
    return node ? &node->record : nullptr;
  }
  [[nodiscard]] const Record* find(Id id) const {
    const Node* const node = nodes_.find(raw(id));
    return node ? &node->record : nullptr;
  }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

  /// REQUIRES: id is higher than any before.
  Record& add(Id id) {
    Node* const node = new Node;
    nodes_.add(raw(id), node);
    node->older = newest_;
    (newest_ ? newest_->newer : oldest_) = node;
    newest_ = node;
    return node->record;
  }
  void remove(Id id) {
    Node* const node = nodes_.find(raw(id));
    nodes_.remove(raw(id));
    (node->older ? node->older->newer : oldest_) = node->newer;
    (node->newer ? node->newer->older : newest_) = node->older;
    delete node;
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

  NumberMap<Node*> nodes_;
  Node* oldest_ = nullptr;
  Node* newest_ = nullptr;
};

}  // namespace muster::dispatch
