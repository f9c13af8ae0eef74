#include "muster/skill_tags/skill_tag_service.h"

#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "muster/v1/skill_tag_service.grpc.pb.h"
#include "recording.h"

namespace muster::skill_tags {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

/// Whom a list is about: whoever sees only what is their own need not say so.
std::string member_asked(const char* field, const std::string& asked, const std::string& own, Checker& check) {
  const std::string& member_id = asked.empty() ? own : asked;
  check.optional_id(field, member_id);
  api::check_own(own, member_id);
  return member_id;
}

class SkillTagService final : public v1::SkillTagService::CallbackService {
 public:
  SkillTagService(store::TenantPool& pool, api::Gate& gate, std::function<void()> changed)
      : office_(pool, gate, std::move(changed)) {}

  ServerUnaryReactor* RecordEvidence(CallbackServerContext* context, const v1::RecordEvidenceRequest* request,
                                     v1::RecordEvidenceResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* ListEvidence(CallbackServerContext* context, const v1::ListEvidenceRequest* request,
                                   v1::ListEvidenceResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      EvidenceFilter filter;
      filter.member_id = member_asked("member_id", request->member_id(), own, check);
      filter.skill_id = check.optional_id("skill_id", request->skill_id());
      check.expect(v1::SkillInput_IsValid(request->input()), "input", "must be one of the four inputs");
      filter.input = request->input();
      const api::PageToken token({"evidence", filter.member_id, filter.skill_id, std::to_string(filter.input)});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_evidence(t, filter, page);
        for (const v1::Evidence& evidence : found.items) *response->add_evidence() = evidence;
        api::set_next_page(found, token, response);
      };
    });
  }

 private:
  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return office_.change(
        context, request, response, [](Request& asked, Checker& checker) { check(asked, checker); },
        [](TenantTransaction& t, const Request& asked, const By& by) { return carry_out(t, asked, by); });
  }

  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_skill_tag_service(store::TenantPool& pool, api::Gate& gate,
                                                      std::function<void()> changed) {
  return std::make_unique<SkillTagService>(pool, gate, std::move(changed));
}

}  // namespace muster::skill_tags
