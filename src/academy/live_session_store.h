#pragma once

#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/live_session.pb.h"

/// The tables of live sessions. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::academy {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

/// It and its places stay as they are until the end of the transaction, if it exists.
void lock_live_session(TenantTransaction& t, const std::string& live_session_id);
/// With the sign-up of the member; empty: of nobody.
std::optional<v1::LiveSession> find_live_session(TenantTransaction& t, const std::string& live_session_id,
                                                 const std::string& member_id);
/// False if there is one already.
bool insert_live_session(TenantTransaction& t, const v1::LiveSession& session, TimePoint now);
void update_live_session(TenantTransaction& t, const v1::LiveSession& session);

struct LiveSessionFilter {
  std::optional<TimePoint> from;
  std::optional<TimePoint> until;
  std::string course_id;
  v1::LiveSessionState state = v1::LIVE_SESSION_STATE_UNSPECIFIED;
  std::string member_id;  ///< whose sign-ups are told; empty: nobody's
  bool signed_up = false;
  bool published = false;  ///< only those that stand alone or belong to a published course
};
/// In the order of their start.
Page<v1::LiveSession> list_live_sessions(TenantTransaction& t, const LiveSessionFilter& filter,
                                         const PageRequest& page);

// --- sign-ups. REQUIRES for changes: lock_live_session() in this transaction ---

std::optional<v1::SignUp> find_sign_up(TenantTransaction& t, const std::string& live_session_id,
                                       const std::string& member_id);
/// Changes nothing if the member has signed up.
void insert_sign_up(TenantTransaction& t, const v1::SignUp& sign_up, TimePoint now);
void delete_sign_up(TenantTransaction& t, const std::string& live_session_id, const std::string& member_id);
/// Gives places to so many who wait, the first ones; tells who got one.
std::vector<std::string> give_places(TenantTransaction& t, const std::string& live_session_id, int count);
/// Gives a place to whoever came without.
void record_attendance(TenantTransaction& t, const std::string& live_session_id, const v1::Attendance& attendance,
                       TimePoint now);
Page<v1::SignUp> list_sign_ups(TenantTransaction& t, const std::string& live_session_id, const PageRequest& page);

// --- quizzes ---

/// Those that the exam is the quiz of.
std::vector<std::string> live_sessions_of_exam(TenantTransaction& t, const std::string& exam_id);
/// Whether the member was at one of them.
bool attended_for_exam(TenantTransaction& t, const std::string& exam_id, const std::string& member_id);

}  // namespace muster::academy
