#pragma once

#include "muster/api/back_office.h"
#include "muster/node/node.h"
#include "muster/v1/scorecard_service.pb.h"
#include "scorecard_store.h"

/// What may be done to scorecards. Each change is one transaction of the platform, and throws api::Refusal if it may
/// not be.
namespace muster::targets {

using api::By;

void check(v1::CreateScorecardRequest& request, api::Checker& check);
void check(v1::DeleteScorecardRequest& request, api::Checker& check);

// REQUIRES: the request was checked.
v1::CreateScorecardResponse carry_out(TenantTransaction& t, const v1::CreateScorecardRequest& request, const By& by);
v1::DeleteScorecardResponse carry_out(TenantTransaction& t, const v1::DeleteScorecardRequest& request, const By& by);

/// Puts the best first, equal ones by row_id, those that are not known last.
void rank(std::vector<v1::ScoredRow>& rows);

/// Answers EvaluateScorecard. The request and the response live until the reactor is finished; the node and the pool
/// must outlive that.
void evaluate(node::Node& node, store::TenantPool& pool, grpc::ServerUnaryReactor* reactor,
              const v1::EvaluateScorecardRequest& request, v1::EvaluateScorecardResponse* response);

}  // namespace muster::targets
