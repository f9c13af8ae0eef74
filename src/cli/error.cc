#include "error.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "duration.h"
#include "google/rpc/error_details.pb.h"
#include "i18n.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

/// The server's reasons. In English its message says it best, so they have words in the other catalogues only.
constexpr auto kReasons = std::to_array<std::string_view>({noop("AGENT_EXISTS"),
                                                           noop("AGENT_IN_USE"),
                                                           noop("AGENT_NOT_FOUND"),
                                                           noop("AGENT_SIGNED_OFF"),
                                                           noop("AGENT_SUSPENDED"),
                                                           noop("AGENT_UNFIT"),
                                                           noop("ALERT_NOT_FOUND"),
                                                           noop("ALERT_RULE_EXISTS"),
                                                           noop("ALERT_RULE_LIMIT"),
                                                           noop("ALERT_RULE_NOT_FOUND"),
                                                           noop("ALERT_WRONG_STATE"),
                                                           noop("ALREADY_APPEALED"),
                                                           noop("ALREADY_IN_SUB_TEAM"),
                                                           noop("ANNOUNCEMENT_EXISTS"),
                                                           noop("ANNOUNCEMENT_NOT_FOUND"),
                                                           noop("ANNOUNCEMENT_WRONG_STATE"),
                                                           noop("ANSWERS_MISSING"),
                                                           noop("API_KEY_LIMIT"),
                                                           noop("API_KEY_NOT_FOUND"),
                                                           noop("APPEAL_TOO_LATE"),
                                                           noop("ASSESSMENT_FINISHED"),
                                                           noop("ASSESSMENT_NOT_FOUND"),
                                                           noop("ASSESSMENT_OPEN"),
                                                           noop("ATTEMPTS_USED_UP"),
                                                           noop("ATTEMPT_NOT_FOUND"),
                                                           noop("ATTEMPT_OVER"),
                                                           noop("ATTEMPT_UNDER_WAY"),
                                                           noop("BASE_EXISTS"),
                                                           noop("BASE_IN_USE"),
                                                           noop("BASE_NOT_FOUND"),
                                                           noop("CAPACITY_EXCEEDED"),
                                                           noop("CERTIFICATE_KIND_EXISTS"),
                                                           noop("CERTIFICATE_KIND_HELD"),
                                                           noop("CERTIFICATE_KIND_NOT_FOUND"),
                                                           noop("CERTIFICATE_NOT_FOUND"),
                                                           noop("CERTIFICATE_WRONG_STATE"),
                                                           noop("CHANNEL_MISMATCH"),
                                                           noop("CONSENT_MISSING"),
                                                           noop("CONTACT_LIMIT"),
                                                           noop("CONTACT_NOT_FOUND"),
                                                           noop("CONTACT_NOT_HELD"),
                                                           noop("CONTACT_WRONG_STATE"),
                                                           noop("COURSE_CYCLE"),
                                                           noop("COURSE_EMPTY"),
                                                           noop("COURSE_EXISTS"),
                                                           noop("COURSE_HAS_EXAM"),
                                                           noop("COURSE_NOT_FOUND"),
                                                           noop("COURSE_NOT_PUBLISHED"),
                                                           noop("COURSE_PREREQUISITES_MISSING"),
                                                           noop("CREDENTIALS_EXPIRED"),
                                                           noop("CREDENTIALS_INVALID"),
                                                           noop("CREDENTIALS_MISSING"),
                                                           noop("CREDENTIALS_REVOKED"),
                                                           noop("DELIVERY_NOT_FOUND"),
                                                           noop("DELIVERY_WRONG_STATE"),
                                                           noop("EXAM_EXISTS"),
                                                           noop("EXAM_NOT_FOUND"),
                                                           noop("EXAM_NOT_PUBLISHED"),
                                                           noop("EXAM_PASSED"),
                                                           noop("FORUM_ANSWER_NOT_FOUND"),
                                                           noop("FORUM_LIMIT"),
                                                           noop("FORUM_OWN_ANSWER"),
                                                           noop("FORUM_POST_HIDDEN"),
                                                           noop("FORUM_QUESTION_NOT_FOUND"),
                                                           noop("INDUSTRY_EXISTS"),
                                                           noop("INDUSTRY_NOT_FOUND"),
                                                           noop("INSTRUMENT_NOT_FOUND"),
                                                           noop("INVALID_REQUEST"),
                                                           noop("JOURNAL_INCOMPLETE"),
                                                           noop("KPI_ROW_LIMIT"),
                                                           noop("LAST_ADMIN"),
                                                           noop("LESSONS_MISSING"),
                                                           noop("LESSON_LIVE"),
                                                           noop("LESSON_NOT_FOUND"),
                                                           noop("LESSON_NOT_LIVE"),
                                                           noop("LESSON_OUT_OF_ORDER"),
                                                           noop("LIVE_SESSION_EXISTS"),
                                                           noop("LIVE_SESSION_NOT_ATTENDED"),
                                                           noop("LIVE_SESSION_NOT_FOUND"),
                                                           noop("LIVE_SESSION_NOT_STARTED"),
                                                           noop("LIVE_SESSION_OVER"),
                                                           noop("LIVE_SESSION_WRONG_STATE"),
                                                           noop("MEMBER_CLOSED"),
                                                           noop("MEMBER_EXISTS"),
                                                           noop("MEMBER_NOT_FOUND"),
                                                           noop("MEMBER_SKILL_NOT_FOUND"),
                                                           noop("MEMBER_WRONG_STATE"),
                                                           noop("NOTHING_TO_APPEAL"),
                                                           noop("NOT_A_MEMBER"),
                                                           noop("NOT_SERVING"),
                                                           noop("NOT_SIGNED_IN"),
                                                           noop("NO_OPEN_APPEAL"),
                                                           noop("OFFER_NOT_FOUND"),
                                                           noop("OFFER_TAKEN"),
                                                           noop("OUTCOME_EXISTS"),
                                                           noop("OUTCOME_TOO_LATE"),
                                                           noop("OUTCOME_UNKNOWN"),
                                                           noop("PASSWORD_WRONG"),
                                                           noop("PERMISSION_DENIED"),
                                                           noop("POLICY_EXISTS"),
                                                           noop("POLICY_IN_USE"),
                                                           noop("POLICY_NOT_FOUND"),
                                                           noop("POOL_IN_USE"),
                                                           noop("POOL_NOT_FOUND"),
                                                           noop("PUBLIC_URL_MISSING"),
                                                           noop("QUESTIONS_MISSING"),
                                                           noop("QUESTION_BANK_EXISTS"),
                                                           noop("QUESTION_BANK_NOT_FOUND"),
                                                           noop("QUESTION_NOT_FOUND"),
                                                           noop("QUEUE_EXISTS"),
                                                           noop("QUEUE_IN_USE"),
                                                           noop("QUEUE_NOT_FOUND"),
                                                           noop("REBUILD_RUNNING"),
                                                           noop("RECOMPUTATION_RUNNING"),
                                                           noop("REFRESH_REFUSED"),
                                                           noop("REQUEST_ID_REUSED"),
                                                           noop("REQUIREMENTS_NOT_MET"),
                                                           noop("RETRY_TOO_EARLY"),
                                                           noop("SEQUENCE_COMPACTED"),
                                                           noop("SCORECARD_EXISTS"),
                                                           noop("SCORECARD_NOT_FOUND"),
                                                           noop("SERVER_BUSY"),
                                                           noop("SERVER_STOPPING"),
                                                           noop("SESSION_LOST"),
                                                           noop("SESSION_NOT_FOUND"),
                                                           noop("SESSION_REPLACED"),
                                                           noop("SIGN_IN_LIMIT"),
                                                           noop("SIGN_IN_REFUSED"),
                                                           noop("SIGN_UP_NOT_FOUND"),
                                                           noop("SKILL_EXISTS"),
                                                           noop("SKILL_IN_USE"),
                                                           noop("SKILL_MANAGED"),
                                                           noop("SKILL_NOT_FOUND"),
                                                           noop("SKILL_NOT_MANAGED"),
                                                           noop("SKILL_TAG_KIND_EXISTS"),
                                                           noop("SKILL_TAG_KIND_NOT_FOUND"),
                                                           noop("SKILL_TAG_VERSION_NOT_FOUND"),
                                                           noop("SLOW_CONSUMER"),
                                                           noop("STORE_UNAVAILABLE"),
                                                           noop("SUB_TEAM_FULL"),
                                                           noop("SUB_TEAM_INVITATION_LIMIT"),
                                                           noop("SUB_TEAM_INVITATION_NOT_FOUND"),
                                                           noop("SUB_TEAM_INVITEE_UNAVAILABLE"),
                                                           noop("SUB_TEAM_LEADER_NOT_ACTIVE"),
                                                           noop("SUB_TEAM_MEMBER_NOT_FOUND"),
                                                           noop("SUB_TEAM_NOT_FOUND"),
                                                           noop("SUB_TEAM_OF_OTHER_BASE"),
                                                           noop("TARGET_NOT_FOUND"),
                                                           noop("TEAM_EXISTS"),
                                                           noop("TEAM_FULL"),
                                                           noop("TEAM_IN_USE"),
                                                           noop("TEAM_NOT_FOUND"),
                                                           noop("TEAM_OF_OTHER_BASE"),
                                                           noop("TENANT_DIMENSION"),
                                                           noop("TENANT_EXISTS"),
                                                           noop("TENANT_MISMATCH"),
                                                           noop("TENANT_NOT_FOUND"),
                                                           noop("TIER_REVIEW_NOT_FOUND"),
                                                           noop("TOO_MANY_PREFERENCES"),
                                                           noop("USER_EXISTS"),
                                                           noop("USER_NOT_FOUND"),
                                                           noop("VETTING_NOT_FOUND"),
                                                           noop("VETTING_WRONG_STATE"),
                                                           noop("WEBHOOK_DISABLED"),
                                                           noop("WEBHOOK_EXISTS"),
                                                           noop("WEBHOOK_LIMIT"),
                                                           noop("WEBHOOK_NOT_FOUND")});

/// The reason that the server gives; empty if it gives none.
std::string reason_of(const google::rpc::Status& status) {
  google::rpc::ErrorInfo info;
  for (const auto& any : status.details()) {
    if (any.UnpackTo(&info)) return info.reason();
  }
  return "";
}

std::string describe(const google::rpc::ErrorInfo& info) {
  std::vector<std::string> metadata;
  for (const auto& [key, value] : info.metadata()) metadata.push_back(key + "=" + value);
  std::sort(metadata.begin(), metadata.end());
  const std::string places = metadata.empty() ? "" : " (" + join(metadata) + ")";
  return say("  reason: {0}{1}", info.reason(), places) + "\n";
}

std::string describe(const google::rpc::BadRequest& request) {
  std::string text;
  for (const auto& violation : request.field_violations()) {
    text += say("  field {0}: {1}", violation.field(), violation.description()) + "\n";
  }
  return text;
}

template <class Detail>
bool describe_if(const google::protobuf::Any& any, std::string& text) {
  Detail detail;
  if (!any.UnpackTo(&detail)) return false;
  if constexpr (std::is_same_v<Detail, google::rpc::RetryInfo>) {
    text += say("  try again in {0}", format_duration(from_proto(detail.retry_delay()))) + "\n";
  } else {
    text += describe(detail);
  }
  return true;
}

/// The reason in the language in use; empty if it has no words there.
std::string reason_words(const google::rpc::Status& status) {
  const std::string reason = reason_of(status);
  const bool known = std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
  const std::string words = known ? tr(reason.c_str()) : "";
  return words == reason ? "" : words;
}

std::string message_of(const google::rpc::Status& status) {
  if (status.code() == grpc::StatusCode::DEADLINE_EXCEEDED) return tr("the server did not answer in time");
  const std::string message =
      status.message().empty() ? say("the server answered with code {0}", status.code()) : status.message();
  const std::string words = reason_words(status);
  return words.empty() ? message : words + say(" ({0})", message);
}

/// Line breaks are ours: each line is made printable by itself.
std::string printable_lines(const std::string& text) {
  std::string clean;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    clean += printable(std::string_view{text}.substr(start, end - start)) + "\n";
    start = end == std::string::npos ? text.size() : end + 1;
  }
  return clean;
}

std::string to_json(const google::rpc::Status& status) {
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(status, &text).ok()) text = "{}";
  return "{\"error\":" + text + "}\n";
}

}  // namespace

google::rpc::Status rich_status(const grpc::Status& status) {
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details()) || rich.code() != status.error_code()) rich.Clear();
  rich.set_code(status.error_code());
  rich.set_message(status.error_message());
  return rich;
}

std::string describe(const google::rpc::Status& status) {
  std::string text = message_of(status) + "\n";
  for (const auto& any : status.details()) {
    // A kind of detail that this program does not know is left out.
    static_cast<void>(describe_if<google::rpc::ErrorInfo>(any, text) ||
                      describe_if<google::rpc::BadRequest>(any, text) ||
                      describe_if<google::rpc::RetryInfo>(any, text));
  }
  return printable_lines(text);
}

bool never_connected(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty() &&
         status.error_message().starts_with("failed to connect to all addresses");
}

bool has_expired(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAUTHENTICATED &&
         reason_of(rich_status(status)) == "CREDENTIALS_EXPIRED";
}

bool is_unreachable(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

std::string report(const CallFailed& failure, const std::string& server, bool json) {
  google::rpc::Status status = rich_status(failure.status());
  const bool absent = never_connected(failure.status());
  if (absent) status.set_message(say("cannot connect to {0}", server));
  std::string text = json ? to_json(status) : tr("error: ") + describe(status);
  if (absent) {
    text +=
        say("hint: is musterd running? Start it with: musterd --data DIR. Another address: --server HOST:PORT") + "\n";
  }
  if (reason_of(status) == "CREDENTIALS_MISSING" || reason_of(status) == "CREDENTIALS_INVALID" ||
      reason_of(status) == "CREDENTIALS_REVOKED") {
    text += tr("hint: sign in with: muster login USER, or name a file with an API key: --token-file FILE") + "\n";
  }
  if (!failure.request_id().empty()) {
    text += say("hint: whether it was done is unknown. To repeat it without doing it twice, add --request-id {0}",
                failure.request_id()) +
            "\n";
  }
  return text;
}

}  // namespace muster::cli
