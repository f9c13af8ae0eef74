#include "error.h"

#include <gmock/gmock.h>

#include "duration.h"
#include "google/rpc/error_details.pb.h"
#include "speech.h"

namespace muster::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class ErrorTest : public InEnglish {};
class ChineseErrorTest : public InChinese {};

grpc::Status refused_field() {
  google::rpc::Status rich;
  rich.set_code(grpc::StatusCode::INVALID_ARGUMENT);
  google::rpc::ErrorInfo info;
  info.set_reason("INVALID_FIELD");
  (*info.mutable_metadata())["field"] = "priority";
  rich.add_details()->PackFrom(info);
  google::rpc::BadRequest bad;
  bad.add_field_violations()->set_field("priority");
  bad.mutable_field_violations(0)->set_description("must be 0..100");
  rich.add_details()->PackFrom(bad);
  google::rpc::RetryInfo retry;
  *retry.mutable_retry_delay() = to_proto(std::chrono::milliseconds{500});
  rich.add_details()->PackFrom(retry);
  return {grpc::StatusCode::INVALID_ARGUMENT, "the request is not valid", rich.SerializeAsString()};
}

TEST_F(ErrorTest, ARefusalSaysReasonFieldsAndWhenToComeBack) {
  EXPECT_EQ(report(CallFailed(refused_field()), "host:1", false),
            "error: the request is not valid\n"
            "  reason: INVALID_FIELD (field=priority)\n"
            "  field priority: must be 0..100\n"
            "  try again in 500ms\n");
}

TEST_F(ErrorTest, AnErrorWithoutDetailsStillSaysWhatItIs) {
  EXPECT_EQ(report(CallFailed({grpc::StatusCode::INTERNAL, ""}), "host:1", false),
            "error: the server answered with code 13\n");
}

TEST_F(ErrorTest, DetailsThatAreNoStatusAreIgnored) {
  const grpc::Status status(grpc::StatusCode::NOT_FOUND, "no such queue", "not a protobuf");
  EXPECT_EQ(report(CallFailed(status), "host:1", false), "error: no such queue\n");
}

TEST_F(ErrorTest, AMissingServerHintsAtMusterd) {
  const grpc::Status status(
      grpc::StatusCode::UNAVAILABLE,
      "failed to connect to all addresses; last error: UNKNOWN: Failed to connect to remote host: "
      "Connection refused");
  const std::string text = report(CallFailed(status), "127.0.0.1:7070", false);
  EXPECT_THAT(text, HasSubstr("cannot connect to 127.0.0.1:7070"));
  EXPECT_THAT(text, HasSubstr("musterd --data DIR"));
}

TEST_F(ErrorTest, AnUnknownOutcomeSaysHowToRepeatSafely) {
  const grpc::Status status(grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded");
  EXPECT_THAT(report(CallFailed(status, "id-1"), "host:1", false), HasSubstr("--request-id id-1"));
  EXPECT_THAT(report(CallFailed(status), "host:1", false), Not(HasSubstr("--request-id")));
}

TEST_F(ErrorTest, JsonCarriesTheReason) {
  const std::string text = report(CallFailed(refused_field()), "host:1", true);
  EXPECT_THAT(text, HasSubstr(R"("reason":"INVALID_FIELD")"));
  EXPECT_THAT(text, testing::StartsWith("{\"error\":{"));
}

TEST_F(ChineseErrorTest, AReasonHasChineseWords) {
  google::rpc::Status rich;
  rich.set_code(grpc::StatusCode::NOT_FOUND);
  google::rpc::ErrorInfo info;
  info.set_reason("QUEUE_NOT_FOUND");
  rich.add_details()->PackFrom(info);
  const grpc::Status status(grpc::StatusCode::NOT_FOUND, "queue_id 'x' does not exist", rich.SerializeAsString());
  EXPECT_THAT(report(CallFailed(status), "host:1", false),
              HasSubstr("错误：队列不存在（queue_id 'x' does not exist）"));
}

TEST_F(ErrorTest, AServersTextCannotCommandTheTerminal) {
  const grpc::Status status(grpc::StatusCode::NOT_FOUND, "no queue \x1b[31m");
  EXPECT_THAT(report(CallFailed(status), "host:1", false), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace muster::cli
