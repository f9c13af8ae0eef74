#include "permissions.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "muster/v1/admin_service.pb.h"
#include "muster/v1/agent_session_service.pb.h"
#include "muster/v1/alert_service.pb.h"
#include "muster/v1/announcement_service.pb.h"
#include "muster/v1/assessment_service.pb.h"
#include "muster/v1/badge_service.pb.h"
#include "muster/v1/board_service.pb.h"
#include "muster/v1/certificate_service.pb.h"
#include "muster/v1/contact_service.pb.h"
#include "muster/v1/course_service.pb.h"
#include "muster/v1/exam_service.pb.h"
#include "muster/v1/forum_service.pb.h"
#include "muster/v1/identity_service.pb.h"
#include "muster/v1/kpi_service.pb.h"
#include "muster/v1/live_session_service.pb.h"
#include "muster/v1/member_service.pb.h"
#include "muster/v1/routing_service.pb.h"
#include "muster/v1/scorecard_service.pb.h"
#include "muster/v1/skill_tag_service.pb.h"
#include "muster/v1/sub_team_service.pb.h"
#include "muster/v1/target_service.pb.h"
#include "muster/v1/tier_service.pb.h"
#include "muster/v1/vetting_service.pb.h"
#include "muster/v1/webhook_service.pb.h"

namespace muster::identity {
namespace {

using api::Reach;

constexpr auto kContactsRead = v1::API_SCOPE_CONTACTS_READ;
constexpr auto kContactsWrite = v1::API_SCOPE_CONTACTS_WRITE;
constexpr auto kRoutingRead = v1::API_SCOPE_ROUTING_READ;
constexpr auto kRoutingWrite = v1::API_SCOPE_ROUTING_WRITE;
constexpr auto kSessions = v1::API_SCOPE_SESSIONS;
constexpr auto kBoardRead = v1::API_SCOPE_BOARD_READ;
constexpr auto kAdmin = v1::API_SCOPE_ADMIN;
constexpr auto kIdentity = v1::API_SCOPE_IDENTITY;
constexpr auto kMembersRead = v1::API_SCOPE_MEMBERS_READ;
constexpr auto kMembersWrite = v1::API_SCOPE_MEMBERS_WRITE;
constexpr auto kWebhooks = v1::API_SCOPE_WEBHOOKS;
constexpr auto kNoScope = v1::API_SCOPE_UNSPECIFIED;

// P: everything; T: the caller's own tenant; O: the caller's own; a dot: nothing.
// Queues and contacts are a tenant's, agents and members the platform's.
//
// platform admin ┐┌ operator
//                ││┌ supervisor
//                │││┌ coach
//                ││││┌ qa
//                │││││┌ tenant admin
//                ││││││┌ tenant viewer
//                │││││││┌ agent
//                ││││││││┌ an API key of a tenant; one of the platform reaches everything that its scope allows
//                "PPPPPTTOT"
constexpr Permission kPermissions[] = {
    {"AdminService", "GetServerInfo", Access::kTable, kAdmin, "PPP......"},
    {"AdminService", "RebuildProjections", Access::kTable, kAdmin, "PP......."},
    {"AdminService", "RecomputeKpis", Access::kTable, kAdmin, "PP......."},

    {"AgentSessionService", "Session", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "Open", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "Heartbeat", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "SetPresence", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "AcceptOffer", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "DeclineOffer", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "ReportSetupFailure", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "HoldContact", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "ResumeContact", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "StartWrapUp", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "CompleteContact", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "ReturnContact", Access::kTable, kSessions, "P......O."},
    {"AgentSessionService", "CloseSession", Access::kTable, kSessions, "P......O."},

    {"AlertService", "CreateAlertRule", Access::kTable, kRoutingWrite, "PPP..T..T"},
    {"AlertService", "UpdateAlertRule", Access::kTable, kRoutingWrite, "PPP..T..T"},
    {"AlertService", "DeleteAlertRule", Access::kTable, kRoutingWrite, "PPP..T..T"},
    {"AlertService", "GetAlertRule", Access::kTable, kBoardRead, "PPPPPTT.T"},
    {"AlertService", "ListAlertRules", Access::kTable, kBoardRead, "PPPPPTT.T"},
    {"AlertService", "HandleAlert", Access::kTable, kRoutingWrite, "PPPP.T..T"},
    {"AlertService", "GetAlert", Access::kTable, kBoardRead, "PPPPPTT.T"},
    {"AlertService", "ListAlerts", Access::kTable, kBoardRead, "PPPPPTT.T"},
    {"AlertService", "WatchAlerts", Access::kTable, kBoardRead, "PPPPPTT.T"},

    {"AnnouncementService", "CreateAnnouncement", Access::kTable, kMembersWrite, "PPPP....."},
    {"AnnouncementService", "GetAnnouncement", Access::kTable, kMembersRead, "PPPPP..O."},
    {"AnnouncementService", "GetAnnouncementKey", Access::kTable, kMembersRead, "PPPP....."},
    {"AnnouncementService", "UpdateAnnouncement", Access::kTable, kMembersWrite, "PPPP....."},
    {"AnnouncementService", "PublishAnnouncement", Access::kTable, kMembersWrite, "PPP......"},
    {"AnnouncementService", "WithdrawAnnouncement", Access::kTable, kMembersWrite, "PPP......"},
    {"AnnouncementService", "ListAnnouncements", Access::kTable, kMembersRead, "PPPPP..O."},
    {"AnnouncementService", "AnswerAnnouncement", Access::kTable, kMembersWrite, "PP.....O."},
    {"AnnouncementService", "ListAcknowledgements", Access::kTable, kMembersRead, "PPPPP...."},

    {"AssessmentService", "ListInstruments", Access::kTable, kMembersRead, "PPPPP..P."},
    {"AssessmentService", "GetInstrument", Access::kTable, kMembersRead, "PPPPP..P."},
    {"AssessmentService", "StartAssessment", Access::kTable, kMembersWrite, ".......O."},
    {"AssessmentService", "SaveAssessmentAnswers", Access::kTable, kMembersWrite, ".......O."},
    {"AssessmentService", "FinishAssessment", Access::kTable, kMembersWrite, ".......O."},
    {"AssessmentService", "GetAssessment", Access::kTable, kMembersRead, "PPPP...O."},
    {"AssessmentService", "ListAssessments", Access::kTable, kMembersRead, "PPPP...O."},
    {"AssessmentService", "ReleaseAssessment", Access::kTable, kMembersWrite, ".......O."},
    {"AssessmentService", "WithdrawAssessmentConsent", Access::kTable, kMembersWrite, ".......O."},

    {"BadgeService", "ExportCertificate", Access::kTable, kMembersRead, "PPP....O."},
    {"BadgeService", "GetBadgeKeySet", Access::kTable, kMembersRead, "PPPPPTTPT"},
    {"BadgeService", "GetBadgeState", Access::kTable, kMembersRead, "PPPPPTTPT"},

    {"BoardService", "WatchBoard", Access::kTable, kBoardRead, "PPPP.TT.T"},
    {"BoardService", "WatchKpis", Access::kTable, kBoardRead, "PPPP.TT.T"},

    {"CertificateService", "CreateCertificateKind", Access::kTable, kMembersWrite, "PP......."},
    {"CertificateService", "GetCertificateKind", Access::kTable, kMembersRead, "PPPPP..P."},
    {"CertificateService", "UpdateCertificateKind", Access::kTable, kMembersWrite, "PP......."},
    {"CertificateService", "ListCertificateKinds", Access::kTable, kMembersRead, "PPPPP..P."},
    {"CertificateService", "PublishCertificateKindVersion", Access::kTable, kMembersWrite, "PP......."},
    {"CertificateService", "IssueCertificate", Access::kTable, kMembersWrite, "PP......."},
    {"CertificateService", "GetCertificate", Access::kTable, kMembersRead, "PPPPP...."},
    {"CertificateService", "SuspendCertificate", Access::kTable, kMembersWrite, "PPP.P...."},
    {"CertificateService", "ReinstateCertificate", Access::kTable, kMembersWrite, "PP......."},
    {"CertificateService", "RevokeCertificate", Access::kTable, kMembersWrite, "PP......."},
    {"CertificateService", "ListCertificates", Access::kTable, kMembersRead, "PPPPP..O."},

    {"ContactService", "CreateContact", Access::kTable, kContactsWrite, "PPP..T..T"},
    {"ContactService", "BatchCreateContacts", Access::kTable, kContactsWrite, "PPP..T..T"},
    {"ContactService", "GetContact", Access::kTable, kContactsRead, "PPPPPTT.T"},
    {"ContactService", "ExplainContact", Access::kTable, kContactsRead, "PPPPP...."},
    {"ContactService", "ExplainAgent", Access::kTable, kContactsRead, "PPPPP...."},
    {"ContactService", "EstimateWait", Access::kTable, kContactsRead, "PPPPPTT.T"},
    {"ContactService", "ListContacts", Access::kTable, kContactsRead, "PPPPPTT.T"},
    {"ContactService", "CancelContact", Access::kTable, kContactsWrite, "PPP..T..T"},
    {"ContactService", "AbandonContact", Access::kTable, kContactsWrite, "PPP..T..T"},
    {"ContactService", "DeflectContact", Access::kTable, kContactsWrite, "PPP..T..T"},
    {"ContactService", "TransferContact", Access::kTable, kContactsWrite, "PPP..T..T"},
    {"ContactService", "PrioritizeContact", Access::kTable, kContactsWrite, "PPP......"},
    {"ContactService", "AssignContact", Access::kTable, kContactsWrite, "PPP......"},
    {"ContactService", "RecordContactOutcome", Access::kTable, kContactsWrite, "PPP..T..T"},
    {"ContactService", "WatchContacts", Access::kTable, kContactsRead, "PPPPPTT.T"},

    {"CourseService", "CreateCourse", Access::kTable, kMembersWrite, "PP......."},
    {"CourseService", "GetCourse", Access::kTable, kMembersRead, "PPPPP..O."},
    {"CourseService", "UpdateCourse", Access::kTable, kMembersWrite, "PP......."},
    {"CourseService", "ListCourses", Access::kTable, kMembersRead, "PPPPP..O."},
    {"CourseService", "SetCoursePublication", Access::kTable, kMembersWrite, "PP......."},
    {"CourseService", "EnrollMember", Access::kTable, kMembersWrite, "PPPP...O."},
    {"CourseService", "CompleteLesson", Access::kTable, kMembersWrite, "PPPP...O."},
    {"CourseService", "ListProgress", Access::kTable, kMembersRead, "PPPPP..O."},

    {"ExamService", "CreateQuestionBank", Access::kTable, kMembersWrite, "PP......."},
    {"ExamService", "GetQuestionBank", Access::kTable, kMembersRead, "PPPP....."},
    {"ExamService", "UpdateQuestionBank", Access::kTable, kMembersWrite, "PP......."},
    {"ExamService", "ListQuestionBanks", Access::kTable, kMembersRead, "PPPP....."},
    {"ExamService", "CreateQuestion", Access::kTable, kMembersWrite, "PPPP....."},
    {"ExamService", "GetQuestion", Access::kTable, kMembersRead, "PPPP....."},
    {"ExamService", "UpdateQuestion", Access::kTable, kMembersWrite, "PPPP....."},
    {"ExamService", "RetireQuestion", Access::kTable, kMembersWrite, "PPPP....."},
    {"ExamService", "ListQuestions", Access::kTable, kMembersRead, "PPPP....."},
    {"ExamService", "CreateExam", Access::kTable, kMembersWrite, "PP......."},
    {"ExamService", "GetExam", Access::kTable, kMembersRead, "PPPPP..O."},
    {"ExamService", "UpdateExam", Access::kTable, kMembersWrite, "PP......."},
    {"ExamService", "ListExams", Access::kTable, kMembersRead, "PPPPP..O."},
    {"ExamService", "SetExamPublication", Access::kTable, kMembersWrite, "PP......."},
    {"ExamService", "StartAttempt", Access::kTable, kMembersWrite, "PP.....O."},
    {"ExamService", "SaveAnswers", Access::kTable, kMembersWrite, "PP.....O."},
    {"ExamService", "SubmitAttempt", Access::kTable, kMembersWrite, "PP.....O."},
    {"ExamService", "GetAttempt", Access::kTable, kMembersRead, "PPPPP..O."},
    {"ExamService", "ListAttempts", Access::kTable, kMembersRead, "PPPPP..O."},
    {"ExamService", "ResetAttempts", Access::kTable, kMembersWrite, "PPPP....."},

    {"ForumService", "CreateForumQuestion", Access::kTable, kMembersWrite, "PPPPP..O."},
    {"ForumService", "GetForumQuestion", Access::kTable, kMembersRead, "PPPPP..O."},
    {"ForumService", "ListForumQuestions", Access::kTable, kMembersRead, "PPPPP..O."},
    {"ForumService", "CreateForumAnswer", Access::kTable, kMembersWrite, "PPPPP..O."},
    {"ForumService", "ListForumAnswers", Access::kTable, kMembersRead, "PPPPP..O."},
    {"ForumService", "AcceptForumAnswer", Access::kTable, kMembersWrite, "PPPP...O."},
    {"ForumService", "VerifyForumAnswer", Access::kTable, kMembersWrite, "PPPP....."},
    {"ForumService", "VoteForumAnswer", Access::kTable, kMembersWrite, ".......O."},
    {"ForumService", "HideForumQuestion", Access::kTable, kMembersWrite, "PPPP....."},
    {"ForumService", "HideForumAnswer", Access::kTable, kMembersWrite, "PPPP....."},

    {"IdentityService", "SignIn", Access::kAnyone, kNoScope, "........."},
    {"IdentityService", "Refresh", Access::kAnyone, kNoScope, "........."},
    {"IdentityService", "GetKeySet", Access::kAnyone, kNoScope, "........."},
    {"IdentityService", "SignOut", Access::kSignedIn, kNoScope, "OOOOOOOOO"},
    {"IdentityService", "WhoAmI", Access::kSignedIn, kNoScope, "OOOOOOOOO"},
    {"IdentityService", "ChangePassword", Access::kSignedIn, kNoScope, "OOOOOOOOO"},
    {"IdentityService", "CreateTenant", Access::kTable, kIdentity, "P........"},
    {"IdentityService", "GetTenant", Access::kTable, kIdentity, "P....TT.T"},
    {"IdentityService", "UpdateTenant", Access::kTable, kIdentity, "P........"},
    {"IdentityService", "ListTenants", Access::kTable, kIdentity, "P........"},
    {"IdentityService", "SetTenantSuspension", Access::kTable, kIdentity, "P........"},
    {"IdentityService", "CreateUser", Access::kTable, kIdentity, "P....T..T"},
    {"IdentityService", "GetUser", Access::kTable, kIdentity, "P....TT.T"},
    {"IdentityService", "UpdateUser", Access::kTable, kIdentity, "P....T..T"},
    {"IdentityService", "ListUsers", Access::kTable, kIdentity, "P....TT.T"},
    {"IdentityService", "SetUserSuspension", Access::kTable, kIdentity, "P....T..T"},
    {"IdentityService", "ResetPassword", Access::kTable, kIdentity, "P....T..T"},
    {"IdentityService", "EndSignIns", Access::kTable, kIdentity, "P....T..T"},
    {"IdentityService", "CreateApiKey", Access::kTable, kIdentity, "P....T..."},
    {"IdentityService", "ListApiKeys", Access::kTable, kIdentity, "P....TT.T"},
    {"IdentityService", "RevokeApiKey", Access::kTable, kIdentity, "P....T..T"},
    {"IdentityService", "ListAuditEntries", Access::kTable, kIdentity, "P....T..T"},

    {"KpiService", "ListMetrics", Access::kTable, kBoardRead, "PPPPPTTPT"},
    {"KpiService", "QueryKpis", Access::kTable, kBoardRead, "PPPPPTT.T"},

    {"LiveSessionService", "CreateLiveSession", Access::kTable, kMembersWrite, "PPPP....."},
    {"LiveSessionService", "GetLiveSession", Access::kTable, kMembersRead, "PPPPP..O."},
    {"LiveSessionService", "UpdateLiveSession", Access::kTable, kMembersWrite, "PPPP....."},
    {"LiveSessionService", "RescheduleLiveSession", Access::kTable, kMembersWrite, "PPPP....."},
    {"LiveSessionService", "CancelLiveSession", Access::kTable, kMembersWrite, "PPPP....."},
    {"LiveSessionService", "ListLiveSessions", Access::kTable, kMembersRead, "PPPPP..O."},
    {"LiveSessionService", "SignUpForLiveSession", Access::kTable, kMembersWrite, "PPPP...O."},
    {"LiveSessionService", "LeaveLiveSession", Access::kTable, kMembersWrite, "PPPP...O."},
    {"LiveSessionService", "RecordAttendance", Access::kTable, kMembersWrite, "PPPP....."},
    {"LiveSessionService", "ListSignUps", Access::kTable, kMembersRead, "PPPPP...."},

    {"MemberService", "CreateMember", Access::kTable, kMembersWrite, "PP......."},
    {"MemberService", "GetMember", Access::kTable, kMembersRead, "PPPPP...."},
    {"MemberService", "UpdateMember", Access::kTable, kMembersWrite, "PPP......"},
    {"MemberService", "ListMembers", Access::kTable, kMembersRead, "PPPPP...."},
    {"MemberService", "ChangeMemberState", Access::kTable, kMembersWrite, "PPP......"},
    {"MemberService", "ListMemberTransitions", Access::kTable, kMembersRead, "PPPPP...."},
    {"MemberService", "ImportMembers", Access::kTable, kMembersWrite, "PP......."},
    {"MemberService", "CreateBase", Access::kTable, kMembersWrite, "PP......."},
    {"MemberService", "GetBase", Access::kTable, kMembersRead, "PPPPP...."},
    {"MemberService", "UpdateBase", Access::kTable, kMembersWrite, "PP......."},
    {"MemberService", "ListBases", Access::kTable, kMembersRead, "PPPPP...."},
    {"MemberService", "DeleteBase", Access::kTable, kMembersWrite, "PP......."},
    {"MemberService", "CreateTeam", Access::kTable, kMembersWrite, "PPP......"},
    {"MemberService", "GetTeam", Access::kTable, kMembersRead, "PPPPP...."},
    {"MemberService", "UpdateTeam", Access::kTable, kMembersWrite, "PPP......"},
    {"MemberService", "ListTeams", Access::kTable, kMembersRead, "PPPPP...."},
    {"MemberService", "DeleteTeam", Access::kTable, kMembersWrite, "PPP......"},

    {"RoutingService", "CreateSkill", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "GetSkill", Access::kTable, kRoutingRead, "PPPPP...."},
    {"RoutingService", "UpdateSkill", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "ListSkills", Access::kTable, kRoutingRead, "PPPPP...."},
    {"RoutingService", "DeleteSkill", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "CreatePolicy", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "GetPolicy", Access::kTable, kRoutingRead, "PPPPP...."},
    {"RoutingService", "UpdatePolicy", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "ListPolicies", Access::kTable, kRoutingRead, "PPPPP...."},
    {"RoutingService", "DeletePolicy", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "CreateQueue", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "GetQueue", Access::kTable, kRoutingRead, "PPPPPTT.T"},
    {"RoutingService", "UpdateQueue", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "ListQueues", Access::kTable, kRoutingRead, "PPPPPTT.T"},
    {"RoutingService", "DeleteQueue", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "SetPoolHold", Access::kTable, kRoutingWrite, "PPP......"},
    {"RoutingService", "CreateAgent", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "GetAgent", Access::kTable, kRoutingRead, "PPPPP...."},
    {"RoutingService", "UpdateAgent", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "ListAgents", Access::kTable, kRoutingRead, "PPPPP...."},
    {"RoutingService", "DeleteAgent", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "GetWorkspaceSettings", Access::kTable, kRoutingRead, "PPPPP...."},
    {"RoutingService", "UpdateWorkspaceSettings", Access::kTable, kRoutingWrite, "PP......."},
    {"RoutingService", "SetAgentSuspension", Access::kTable, kRoutingWrite, "PPP......"},
    {"RoutingService", "SetAgentPresence", Access::kTable, kRoutingWrite, "PPP......"},

    {"ScorecardService", "CreateScorecard", Access::kTable, kRoutingWrite, "PPP......"},
    {"ScorecardService", "GetScorecard", Access::kTable, kBoardRead, "PPPPP...."},
    {"ScorecardService", "ListScorecards", Access::kTable, kBoardRead, "PPPPP...."},
    {"ScorecardService", "DeleteScorecard", Access::kTable, kRoutingWrite, "PPP......"},
    {"ScorecardService", "EvaluateScorecard", Access::kTable, kBoardRead, "PPPPP...."},

    {"SubTeamService", "CreateSubTeam", Access::kTable, kMembersWrite, "PPP....O."},
    {"SubTeamService", "GetSubTeam", Access::kTable, kMembersRead, "PPPPP..O."},
    {"SubTeamService", "ListSubTeams", Access::kTable, kMembersRead, "PPPPP...."},
    {"SubTeamService", "InviteToSubTeam", Access::kTable, kMembersWrite, "PPP....O."},
    {"SubTeamService", "ListSubTeamInvitations", Access::kTable, kMembersRead, "PPPPP..O."},
    {"SubTeamService", "AnswerSubTeamInvitation", Access::kTable, kMembersWrite, ".......O."},
    {"SubTeamService", "LeaveSubTeam", Access::kTable, kMembersWrite, "PPP....O."},
    {"SubTeamService", "RemoveSubTeamMember", Access::kTable, kMembersWrite, "PPP....O."},
    {"SubTeamService", "DissolveSubTeam", Access::kTable, kMembersWrite, "PPP....O."},
    {"SubTeamService", "ListSubTeamChanges", Access::kTable, kMembersRead, "PPPPP..O."},

    {"TargetService", "SetTarget", Access::kTable, kRoutingWrite, "PPP..T..T"},
    {"TargetService", "DeleteTarget", Access::kTable, kRoutingWrite, "PPP..T..T"},
    {"TargetService", "ListTargets", Access::kTable, kBoardRead, "PPPPPTT.T"},
    {"TargetService", "TrackTargets", Access::kTable, kBoardRead, "PPPPPTT.T"},

    {"TierService", "ListTiers", Access::kTable, kMembersRead, "PPPPP..P."},
    {"TierService", "UpdateTier", Access::kTable, kMembersWrite, "PP......."},
    {"TierService", "GetTierStanding", Access::kTable, kMembersRead, "PPPPP..O."},
    {"TierService", "SetMemberTier", Access::kTable, kMembersWrite, "PP......."},
    {"TierService", "ListTierReviews", Access::kTable, kMembersRead, "PPPPP..O."},
    {"TierService", "AppealTierReview", Access::kTable, kMembersWrite, "PP.....O."},
    {"TierService", "AnswerTierAppeal", Access::kTable, kMembersWrite, "PP......."},
    {"SkillTagService", "RecordEvidence", Access::kTable, kMembersWrite, "PP..P...."},
    {"SkillTagService", "ListEvidence", Access::kTable, kMembersRead, "PPPPP..O."},
    {"SkillTagService", "CreateSkillTagKind", Access::kTable, kMembersWrite, "PP......."},
    {"SkillTagService", "GetSkillTagKind", Access::kTable, kMembersRead, "PPPPP...."},
    {"SkillTagService", "UpdateSkillTagKind", Access::kTable, kMembersWrite, "PP......."},
    {"SkillTagService", "ListSkillTagKinds", Access::kTable, kMembersRead, "PPPPP...."},
    {"SkillTagService", "ListMemberSkills", Access::kTable, kMembersRead, "PPPPP..O."},
    {"SkillTagService", "ExplainMemberSkill", Access::kTable, kMembersRead, "PPPPP..O."},
    {"SkillTagService", "ListLevelTransitions", Access::kTable, kMembersRead, "PPPPP..O."},
    {"SkillTagService", "CreateIndustry", Access::kTable, kMembersWrite, "PP......."},
    {"SkillTagService", "GetIndustry", Access::kTable, kMembersRead, "PPPPP...."},
    {"SkillTagService", "UpdateIndustry", Access::kTable, kMembersWrite, "PP......."},
    {"SkillTagService", "ListIndustries", Access::kTable, kMembersRead, "PPPPP...."},
    {"SkillTagService", "DeleteIndustry", Access::kTable, kMembersWrite, "PP......."},
    {"SkillTagService", "ListIndustryFit", Access::kTable, kMembersRead, "PPPPP..O."},
    {"SkillTagService", "ListIndustryMembers", Access::kTable, kMembersRead, "PPPPP...."},

    {"VettingService", "ProposeVetting", Access::kTable, kMembersWrite, "PPP......"},
    {"VettingService", "DecideVetting", Access::kTable, kMembersWrite, "P....T..T"},
    {"VettingService", "GetVetting", Access::kTable, kMembersRead, "PPPPPTT.T"},
    {"VettingService", "ListVettings", Access::kTable, kMembersRead, "PPPPPTT.T"},

    {"WebhookService", "CreateWebhook", Access::kTable, kWebhooks, "PP...T..T"},
    {"WebhookService", "GetWebhook", Access::kTable, kWebhooks, "PP...T..T"},
    {"WebhookService", "UpdateWebhook", Access::kTable, kWebhooks, "PP...T..T"},
    {"WebhookService", "RotateWebhookSecret", Access::kTable, kWebhooks, "PP...T..T"},
    {"WebhookService", "DeleteWebhook", Access::kTable, kWebhooks, "PP...T..T"},
    {"WebhookService", "ListWebhooks", Access::kTable, kWebhooks, "PP...T..T"},
    {"WebhookService", "TestWebhook", Access::kTable, kWebhooks, "PP...T..T"},
    {"WebhookService", "GetDelivery", Access::kTable, kWebhooks, "PP...T..T"},
    {"WebhookService", "ListDeliveries", Access::kTable, kWebhooks, "PP...T..T"},
    {"WebhookService", "RedeliverDelivery", Access::kTable, kWebhooks, "PP...T..T"},
};

constexpr std::size_t kKeyColumn = v1::Role_MAX;

Reach reach_of(char letter) {
  switch (letter) {
    case 'P':
      return Reach::kPlatform;
    case 'T':
      return Reach::kTenant;
    case 'O':
      return Reach::kOwn;
    default:
      return Reach::kNone;
  }
}

using ByRequest = std::unordered_map<const google::protobuf::Descriptor*, const Permission*>;

ByRequest by_request() {
  ByRequest rules;
  for (const Permission& permission : kPermissions) {
    const std::string name = "muster.v1." + std::string(permission.service) + "." + std::string(permission.method);
    const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
    if (method) rules.emplace(method->input_type(), &permission);
  }
  return rules;
}

/// Files whose services are known only once something of theirs is used.
void load_services() {
  v1::GetServerInfoRequest::descriptor();
  v1::OpenRequest::descriptor();
  v1::GetAlertRequest::descriptor();
  v1::GetAnnouncementRequest::descriptor();
  v1::GetBadgeStateRequest::descriptor();
  v1::GetAssessmentRequest::descriptor();
  v1::WatchBoardRequest::descriptor();
  v1::GetCertificateRequest::descriptor();
  v1::GetContactRequest::descriptor();
  v1::GetCourseRequest::descriptor();
  v1::GetExamRequest::descriptor();
  v1::QueryKpisRequest::descriptor();
  v1::GetForumQuestionRequest::descriptor();
  v1::SignInRequest::descriptor();
  v1::GetLiveSessionRequest::descriptor();
  v1::GetMemberRequest::descriptor();
  v1::GetSkillRequest::descriptor();
  v1::GetScorecardRequest::descriptor();
  v1::GetSubTeamRequest::descriptor();
  v1::TrackTargetsRequest::descriptor();
  v1::ListTiersRequest::descriptor();
  v1::ListEvidenceRequest::descriptor();
  v1::ListVettingsRequest::descriptor();
  v1::ListWebhooksRequest::descriptor();
}

}  // namespace

std::span<const Permission> permissions() { return kPermissions; }

const Permission* permission_for(const google::protobuf::Descriptor& request) {
  static const ByRequest rules = [] {
    load_services();
    return by_request();
  }();
  const auto found = rules.find(&request);
  return found == rules.end() ? nullptr : found->second;
}

Reach reach_of(const Permission& permission, const api::Caller& caller) {
  if (!caller.key_id.empty()) {
    const bool allowed = permission.access == Access::kSignedIn ||
                         std::find(caller.scopes.begin(), caller.scopes.end(), permission.scope) != caller.scopes.end();
    if (!allowed) return Reach::kNone;
    if (permission.access == Access::kTable && caller.tenant_id == kPlatformTenant) return Reach::kPlatform;
    return reach_of(permission.reach[kKeyColumn]);
  }
  Reach farthest = permission.access == Access::kSignedIn ? Reach::kOwn : Reach::kNone;
  for (const v1::Role role : caller.roles) {
    if (role == v1::ROLE_UNSPECIFIED) continue;
    farthest = std::max(farthest, reach_of(permission.reach[static_cast<std::size_t>(role) - 1]));
  }
  return farthest;
}

}  // namespace muster::identity
