#include "services.h"

#include <chrono>
#include <utility>

#include "announcements.h"
#include "assessments.h"
#include "attempts.h"

namespace muster::academy {

std::vector<std::unique_ptr<grpc::Service>> make_academy_services(const Academy& academy) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(make_course_service(academy));
  services.push_back(make_exam_service(academy));
  services.push_back(make_announcement_service(academy));
  services.push_back(make_live_session_service(academy));
  services.push_back(make_forum_service(academy));
  services.push_back(make_assessment_service(academy));
  return services;
}

std::vector<store::Job> academy_jobs(OnLearned learned) {
  return {{"academy.overdue_attempts", std::chrono::seconds(5),
           [learned = std::move(learned)](store::TenantTransaction& t, TimePoint now) {
             return score_overdue(t, learned, now);
           }},
          {"academy.announcements", std::chrono::seconds(2), bring_into_force},
          {"academy.assessment_answers", std::chrono::seconds(3600), delete_old_answers}};
}

}  // namespace muster::academy
