#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "password_prompt.h"
#include "resource.h"
#include "words.h"

/// Tenants and their users.
namespace muster::cli {
namespace {

using Stub = v1::IdentityService::Stub;

struct TenantKind : ResourceDefaults {
  using Message = v1::Tenant;
  static constexpr auto kCreate = &Stub::CreateTenant;
  static constexpr auto kGet = &Stub::GetTenant;
  static constexpr auto kUpdate = &Stub::UpdateTenant;
  static constexpr auto kList = &Stub::ListTenants;
  static constexpr const char* kNoun = "tenant";
  static constexpr const char* kPlural = "tenants";
  static constexpr const char* kExampleId = "acme";
  static constexpr const char* kExampleCreate = "acme --name \"Acme Inc.\"";
  static constexpr const char* kExampleUpdate = "acme --name Acme";

  static ResourceHelp help() {
    return {tr("Lists the tenants"), tr("Shows a tenant"), tr("Creates a tenant"), tr("Changes a tenant"), ""};
  }
  static std::vector<Table::Column> titles() { return {{tr("Tenant")}, {tr("Name")}, {tr("State")}, {tr("Created")}}; }
  static std::vector<std::string> row(const Message& tenant) {
    return {tenant.tenant_id(), tenant.display_name(), word(tenant.state()), when(tenant.create_time())};
  }
  static Details details(const Message& tenant) {
    return {{tr("Tenant"), tenant.tenant_id()},
            {tr("Name"), tenant.display_name()},
            {tr("State"), word(tenant.state())},
            {tr("Created"), when(tenant.create_time())},
            {tr("Changed"), when(tenant.update_time())}};
  }
  static void bind(FieldFlags& flags, bool /*creating*/) {
    flags.add("--name", "display_name", tr("Name shown to people"));
  }
};

void bind_user(FieldFlags& flags) {
  flags.add("--name", "display_name", tr("Name shown to people"));
  flags.add("--role", "roles", tr("What the user may do. Repeat it"));
  flags.add("--agent", "agent_id", tr("Agent whose desk the user has"));
}

struct UserKind : ResourceDefaults {
  using Message = v1::User;
  static constexpr bool kOfTenant = true;
  static constexpr auto kGet = &Stub::GetUser;
  static constexpr auto kUpdate = &Stub::UpdateUser;
  static constexpr auto kList = &Stub::ListUsers;
  static constexpr const char* kNoun = "user";
  static constexpr const char* kPlural = "users";
  static constexpr const char* kExampleId = "li.na";
  static constexpr const char* kExampleUpdate = "li.na --role supervisor --role coach";

  static ResourceHelp help() {
    return {tr("Lists the users"), tr("Shows a user"), "", tr("Changes a user; --role replaces all roles"), ""};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("User")}, {tr("Name")}, {tr("Roles")}, {tr("State")}, {tr("Agent")}, {tr("Last sign-in")}};
  }
  static std::string last_sign_in(const Message& user) {
    return user.has_sign_in_time() ? when(user.sign_in_time()) : "";
  }
  static std::vector<std::string> row(const Message& user) {
    return {user.user_id(),     user.display_name(), words<v1::Role>(user.roles()),
            word(user.state()), user.agent_id(),     last_sign_in(user)};
  }
  static Details details(const Message& user) {
    return {{tr("User"), user.user_id()},
            {tr("Tenant"), user.tenant_id()},
            {tr("Name"), user.display_name()},
            {tr("Roles"), words<v1::Role>(user.roles())},
            {tr("Agent"), user.agent_id()},
            {tr("State"), word(user.state())},
            {tr("Last sign-in"), last_sign_in(user)},
            {tr("Created"), when(user.create_time())},
            {tr("Changed"), when(user.update_time())}};
  }
  static void list_flags(FieldFlags& flags) {
    flags.add("--tenant", "tenant_id", tr("Tenant whose they are; default: one's own"));
    flags.add("--role", "role", tr("Only users with this role"));
    flags.add("--state", "state", tr("Only users in this state"));
    flags.add("--text", "text", tr("Only users with this in the identifier or the name"));
  }
  static void bind(FieldFlags& flags, bool /*creating*/) { bind_user(flags); }
};

void add_create_user(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "create", tr("Creates a user, and makes a password unless one is given"),
                                  "  muster users create li.na --name 李娜 --role supervisor\n"
                                  "  muster users create tom --tenant acme --role tenant-admin --password-stdin");
  add_id(command, tr("Its identifier: a-z, 0-9, dot, dash and underscore, up to 63 characters"));
  add_tenant(command);
  FieldFlags flags(command, v1::User::descriptor());
  bind_user(flags);
  const std::string help = tr("Reads the password from the input; asks for it at a terminal");
  command.add_flag("--password-stdin", help);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::CreateUserRequest request;
    fill(*request.mutable_user());
    request.mutable_user()->set_user_id(id_of(command));
    request.mutable_user()->set_tenant_id(tenant_of(command));
    const bool given = command.get_option("--password-stdin")->count() > 0;
    if (given) request.set_password(ask_password(context, tr("Password: ")));
    if (given && request.password().empty()) throw UsageError(tr("there is no password on the input"));
    const auto response = context.call(&Stub::CreateUser, request);
    const std::string created = say("{0} created.", id_of(command));
    if (given) return acknowledge(context, response, created);
    return hand_over(context, response, response.password(), created + " " + tr("A password was made."));
  });
}

/// A command that names one user; `tell(request, response)` says what came of it.
template <class Method, class Tell>
void add_act(CLI::App& group, Context& context, const std::string& name, const std::string& help, Method method,
             const Tell& tell) {
  CLI::App& command = add_command(group, name, help, "  muster users " + name + " li.na");
  add_id(command, tr("Its identifier"));
  add_tenant(command);
  on_run(command, context, [&context, &command, method, tell] {
    typename MethodTraits<Method>::Request request;
    request.set_user_id(id_of(command));
    request.set_tenant_id(tenant_of(command));
    return tell(request, context.call(method, request));
  });
}

void add_suspend_user(CLI::App& group, Context& context, bool suspended) {
  CLI::App& command =
      add_command(group, suspended ? "suspend" : "resume",
                  suspended ? tr("Locks a user out, at once and everywhere") : tr("Lets a user in again"),
                  suspended ? "  muster users suspend li.na" : "  muster users resume li.na --tenant acme");
  add_id(command, tr("Its identifier"));
  add_tenant(command);
  on_run(command, context, [&context, &command, suspended] {
    v1::SetUserSuspensionRequest request;
    request.set_user_id(id_of(command));
    request.set_tenant_id(tenant_of(command));
    request.set_suspended(suspended);
    const auto response = context.call(&Stub::SetUserSuspension, request);
    return acknowledge(context, response, say("{0}: {1}.", id_of(command), word(response.user().state())));
  });
}

void add_suspend_tenant(CLI::App& group, Context& context, bool suspended) {
  CLI::App& command =
      add_command(group, suspended ? "suspend" : "resume",
                  suspended ? tr("Locks all users and keys of a tenant out, at once") : tr("Lets a tenant in again"),
                  suspended ? "  muster tenants suspend acme" : "  muster tenants resume acme");
  add_id(command, tr("Its identifier"));
  on_run(command, context, [&context, &command, suspended] {
    v1::SetTenantSuspensionRequest request;
    request.set_tenant_id(id_of(command));
    request.set_suspended(suspended);
    const auto response = context.call(&Stub::SetTenantSuspension, request);
    return acknowledge(context, response, say("{0}: {1}.", id_of(command), word(response.tenant().state())));
  });
}

}  // namespace

void add_account_commands(CLI::App& program, Context& context) {
  CLI::App& tenants = add_group(program, "tenants", tr("Enterprise clients, apart from each other"),
                                "  muster tenants create acme --name \"Acme Inc.\"\n  muster tenants list");
  ResourceCommands<TenantKind>::add(tenants, context);
  for (const bool suspended : {true, false}) add_suspend_tenant(tenants, context, suspended);

  CLI::App& users = add_group(program, "users", tr("People who can sign in"),
                              "  muster users create li.na --name 李娜 --role supervisor\n"
                              "  muster users list --role supervisor");
  ResourceCommands<UserKind>::add(users, context);
  add_create_user(users, context);
  for (const bool suspended : {true, false}) add_suspend_user(users, context, suspended);
  add_act(users, context, "reset-password", tr("Gives a user a new password, and ends the sign-ins"),
          &Stub::ResetPassword, [&context](const auto& request, const auto& response) {
            return hand_over(context, response, response.password(), say("{0} has a new password.", request.user_id()));
          });
  add_act(users, context, "end-sign-ins", tr("Signs a user out everywhere"), &Stub::EndSignIns,
          [&context](const auto& request, const auto& response) {
            return acknowledge(context, response, say("{0}: {1} sign-ins ended.", request.user_id(), response.ended()));
          });
}

}  // namespace muster::cli
