#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "muster/dispatch/types.h"

namespace muster::kpi {

/// What a Ledger keeps of one resource: the row that is shown, and what the row is worked out from.
template <typename Row>
struct Entry {
  Row row;
  bool listed = false;                              ///< on the board
  typename std::list<Entry<Row>*>::iterator place;  ///< in the order of change, if listed
};

/// Entries by handle, those on the board also in the order of their last change, and the newest removals.
/// `E` derives from Entry<Row>.
template <typename E, typename Row, typename Handle>
class Ledger {
 public:
  explicit Ledger(std::size_t removals_max) : removals_max_(removals_max) {}

  [[nodiscard]] E* find(Handle handle) const {
    const std::size_t index = dispatch::raw(handle);
    return index < entries_.size() ? entries_[index].get() : nullptr;
  }

  /// The entry, made if there is none yet; a new one is not listed.
  E& at(Handle handle) {
    const std::size_t index = dispatch::raw(handle);
    if (index >= entries_.size()) entries_.resize(index + 1);
    if (!entries_[index]) entries_[index] = std::make_unique<E>();
    return *entries_[index];
  }

  /// Notes a change of an entry's row; lists it.
  void list(E& entry, dispatch::Sequence version) {
    entry.row.version = version;
    if (entry.listed) {
      by_change_.splice(by_change_.end(), by_change_, entry.place);
    } else {
      entry.listed = true;
      entry.place = by_change_.insert(by_change_.end(), &entry);
    }
  }

  /// Takes an entry off the board.
  void unlist(E& entry, dispatch::Sequence version) {
    if (!entry.listed) return;
    entry.listed = false;
    by_change_.erase(entry.place);
    removals_.push_back(entry.row);
    removals_.back().version = version;
    if (removals_.size() > removals_max_) {
      oldest_delta_version_ = removals_.front().version;
      removals_.pop_front();
    }
  }

  /// Forgets an entry. REQUIRES: it is not listed.
  void erase(Handle handle) { entries_[dispatch::raw(handle)].reset(); }

  /// Calls `visit(handle, entry)` for each entry, in the order of the handles.
  template <typename Visit>
  void each(const Visit& visit) const {
    for (std::size_t index = 0; index < entries_.size(); ++index) {
      if (entries_[index]) visit(Handle{static_cast<std::underlying_type_t<Handle>>(index)}, *entries_[index]);
    }
  }

  /// The listed rows that changed after `version`, oldest change first.
  [[nodiscard]] std::vector<const Row*> changed_after(dispatch::Sequence version) const {
    auto from = by_change_.end();
    while (from != by_change_.begin() && (*std::prev(from))->row.version > version) --from;
    std::vector<const Row*> rows;
    for (; from != by_change_.end(); ++from) rows.push_back(&(*from)->row);
    return rows;
  }

  /// The identifiers of the rows removed after `version` that pass `shown`, but for those back on the board, which are
  /// among `changed` then.
  template <typename Shown>
  [[nodiscard]] std::vector<std::string> removed_after(dispatch::Sequence version,
                                                       const std::vector<const Row*>& changed, std::string Row::*id,
                                                       const Shown& shown) const {
    std::vector<std::string> ids;
    if (removals_.empty() || removals_.back().version <= version) return ids;
    std::unordered_set<std::string_view> seen;
    for (const Row* row : changed) seen.insert(row->*id);
    for (auto row = removals_.rbegin(); row != removals_.rend() && row->version > version; ++row) {
      if (shown(*row) && seen.insert((*row).*id).second) ids.push_back((*row).*id);
    }
    return ids;
  }

  [[nodiscard]] dispatch::Sequence oldest_delta_version() const { return oldest_delta_version_; }

  /// Forgets everything; changes up to `version` are unknown from here on.
  void reset(dispatch::Sequence version) {
    by_change_.clear();
    entries_.clear();
    removals_.clear();
    oldest_delta_version_ = version;
  }

 private:
  const std::size_t removals_max_;
  std::vector<std::unique_ptr<E>> entries_;  // indexed by handle
  std::list<Entry<Row>*> by_change_;
  std::deque<Row> removals_;  // as they were last, oldest removal first; the version is that of the removal
  dispatch::Sequence oldest_delta_version_ = 0;
};

}  // namespace muster::kpi
