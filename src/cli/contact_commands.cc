#include <google/protobuf/descriptor.h>

#include <ostream>
#include <thread>

#include "command.h"
#include "contact_view.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/contact_service.grpc.pb.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::ContactService::Stub;

void add_create(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "create", tr("Creates a contact"),
                  "  muster contacts create --queue billing --name \"Invoice 42\" --priority 5 --require english=60");
  FieldFlags flags(command, v1::CreateContactRequest::descriptor());
  flags.add("--queue", "queue_id", tr("Queue that it waits in"))->required();
  flags.add("--name", "display_name", tr("One line that tells the agent what it is about"));
  flags.add("--priority", "priority", tr("0 to 100 (0)"));
  flags.add("--require", "requirements", tr("Asked of the agent on top of the policy. Repeat it"));
  flags.add("--exclude", "excluded_agent_ids", tr("An agent who must not get it. Repeat it"));
  flags.add("--preferred-agent", "preferred_agent_id", tr("The agent whom it waits for alone at first"));
  flags.add("--customer", "customer_ref", tr("Your own reference to the customer"));
  flags.add("--attribute", "attributes", tr("Your own data, shown to the agent. Repeat it"));
  CLI::Option* at = flags.add("--at", "schedule_time", tr("When it becomes due: RFC 3339, or local time"));
  auto in = std::make_shared<Duration>(Duration::zero());
  add_duration(command, "--in", *in, tr("In how long it becomes due"))->excludes(at);
  flags.add("--time-to-live", "time_to_live", tr("How long it may wait (as its queue says)"));
  on_run(command, context, [&context, in, fill = flags.filler()] {
    v1::CreateContactRequest request;
    fill(request);
    if (request.has_schedule_time() && from_proto(request.schedule_time()) < wall_now()) {
      throw UsageError(tr("--at: this moment has passed; without --at the contact is due now"));
    }
    if (*in > Duration::zero()) *request.mutable_schedule_time() = to_proto(wall_now() + *in);
    const auto response = context.call(&Stub::CreateContact, request);
    return acknowledge(context, response, say("{0} created.", response.contact_id()));
  });
}

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists contacts in the order of their creation"),
                                  "  muster contacts list --queue billing --state queued --state offered");
  FieldFlags flags(command, v1::ListContactsRequest::descriptor());
  flags.add("--queue", "queue_id", tr("Only contacts of this queue"));
  flags.add("--state", "states", tr("Only contacts in this state. Repeat it"));
  flags.add("--agent", "agent_id", tr("Only contacts that this agent holds, or held last"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListContactsRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListContacts, request, limit_of(command), "contacts");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table(contact_titles());
    for (const auto& contact : response.contacts()) table.add(contact_row(contact, wall_now()));
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_get(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "get", tr("Shows a contact, its offers, and why each agent got one"),
                                  "  muster contacts get CONTACT_ID");
  add_id(command, tr("Identifier of the contact"));
  on_run(command, context, [&context, &command] {
    v1::GetContactRequest request;
    request.set_contact_id(id_of(command));
    const auto response = context.call(&Stub::GetContact, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    const TimePoint now = wall_now();
    print_details(context.out, contact_details(response.contact(), now));
    context.out << '\n' << (response.offers().empty() ? tr("No offers yet.") : tr("Offers:")) << '\n';
    for (const auto& offer : response.offers()) {
      for (const std::string& line : offer_lines(offer, now)) context.out << "  " << line << '\n';
    }
    if (!response.outcomes().empty()) context.out << '\n' << tr("Outcomes:") << '\n';
    for (const auto& outcome : response.outcomes()) {
      context.out << "  "
                  << say("{0}: {1} {2}, told {3}", printable(outcome.outcome_id()), word(outcome.kind()),
                         outcome.value(), when(outcome.record_time()))
                  << '\n';
    }
    return kDone;
  });
}

void add_outcome(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "outcome", tr("Tells what became known of a contact: a survey's answer, an order, a cost"),
                  "  muster contacts outcome CONTACT_ID --id survey-1 --kind csat --value 5\n"
                  "  muster contacts outcome CONTACT_ID --id order-88 --kind order --value 12990");
  add_id(command, tr("Identifier of the contact"));
  FieldFlags flags(command, v1::ContactOutcome::descriptor());
  flags.add("--id", "outcome_id", tr("Your name for it; the same again changes nothing"))->required();
  flags.add("--kind", "kind", tr("What it tells"))->required();
  const auto value = std::make_shared<std::int64_t>(0);
  command.add_option("--value", *value, tr("Points, 1 or 0, or hundredths of the currency, as the kind asks for (0)"));
  on_run(command, context, [&context, &command, value, fill = flags.filler()] {
    v1::RecordContactOutcomeRequest request;
    fill(*request.mutable_outcome());
    request.mutable_outcome()->set_value(*value);
    request.set_contact_id(id_of(command));
    return acknowledge(context, context.call(&Stub::RecordContactOutcome, request),
                       say("{0}: {1} noted.", request.contact_id(), word(request.outcome().kind())));
  });
}

/// A change of one contact: its method, its texts and the flags for its fields.
template <class Method>
struct Verb {
  const char* name;
  Method method;
  std::string help;
  std::string done;
  std::string example_flags;
  void (*bind)(FieldFlags& flags);
};

void bind_nothing(FieldFlags&) {}
void bind_reason(FieldFlags& flags) { flags.add("--reason", "reason", tr("Why")); }
void bind_transfer(FieldFlags& flags) {
  flags.add("--queue", "queue_id", tr("Queue that it goes to"))->required();
  bind_reason(flags);
}
void bind_priority(FieldFlags& flags) {
  flags.add("--priority", "priority", tr("Its priority from now on, 0 to 100"))->required();
}
void bind_assignment(FieldFlags& flags) {
  flags.add("--agent", "agent_id", tr("The agent whom it is for"))->required();
  flags.add("--wait", "wait", tr("How long it waits for this agent alone (as its policy says)"));
  bind_reason(flags);
}

template <class Method>
void add_verb(CLI::App& group, Context& context, const Verb<Method>& verb) {
  using Request = typename MethodTraits<Method>::Request;
  CLI::App& command = add_command(group, verb.name, verb.help,
                                  std::string{"  muster contacts "} + verb.name + " CONTACT_ID" + verb.example_flags);
  add_id(command, tr("Identifier of the contact"));
  FieldFlags flags(command, Request::descriptor());
  verb.bind(flags);
  on_run(command, context, [&context, &command, method = verb.method, done = verb.done, fill = flags.filler()] {
    Request request;
    fill(request);
    request.set_contact_id(id_of(command));
    return acknowledge(context, context.call(method, request), fmt::format(fmt::runtime(done), request.contact_id()));
  });
}

void print_events(Context& context, const v1::WatchContactsResponse& response) {
  if (context.options.json) {
    context.print_json(response);
    return;
  }
  for (const auto& event : response.events()) context.out << event_line(event, wall_now()) << '\n';
  context.out.flush();
}

/// Watches until `deadline`. A lost connection is taken up again where it ended, if that works within --timeout; a
/// server that was never there is tried for a second only.
int watch(Context& context, v1::WatchContactsRequest request, std::chrono::system_clock::time_point deadline) {
  const auto stub = v1::ContactService::NewStub(context.channel());
  TimePoint give_up = wall_now() + std::min<Duration>(context.options.timeout, std::chrono::seconds{1});
  bool connected = false;
  while (true) {
    grpc::ClientContext call;
    call.set_deadline(deadline);
    const auto reader = stub->WatchContacts(&call, request);
    v1::WatchContactsResponse response;
    while (reader->Read(&response)) {
      request.set_after_sequence(response.sequence());
      print_events(context, response);
      connected = true;
    }
    grpc::Status status = reader->Finish();
    if (std::chrono::system_clock::now() >= deadline) return kDone;
    if (status.ok()) status = {grpc::StatusCode::UNAVAILABLE, "the server ended the stream"};
    const bool slow = status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
    const bool lost = status.error_code() == grpc::StatusCode::UNAVAILABLE || has_expired(status);
    if (!slow && !lost) throw CallFailed(status);
    if (connected) {
      give_up = wall_now() + context.options.timeout;
      connected = false;
      if (lost) context.err << tr("connection lost, trying again…") << std::endl;
    }
    if (wall_now() >= give_up) throw CallFailed(status);
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
}

void add_watch(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "watch", tr("Shows what happens to contacts, one line an event, until it is interrupted"),
                  "  muster contacts watch --queue billing --for 5m");
  FieldFlags flags(command, v1::WatchContactsRequest::descriptor());
  flags.add("--queue", "queue_ids", tr("Only contacts in this queue. Repeat it"));
  auto after = std::make_shared<std::int64_t>(0);
  command.add_option("--after", *after, tr("Begin after this sequence instead of now"))->type_name("SEQUENCE");
  auto span = std::make_shared<Duration>(Duration::zero());
  add_duration(command, "--for", *span, tr("How long to watch (for ever)"));
  on_run(command, context, [&context, after, span, fill = flags.filler()] {
    v1::WatchContactsRequest request;
    fill(request);
    request.set_after_sequence(*after);
    const auto now = std::chrono::system_clock::now();
    return watch(context, request, *span == Duration::zero() ? now + std::chrono::hours{24 * 365} : now + *span);
  });
}

}  // namespace

void add_contact_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "contacts", tr("Contacts: customers' work, from creation to its end"),
                              "  muster contacts create --queue billing --name \"Invoice 42\"\n"
                              "  muster contacts list --state queued\n"
                              "  muster contacts watch");
  add_create(group, context);
  add_list(group, context);
  add_get(group, context);
  add_verb(group, context,
           Verb<decltype(&Stub::CancelContact)>{"cancel", &Stub::CancelContact, tr("Takes a contact back"),
                                                tr("{0} cancelled."), " --reason \"as agreed\"", bind_reason});
  add_verb(group, context,
           Verb<decltype(&Stub::AbandonContact)>{"abandon", &Stub::AbandonContact, tr("Says that the customer left"),
                                                 tr("{0} abandoned."), "", bind_nothing});
  add_verb(group, context,
           Verb<decltype(&Stub::DeflectContact)>{"deflect", &Stub::DeflectContact,
                                                 tr("Says that a contact was solved without an agent"),
                                                 tr("{0} deflected."), " --reason \"as agreed\"", bind_reason});
  add_verb(group, context,
           Verb<decltype(&Stub::TransferContact)>{
               "transfer", &Stub::TransferContact, tr("Moves a contact to a queue; it keeps its age"),
               tr("{0} transferred."), " --queue sales --reason \"as agreed\"", bind_transfer});
  add_verb(group, context,
           Verb<decltype(&Stub::PrioritizeContact)>{"prioritize", &Stub::PrioritizeContact,
                                                    tr("Gives a contact that no agent has accepted another priority"),
                                                    tr("{0} has its new priority."), " --priority 50", bind_priority});
  add_verb(
      group, context,
      Verb<decltype(&Stub::AssignContact)>{"assign", &Stub::AssignContact,
                                           tr("Hands a waiting contact to one agent, for a while to this one alone"),
                                           tr("{0} assigned."), " --agent li.na --wait 60s", bind_assignment});
  add_outcome(group, context);
  add_watch(group, context);
}

}  // namespace muster::cli
