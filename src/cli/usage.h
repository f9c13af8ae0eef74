#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace muster::cli {

/// Makes CLI11's own words on help pages speak the language in use.
void localise_help(CLI::App& program);

/// What is wrong with a command line, in the language in use. `strays`: its words that nothing took.
std::string usage_error(const CLI::ParseError& error, const std::vector<std::string>& strays);

}  // namespace muster::cli
