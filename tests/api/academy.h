#pragma once

#include <string>
#include <vector>

#include "backend.h"
#include "muster/v1/course_service.grpc.pb.h"
#include "muster/v1/exam_service.grpc.pb.h"
#include "muster/v1/member_service.grpc.pb.h"

namespace muster::testing {

using Courses = v1::CourseService::Stub;
using Exams = v1::ExamService::Stub;
using Members = v1::MemberService::Stub;

/// Members who learn, and the staff that teaches them.
class Academy : public ::testing::Test {
 protected:
  Academy();

  /// As the operator, with a request id of its own if it has none.
  template <typename Stub, typename Request, typename Response>
  grpc::Status change(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Request request,
                      Response* response = nullptr) {
    return change_as(backend.channel, method, std::move(request), response);
  }
  template <typename Stub, typename Request, typename Response>
  static grpc::Status change_as(const std::shared_ptr<grpc::Channel>& channel,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                Request request, Response* response = nullptr) {
    if (request.request_id().empty()) request.set_request_id(new_request_id());
    return read_as(channel, method, request, response);
  }
  template <typename Stub, typename Request, typename Response>
  static grpc::Status read_as(const std::shared_ptr<grpc::Channel>& channel,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                              const Request& request, Response* response = nullptr) {
    Stub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    Response unused;
    return (stub.*method)(&context, request, response ? response : &unused);
  }

  void bring_to(const std::string& member_id, v1::MemberState last);
  void move(const std::string& member_id, v1::MemberState state);
  /// A channel of somebody with the role; with `member_id`, of that member.
  std::shared_ptr<grpc::Channel> sign_in(v1::Role role, const std::string& member_id = "");
  /// Of somebody with all of these roles.
  std::shared_ptr<grpc::Channel> sign_in(const std::vector<v1::Role>& roles, const std::string& member_id);

  void create_course(const std::string& id, const std::vector<std::string>& lessons,
                     const std::vector<std::string>& before = {}, bool in_order = false);
  void publish_course(const std::string& id, bool published = true);
  grpc::Status complete(const std::string& member_id, const std::string& course, const std::string& lesson,
                        v1::CourseProgress* progress = nullptr);
  /// As complete(), and it is.
  v1::CourseProgress learn(const std::string& member_id, const std::string& course, const std::string& lesson);

  Backend backend;
};

}  // namespace muster::testing
