#pragma once

#include <grpcpp/impl/service_type.h>

#include <functional>
#include <memory>
#include <vector>

#include "muster/academy/record.h"
#include "muster/api/gate.h"
#include "muster/base/sealer.h"
#include "muster/store/jobs.h"
#include "muster/store/tenant_pool.h"

namespace muster::academy {

/// What the services of the academy work with.
struct Academy {
  store::TenantPool& pool;  ///< must outlive the services, as the gate must
  api::Gate& gate;
  std::function<void()> changed;  ///< members' skills may have changed; must not block
  OnLearned learned;              ///< may be null
  Sealer root;                    ///< seals members' keys
};

/// CourseService, ExamService, AnnouncementService, LiveSessionService, ForumService and AssessmentService.
std::vector<std::unique_ptr<grpc::Service>> make_academy_services(const Academy& academy);

/// What is due by time alone: attempts that nobody submitted are scored, announcements come into force, and answers of
/// assessments are deleted.
std::vector<store::Job> academy_jobs(OnLearned learned);

}  // namespace muster::academy
