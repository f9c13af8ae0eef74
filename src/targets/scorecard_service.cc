#include <grpcpp/server_context.h>

#include "muster/api/back_office.h"
#include "muster/targets/target_services.h"
#include "muster/v1/scorecard_service.grpc.pb.h"
#include "scorecards.h"

namespace muster::targets {
namespace {

using api::Admission;
using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class ScorecardService final : public v1::ScorecardService::CallbackService {
 public:
  ScorecardService(store::TenantPool& pool, api::Gate& gate, node::Node& node)
      : pool_(pool), gate_(gate), node_(node), office_(pool, gate, [] {}) {}

  ServerUnaryReactor* CreateScorecard(CallbackServerContext* context, const v1::CreateScorecardRequest* request,
                                      v1::CreateScorecardResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* DeleteScorecard(CallbackServerContext* context, const v1::DeleteScorecardRequest* request,
                                      v1::DeleteScorecardResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetScorecard(CallbackServerContext* context, const v1::GetScorecardRequest* request,
                                   v1::GetScorecardResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("scorecard_id", request->scorecard_id());
      return [=](TenantTransaction& t) {
        *response->mutable_scorecard() = api::found(find_scorecard(t, id), "SCORECARD", "scorecard_id", id);
      };
    });
  }

  ServerUnaryReactor* ListScorecards(CallbackServerContext* context, const v1::ListScorecardsRequest* request,
                                     v1::ListScorecardsResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const api::PageToken token({"scorecards"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_scorecards(t, page);
        for (const v1::Scorecard& scorecard : found.items) *response->add_scorecards() = scorecard;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* EvaluateScorecard(CallbackServerContext* context, const v1::EvaluateScorecardRequest* request,
                                        v1::EvaluateScorecardResponse* response) override {
    return api::admitted(gate_, context, request, [=, this](ServerUnaryReactor* reactor, const Admission&) {
      evaluate(node_, pool_, reactor, *request, response);
    });
  }

 private:
  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return office_.change(
        context, request, response, [](Request& asked, Checker& checker) { check(asked, checker); },
        [](TenantTransaction& t, const Request& asked, const By& by) { return carry_out(t, asked, by); });
  }

  store::TenantPool& pool_;
  api::Gate& gate_;
  node::Node& node_;
  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_scorecard_service(store::TenantPool& pool, api::Gate& gate, node::Node& node) {
  return std::make_unique<ScorecardService>(pool, gate, node);
}

}  // namespace muster::targets
