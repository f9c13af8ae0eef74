#include <grpcpp/server_context.h>

#include <utility>

#include "muster/api/back_office.h"
#include "muster/members/tiers.h"
#include "muster/v1/tier_service.grpc.pb.h"
#include "tiers.h"

namespace muster::members {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class TierService final : public v1::TierService::CallbackService {
 public:
  TierService(store::TenantPool& pool, api::Gate& gate, std::function<void()> changed)
      : office_(pool, gate, std::move(changed)) {}

  ServerUnaryReactor* ListTiers(CallbackServerContext* context, const v1::ListTiersRequest* request,
                                v1::ListTiersResponse* response) override {
    return office_.read(context, request, [=](Checker&) -> Look {
      return [=](TenantTransaction& t) {
        std::vector<v1::Tier> tiers = list_tiers(t);
        count_members(t, tiers);
        for (v1::Tier& tier : tiers) *response->add_tiers() = std::move(tier);
      };
    });
  }

  ServerUnaryReactor* GetTierStanding(CallbackServerContext* context, const v1::GetTierStandingRequest* request,
                                      v1::GetTierStandingResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own_member) -> Look {
      const std::string id = check.id("member_id", api::member_asked(*request, own_member));
      return [=](TenantTransaction& t) { *response = standing_of(t, id, wall_now()); };
    });
  }

  ServerUnaryReactor* ListTierReviews(CallbackServerContext* context, const v1::ListTierReviewsRequest* request,
                                      v1::ListTierReviewsResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own_member) -> Look {
      ReviewFilter filter;
      filter.member_id = check.optional_id("member_id", api::member_asked(*request, own_member));
      filter.month = check.text("month", request->month(), 7);
      filter.decision = request->decision();
      check.expect(v1::TierDecision_IsValid(filter.decision), "decision", "must be one of the decisions of a review");
      filter.appeal_state = request->appeal_state();
      check.expect(v1::TierAppealState_IsValid(filter.appeal_state), "appeal_state",
                   "must be one of the states of an appeal");
      const api::PageToken token({"tier-reviews", filter.member_id, filter.month, std::to_string(filter.decision),
                                  std::to_string(filter.appeal_state)});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_reviews(t, filter, page);
        for (const v1::TierReview& review : found.items) *response->add_reviews() = review;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* UpdateTier(CallbackServerContext* context, const v1::UpdateTierRequest* request,
                                 v1::UpdateTierResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* SetMemberTier(CallbackServerContext* context, const v1::SetMemberTierRequest* request,
                                    v1::SetMemberTierResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* AppealTierReview(CallbackServerContext* context, const v1::AppealTierReviewRequest* request,
                                       v1::AppealTierReviewResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* AnswerTierAppeal(CallbackServerContext* context, const v1::AnswerTierAppealRequest* request,
                                       v1::AnswerTierAppealResponse* response) override {
    return change(context, request, response);
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

std::unique_ptr<grpc::Service> make_tier_service(store::TenantPool& pool, api::Gate& gate,
                                                 std::function<void()> changed) {
  return std::make_unique<TierService>(pool, gate, std::move(changed));
}

store::Job tier_reviews() {
  // Where the last batch ended. One that was not committed is made up for the next time, which begins from the first.
  return {"tier-reviews", std::chrono::hours(1),
          [after = std::string()](TenantTransaction& t, TimePoint now) mutable { return review_some(t, now, after); }};
}

}  // namespace muster::members
