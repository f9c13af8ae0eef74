#include "command.h"
#include "duration.h"
#include "error.h"
#include "i18n.h"
#include "login.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "password_prompt.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::IdentityService::Stub;

int login(Context& context, const std::string& user, const std::string& tenant) {
  v1::SignInRequest request;
  request.set_user_id(user);
  request.set_tenant_id(tenant);
  request.set_password(ask_password(context, tr("Password: ")));
  const auto response = context.call(&Stub::SignIn, request);
  LoginFile(context.options).write(response.tokens());
  const std::string until = format_time(from_proto(response.tokens().sign_in_expire_time()), wall_now());
  return acknowledge(context, response.user(), say("Signed in as {0} until {1}.", user, until));
}

int logout(Context& context, bool everywhere) {
  const LoginFile file(context.options);
  if (!file.read()) {
    context.err << tr("Nobody is signed in.") << '\n';
    return kDone;
  }
  v1::SignOutRequest request;
  request.set_everywhere(everywhere);
  try {
    context.call(&Stub::SignOut, request);
  } catch (const CallFailed& failure) {
    if (failure.status().error_code() != grpc::StatusCode::UNAUTHENTICATED) throw;  // else it is over already
  }
  file.remove();
  return acknowledge(context, v1::SignOutResponse(), tr("Signed out."));
}

int who_am_i(Context& context) {
  const auto me = context.call(&Stub::WhoAmI, v1::WhoAmIRequest());
  if (context.options.json) {
    context.print_json(me);
    return kDone;
  }
  print_details(context.out, {{tr("Name"), me.subject()},
                              {tr("Tenant"), me.tenant_id()},
                              {tr("Roles"), words<v1::Role>(me.roles())},
                              {tr("API key"), me.key_id()},
                              {tr("Allowed"), words<v1::ApiScope>(me.scopes())},
                              {tr("Agent"), me.agent_id()},
                              {tr("Expires"), format_time(from_proto(me.expire_time()), wall_now())}});
  return kDone;
}

int change_password(Context& context) {
  v1::ChangePasswordRequest request;
  request.set_old_password(ask_password(context, tr("Old password: ")));
  request.set_new_password(ask_password(context, tr("New password: ")));
  if (ask_password(context, tr("New password again: ")) != request.new_password()) {
    throw UsageError(tr("the new passwords differ"));
  }
  return acknowledge(context, context.call(&Stub::ChangePassword, request), tr("Password changed."));
}

}  // namespace

void add_identity_commands(CLI::App& program, Context& context) {
  CLI::App& login_command = add_command(program, "login", tr("Signs in with a password"),
                                        "  muster login admin\n  muster login li.na --tenant acme");
  auto user = std::make_shared<std::string>();
  auto tenant = std::make_shared<std::string>();
  login_command.add_option("USER", *user, tr("Who signs in"))->required()->type_name("");
  login_command.add_option("--tenant", *tenant, tr("The user's tenant; default: the platform"))->type_name("ID");
  on_run(login_command, context, [&context, user, tenant] { return login(context, *user, *tenant); });

  CLI::App& logout_command =
      add_command(program, "logout", tr("Signs out"), "  muster logout\n  muster logout --everywhere");
  auto everywhere = std::make_shared<bool>(false);
  logout_command.add_flag("--everywhere", *everywhere, tr("Ends all sign-ins of the user"));
  on_run(logout_command, context, [&context, everywhere] { return logout(context, *everywhere); });

  CLI::App& who = add_command(program, "whoami", tr("Tells who calls, and what that allows"), "  muster whoami");
  on_run(who, context, [&context] { return who_am_i(context); });

  CLI::App& password =
      add_command(program, "password", tr("Changes the password of who is signed in"), "  muster password");
  on_run(password, context, [&context] { return change_password(context); });
}

}  // namespace muster::cli
