#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/client/private_file.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "text.h"
#include "words.h"

/// API keys of programs.
namespace muster::cli {
namespace {

using Stub = v1::IdentityService::Stub;

std::string state_of(const v1::ApiKey& key) {
  if (key.has_revoke_time()) return say("revoked {0}", when(key.revoke_time()));
  const bool ended = from_proto(key.expire_time()) <= wall_now();
  return say(ended ? noop("ended {0}") : noop("until {0}"), when(key.expire_time()));
}

/// The key is the server's by now: where it cannot be kept, say which one to revoke.
void keep(const std::string& path, const v1::CreateApiKeyResponse& response) {
  try {
    client::write_private_file(path, response.key() + "\n");
  } catch (const std::runtime_error& error) {
    throw UsageError(
        say("{0}; nobody has the key now: muster keys revoke {1}", error.what(), response.api_key().key_id()));
  }
}

void add_create(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "create", tr("Makes an API key for a program"),
                                  "  muster keys create crm --scope contacts-write --output crm.key\n"
                                  "  KEY=$(muster keys create crm --scope contacts-read --expires 2027-01-31)");
  add_id(command, tr("Identifier of the program"));
  FieldFlags flags(command, v1::ApiKey::descriptor());
  flags.add("--scope", "scopes", tr("What it may be used for. Repeat it"))->required();
  flags.add("--expires", "expire_time", tr("When it ends, 400 days ahead at most (in 90 days)"));
  flags.add("--tenant", "tenant_id", tr("Tenant that it belongs to; default: one's own"));
  const std::string help = tr("File to write it to, for its owner alone, in place of the output");
  command.add_option("--output", help)->type_name("FILE");
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::CreateApiKeyRequest request;
    fill(*request.mutable_api_key());
    request.mutable_api_key()->set_client_id(id_of(command));
    const auto response = context.call(&Stub::CreateApiKey, request);
    const std::string made =
        say("Key {0} of {1}: {2}.", response.api_key().key_id(), id_of(command), state_of(response.api_key()));
    const CLI::Option* output = command.get_option("--output");
    if (output->count() == 0) return hand_over(context, response, response.key(), made);
    keep(output->as<std::string>(), response);
    return acknowledge(context, response.api_key(), made);
  });
}

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists API keys, without what is secret of them"),
                                  "  muster keys list --program crm\n  muster keys list --tenant acme");
  FieldFlags flags(command, v1::ListApiKeysRequest::descriptor());
  flags.add("--tenant", "tenant_id", tr("Tenant whose they are; default: one's own"));
  flags.add("--program", "client_id", tr("Only keys of this program"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListApiKeysRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListApiKeys, request, limit_of(command), "api_keys");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Key")}, {tr("Program")}, {tr("State")}, {tr("Created")}, {tr("Allowed")}});
    for (const v1::ApiKey& key : response.api_keys()) {
      table.add(
          {key.key_id(), key.client_id(), state_of(key), when(key.create_time()), words<v1::ApiScope>(key.scopes())});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_revoke(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "revoke", tr("Revokes an API key, at once and for good"), "  muster keys revoke 4f0x2c9a1b7d");
  add_id(command, tr("Identifier of the key: the part between mk_live_ and the next _"));
  add_tenant(command);
  on_run(command, context, [&context, &command] {
    v1::RevokeApiKeyRequest request;
    request.set_key_id(id_of(command));
    request.set_tenant_id(tenant_of(command));
    const auto response = context.call(&Stub::RevokeApiKey, request);
    return acknowledge(context, response,
                       say("Key {0} of {1}: {2}.", response.api_key().key_id(), response.api_key().client_id(),
                           state_of(response.api_key())));
  });
}

}  // namespace

void add_key_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "keys", tr("API keys, which programs call with"),
                              "  muster keys create crm --scope contacts-write --output crm.key\n"
                              "  muster keys list");
  add_create(group, context);
  add_list(group, context);
  add_revoke(group, context);
}

}  // namespace muster::cli
