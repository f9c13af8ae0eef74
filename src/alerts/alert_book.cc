#include "alert_book.h"

#include <algorithm>

namespace muster::alerts {
namespace {

/// Watchers ask each second.
constexpr Duration kKept = std::chrono::minutes(2);

bool is_open(const AlertRecord& record) { return is_living(record.alert) || record.told != record.alert.level(); }

}  // namespace

void AlertBook::take(const std::vector<AlertRecord>& changed, std::int64_t revision, TimePoint now) {
  const std::lock_guard lock(mutex_);
  revision_ = revision;
  for (const AlertRecord& record : changed) {
    entries_.insert_or_assign(record.alert.alert_id(), Entry{record, revision, now});
  }
}

void AlertBook::touch(TimePoint now) {
  const std::lock_guard lock(mutex_);
  as_of_ = now;
}

void AlertBook::drop(const std::string& alert_id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(alert_id);
}

void AlertBook::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  revision_ = forgotten_ = 0;
}

void AlertBook::forget_left(TimePoint now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& each) {
    const Entry& entry = each.second;
    if (is_open(entry.record) || now - entry.changed < kKept) return false;
    forgotten_ = std::max(forgotten_, entry.revision);
    return true;
  });
}

AlertBook::Changes AlertBook::changes(std::int64_t revision, const std::string& tenant_id) const {
  const std::lock_guard lock(mutex_);
  Changes changes{.snapshot = false, .alerts = {}, .revision = revision_, .as_of = as_of_};
  if (revision == revision_) return changes;
  changes.snapshot = revision == 0 || revision < forgotten_ || revision > revision_;
  for (const auto& [id, entry] : entries_) {
    const v1::Alert& alert = entry.record.alert;
    if (!tenant_id.empty() && alert.tenant_id() != tenant_id) continue;
    if (changes.snapshot ? is_living(alert) : entry.revision > revision) changes.alerts.push_back(alert);
  }
  return changes;
}

std::vector<AlertRecord> AlertBook::open() const {
  const std::lock_guard lock(mutex_);
  std::vector<AlertRecord> records;
  for (const auto& [id, entry] : entries_) {
    if (is_open(entry.record)) records.push_back(entry.record);
  }
  return records;
}

}  // namespace muster::alerts
