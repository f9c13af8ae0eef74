#include "muster/api/by.h"

#include <google/protobuf/util/json_util.h>

#include <stdexcept>
#include <string_view>

namespace muster::api {

std::string as_json(const google::protobuf::Message* message) {
  std::string text;
  if (!message) return text;
  const auto status = google::protobuf::util::MessageToJsonString(*message, &text);
  if (!status.ok()) throw std::runtime_error("not to be written as JSON: " + message->GetTypeName());
  return text;
}

void By::changed(const std::string& resource, const google::protobuf::Message* before,
                 const google::protobuf::Message* after) const {
  store::AuditChange change{resource, as_json(before), as_json(after)};
  if (change.before != change.after) changes.push_back(std::move(change));
}

Own own_of(const Admission& admission) {
  const std::string& member = admission.caller->agent_id;
  if (admission.reach != Reach::kOwn) return {"", member};
  expect_member(member);
  return {member, member};
}

void check_own(const std::string& own_member, const std::string& member_id) {
  if (own_member.empty() || own_member == member_id) return;
  throw Refusal({grpc::StatusCode::PERMISSION_DENIED,
                 "PERMISSION_DENIED",
                 "the caller reaches what is of member_id '" + own_member + "' only",
                 {},  // whose it is, the caller may not know
                 {},
                 {}});
}

void expect_member(const std::string& own_member) {
  if (!own_member.empty()) return;
  throw Refusal({grpc::StatusCode::PERMISSION_DENIED, "NOT_A_MEMBER", "the caller is no member", {}, {}, {}});
}

std::string tenant_asked(const Admission& admission, const std::string& named) {
  const std::string own = admission.tenant();
  if (own.empty()) return named;
  if (named.empty() || named == own) return own;
  throw Refusal({grpc::StatusCode::PERMISSION_DENIED,
                 "PERMISSION_DENIED",
                 "the caller reaches its own tenant only",
                 {{"tenant_id", named}},
                 {},
                 {}});
}

std::string short_name(const google::protobuf::EnumDescriptor& descriptor, int value) {
  // The first value is the enum's name with _UNSPECIFIED.
  const std::string& none = descriptor.value(0)->name();
  return descriptor.FindValueByNumber(value)->name().substr(none.size() - std::string_view("UNSPECIFIED").size());
}

}  // namespace muster::api
