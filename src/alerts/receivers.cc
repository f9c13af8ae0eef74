#include "receivers.h"

#include "muster/api/by.h"
#include "muster/api/server_number.h"
#include "muster/node/render.h"
#include "muster/webhooks/webhooks.h"
#include "quiet_hours.h"

namespace muster::alerts {

std::optional<std::string> due(const AlertRecord& record, const v1::AlertRule* rule, TimePoint now) {
  const v1::Alert& alert = record.alert;
  const bool news = record.told != alert.level();
  if (!rule || rule->webhook_ids().empty()) return news ? std::optional<std::string>("") : std::nullopt;
  if (is_quiet(rule->quiet_hours(), now)) return std::nullopt;
  if (alert.level() == v1::ALERT_LEVEL_UNSPECIFIED) return news ? std::optional("alert.cleared") : std::nullopt;
  if (is_closed(alert)) return std::nullopt;  // people said that it is nothing any more
  if (record.told == v1::ALERT_LEVEL_UNSPECIFIED) return "alert.raised";
  if (news) return record.told < alert.level() ? "alert.escalated" : "alert.eased";
  const bool again = rule->has_repeat_interval() && alert.state() == v1::ALERT_STATE_OPEN &&
                     now - record.told_time.value_or(now) >= node::from_proto(rule->repeat_interval());
  return again ? std::optional("alert.repeated") : std::nullopt;
}

bool tell(TenantTransaction& t, const AlertRecord& seen, const v1::AlertRule* rule, TimePoint now) {
  auto record = find_alert(t, seen.alert.tenant_id(), api::number_of(seen.alert.alert_id()));
  if (!record) return false;
  const auto type = due(*record, rule, now);
  if (!type) return true;
  if (!type->empty()) {
    const std::vector<std::string> receivers(rule->webhook_ids().begin(), rule->webhook_ids().end());
    webhooks::send(t, rule->tenant_id(), receivers, {*type, api::as_json(&record->alert), now});
  }
  record->told = record->alert.level();
  record->told_time = now;
  save_alert(t, *record);
  return true;
}

}  // namespace muster::alerts
