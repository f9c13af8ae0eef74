#include "muster/api/errors.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "google/rpc/error_details.pb.h"
#include "muster/node/render.h"

namespace muster::api {
namespace {

using dispatch::Outcome;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using grpc::StatusCode;

constexpr std::chrono::milliseconds kBusyRetry{100};
constexpr std::chrono::milliseconds kOutageRetry{1'000};

struct OutcomeRow {
  Outcome outcome;
  StatusCode code;
  const char* reason;
  const char* field;  ///< whose value the text quotes; also its key in the metadata
  const char* text;   ///< follows the quoted value
};

constexpr std::array kOutcomes{
    OutcomeRow{Outcome::kRequestIdReused, StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED", "request_id",
               "was used for another request"},
    OutcomeRow{Outcome::kSkillNotFound, StatusCode::NOT_FOUND, "SKILL_NOT_FOUND", "skill_id", "does not exist"},
    OutcomeRow{Outcome::kPolicyNotFound, StatusCode::NOT_FOUND, "POLICY_NOT_FOUND", "policy_id", "does not exist"},
    OutcomeRow{Outcome::kQueueNotFound, StatusCode::NOT_FOUND, "QUEUE_NOT_FOUND", "queue_id", "does not exist"},
    OutcomeRow{Outcome::kAgentNotFound, StatusCode::NOT_FOUND, "AGENT_NOT_FOUND", "agent_id", "does not exist"},
    OutcomeRow{Outcome::kContactNotFound, StatusCode::NOT_FOUND, "CONTACT_NOT_FOUND", "contact_id", "does not exist"},
    OutcomeRow{Outcome::kOfferNotFound, StatusCode::NOT_FOUND, "OFFER_NOT_FOUND", "offer_id", "does not exist"},
    OutcomeRow{Outcome::kSessionNotFound, StatusCode::NOT_FOUND, "SESSION_NOT_FOUND", "session_id",
               "is not open: open a session again"},
    OutcomeRow{Outcome::kSkillExists, StatusCode::ALREADY_EXISTS, "SKILL_EXISTS", "skill_id", "exists already"},
    OutcomeRow{Outcome::kPolicyExists, StatusCode::ALREADY_EXISTS, "POLICY_EXISTS", "policy_id", "exists already"},
    OutcomeRow{Outcome::kQueueExists, StatusCode::ALREADY_EXISTS, "QUEUE_EXISTS", "queue_id", "exists already"},
    OutcomeRow{Outcome::kAgentExists, StatusCode::ALREADY_EXISTS, "AGENT_EXISTS", "agent_id", "exists already"},
    OutcomeRow{Outcome::kSkillInUse, StatusCode::FAILED_PRECONDITION, "SKILL_IN_USE", "skill_id",
               "is named by a policy, an agent or a contact that has not ended"},
    OutcomeRow{Outcome::kPolicyInUse, StatusCode::FAILED_PRECONDITION, "POLICY_IN_USE", "policy_id",
               "is named by a queue"},
    OutcomeRow{Outcome::kQueueInUse, StatusCode::FAILED_PRECONDITION, "QUEUE_IN_USE", "queue_id",
               "has contacts that have not ended"},
    OutcomeRow{Outcome::kAgentInUse, StatusCode::FAILED_PRECONDITION, "AGENT_IN_USE", "agent_id",
               "has a session, holds contacts, is suspended or excluded from a contact that has not ended"},
    OutcomeRow{Outcome::kAgentSuspended, StatusCode::FAILED_PRECONDITION, "AGENT_SUSPENDED", "agent_id",
               "is suspended"},
    OutcomeRow{Outcome::kContactWrongState, StatusCode::FAILED_PRECONDITION, "CONTACT_WRONG_STATE", "contact_id",
               "is in a state that does not allow this"},
    OutcomeRow{Outcome::kContactNotHeld, StatusCode::FAILED_PRECONDITION, "CONTACT_NOT_HELD", "contact_id",
               "is not held by the agent of this session"},
    OutcomeRow{Outcome::kChannelMismatch, StatusCode::FAILED_PRECONDITION, "CHANNEL_MISMATCH", "queue_id",
               "is of another channel than the contact"},
    OutcomeRow{Outcome::kTenantMismatch, StatusCode::FAILED_PRECONDITION, "TENANT_MISMATCH", "queue_id",
               "is another tenant's than the contact"},
    OutcomeRow{Outcome::kOfferTaken, StatusCode::ABORTED, "OFFER_TAKEN", "offer_id", "is no longer open"},
    OutcomeRow{Outcome::kCapacityExceeded, StatusCode::FAILED_PRECONDITION, "CAPACITY_EXCEEDED", "contact_id",
               "takes more units than the agent has free"},
    OutcomeRow{
        Outcome::kAgentUnfit, StatusCode::FAILED_PRECONDITION, "AGENT_UNFIT", "agent_id",
        "cannot have this contact: not signed in, without what it asks for, excluded, in cool-down or never with "
        "room for its channel"},
    OutcomeRow{Outcome::kPoolNotFound, StatusCode::NOT_FOUND, "POOL_NOT_FOUND", "pool_id",
               "does not exist in the policy"},
    OutcomeRow{Outcome::kPoolInUse, StatusCode::FAILED_PRECONDITION, "POOL_IN_USE", "pool_id",
               "is named by a step of the policy: it cannot be left out"},
    OutcomeRow{Outcome::kAgentSignedOff, StatusCode::FAILED_PRECONDITION, "AGENT_SIGNED_OFF", "agent_id",
               "has no session"},
    OutcomeRow{Outcome::kContactLimit, StatusCode::RESOURCE_EXHAUSTED, "CONTACT_LIMIT", "", ""},
};

const OutcomeRow* row_of(Outcome outcome) {
  const auto* row = std::find_if(kOutcomes.begin(), kOutcomes.end(),
                                 [&](const OutcomeRow& candidate) { return candidate.outcome == outcome; });
  return row == kOutcomes.end() ? nullptr : row;
}

/// A field of a request and its value.
struct Place {
  std::string path;
  std::string value;
};

bool names(const FieldDescriptor& field, std::string_view name) {
  std::string_view text = field.name();
  if (field.is_repeated() && text.ends_with('s')) text.remove_suffix(1);
  return text == name || (text.ends_with(name) && text[text.size() - name.size() - 1] == '_');
}

/// The first string field called `name` (or …_`name`, or their plural) that holds `value`; any, if `value` is empty.
std::optional<Place> locate(const Message& message, std::string_view name, const std::string& value,
                            const std::string& prefix = "") {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_map()) continue;
    const int size = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      std::string path = prefix + field->name();
      if (field->is_repeated()) path += "[" + std::to_string(i) + "]";
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        const Message& part = field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                                   : reflection.GetMessage(message, field);
        if (auto found = locate(part, name, value, path + ".")) return found;
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && names(*field, name)) {
        std::string held = field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                                : reflection.GetString(message, field);
        if (value.empty() || held == value) return Place{std::move(path), std::move(held)};
      }
    }
  }
  return std::nullopt;
}

Error too_many_preferences() {
  const std::string limit = std::to_string(dispatch::Engine::kPreferencesMax);
  return {StatusCode::FAILED_PRECONDITION,
          "TOO_MANY_PREFERENCES",
          "all policies together may prefer in at most " + limit + " ways: use one that another policy has",
          {{"limit", limit}},
          {},
          {}};
}

Error outcome_error(const dispatch::Reply& reply, const Message& request) {
  if (reply.outcome == Outcome::kGraceTooShort) {
    return invalid_request({{"settings." + reply.subject, "would make contact_grace less than resume_grace"}});
  }
  if (reply.outcome == Outcome::kConditionTooLarge) {
    return invalid_request({{"policy." + reply.subject,
                             "has more than 64 tests in its normal form: ask for less, or in "
                             "several steps"}});
  }
  if (reply.outcome == Outcome::kTooManyPreferences) return too_many_preferences();
  const OutcomeRow* row = row_of(reply.outcome);
  if (!row) return internal_error();
  Error error{row->code, row->reason, {}, {}, {}, {}};
  if (reply.outcome == Outcome::kContactLimit) {
    const std::string limit = std::to_string(dispatch::Engine::kLiveContactsMax);
    error.message = limit + " contacts have not ended: no more are taken";
    error.metadata = {{"limit", limit}};
    error.retry_after = kOutageRetry;
    return error;
  }
  // The engine knows contacts, offers and sessions by number: their text is the caller's own.
  const auto place = locate(request, row->field, reply.subject);
  const std::string& id = place ? place->value : reply.subject;
  error.message = std::string(row->field) + " '" + id + "' " + row->text;
  error.metadata = {{row->field, id}};
  if (reply.outcome == Outcome::kContactWrongState) {
    // The engine forgets what has ended, and then does not know as what it ended.
    const bool known = reply.contact_state != dispatch::ContactState{};
    const std::string state = known ? v1::ContactState_Name(node::to_proto(reply.contact_state)) : "ENDED";
    error.message += known ? ": " + state : ": it has ended";
    error.metadata.emplace_back("contact_state", state);
  }
  if (place) error.fields.push_back({place->path, row->text});
  if (reply.outcome == Outcome::kPoolInUse) error.fields.push_back({"policy.pools", "leaves out '" + id + "'"});
  return error;
}

}  // namespace

google::rpc::Status to_rpc_status(const Error& error) {
  google::rpc::Status status;
  status.set_code(error.code);
  status.set_message(error.message);
  google::rpc::ErrorInfo info;
  info.set_reason(error.reason);
  info.set_domain("muster.v1");
  for (const auto& [key, value] : error.metadata) (*info.mutable_metadata())[key] = value;
  status.add_details()->PackFrom(info);
  if (!error.fields.empty()) {
    google::rpc::BadRequest bad;
    for (const auto& [field, description] : error.fields) {
      auto* violation = bad.add_field_violations();
      violation->set_field(field);
      violation->set_description(description);
    }
    status.add_details()->PackFrom(bad);
  }
  if (error.code == StatusCode::FAILED_PRECONDITION) {
    google::rpc::PreconditionFailure failure;
    auto* violation = failure.add_violations();
    violation->set_type(error.reason);
    if (!error.metadata.empty()) violation->set_subject(error.metadata.front().second);
    violation->set_description(error.message);
    status.add_details()->PackFrom(failure);
  }
  if (error.retry_after) {
    google::rpc::RetryInfo retry;
    node::to_proto(*error.retry_after, retry.mutable_retry_delay());
    status.add_details()->PackFrom(retry);
  }
  return status;
}

grpc::Status to_status(const Error& error) {
  return {error.code, error.message, to_rpc_status(error).SerializeAsString()};
}

Error invalid_request(std::vector<FieldViolation> fields) {
  Error error{StatusCode::INVALID_ARGUMENT, "INVALID_REQUEST", {}, {}, {}, {}};
  error.message = fields.front().field + ": " + fields.front().description;
  if (fields.size() > 1) error.message += " (and " + std::to_string(fields.size() - 1) + " more)";
  error.metadata = {{"field", fields.front().field}};
  error.fields = std::move(fields);
  return error;
}

Error not_found(const std::string& kind, const std::string& field, const std::string& id) {
  return {StatusCode::NOT_FOUND, kind + "_NOT_FOUND",         field + " '" + id + "' does not exist",
          {{field, id}},         {{field, "does not exist"}}, {}};
}

Error delivery_error(node::Delivery delivery) {
  switch (delivery) {
    case node::Delivery::kBusy:
      return {StatusCode::RESOURCE_EXHAUSTED,
              "SERVER_BUSY",
              "too many requests wait: nothing was done",
              {},
              {},
              kBusyRetry};
    case node::Delivery::kNotServing:
      return {StatusCode::UNAVAILABLE,
              "NOT_SERVING",
              "the workspace is not served here now: nothing was done",
              {},
              {},
              kOutageRetry};
    case node::Delivery::kUnknown:
      return {StatusCode::UNAVAILABLE,
              "OUTCOME_UNKNOWN",
              "the journal failed before it answered: call again with the same request_id",
              {},
              {},
              kOutageRetry};
    case node::Delivery::kAnswered:
      break;
  }
  return internal_error();
}

Error answer_error(const node::Answer& answer, const Message& request) {
  if (answer.delivery != node::Delivery::kAnswered) return delivery_error(answer.delivery);
  return outcome_error(answer.reply, request);
}

std::optional<Error> stream_end_error(node::StreamEnd end, dispatch::Sequence last_sequence) {
  const std::vector<std::pair<std::string, std::string>> at{{"last_sequence", std::to_string(last_sequence)}};
  switch (end) {
    case node::StreamEnd::kClosed:
      return std::nullopt;
    case node::StreamEnd::kReplaced:
      return Error{StatusCode::ABORTED, "SESSION_REPLACED", "another session of the same agent took over", at, {}, {}};
    case node::StreamEnd::kSlowConsumer:
      return Error{StatusCode::RESOURCE_EXHAUSTED,
                   "SLOW_CONSUMER",
                   "too many events were not read: open again with the session_id",
                   at,
                   {},
                   kBusyRetry};
    case node::StreamEnd::kSilent:
      return Error{StatusCode::UNAVAILABLE,
                   "SESSION_LOST",
                   "nothing was heard for three heartbeat intervals: open again with the session_id",
                   at,
                   {},
                   kBusyRetry};
    case node::StreamEnd::kShutdown:
      return Error{StatusCode::UNAVAILABLE, "SERVER_STOPPING", "the server stops: open again", at, {}, kOutageRetry};
    case node::StreamEnd::kRecovering:
      return Error{StatusCode::UNAVAILABLE,
                   "RECOVERING",
                   "the workspace is being taken up again: open again",
                   at,
                   {},
                   kOutageRetry};
  }
  return internal_error();
}

Error sequence_compacted(dispatch::Sequence asked, dispatch::Sequence oldest) {
  const std::string from = std::to_string(asked), first = std::to_string(oldest);
  return {StatusCode::OUT_OF_RANGE,
          "SEQUENCE_COMPACTED",
          "the events after " + from + " cannot be given, those kept begin after " + first +
              ": list, then watch from there",
          {{"after_sequence", from}, {"oldest_sequence", first}},
          {{"after_sequence", "is out of range"}},
          {}};
}

Error rebuild_error(node::RebuildStart start) {
  switch (start) {
    case node::RebuildStart::kRunning:
      return {StatusCode::FAILED_PRECONDITION,
              "REBUILD_RUNNING",
              "the reporting tables are being rebuilt already",
              {},
              {},
              {}};
    case node::RebuildStart::kNotServing:
      return delivery_error(node::Delivery::kNotServing);
    case node::RebuildStart::kUnavailable:
      return store_error(node::StoreStatus::kUnavailable);
    case node::RebuildStart::kStarted:
      break;
  }
  return internal_error();
}

Error store_error(node::StoreStatus status) {
  switch (status) {
    case node::StoreStatus::kBusy:
      return delivery_error(node::Delivery::kBusy);
    case node::StoreStatus::kNotServing:
      return delivery_error(node::Delivery::kNotServing);
    case node::StoreStatus::kUnavailable:
      return {StatusCode::UNAVAILABLE,
              "STORE_UNAVAILABLE",
              "the reporting tables cannot be used now",
              {},
              {},
              kOutageRetry};
    case node::StoreStatus::kRead:
      break;
  }
  return internal_error();
}

Error not_own_desk() {
  return {StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED", "the desk is not the caller's own", {}, {}, {}};
}

Error internal_error() { return {StatusCode::INTERNAL, "INTERNAL", "an error inside the server", {}, {}, {}}; }

}  // namespace muster::api
