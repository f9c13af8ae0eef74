#include "trace.h"

#include <type_traits>
#include <variant>

#include "name_of.h"

namespace muster::simulator {
namespace {

template <typename Number>
std::string field(const char* name, Number number) {
  if (static_cast<std::uint64_t>(number) == 0) return "";
  return std::string(" ") + name + " " + std::to_string(static_cast<std::uint64_t>(number));
}

template <typename Body>
std::string describe(const Body& body) {
  std::string line = dispatch::name_of(body);
  if constexpr (requires { body.epoch; }) line += field("epoch", body.epoch);
  if constexpr (requires { body.contact; }) line += field("contact", body.contact);
  if constexpr (requires { body.offer; }) line += field("offer", body.offer);
  if constexpr (requires { body.agent; }) line += field("agent", body.agent);
  if constexpr (requires { body.session; }) line += field("session", body.session);
  if constexpr (requires { body.queue; }) line += field("queue", body.queue);
  if constexpr (requires { body.state; }) line += field("state", body.state);
  if constexpr (requires { body.presence; }) line += field("presence", body.presence);
  if constexpr (requires { body.reason; }) line += body.reason.empty() ? "" : " \"" + body.reason + "\"";
  return line;
}

}  // namespace

std::string describe(const dispatch::Event& event) {
  const auto since = event.time.time_since_epoch().count();
  return std::to_string(event.sequence) + " at " + std::to_string(since / 1'000'000 % 1'000'000) + "." +
         std::to_string(1'000'000 + since % 1'000'000).substr(1) +
         " s: " + std::visit([](const auto& body) { return describe(body); }, event.body);
}

}  // namespace muster::simulator
