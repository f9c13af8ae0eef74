#include "muster/api/by.h"

#include <google/protobuf/util/json_util.h>

#include <stdexcept>

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

std::string own_member(const Admission& admission) {
  if (admission.reach != Reach::kOwn) return "";
  if (admission.caller->agent_id.empty()) {
    throw Refusal({grpc::StatusCode::PERMISSION_DENIED, "NOT_A_MEMBER", "the caller is no member", {}, {}, {}});
  }
  return admission.caller->agent_id;
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

}  // namespace muster::api
