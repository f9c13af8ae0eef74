#include "muster/musterd/back_office.h"

#include <utility>

#include "muster/academy/academy_services.h"
#include "muster/api/caller.h"
#include "muster/certification/certificate_service.h"
#include "muster/certification/certify.h"
#include "muster/identity/badge_keys.h"
#include "muster/members/member_service.h"
#include "muster/members/sub_teams.h"
#include "muster/members/tiers.h"
#include "muster/skill_tags/evidence.h"
#include "muster/skill_tags/recompute.h"
#include "muster/skill_tags/skill_tag_service.h"
#include "muster/targets/target_services.h"

namespace muster::musterd {
namespace {

/// What a member has learned may certify the member, and is evidence of the skill that it trains.
void learned(store::TenantTransaction& t, const academy::Learned& what) {
  certification::certify(t, what.member_id, what.id, wall_now());
  if (what.skill_id.empty()) return;
  const bool exam = what.what == academy::Learned::What::kExamPassed;
  skill_tags::Evidence evidence;
  evidence.member_id = what.member_id;
  evidence.skill_id = what.skill_id;
  evidence.input = v1::SKILL_INPUT_TRAINING;
  evidence.score = what.score;
  evidence.reference = (exam ? "exam/" : "course/") + what.id;
  evidence.time = what.time;
  evidence.actor = "academy";
  skill_tags::record_evidence(t, evidence, wall_now());
}

}  // namespace

Sealer sealer_of(const identity::Identity& identity) {
  return {[&identity](std::string_view purpose, std::string_view secret) { return identity.seal(purpose, secret); },
          [&identity](std::string_view purpose, std::string_view sealed) { return identity.open(purpose, sealed); }};
}

BackOffice::BackOffice(const std::string& database, node::Node& node, api::Gate& gate, Sealer root,
                       webhooks::Options webhooks)
    : pool_({.connection = database, .threads = 4}),
      node_(node),
      gate_(gate),
      root_(std::move(root)),
      webhooks_(std::move(webhooks)),
      roster_(std::make_unique<members::Roster>(pool_, node)),
      alerting_(pool_, node) {}

BackOffice::~BackOffice() { stop(); }

std::vector<std::unique_ptr<grpc::Service>> BackOffice::make_services(api::StreamRegistry& streams) {
  const auto changed = [this] { roster_->wake(); };
  auto services = academy::make_academy_services({pool_, gate_, changed, learned, root_});
  services.push_back(members::make_member_service(pool_, gate_, changed));
  services.push_back(members::make_sub_team_service(pool_, gate_, changed));
  services.push_back(members::make_tier_service(pool_, gate_, changed));
  services.push_back(skill_tags::make_skill_tag_service(pool_, gate_, changed));
  services.push_back(certification::make_certificate_service(pool_, gate_, changed));
  services.push_back(certification::make_vetting_service(pool_, gate_, changed));
  services.push_back(webhooks::make_webhook_service(pool_, gate_, changed, root_, webhooks_));
  services.push_back(targets::make_target_service(pool_, gate_, node_));
  services.push_back(targets::make_scorecard_service(pool_, gate_, node_));
  services.push_back(alerting_.make_service(gate_, streams));
  return services;
}

void BackOffice::start_jobs() {
  std::vector<store::Job> jobs = academy::academy_jobs(learned);
  jobs.push_back(members::tier_reviews());
  jobs.push_back(skill_tags::recompute_job());
  jobs.push_back(certification::vetting_job());
  jobs.push_back(certification::version_job());
  jobs.push_back(identity::badge_key_job());
  jobs.push_back(webhooks::cleanup_job());
  jobs.push_back(alerts::alert_cleanup_job());
  jobs_ = std::make_unique<store::Jobs>(pool_, kPlatformTenant, std::move(jobs));
  deliveries_ = std::make_unique<webhooks::Worker>(pool_, root_, webhooks_);
}

void BackOffice::stop() {
  deliveries_.reset();
  jobs_.reset();
  alerting_.stop();
  roster_.reset();
  pool_.stop();
}

}  // namespace muster::musterd
