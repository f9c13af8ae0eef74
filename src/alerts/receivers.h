#pragma once

#include <optional>
#include <string>

#include "alert_store.h"

namespace muster::alerts {

/// What the rule's receivers are to be told of the alert now: "alert.raised", "alert.escalated", "alert.eased",
/// "alert.cleared" or "alert.repeated"; empty: there is nobody to tell, but it is to be noted. Nothing: nothing is to
/// be done. `rule` null: it is gone.
std::optional<std::string> due(const AlertRecord& record, const v1::AlertRule* rule, TimePoint now);
/// Tells them, and takes note of it, in the transaction: unless the alert has changed meanwhile. False: there is no
/// such alert. REQUIRES: hold_changes().
bool tell(TenantTransaction& t, const AlertRecord& seen, const v1::AlertRule* rule, TimePoint now);

}  // namespace muster::alerts
