#include "store.h"

#include "muster/journal/error.h"

namespace muster::simulator {
namespace {

const Duration kTimeToLive = journal::Lease::Options{}.time_to_live;
constexpr std::size_t kSnapshotsKept = 3;

}  // namespace

// A server that asks anew has let go of its own session lock before.
std::optional<journal::Ownership> Store::take_over(int server, Duration now) {
  const bool owner_gone = owner_ == server || !session_lock_held_;
  if (!owner_gone && lease_until_ >= now) return std::nullopt;
  ++epoch_;
  owner_ = server;
  lease_until_ = now + kTimeToLive;
  session_lock_held_ = true;
  return journal::Ownership{epoch_, next_seq_};
}

bool Store::renew(std::uint64_t epoch, Duration now) {
  if (epoch_ != epoch) return false;
  session_lock_held_ = true;
  lease_until_ = now + kTimeToLive;
  return true;
}

void Store::lose_connection(int server) {
  if (owner_ == server) session_lock_held_ = false;
}

bool Store::append(std::uint64_t epoch, dispatch::Sequence first_seq, dispatch::Sequence last_seq,
                   std::string_view payload) {
  if (epoch_ != epoch || next_seq_ != first_seq) return false;
  const auto [row, inserted] = rows_.try_emplace(first_seq, Row{last_seq, epoch, std::string(payload)});
  if (!inserted) return false;
  next_seq_ = last_seq + 1;
  appended_(first_seq, row->second);
  return true;
}

bool Store::write_snapshot(std::uint64_t epoch, dispatch::Sequence last_seq, std::uint64_t state_hash,
                           std::string payload) {
  if (epoch_ != epoch || next_seq_ <= last_seq) return false;
  snapshots_[last_seq] = {last_seq, epoch, state_hash, std::move(payload)};
  if (snapshots_.size() > kSnapshotsKept) snapshots_.erase(snapshots_.begin());
  return true;
}

dispatch::Sequence Store::read(dispatch::Sequence after_seq, std::uint64_t limit,
                               const std::function<void(const journal::Batch&)>& visit) {
  dispatch::Sequence given = after_seq;
  auto row = rows_.upper_bound(after_seq);
  if (row != rows_.begin()) --row;
  for (; row != rows_.end() && limit > 0; ++row) {
    const auto& [first_seq, stored] = *row;
    if (stored.last_seq <= after_seq) continue;
    visit({first_seq, stored.last_seq, stored.epoch, stored.payload});
    given = stored.last_seq;
    --limit;
  }
  return given;
}

std::optional<journal::StoredSnapshot> Store::snapshot(dispatch::Sequence at_most) {
  auto newest = snapshots_.upper_bound(at_most);
  if (newest == snapshots_.begin()) return std::nullopt;
  return std::prev(newest)->second;
}

const Store::Row* Store::row(dispatch::Sequence first_seq) const {
  const auto found = rows_.find(first_seq);
  return found == rows_.end() ? nullptr : &found->second;
}

}  // namespace muster::simulator
