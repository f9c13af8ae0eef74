#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "muster/api/gate.h"
#include "muster/base/time.h"
#include "muster/store/audit.h"

namespace muster::api {

/// A thing as the audit keeps it; null: empty.
std::string as_json(const google::protobuf::Message* thing);

/// In whose name a change of the back office is made, and when.
struct By {
  std::string actor;
  TimePoint now;
  std::string own_member;  ///< only what is this member's may be touched; empty: anything
  std::vector<store::AuditChange>& changes;

  /// Tells the audit that something was created (no `before`), changed, or deleted (no `after`). `resource`: such as
  /// "member/li.na". Secrets must not be fields of it. What is as it was is not told.
  void changed(const std::string& resource, const google::protobuf::Message* before,
               const google::protobuf::Message* after) const;
};

/// Does `work(by)` and enters in the audit what it changed.
template <typename Work>
auto audited(store::TenantTransaction& t, const store::AuditCause& cause, TimePoint now, const std::string& own_member,
             const Work& work) {
  std::vector<store::AuditChange> changes;
  auto result = work(By{cause.actor, now, own_member, changes});
  store::insert_audit(t, cause, changes, now);
  return result;
}

/// By::own_member of a call: the caller's own member if it reaches no farther, else empty. Throws Refusal if it is
/// nobody's.
std::string own_member(const Admission& admission);
/// Throws Refusal unless `member_id` is `own_member`, or that is empty.
void check_own(const std::string& own_member, const std::string& member_id);

}  // namespace muster::api
