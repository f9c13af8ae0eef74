#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/webhook_service.grpc.pb.h"
#include "resource.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::WebhookService::Stub;

struct WebhookKind : ResourceDefaults {
  using Message = v1::Webhook;
  static constexpr bool kOfTenant = true;
  static constexpr auto kGet = &Stub::GetWebhook;
  static constexpr auto kUpdate = &Stub::UpdateWebhook;
  static constexpr auto kList = &Stub::ListWebhooks;
  static constexpr auto kDelete = &Stub::DeleteWebhook;
  static constexpr const char* kNoun = "webhook";
  static constexpr const char* kPlural = "webhooks";
  static constexpr const char* kExampleId = "crm";
  static constexpr const char* kExampleUpdate = "crm --enabled true";

  static ResourceHelp help() {
    return {tr("Lists the webhooks"), tr("Shows a webhook"), "", tr("Changes a webhook, or enables or disables it"),
            tr("Deletes a webhook with its deliveries")};
  }
  static std::vector<Table::Column> titles() {
    return {{tr("Tenant")},        {tr("Webhook")},    {tr("URL")},       {tr("Enabled")},
            {tr("Waiting"), true}, {tr("Dead"), true}, {tr("Last error")}};
  }
  static std::vector<std::string> row(const Message& webhook) {
    return {webhook.tenant_id(),
            webhook.webhook_id(),
            webhook.url(),
            word_yes_no(webhook.enabled()),
            std::to_string(webhook.pending_count()),
            std::to_string(webhook.dead_count()),
            webhook.last_error()};
  }
  static Details details(const Message& webhook) {
    return {{tr("Webhook"), webhook.webhook_id()},
            {tr("Tenant"), webhook.tenant_id()},
            {tr("Name"), webhook.display_name()},
            {tr("URL"), webhook.url()},
            {tr("Enabled"), word_yes_no(webhook.enabled())},
            {tr("Waiting"), std::to_string(webhook.pending_count())},
            {tr("Dead"), std::to_string(webhook.dead_count())},
            {tr("Last success"), webhook.has_last_success_time() ? when(webhook.last_success_time()) : ""},
            {tr("Last error"), webhook.last_error()},
            {tr("Created"), when(webhook.create_time())}};
  }
  static void list_flags(FieldFlags& flags) { flags.add("--tenant", "tenant_id", tr("Only those of this tenant")); }
  static void bind(FieldFlags& flags, bool creating) {
    flags.add("--name", "display_name", tr("Name shown to people"));
    flags.add("--url", "url", tr("Where events are posted: https://…"))->required(creating);
    if (!creating) flags.add("--enabled", "enabled", tr("Whether it gets events: true or false"));
  }
};

void add_create(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "create", tr("Creates a webhook, and makes the secret that signs what it gets"),
                  "  muster webhooks create crm --url https://crm.example/muster\n"
                  "  SECRET=$(muster webhooks create crm --url https://crm.example/muster)");
  add_id(command, tr("Its identifier: a-z, 0-9, dot, dash and underscore, up to 63 characters"));
  add_tenant(command);
  FieldFlags flags(command, v1::Webhook::descriptor());
  WebhookKind::bind(flags, true);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::CreateWebhookRequest request;
    fill(*request.mutable_webhook());
    request.mutable_webhook()->set_webhook_id(id_of(command));
    request.mutable_webhook()->set_tenant_id(tenant_of(command));
    const auto response = context.call(&Stub::CreateWebhook, request);
    return hand_over(context, response, response.secret(), say("{0} created.", id_of(command)));
  });
}

/// What is asked of one webhook.
template <typename Request>
Request about(const CLI::App& command) {
  Request request;
  request.set_webhook_id(id_of(command));
  request.set_tenant_id(tenant_of(command));
  return request;
}

void add_rotate(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "rotate-secret", tr("Makes a new secret; the old one signs, too, for 24 hours"),
                  "  muster webhooks rotate-secret crm");
  add_id(command, tr("Its identifier"));
  add_tenant(command);
  on_run(command, context, [&context, &command] {
    const auto response = context.call(&Stub::RotateWebhookSecret, about<v1::RotateWebhookSecretRequest>(command));
    return hand_over(context, response, response.secret(),
                     say("The old secret signs until {0}.", when(response.old_secret_end_time())));
  });
}

void add_test(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "test", tr("Sends a webhook an event to try it out"), "  muster webhooks test crm");
  add_id(command, tr("Its identifier"));
  add_tenant(command);
  on_run(command, context, [&context, &command] {
    const auto response = context.call(&Stub::TestWebhook, about<v1::TestWebhookRequest>(command));
    return acknowledge(context, response, say("Delivery {0} is on its way.", response.delivery().delivery_id()));
  });
}

std::string next_or_end(const v1::Delivery& delivery) {
  if (delivery.has_next_attempt_time()) return when(delivery.next_attempt_time());
  return delivery.has_end_time() ? when(delivery.end_time()) : "";
}

void add_deliveries(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "deliveries", tr("Lists what was sent, and what became of it"),
                                  "  muster webhooks deliveries --webhook crm\n"
                                  "  muster webhooks deliveries --state dead");
  FieldFlags flags(command, v1::ListDeliveriesRequest::descriptor());
  flags.add("--tenant", "tenant_id", tr("Only those of this tenant"));
  flags.add("--webhook", "webhook_id", tr("Only those of this webhook"));
  flags.add("--state", "states", tr("Only those in this state. Repeat it"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListDeliveriesRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListDeliveries, request, limit_of(command), "deliveries");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Tenant")},
                 {tr("Webhook")},
                 {tr("Delivery")},
                 {tr("Type")},
                 {tr("State")},
                 {tr("Attempts"), true},
                 {tr("Next or end")},
                 {tr("Last error")}});
    for (const v1::Delivery& each : response.deliveries()) {
      table.add({each.tenant_id(), each.webhook_id(), each.delivery_id(), each.type(), word(each.state()),
                 std::to_string(each.attempts()), next_or_end(each), each.last_error()});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_delivery(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "delivery", tr("Shows a delivery with its body"),
                                  "  muster webhooks delivery msg_1f0c7c1a2b9e4c54a8e20d9f3b6a7c55");
  add_id(command, tr("Identifier of the delivery"));
  add_tenant(command);
  on_run(command, context, [&context, &command] {
    v1::GetDeliveryRequest request;
    request.set_delivery_id(id_of(command));
    request.set_tenant_id(tenant_of(command));
    const auto response = context.call(&Stub::GetDelivery, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    const v1::Delivery& delivery = response.delivery();
    print_details(context.out,
                  {{tr("Delivery"), delivery.delivery_id()},
                   {tr("Webhook"), delivery.webhook_id()},
                   {tr("Tenant"), delivery.tenant_id()},
                   {tr("Type"), delivery.type()},
                   {tr("State"), word(delivery.state())},
                   {tr("Attempts"), std::to_string(delivery.attempts())},
                   {tr("Last status"), delivery.last_status() ? std::to_string(delivery.last_status()) : ""},
                   {tr("Last error"), delivery.last_error()},
                   {tr("Created"), when(delivery.create_time())},
                   {tr("Next or end"), next_or_end(delivery)},
                   {tr("Body"), delivery.body()}});
    return kDone;
  });
}

void add_redeliver(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "redeliver", tr("Sends a dead delivery again"),
                                  "  muster webhooks redeliver msg_1f0c7c1a2b9e4c54a8e20d9f3b6a7c55");
  add_id(command, tr("Identifier of the delivery"));
  add_tenant(command);
  on_run(command, context, [&context, &command] {
    v1::RedeliverDeliveryRequest request;
    request.set_delivery_id(id_of(command));
    request.set_tenant_id(tenant_of(command));
    const auto response = context.call(&Stub::RedeliverDelivery, request);
    return acknowledge(context, response, say("Delivery {0} is on its way.", response.delivery().delivery_id()));
  });
}

}  // namespace

void add_webhook_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "webhooks", tr("Where a tenant is told of events, and what was sent there"),
                              "  muster webhooks create crm --url https://crm.example/muster\n"
                              "  muster webhooks test crm\n"
                              "  muster webhooks deliveries --state dead");
  add_create(group, context);
  ResourceCommands<WebhookKind>::add(group, context);
  add_rotate(group, context);
  add_test(group, context);
  add_deliveries(group, context);
  add_delivery(group, context);
  add_redeliver(group, context);
}

}  // namespace muster::cli
