#include "usage.h"

#include <array>
#include <optional>
#include <utility>

#include "i18n.h"
#include "text.h"

namespace muster::cli {
namespace {

/// The rest of `text` if it begins with `start`.
std::optional<std::string> after(const std::string& text, const std::string& start) {
  if (!text.starts_with(start)) return std::nullopt;
  return text.substr(start.size());
}

/// The beginning of `text` if it ends with `end`.
std::optional<std::string> before(const std::string& text, const std::string& end) {
  if (!text.ends_with(end)) return std::nullopt;
  return text.substr(0, text.size() - end.size());
}

/// CLI11's help with columns that align under Chinese, too.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    const std::string name = make_option_name(option, is_positional) + make_option_opts(option);
    return row(name, make_option_desc(option));
  }
  std::string make_subcommand(const CLI::App* command) const override {
    return row(command->get_name(), command->get_description());
  }

 private:
  std::string row(const std::string& name, const std::string& help) const {
    const int width = static_cast<int>(get_column_width());
    const std::string left = "  " + name + " ";
    if (display_width(left) <= width) return fit(left, width) + help + "\n";
    return left + "\n" + std::string(get_column_width(), ' ') + help + "\n";
  }
};

}  // namespace

void localise_help(CLI::App& program) {
  auto formatter = std::make_shared<HelpFormatter>();
  formatter->label("Usage", tr("Usage"));
  formatter->label("OPTIONS", tr("OPTIONS"));
  formatter->label("SUBCOMMAND", tr("COMMAND"));
  formatter->label("Positionals", tr("Arguments"));
  formatter->label("REQUIRED", tr("(required)"));
  formatter->label("Env", tr("environment"));
  formatter->label("Needs", tr("only with"));
  formatter->label("Excludes", tr("not with"));
  formatter->column_width(38);
  program.formatter(formatter);
  program.option_defaults()->group(tr("Options"));
}

std::string usage_error(const CLI::ParseError& error, const std::vector<std::string>& strays) {
  if (!strays.empty()) return say("not understood: {0}", strays.front());
  const std::string text = error.what();
  // CLI11 has only sentences, in English; those that people meet are told apart here.
  if (text == "A subcommand is required") return tr("a command is missing");
  if (const auto name = before(text, " is required")) return say("{0} is missing", *name);
  if (const auto pair = after(text, "Could not convert: ")) return say("not a valid value: {0}", *pair);
  if (const std::size_t at = text.find(" not in "); at != std::string::npos) {
    return say("{0} is not one of {1}", text.substr(0, at), text.substr(at + 8));
  }
  if (const std::size_t at = text.find(" excludes "); at != std::string::npos) {
    return say("{0} and {1} cannot be given together", text.substr(0, at), text.substr(at + 10));
  }
  if (const std::size_t at = text.find(": 1 required "); at != std::string::npos) {
    return say("{0} needs a value", text.substr(0, at));
  }
  return text;
}

}  // namespace muster::cli
