#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/certificate_service.grpc.pb.h"
#include "resource.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::CertificateService::Stub;

struct CertificateKindKind : ResourceDefaults {
  using Message = v1::CertificateKind;
  static constexpr auto kCreate = &Stub::CreateCertificateKind;
  static constexpr auto kGet = &Stub::GetCertificateKind;
  static constexpr auto kUpdate = &Stub::UpdateCertificateKind;
  static constexpr auto kList = &Stub::ListCertificateKinds;
  static constexpr const char* kNoun = "kind";
  static constexpr const char* kPlural = "kinds";
  static constexpr const char* kCommand = "certificates kinds";
  static constexpr const char* kExampleId = "refunds";
  static constexpr const char* kExampleCreate = "refunds --name 退款 --skill refunds-certified --validity 365d";
  static constexpr const char* kExampleUpdate = "refunds --validity 180d";

  static ResourceHelp help() {
    return {tr("Lists the kinds of certificates"), tr("Shows a kind of certificates"),
            tr("Creates a kind of certificates, which give a skill"),
            tr("Changes a kind; certificates that were issued stay as they are"), ""};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Kind")}, {tr("Name")}, {tr("Skill")}, {tr("Validity"), true}, {tr("Version"), true}};
  }
  static std::vector<std::string> row(const Message& kind) {
    return {kind.kind_id(), kind.display_name(), kind.skill_id(), format_duration(from_proto(kind.validity())),
            std::to_string(kind.version())};
  }
  static Details details(const Message& kind) {
    return {{tr("Kind"), kind.kind_id()},
            {tr("Name"), kind.display_name()},
            {tr("Skill"), kind.skill_id()},
            {tr("Validity"), format_duration(from_proto(kind.validity()))},
            {tr("Version"), std::to_string(kind.version())},
            {tr("Exams"), join({kind.exam_ids().begin(), kind.exam_ids().end()})},
            {tr("Courses"), join({kind.course_ids().begin(), kind.course_ids().end()})},
            {tr("Tier"), kind.tier_min() == 0 ? "" : std::to_string(kind.tier_min())},
            {tr("Vetting by"), kind.vetting_tenant_id()},
            {tr("Issued by itself"), kind.automatic() ? tr("yes") : tr("no")},
            {tr("Created"), when(kind.create_time())}};
  }
  static void bind(FieldFlags& flags, bool creating) {
    flags.add("--name", "display_name", tr("Name shown to people"))->required(creating);
    if (creating) {
      flags.add("--skill", "skill_id", tr("Skill that holders have, by this kind alone; it cannot be changed"))
          ->required();
    }
    flags.add("--validity", "validity", tr("How long a certificate counts (365d)"));
    flags.add("--exam", "exam_ids", tr("An exam that must have been passed. Repeat it"));
    flags.add("--course", "course_ids", tr("A course that must have been completed. Repeat it"));
    flags.add("--tier", "tier_min", tr("Tier that the member must have at least, 0 to 6"));
    flags.add("--vetting", "vetting_tenant_id", tr("A tenant that must have approved of the member"));
    flags.add("--automatic", "automatic",
              tr("Issued by itself once what it asks for is learned; --automatic=false: not any more"));
  }
};

Details certificate_details(const v1::Certificate& certificate) {
  return {{tr("Certificate"), certificate.certificate_id()},
          {tr("Kind"), certificate.kind_id()},
          {tr("Member"), certificate.member_id()},
          {tr("State"), word(certificate.state()) + reason_in_brackets(certificate.reason())},
          {tr("Level"), std::to_string(certificate.level())},
          {tr("Version"), std::to_string(certificate.version())},
          {tr("Issued"), when(certificate.issue_time())},
          {tr("Ends"), when(certificate.expire_time())}};
}

int told(Context& context, const google::protobuf::Message& response, const v1::Certificate& certificate) {
  return acknowledge(context, response,
                     say("Certificate {0}, {1} of {2}: {3}.", certificate.certificate_id(), certificate.kind_id(),
                         certificate.member_id(), word(certificate.state())));
}

void add_issue(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "issue", tr("Certifies a member; takes the place of an older certificate"),
                                  "  muster certificates issue refunds --member li.na --level 80");
  add_id(command, tr("Identifier of the kind"));
  FieldFlags flags(command, v1::IssueCertificateRequest::descriptor());
  flags.add("--member", "member_id", tr("Identifier of the member"))->required();
  flags.add("--level", "level", tr("Level of the skill, 0 to 100 (100)"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::IssueCertificateRequest request;
    fill(request);
    request.set_kind_id(id_of(command));
    const auto response = context.call(&Stub::IssueCertificate, request);
    return told(context, response, response.certificate());
  });
}

/// A command that names one certificate, and why, where the request has a reason.
template <class Method>
void add_act(CLI::App& group, Context& context, const std::string& name, const std::string& help, Method method) {
  using Request = typename MethodTraits<Method>::Request;
  constexpr bool kReasoned = requires(Request request) { request.set_reason(std::string()); };
  CLI::App& command = add_command(
      group, name, help, "  muster certificates " + name + " 17" + (kReasoned ? " --reason \"complaint\"" : ""));
  add_id(command, tr("Identifier of the certificate"));
  FieldFlags flags(command, Request::descriptor());
  if constexpr (kReasoned) flags.add("--reason", "reason", tr("Reason, shown to the member"))->required();
  on_run(command, context, [&context, &command, method, fill = flags.filler()] {
    Request request;
    fill(request);
    request.set_certificate_id(id_of(command));
    const auto response = context.call(method, request);
    return told(context, response, response.certificate());
  });
}

void add_get(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "get", tr("Shows a certificate"), "  muster certificates get 17");
  add_id(command, tr("Identifier of the certificate"));
  on_run(command, context, [&context, &command] {
    v1::GetCertificateRequest request;
    request.set_certificate_id(id_of(command));
    const auto response = context.call(&Stub::GetCertificate, request);
    if (context.options.json) {
      context.print_json(response);
    } else {
      print_details(context.out, certificate_details(response.certificate()));
    }
    return kDone;
  });
}

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists certificates"),
                                  "  muster certificates list --member li.na\n"
                                  "  muster certificates list --state expiring");
  FieldFlags flags(command, v1::ListCertificatesRequest::descriptor());
  flags.add("--member", "member_id", tr("Only those of this member"));
  flags.add("--kind", "kind_id", tr("Only those of this kind"));
  flags.add("--state", "states", tr("Only those in this state. Repeat it"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListCertificatesRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListCertificates, request, limit_of(command), "certificates");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table(
        {{tr("Certificate"), true}, {tr("Kind")}, {tr("Member")}, {tr("State")}, {tr("Level"), true}, {tr("Ends")}});
    for (const v1::Certificate& each : response.certificates()) {
      table.add({each.certificate_id(), each.kind_id(), each.member_id(),
                 word(each.state()) + reason_in_brackets(each.reason()), std::to_string(each.level()),
                 when(each.expire_time())});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_publish(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "publish-version", tr("Ends certificates of older versions after a grace"),
                                  "  muster certificates publish-version refunds --grace 14d");
  add_id(command, tr("Identifier of the kind"));
  FieldFlags flags(command, v1::PublishCertificateKindVersionRequest::descriptor());
  flags.add("--grace", "grace", tr("How long they still count (30d)"));
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::PublishCertificateKindVersionRequest request;
    fill(request);
    request.set_kind_id(id_of(command));
    const auto response = context.call(&Stub::PublishCertificateKindVersion, request);
    return acknowledge(context, response,
                       say("{0} is at version {1}; {2} certificates end earlier.", request.kind_id(),
                           response.kind().version(), response.ended_certificates()));
  });
}

}  // namespace

void add_certificate_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "certificates", tr("What members are certified for"),
                              "  muster certificates kinds create refunds --name 退款 --skill refunds-certified\n"
                              "  muster certificates issue refunds --member li.na\n"
                              "  muster certificates list --state expiring");
  ResourceCommands<CertificateKindKind>::add(
      add_group(group, "kinds", tr("Kinds of certificates, and the skills that they give"),
                "  muster certificates kinds list"),
      context);
  add_publish(group, context);
  add_issue(group, context);
  add_act(group, context, "suspend", tr("Suspends a certificate"), &Stub::SuspendCertificate);
  add_act(group, context, "reinstate", tr("Lifts the suspension of a certificate"), &Stub::ReinstateCertificate);
  add_act(group, context, "revoke", tr("Revokes a certificate, for good"), &Stub::RevokeCertificate);
  add_get(group, context);
  add_list(group, context);
  add_badge_commands(group, context);
}

}  // namespace muster::cli
