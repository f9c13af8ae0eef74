#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/alert.pb.h"

/// The tables of rules and alerts. A transaction of a tenant sees that tenant's; only one of the platform may change
/// them, after hold_changes(). All throw pqxx::failure.
namespace muster::alerts {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

/// Waits until no other transaction changes rules or alerts, two seconds at most. Every one that does so begins with
/// it: so changes become visible in the order of their revisions, and none waits for another in a circle.
void hold_changes(TenantTransaction& t);

std::optional<v1::AlertRule> find_rule(TenantTransaction& t, const std::string& tenant_id, const std::string& rule_id);
/// False if there is one of that name.
bool insert_rule(TenantTransaction& t, const v1::AlertRule& rule);
void save_rule(TenantTransaction& t, const v1::AlertRule& rule);
void delete_rule(TenantTransaction& t, const std::string& tenant_id, const std::string& rule_id);
std::int64_t count_rules(TenantTransaction& t, const std::string& tenant_id);
/// `tenant_id` empty: any.
Page<v1::AlertRule> list_rules(TenantTransaction& t, const std::string& tenant_id, const PageRequest& page);
std::vector<v1::AlertRule> all_rules(TenantTransaction& t);

/// An alert, and what its receivers know of it.
struct AlertRecord {
  v1::Alert alert;
  v1::AlertLevel told = v1::ALERT_LEVEL_UNSPECIFIED;
  std::optional<TimePoint> told_time;
};
/// People are done with it.
bool is_closed(const v1::Alert& alert);
/// Not closed, or not over.
bool is_living(const v1::Alert& alert);
/// What a change of it leaves behind, as it is now; `actor` and `note` are for the caller to add.
v1::AlertEntry entry_of(const v1::Alert& alert, TimePoint now);

/// Gives it its alert_id.
void insert_alert(TenantTransaction& t, AlertRecord& record);
void save_alert(TenantTransaction& t, const AlertRecord& record);
/// Of each alert the latest 2000 stay.
void add_entry(TenantTransaction& t, const v1::Alert& alert, const v1::AlertEntry& entry);
/// The latest, in order.
std::vector<v1::AlertEntry> entries_of(TenantTransaction& t, const v1::Alert& alert, std::size_t limit);
std::optional<AlertRecord> find_alert(TenantTransaction& t, const std::string& tenant_id, std::int64_t number);
/// The living one of the rule and row.
std::optional<AlertRecord> find_living_alert(TenantTransaction& t, const v1::Alert& of_row);

struct AlertFilter {
  std::string tenant_id;               ///< empty: any
  std::string rule_id;                 ///< likewise
  std::vector<v1::AlertState> states;  ///< likewise
  bool holding = false;
  std::optional<TimePoint> from;
};
/// The latest first. `page.after`: the number of the last one seen, 0: none.
Page<v1::Alert> list_alerts(TenantTransaction& t, const AlertFilter& filter, const PageRequest& page);

/// Those that began before then, are closed and over, and of which everybody was told; some of them. True: there may
/// be more.
bool delete_old_alerts(TenantTransaction& t, TimePoint before);

/// What tells of changes: each has a number.
struct Revisions {
  std::int64_t rules = 0;
  std::int64_t alerts = 0;
};
Revisions revisions(TenantTransaction& t);
/// Changed after `revision`; 0: those that are living, or of which receivers have yet to be told.
std::vector<AlertRecord> changed_alerts(TenantTransaction& t, std::int64_t revision);

}  // namespace muster::alerts
