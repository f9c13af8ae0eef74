#pragma once

#include <grpcpp/impl/service_type.h>

#include <functional>
#include <memory>

#include "muster/api/gate.h"
#include "muster/store/tenant_pool.h"

namespace muster::skill_tags {

/// SkillTagService. The pool and the gate must outlive it. `changed`: there may be tags to compute; must not block.
std::unique_ptr<grpc::Service> make_skill_tag_service(store::TenantPool& pool, api::Gate& gate,
                                                      std::function<void()> changed);

}  // namespace muster::skill_tags
