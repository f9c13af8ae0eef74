#include "app.h"

#include <ostream>

#include "command.h"
#include "flags.h"
#include "i18n.h"
#include "usage.h"

namespace muster::cli {
namespace {

void add_common_flags(CLI::App& program, Options& options) {
  program.set_help_flag("-h,--help", tr("Shows this help"));
  program.set_version_flag("--version", "muster " MUSTER_VERSION, tr("Shows the version"));
  program.add_option("--server", options.server, tr("Address of musterd"))
      ->type_name("HOST:PORT")
      ->envname("MUSTER_SERVER")
      ->capture_default_str();
  program.add_option("--token-file", options.token_file, tr("File with an API key or access token to call with"))
      ->type_name("FILE")
      ->envname("MUSTER_TOKEN_FILE");
  auto* ca =
      program
          .add_option("--tls-ca", options.tls.ca, tr("TLS: file with the certificates that sign the server's, in PEM"))
          ->type_name("FILE")
          ->envname("MUSTER_TLS_CA");
  auto* certificate =
      program.add_option("--tls-certificate", options.tls.certificate, tr("TLS: file with a certificate of one's own"))
          ->type_name("FILE")
          ->envname("MUSTER_TLS_CERTIFICATE")
          ->needs(ca);
  auto* key = program.add_option("--tls-key", options.tls.key, tr("TLS: file with its private key"))
                  ->type_name("FILE")
                  ->envname("MUSTER_TLS_KEY")
                  ->needs(certificate);
  certificate->needs(key);
  program.add_option("--lang", options.language, tr("Language; default: that of the locale"))
      ->type_name("{en,zh}")
      ->check(CLI::IsMember({"en", "zh"}).description(""));
  program.add_flag("--json", options.json, tr("Prints JSON for programs instead of tables for people"));
  add_duration(program, "--timeout", options.timeout, tr("How long to try, repetitions included"))->default_str("10s");
  program
      .add_option("--request-id", options.request_id,
                  tr("UUID of the change; give the same again to repeat it without doing it twice"))
      ->type_name("UUID");
}

std::string exit_codes() {
  return tr("Exit codes:") + "\n  0  " + tr("done") + "\n  1  " +
         tr("refused by the server: not found, wrong state, invalid…") + "\n  2  " + tr("wrong command line") +
         "\n  3  " + tr("server unreachable, or no answer in time");
}

}  // namespace

std::unique_ptr<CLI::App> make_program(Context& context) {
  auto program = std::make_unique<CLI::App>(
      tr("muster is the command line of Muster, which dispatches customers' contacts to agents."), "muster");
  // Inherited by every command: the common flags may be given after it.
  program->fallthrough();
  program->require_subcommand(1);
  localise_help(*program);
  add_common_flags(*program, context.options);
  add_contact_commands(*program, context);
  add_explain_command(*program, context);
  add_desk_commands(*program, context);
  add_board_command(*program, context);
  add_kpi_commands(*program, context);
  add_target_commands(*program, context);
  add_scorecard_commands(*program, context);
  add_alert_rule_commands(*program, context);
  add_alert_commands(*program, context);
  add_routing_commands(*program, context);
  add_member_commands(*program, context);
  add_certificate_commands(*program, context);
  add_vetting_commands(*program, context);
  add_sub_team_commands(*program, context);
  add_tier_commands(*program, context);
  add_course_commands(*program, context);
  add_exam_commands(*program, context);
  add_attempt_commands(*program, context);
  add_announcement_commands(*program, context);
  add_live_session_commands(*program, context);
  add_forum_commands(*program, context);
  add_assessment_commands(*program, context);
  add_skill_tag_commands(*program, context);
  add_settings_commands(*program, context);
  add_admin_commands(*program, context);
  add_identity_commands(*program, context);
  add_account_commands(*program, context);
  add_key_commands(*program, context);
  add_audit_commands(*program, context);
  add_webhook_commands(*program, context);
  add_completion_command(*program, context);
  program->footer(tr("Example:") +
                  "\n  muster skills create english\n"
                  "  muster policies create english-first --step 0s:english=60 --step 30s:english\n"
                  "  muster queues create billing --channel voice --policy english-first\n"
                  "  muster agents create li.na --name 李娜 --skill english=80\n"
                  "  muster agent work li.na\n"
                  "  muster contacts create --queue billing --name \"Invoice 42\"\n"
                  "  muster board\n\n" +
                  tr("“muster COMMAND --help” tells more about each command.") + "\n\n" + exit_codes());
  return program;
}

int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  use_language(choose_language(argc, argv));
  Context context(out, err);
  const auto program = make_program(context);
  try {
    program->parse(argc, argv);
    return context.action();
  } catch (const CLI::CallForHelp&) {
    out << program->help();
    return kDone;
  } catch (const CLI::CallForVersion& version) {
    out << version.what() << '\n';
    return kDone;
  } catch (const CLI::ParseError& error) {
    err << tr("error: ") << usage_error(error, program->remaining(true)) << '\n'
        << tr("“--help” after a command shows how it is used.") << '\n';
    return kUsage;
  } catch (const UsageError& error) {
    err << tr("error: ") << error.what() << '\n' << tr("“--help” after a command shows how it is used.") << '\n';
    return kUsage;
  } catch (const CallFailed& failure) {
    err << report(failure, context.options.server, context.options.json);
    return is_unreachable(failure.status()) ? kUnreachable : kRefused;
  }
}

}  // namespace muster::cli
