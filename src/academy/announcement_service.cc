#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "announcements.h"
#include "muster/v1/announcement_service.grpc.pb.h"
#include "services.h"

namespace muster::academy {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class AnnouncementService final : public v1::AnnouncementService::CallbackService {
 public:
  explicit AnnouncementService(const Academy& academy) : office_(academy.pool, academy.gate, academy.changed) {}

  ServerUnaryReactor* CreateAnnouncement(CallbackServerContext* context, const v1::CreateAnnouncementRequest* request,
                                         v1::CreateAnnouncementResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateAnnouncement(CallbackServerContext* context, const v1::UpdateAnnouncementRequest* request,
                                         v1::UpdateAnnouncementResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* PublishAnnouncement(CallbackServerContext* context, const v1::PublishAnnouncementRequest* request,
                                          v1::PublishAnnouncementResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* WithdrawAnnouncement(CallbackServerContext* context,
                                           const v1::WithdrawAnnouncementRequest* request,
                                           v1::WithdrawAnnouncementResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* AnswerAnnouncement(CallbackServerContext* context, const v1::AnswerAnnouncementRequest* request,
                                         v1::AnswerAnnouncementResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetAnnouncement(CallbackServerContext* context, const v1::GetAnnouncementRequest* request,
                                      v1::GetAnnouncementResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      const std::string id = check.id("announcement_id", request->announcement_id());
      const std::string member_id = check.optional_id("member_id", api::member_asked(*request, own));
      return [=](TenantTransaction& t) {
        *response->mutable_announcement() = announcement_shown(t, id, member_id, own).announcement;
      };
    });
  }

  ServerUnaryReactor* GetAnnouncementKey(CallbackServerContext* context, const v1::GetAnnouncementKeyRequest* request,
                                         v1::GetAnnouncementKeyResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("announcement_id", request->announcement_id());
      return [=](TenantTransaction& t) { *response->mutable_key() = announcement_shown(t, id, "", "").key; };
    });
  }

  ServerUnaryReactor* ListAnnouncements(CallbackServerContext* context, const v1::ListAnnouncementsRequest* request,
                                        v1::ListAnnouncementsResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      AnnouncementFilter filter{check.optional_id("member_id", api::member_asked(*request, own)), request->pending()};
      check.expect(!filter.pending || !filter.member_id.empty(), "pending", "is about a member: give member_id");
      const api::PageToken token({"announcements", filter.member_id, filter.pending ? "pending" : "all"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_announcements(t, filter, page);
        for (const v1::Announcement& each : found.items) {
          *response->add_announcements() = each;
          response->mutable_announcements()->rbegin()->clear_body();
        }
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListAcknowledgements(CallbackServerContext* context,
                                           const v1::ListAcknowledgementsRequest* request,
                                           v1::ListAcknowledgementsResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("announcement_id", request->announcement_id());
      const std::string team_id = check.optional_id("team_id", request->team_id());
      const bool pending = request->pending();
      const api::PageToken token({"acknowledgements", id, team_id, pending ? "pending" : "all"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        static_cast<void>(announcement_shown(t, id, "", ""));
        const auto found = list_acknowledgements(t, id, pending, team_id, page);
        for (const v1::Acknowledgement& each : found.items) *response->add_acknowledgements() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

 private:
  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return changed_by(office_, context, request, response);
  }

  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_announcement_service(const Academy& academy) {
  return std::make_unique<AnnouncementService>(academy);
}

}  // namespace muster::academy
