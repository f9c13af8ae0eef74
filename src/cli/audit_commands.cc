#include <ostream>

#include "audit_view.h"
#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "text.h"

/// Who changed what.
namespace muster::cli {
namespace {

using Stub = v1::IdentityService::Stub;

/// "2026-11-22 09:30:00  li.na  UpdateUser  user/tom", and below it what changed.
void print(std::ostream& out, const v1::AuditEntry& entry) {
  const bool own = entry.actor_tenant_id() == entry.tenant_id();
  const std::string actor = own ? entry.actor() : entry.actor() + " (" + entry.actor_tenant_id() + ")";
  out << format_time(from_proto(entry.time()), wall_now()) << "  " << printable(actor) << "  "
      << printable(entry.action()) << "  " << printable(entry.resource()) << '\n';
  for (const std::string& line : changed_fields(entry)) out << "    " << line << '\n';
}

}  // namespace

void add_audit_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "audit", tr("Who changed what"), "  muster audit list --actor li.na");
  CLI::App& command = add_command(group, "list", tr("Lists changes, the newest first, with what they changed"),
                                  "  muster audit list --resource user/li.na\n"
                                  "  muster audit list --actor admin --from 2026-11-01 --until 2026-12-01");
  FieldFlags flags(command, v1::ListAuditEntriesRequest::descriptor());
  flags.add("--tenant", "tenant_id", tr("Tenant whose things were changed; default: one's own"));
  flags.add("--resource", "resource", tr("Only changes of this thing, such as user/li.na"));
  flags.add("--actor", "actor", tr("Only changes by this user or program"));
  flags.add("--from", "from_time", tr("Only changes at this moment or later"));
  flags.add("--until", "until_time", tr("Only changes before this moment"));
  const std::string help = tr("Turns the order round");
  command.add_flag("--oldest-first", help);
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListAuditEntriesRequest request;
    fill(request);
    request.set_newest_first(command.get_option("--oldest-first")->count() == 0);
    const auto response = list_pages(context, &Stub::ListAuditEntries, request, limit_of(command), "audit_entries");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    for (const v1::AuditEntry& entry : response.audit_entries()) print(context.out, entry);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

}  // namespace muster::cli
