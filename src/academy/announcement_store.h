#pragma once

#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/announcement.pb.h"

/// The tables of announcements. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::academy {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

struct AnnouncementRecord {
  v1::Announcement announcement;
  v1::AnnouncementKey key;
};

/// It stays as it is until the end of the transaction, if it exists.
void lock_announcement(TenantTransaction& t, const std::string& announcement_id);
/// With the acknowledgement of the member; empty: of nobody.
std::optional<AnnouncementRecord> find_announcement(TenantTransaction& t, const std::string& announcement_id,
                                                    const std::string& member_id);
/// False if there is one already.
bool insert_announcement(TenantTransaction& t, const AnnouncementRecord& record, TimePoint now);
void update_announcement(TenantTransaction& t, const AnnouncementRecord& record);
/// Whether the member is granted the skill that it is about.
bool concerns(TenantTransaction& t, const std::string& announcement_id, const std::string& member_id);

struct AnnouncementFilter {
  std::string member_id;  ///< published, and concerning this member; empty: all
  bool pending = false;   ///< not acknowledged by the member
};
Page<v1::Announcement> list_announcements(TenantTransaction& t, const AnnouncementFilter& filter,
                                          const PageRequest& page);
/// Published ones that are not in force and whose time has come, locked.
std::vector<AnnouncementRecord> due_announcements(TenantTransaction& t, TimePoint now, std::size_t limit);

void count_wrong_answer(TenantTransaction& t, const std::string& announcement_id, const std::string& member_id);
/// Once acknowledged it stays so, at its first time.
void acknowledge(TenantTransaction& t, const std::string& announcement_id, const std::string& member_id, TimePoint now);
/// Of those whom it concerns now. `team_id` empty: of any.
Page<v1::Acknowledgement> list_acknowledgements(TenantTransaction& t, const std::string& announcement_id, bool pending,
                                                const std::string& team_id, const PageRequest& page);

}  // namespace muster::academy
