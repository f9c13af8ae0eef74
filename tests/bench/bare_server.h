#pragma once

namespace muster::bench {

/// The hidden subcommand of muster-bench that serves ContactService.CreateContact and AgentSessionService.Session on
/// the address that follows it, until the process is told to end. It answers with the messages that musterd answers
/// with, but decides nothing and keeps nothing: a contact is offered to the next session round robin. It is what gRPC
/// alone costs for a contact's life.
inline constexpr const char* kBareServerCommand = "bare-server";

}  // namespace muster::bench
