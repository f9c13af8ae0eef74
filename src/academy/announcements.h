#pragma once

#include <string>

#include "announcement_store.h"
#include "muster/api/back_office.h"
#include "muster/v1/announcement_service.pb.h"

/// Announcements of new policies. From its effective time on an announcement keeps its skill from whoever has not
/// acknowledged it (muster/members/skills.h). Each change is one transaction of the platform, and throws api::Refusal
/// if it may not be.
namespace muster::academy {

using api::By;

/// The announcement with the acknowledgement of the member, or a Refusal. With `own_member`, who calls is a member, for
/// whom drafts, what was withdrawn and what concerns others are not there.
AnnouncementRecord announcement_shown(TenantTransaction& t, const std::string& announcement_id,
                                      const std::string& member_id, const std::string& own_member);

/// Brings into force what is due, a few at a time. True: there may be more.
bool bring_into_force(TenantTransaction& t, TimePoint now);

// --- what a request says by itself: what is not so becomes a violation. Defaults are filled in. ---

void check(v1::CreateAnnouncementRequest& request, api::Checker& check);
void check(v1::UpdateAnnouncementRequest& request, api::Checker& check);
void check(v1::PublishAnnouncementRequest& request, api::Checker& check);
void check(v1::WithdrawAnnouncementRequest& request, api::Checker& check);
void check(v1::AnswerAnnouncementRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::CreateAnnouncementResponse carry_out(TenantTransaction& t, const v1::CreateAnnouncementRequest& request,
                                         const By& by);
v1::UpdateAnnouncementResponse carry_out(TenantTransaction& t, const v1::UpdateAnnouncementRequest& request,
                                         const By& by);
v1::PublishAnnouncementResponse carry_out(TenantTransaction& t, const v1::PublishAnnouncementRequest& request,
                                          const By& by);
v1::WithdrawAnnouncementResponse carry_out(TenantTransaction& t, const v1::WithdrawAnnouncementRequest& request,
                                           const By& by);
v1::AnswerAnnouncementResponse carry_out(TenantTransaction& t, const v1::AnswerAnnouncementRequest& request,
                                         const By& by);

}  // namespace muster::academy
