#pragma once

#include "muster/api/checker.h"
#include "muster/v1/alert.pb.h"

namespace muster::alerts {

/// Fills in the defaults of a whole rule and judges it. Paths begin with "rule.".
void check_rule(v1::AlertRule& rule, api::Checker& check);

}  // namespace muster::alerts
