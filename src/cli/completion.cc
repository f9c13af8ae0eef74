#include "completion.h"

#include <ostream>

#include "command.h"
#include "i18n.h"

namespace muster::cli {
namespace {

/// The words that may follow one command, and what the values of its flags may be.
struct Node {
  std::string path;
  std::vector<std::string> commands;
  std::vector<std::string> flags;
  /// A flag that takes a value, and the values if they are known.
  std::vector<std::pair<std::string, std::string>> values;
};

/// "voice chat" from the type name {voice,chat}; empty if the flag takes any value.
std::string choices(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{');
  const std::size_t close = type.rfind('}');
  if (open == std::string::npos || close == std::string::npos) return "";
  std::string values = type.substr(open + 1, close - open - 1);
  for (char& letter : values) letter = letter == ',' ? ' ' : letter;
  return values;
}

void add_options(const CLI::App& command, Node& node) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) {
      for (const std::string& value : CLI::detail::split(choices(*option), ' ')) {
        if (!value.empty()) node.commands.push_back(value);
      }
    }
    for (const std::string& name : option->get_lnames()) {
      node.flags.push_back("--" + name);
      if (option->get_items_expected_max() > 0) node.values.emplace_back("--" + name, choices(*option));
    }
  }
}

/// Flags of the commands above count as well: they may be given after the command.
void walk(const CLI::App& command, const Node& above, std::vector<Node>& nodes) {
  Node node;
  node.path = above.path.empty() ? command.get_name() : above.path + " " + command.get_name();
  node.values = above.values;
  node.flags = above.flags;
  add_options(command, node);
  const auto subcommands = command.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* subcommand : subcommands) node.commands.push_back(subcommand->get_name());
  nodes.push_back(node);
  for (const CLI::App* subcommand : subcommands) walk(*subcommand, node, nodes);
}

std::string unique_words(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return CLI::detail::join(words, " ");
}

/// `case` arms: the command lines that go one command deeper.
std::string descents(const std::vector<Node>& nodes) {
  std::string text;
  for (std::size_t i = 1; i < nodes.size(); ++i) text += "      \"" + nodes[i].path + "\") node=$next ;;\n";
  return text;
}

std::string value_arms(const std::vector<Node>& nodes) {
  std::string text;
  for (const Node& node : nodes) {
    for (const auto& [flag, values] : node.values) {
      text += "    \"" + node.path + " " + flag + "\") offered=\"" + values + "\"; takes_value=1 ;;\n";
    }
  }
  return text;
}

std::string word_arms(const std::vector<Node>& nodes) {
  std::string text;
  for (const Node& node : nodes) {
    text += "    \"" + node.path + "\") commands=\"" + CLI::detail::join(node.commands, " ") + "\" flags=\"" +
            unique_words(node.flags) + "\" ;;\n";
  }
  return text;
}

/// The part that both shells understand: from `line` (the words before the cursor's) and `current` to `offered`. It
/// avoids names that mean something to zsh, such as path and words.
std::string function_body(const std::vector<Node>& nodes) {
  return "  local node=" + nodes.front().path +
         " next word offered=\"\" commands=\"\" flags=\"\" previous=\"\" takes_value=\"\"\n"
         "  for word in \"${line[@]}\"; do\n"
         "    next=\"$node $word\"\n"
         "    case \"$next\" in\n" +
         descents(nodes) +
         "    esac\n"
         "    previous=$word\n"
         "  done\n"
         "  case \"$node $previous\" in\n" +
         value_arms(nodes) +
         "  esac\n"
         "  case \"$node\" in\n" +
         word_arms(nodes) +
         "  esac\n"
         "  if [[ -z $takes_value ]]; then\n"
         "    if [[ $current == -* || -z $commands ]]; then offered=$flags; else offered=$commands; fi\n"
         "  fi\n";
}

}  // namespace

std::string completion_script(const CLI::App& program, const std::string& shell) {
  std::vector<Node> nodes;
  walk(program, Node{}, nodes);
  const std::string name = program.get_name();
  if (shell == "zsh") {
    return "#compdef " + name + "\n_" + name +
           "() {\n"
           "  local current=${words[CURRENT]}\n"
           "  local -a line=(\"${(@)words[2,CURRENT-1]}\")\n" +
           function_body(nodes) +
           "  compadd -- ${=offered}\n"
           "}\n"
           "compdef _" +
           name + " " + name + "\n";
  }
  return "_" + name +
         "() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]}\n"
         "  local -a line=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n" +
         function_body(nodes) +
         "  COMPREPLY=($(compgen -W \"$offered\" -- \"$current\"))\n"
         "}\n"
         "complete -F _" +
         name + " " + name + "\n";
}

void add_completion_command(CLI::App& program, Context& context) {
  CLI::App& command = add_command(program, "completion", tr("Prints a script that completes commands in your shell"),
                                  "  source <(muster completion bash)\n"
                                  "  muster completion zsh > ~/.zfunc/_muster");
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, tr("Which shell"))
      ->required()
      ->type_name("{bash,zsh}")
      ->check(CLI::IsMember({"bash", "zsh"}).description(""));
  on_run(command, context, [&program, &context, shell] {
    context.out << completion_script(program, *shell);
    return kDone;
  });
}

}  // namespace muster::cli
