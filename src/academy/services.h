#pragma once

#include <memory>
#include <string>

#include "muster/academy/academy_services.h"
#include "muster/api/back_office.h"

/// What the services of the academy share.
namespace muster::academy {

std::unique_ptr<grpc::Service> make_course_service(const Academy& academy);
std::unique_ptr<grpc::Service> make_exam_service(const Academy& academy);
std::unique_ptr<grpc::Service> make_announcement_service(const Academy& academy);
std::unique_ptr<grpc::Service> make_assessment_service(const Academy& academy);
std::unique_ptr<grpc::Service> make_forum_service(const Academy& academy);
std::unique_ptr<grpc::Service> make_live_session_service(const Academy& academy);

/// A change by the functions check() and carry_out() of its request. `more` is what carry_out() may need beside; it
/// must outlive the call.
template <typename Request, typename Response, typename... More>
grpc::ServerUnaryReactor* changed_by(api::BackOffice& office, grpc::CallbackServerContext* context,
                                     const Request* request, Response* response, const More&... more) {
  return office.change(
      context, request, response, [](Request& asked, api::Checker& checker) { check(asked, checker); },
      [&more...](store::TenantTransaction& t, const Request& asked, const api::By& by) {
        if constexpr (requires { carry_out(t, asked, by, more...); }) {
          return carry_out(t, asked, by, more...);
        } else {
          return carry_out(t, asked, by);
        }
      });
}

}  // namespace muster::academy
