#include <cstdlib>
#include <iostream>

#include "muster/musterd/config.h"

int main(int argc, char** argv) {
  using namespace muster::musterd;
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  try {
    const CommandLine line = parse_command_line({argv + 1, argv + argc}, environment);
    if (line.exit_text) {
      std::cout << *line.exit_text;
      return 0;
    }
    if (line.print_config) {
      std::cout << to_toml(line.config);
      return 0;
    }
  } catch (const ConfigError& error) {
    std::cerr << "musterd: " << error.what() << "\n";
    return 2;
  }
}
