#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace muster::cli {

/// Makes CLI11's own words on help pages speak the language in use.
void localise_help(CLI::App& program);

/// What is wrong with a command line, in the language in use.
std::string usage_error(const CLI::ParseError& error);

}  // namespace muster::cli
