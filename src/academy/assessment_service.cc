#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "assessments.h"
#include "learning.h"
#include "muster/v1/assessment_service.grpc.pb.h"
#include "services.h"

namespace muster::academy {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class AssessmentService final : public v1::AssessmentService::CallbackService {
 public:
  explicit AssessmentService(const Academy& academy)
      : root_(academy.root), office_(academy.pool, academy.gate, academy.changed) {}

  ServerUnaryReactor* ListInstruments(CallbackServerContext* context, const v1::ListInstrumentsRequest* request,
                                      v1::ListInstrumentsResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      return [=, language = language_asked(request->language(), check)](TenantTransaction& t) {
        for (const InstrumentRecord& each : list_instruments(t, language)) {
          *response->add_instruments() = each.instrument;
          response->mutable_instruments()->rbegin()->clear_items();
        }
      };
    });
  }

  ServerUnaryReactor* GetInstrument(CallbackServerContext* context, const v1::GetInstrumentRequest* request,
                                    v1::GetInstrumentResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("instrument_id", request->instrument_id());
      return [=, language = language_asked(request->language(), check)](TenantTransaction& t) {
        *response->mutable_instrument() = instrument_named(t, id, language).instrument;
      };
    });
  }

  ServerUnaryReactor* StartAssessment(CallbackServerContext* context, const v1::StartAssessmentRequest* request,
                                      v1::StartAssessmentResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* FinishAssessment(CallbackServerContext* context, const v1::FinishAssessmentRequest* request,
                                       v1::FinishAssessmentResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* ReleaseAssessment(CallbackServerContext* context, const v1::ReleaseAssessmentRequest* request,
                                        v1::ReleaseAssessmentResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* WithdrawAssessmentConsent(CallbackServerContext* context,
                                                const v1::WithdrawAssessmentConsentRequest* request,
                                                v1::WithdrawAssessmentConsentResponse* response) override {
    return change(context, request, response);
  }

  /// Not a change() of the office: that keeps a fingerprint of the request for a day, and what was answered could be
  /// found by trying.
  ServerUnaryReactor* SaveAssessmentAnswers(CallbackServerContext* context,
                                            const v1::SaveAssessmentAnswersRequest* request,
                                            v1::SaveAssessmentAnswersResponse* response) override {
    return office_.read(context, request, [=, this](Checker& checker, const std::string& own) -> Look {
      check(*request, checker);
      return [=, this](TenantTransaction& t) { response->set_answered_count(save_answers(t, *request, own, root_)); };
    });
  }

  ServerUnaryReactor* GetAssessment(CallbackServerContext* context, const v1::GetAssessmentRequest* request,
                                    v1::GetAssessmentResponse* response) override {
    return office_.read(context, request, [=, this](Checker&, const api::Own& own) -> Look {
      return [=, this, id = request->assessment_id()](TenantTransaction& t) {
        *response->mutable_assessment() = assessment_shown(t, id, own, root_);
      };
    });
  }

  ServerUnaryReactor* ListAssessments(CallbackServerContext* context, const v1::ListAssessmentsRequest* request,
                                      v1::ListAssessmentsResponse* response) override {
    return office_.read(context, request, [=, this](Checker& check, const api::Own& own) -> Look {
      const std::string member_id = check.optional_id("member_id", api::member_asked(*request, own.only));
      const api::PageToken token({"assessments", own.member, member_id});
      const PageRequest page = api::page_of(*request, token, check);
      return [=, this](TenantTransaction& t) {
        const auto found = list_assessments(t, member_id, own.member, page);
        for (const AssessmentRecord& each : found.items) *response->add_assessments() = with_result(each, root_);
        api::set_next_page(found, token, response);
      };
    });
  }

 private:
  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return changed_by(office_, context, request, response, root_);
  }

  const Sealer root_;
  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_assessment_service(const Academy& academy) {
  return std::make_unique<AssessmentService>(academy);
}

}  // namespace muster::academy
