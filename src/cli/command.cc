#include "command.h"

#include <ostream>

#include "i18n.h"
#include "text.h"

namespace muster::cli {

CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& help, const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->get_help_ptr()->group(tr("Options"));
  command->group(tr("Commands"))
      ->footer(tr("Example:") + "\n" + example + "\n\n" +
               tr("“muster --help” shows the flags that every command has."));
  return *command;
}

CLI::App& add_group(CLI::App& parent, const std::string& name, const std::string& help, const std::string& example) {
  CLI::App& group = add_command(parent, name, help, example);
  group.require_subcommand(1);
  return group;
}

void on_run(CLI::App& command, Context& context, std::function<int()> action) {
  command.callback([&context, action = std::move(action)] { context.action = action; });
}

void add_id(CLI::App& command, const std::string& help) { command.add_option("ID", help)->required()->type_name(""); }

std::string id_of(const CLI::App& command) { return command.get_option("ID")->as<std::string>(); }

void add_tenant(CLI::App& command) {
  const std::string help = tr("Tenant that it belongs to; default: one's own");
  command.add_option("--tenant", help)->type_name("ID");
}

std::string tenant_of(const CLI::App& command) {
  const CLI::Option* option = command.get_option("--tenant");
  return option->count() == 0 ? "" : option->as<std::string>();
}

std::string the_one_of(const CLI::App& command, const std::vector<std::string>& flags) {
  std::vector<std::string> given;
  for (const std::string& flag : flags) {
    if (command.get_option(flag)->count() > 0) given.push_back(flag);
  }
  if (given.size() != 1) throw UsageError(say("give exactly one of {0}", CLI::detail::join(flags, ", ")));
  return given.front();
}

void add_limit(CLI::App& command) {
  const std::string help = tr("How many to show; 0 shows all");
  command.add_option("--limit", help)->type_name("N")->default_str("100")->check([](const std::string& text) {
    const bool valid = !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
    return valid ? std::string{} : tr("must be a number, 0 or more");
  });
}

int limit_of(const CLI::App& command) { return command.get_option("--limit")->as<int>(); }

int acknowledge(Context& context, const google::protobuf::Message& response, const std::string& text) {
  if (context.options.json) {
    context.print_json(response);
  } else {
    context.out << text << '\n';
  }
  return kDone;
}

int hand_over(Context& context, const google::protobuf::Message& response, const std::string& secret,
              const std::string& text) {
  if (context.options.json) {
    context.print_json(response);
    return kDone;
  }
  context.err << text << '\n' << tr("It is shown this once and cannot be looked up:") << std::endl;
  context.out << secret << '\n';
  return kDone;
}

void print_details(std::ostream& out, const Details& details) {
  Table table({{""}, {""}});
  for (const auto& [label, value] : details) table.add({label, value.empty() ? "-" : value});
  table.print(out);
}

void say_if_more(Context& context, const std::string& next_page_token) {
  if (!next_page_token.empty()) context.err << tr("There are more; --limit 0 shows all.") << '\n';
}

}  // namespace muster::cli
