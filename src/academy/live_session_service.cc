#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "live_sessions.h"
#include "muster/v1/live_session_service.grpc.pb.h"
#include "services.h"

namespace muster::academy {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class LiveSessionService final : public v1::LiveSessionService::CallbackService {
 public:
  explicit LiveSessionService(const Academy& academy)
      : learned_(academy.learned), office_(academy.pool, academy.gate, academy.changed) {}

  ServerUnaryReactor* CreateLiveSession(CallbackServerContext* context, const v1::CreateLiveSessionRequest* request,
                                        v1::CreateLiveSessionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateLiveSession(CallbackServerContext* context, const v1::UpdateLiveSessionRequest* request,
                                        v1::UpdateLiveSessionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* RescheduleLiveSession(CallbackServerContext* context,
                                            const v1::RescheduleLiveSessionRequest* request,
                                            v1::RescheduleLiveSessionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* CancelLiveSession(CallbackServerContext* context, const v1::CancelLiveSessionRequest* request,
                                        v1::CancelLiveSessionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* SignUpForLiveSession(CallbackServerContext* context,
                                           const v1::SignUpForLiveSessionRequest* request,
                                           v1::SignUpForLiveSessionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* LeaveLiveSession(CallbackServerContext* context, const v1::LeaveLiveSessionRequest* request,
                                       v1::LeaveLiveSessionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* RecordAttendance(CallbackServerContext* context, const v1::RecordAttendanceRequest* request,
                                       v1::RecordAttendanceResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetLiveSession(CallbackServerContext* context, const v1::GetLiveSessionRequest* request,
                                     v1::GetLiveSessionResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      const std::string id = check.id("live_session_id", request->live_session_id());
      const std::string member_id = check.optional_id("member_id", api::member_asked(*request, own));
      return
          [=](TenantTransaction& t) { *response->mutable_live_session() = live_session_shown(t, id, member_id, own); };
    });
  }

  ServerUnaryReactor* ListLiveSessions(CallbackServerContext* context, const v1::ListLiveSessionsRequest* request,
                                       v1::ListLiveSessionsResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      const LiveSessionFilter filter = filter_of(*request, own, check);
      const api::PageToken token({"live_sessions", request->from_time().ShortDebugString(),
                                  request->until_time().ShortDebugString(), filter.course_id,
                                  std::to_string(filter.state), filter.member_id, filter.signed_up ? "own" : "all"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_live_sessions(t, filter, page);
        for (const v1::LiveSession& each : found.items) {
          *response->add_live_sessions() = each;
          hide_link(*response->mutable_live_sessions()->rbegin(), own);
        }
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListSignUps(CallbackServerContext* context, const v1::ListSignUpsRequest* request,
                                  v1::ListSignUpsResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("live_session_id", request->live_session_id());
      const api::PageToken token({"sign_ups", id});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        static_cast<void>(live_session_shown(t, id, "", ""));
        const auto found = list_sign_ups(t, id, page);
        for (const v1::SignUp& each : found.items) *response->add_sign_ups() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

 private:
  static LiveSessionFilter filter_of(const v1::ListLiveSessionsRequest& request, const std::string& own,
                                     Checker& check) {
    LiveSessionFilter filter;
    if (request.has_from_time()) filter.from = check.time("from_time", request.from_time());
    if (request.has_until_time()) filter.until = check.time("until_time", request.until_time());
    filter.course_id = check.optional_id("course_id", request.course_id());
    filter.state = request.state();
    check.expect(v1::LiveSessionState_IsValid(filter.state), "state", "must be one of the states of a live session");
    filter.member_id = check.optional_id("member_id", api::member_asked(request, own));
    filter.signed_up = request.signed_up();
    check.expect(!filter.signed_up || !filter.member_id.empty(), "signed_up", "is about a member: give member_id");
    filter.published = !own.empty();
    return filter;
  }

  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return changed_by(office_, context, request, response, learned_);
  }

  const OnLearned learned_;
  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_live_session_service(const Academy& academy) {
  return std::make_unique<LiveSessionService>(academy);
}

}  // namespace muster::academy
