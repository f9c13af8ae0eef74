#pragma once

#include <google/protobuf/generated_enum_reflection.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "muster/api/gate.h"
#include "muster/base/time.h"
#include "muster/store/audit.h"

namespace muster::api {

/// A thing as the audit keeps it; null: empty.
std::string as_json(const google::protobuf::Message* thing);

/// Which member calls.
struct Own {
  std::string only;    ///< only what is this member's may be seen and touched; empty: anything
  std::string member;  ///< whose desk the caller has, however far it reaches; empty: nobody's
};

/// In whose name a change of the back office is made, and when.
struct By {
  std::string actor_tenant_id;
  std::string actor;
  TimePoint now;
  std::string own_member;  ///< Own::only
  std::string member;      ///< Own::member
  std::vector<store::AuditChange>& changes;

  /// Tells the audit that something was created (no `before`), changed, or deleted (no `after`). `resource`: such as
  /// "member/li.na". Secrets must not be fields of it. What is as it was is not told.
  void changed(const std::string& resource, const google::protobuf::Message* before,
               const google::protobuf::Message* after) const;
};

/// Does `work(by)` and enters in the audit what it changed. Jobs are no member: Own{}.
template <typename Work>
auto audited(store::TenantTransaction& t, const store::AuditCause& cause, TimePoint now, const Own& own,
             const Work& work) {
  std::vector<store::AuditChange> changes;
  auto result = work(By{cause.actor_tenant_id, cause.actor, now, own.only, own.member, changes});
  store::insert_audit(t, cause, changes, now);
  return result;
}

/// Which member makes the call. Throws Refusal if it may touch what is its own alone, and is nobody.
Own own_of(const Admission& admission);
/// Throws Refusal unless `member_id` is `own_member`, or that is empty.
void check_own(const std::string& own_member, const std::string& member_id);
/// Throws Refusal unless it is a member who calls, whose identifier is `own_member`: for what members alone may do, as
/// a key of the platform reaches everything otherwise.
void expect_member(const std::string& own_member);

/// The member whose things are asked for: the caller's own if the request names none and the caller reaches no farther;
/// empty: anybody's. Throws Refusal if the caller may not ask.
template <typename Request>
std::string member_asked(const Request& request, const std::string& own_member) {
  const std::string& id = request.member_id().empty() ? own_member : request.member_id();
  check_own(own_member, id);
  return id;
}

/// The tenant that a call is about: the one that is named, which is the caller's own if it reaches no farther. Throws
/// Refusal if the caller reaches it not.
std::string tenant_asked(const Admission& admission, const std::string& named);

std::string short_name(const google::protobuf::EnumDescriptor& descriptor, int value);
/// "ACTIVE" of MEMBER_STATE_ACTIVE: what follows the enum's own name.
template <typename Enum>
std::string short_name(Enum value) {
  return short_name(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

}  // namespace muster::api
