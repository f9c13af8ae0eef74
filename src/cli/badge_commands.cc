#include <google/protobuf/struct.pb.h>

#include <fstream>
#include <ostream>
#include <sstream>

#include "badge_check.h"
#include "command.h"
#include "duration.h"
#include "i18n.h"
#include "muster/v1/badge_service.grpc.pb.h"
#include "text.h"

namespace muster::cli {
namespace {

using Stub = v1::BadgeService::Stub;

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream read;
  if (!file || !(read << file.rdbuf())) throw UsageError(say("{0}: cannot be read", path));
  return read.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  if (!(file << text) || !file.flush()) throw UsageError(say("{0}: cannot be written", path));
}

/// What is told of a badge, for people and for programs.
struct Finding {
  const char* reason;  ///< empty: it is valid
  std::string words;
};

Finding finding_of(BadgeTrouble trouble) {
  switch (trouble) {
    case BadgeTrouble::kNone:
      return {"", tr("signature, dates and state are in order")};
    case BadgeTrouble::kNotABadge:
      return {"NOT_A_BADGE", tr("this is no certificate that was exported")};
    case BadgeTrouble::kWrongAlgorithm:
      return {"WRONG_ALGORITHM", tr("it is not signed by Ed25519")};
    case BadgeTrouble::kUnknownKey:
      return {"UNKNOWN_KEY", tr("it is signed by a key that is not known")};
    case BadgeTrouble::kTampered:
      return {"TAMPERED", tr("it was changed after it was signed, or signed by somebody else")};
    case BadgeTrouble::kNotYetValid:
      return {"NOT_YET_VALID", tr("its time has not come")};
    case BadgeTrouble::kExpired:
      return {"EXPIRED", tr("its time is over")};
  }
  return {"NOT_A_BADGE", ""};
}

Finding finding_of(v1::BadgeState state) {
  switch (state) {
    case v1::BADGE_STATE_VALID:
      return finding_of(BadgeTrouble::kNone);
    case v1::BADGE_STATE_SUSPENDED:
      return {"SUSPENDED", tr("the certificate is suspended")};
    case v1::BADGE_STATE_REVOKED:
      return {"REVOKED", tr("the certificate was revoked")};
    case v1::BADGE_STATE_EXPIRED:
      return finding_of(BadgeTrouble::kExpired);
    case v1::BADGE_STATE_SUPERSEDED:
      return {"SUPERSEDED", tr("a newer certificate took its place")};
    default:
      return finding_of(BadgeTrouble::kNotABadge);
  }
}

std::string shown(TimePoint time) {
  google::protobuf::Timestamp moment;
  moment.set_seconds(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
  return when(moment);
}

int tell(Context& context, const Finding& finding, const std::optional<Badge>& badge, bool offline) {
  const bool valid = finding.reason[0] == '\0';
  if (context.options.json) {
    google::protobuf::Struct told;
    auto& fields = *told.mutable_fields();
    fields["valid"].set_bool_value(valid);
    fields["reason"].set_string_value(finding.reason);
    fields["stateChecked"].set_bool_value(!offline);
    if (badge) fields["credentialId"].set_string_value(badge->credential_id);
    context.print_json(told);
    return valid ? kDone : kRefused;
  }
  context.out << (valid
                      ? say("Valid: {0}.", offline ? tr("signature and dates are in order; whether it was suspended or "
                                                        "revoked was not asked")
                                                   : finding.words)
                      : say("Not valid: {0}.", finding.words))
              << "\n";
  if (badge) {
    print_details(context.out, {{tr("Certificate"), printable(badge->name)},
                                {tr("Member"), printable(badge->holder + " (" + badge->holder_id + ")")},
                                {tr("Issued by"), printable(badge->issuer)},
                                {tr("Issued"), shown(badge->valid_from)},
                                {tr("Ends"), shown(badge->valid_until)}});
  }
  return valid ? kDone : kRefused;
}

void add_export(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "export", tr("Exports a certificate as an Open Badge, signed"),
                                  "  muster certificates export 17 --output refunds.jwt");
  add_id(command, tr("Identifier of the certificate"));
  auto output = std::make_shared<std::string>();
  command.add_option("--output", *output, tr("File to write it to; without it, the terminal"))->type_name("FILE");
  on_run(command, context, [&context, &command, output] {
    v1::ExportCertificateRequest request;
    request.set_certificate_id(id_of(command));
    const auto response = context.call(&Stub::ExportCertificate, request);
    if (!output->empty()) {
      write_file(*output, response.badge() + "\n");
    } else if (!context.options.json) {
      context.out << response.badge() << "\n";
      return kDone;
    }
    return static_cast<ExitCode>(
        acknowledge(context, response, say("Certificate {0} is in {1}.", id_of(command), *output)));
  });
}

void add_key_set(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "key-set", tr("Shows the keys that exported certificates are signed with"),
                                  "  muster certificates key-set > keys.json");
  on_run(command, context, [&context] {
    context.out << context.call(&Stub::GetBadgeKeySet, v1::GetBadgeKeySetRequest()).jwks() << "\n";
    return kDone;
  });
}

void add_verify(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "verify", tr("Checks an exported certificate: its signature, dates and state"),
                                  "  muster certificates verify refunds.jwt\n"
                                  "  muster certificates verify refunds.jwt --keys keys.json");
  struct Options {
    std::string file;
    std::string keys;
  };
  auto options = std::make_shared<Options>();
  command.add_option("FILE", options->file, tr("The file; - reads the standard input"))->required();
  command.add_option("--keys", options->keys, tr("Key set to trust; no server is asked, and the state not checked"))
      ->type_name("FILE");
  on_run(command, context, [&context, options] {
    const bool offline = !options->keys.empty();
    const std::string badge = read_file(options->file == "-" ? "/dev/stdin" : options->file);
    const std::string keys =
        offline ? read_file(options->keys) : context.call(&Stub::GetBadgeKeySet, v1::GetBadgeKeySetRequest()).jwks();
    const BadgeVerdict verdict = check_badge(badge, keys, wall_now());
    // A state that was taken away tells more than a date that has come.
    const bool ask = !offline && verdict.badge;
    if (!ask) return tell(context, finding_of(verdict.trouble), verdict.badge, offline);
    v1::GetBadgeStateRequest request;
    request.set_credential_id(verdict.badge->credential_id);
    const auto state = context.call(&Stub::GetBadgeState, request).state();
    const Finding finding = state == v1::BADGE_STATE_VALID ? finding_of(verdict.trouble) : finding_of(state);
    return tell(context, finding, verdict.badge, offline);
  });
}

}  // namespace

void add_badge_commands(CLI::App& certificates, Context& context) {
  add_export(certificates, context);
  add_verify(certificates, context);
  add_key_set(certificates, context);
}

}  // namespace muster::cli
