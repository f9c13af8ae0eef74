#pragma once

#include <CLI/CLI.hpp>
#include <iosfwd>
#include <memory>

#include "context.h"

namespace muster::cli {

/// The whole command tree. The context must outlive it.
std::unique_ptr<CLI::App> make_program(Context& context);

/// Does what a command line asks for and returns the exit code (ExitCode).
int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace muster::cli
