#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace muster::cli {

/// A script that completes the program's commands, flags and values in bash or zsh. It is made from the command tree
/// itself, so it knows exactly what the program knows. REQUIRES: `shell` is "bash" or "zsh".
std::string completion_script(const CLI::App& program, const std::string& shell);

}  // namespace muster::cli
