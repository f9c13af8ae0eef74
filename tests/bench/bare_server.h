#pragma once

#include <string>

namespace muster::bench {

/// Serves ContactService.CreateContact and AgentSessionService.Session on `address` until the process is told to end.
/// It answers with the messages that musterd answers with, but decides nothing and keeps nothing: a contact is
/// offered to the next session round robin. It is what gRPC alone costs for a contact's life.
/// Returns 1 if the address cannot be had.
int run_bare_server(const std::string& address);

}  // namespace muster::bench
