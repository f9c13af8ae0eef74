#include "context.h"

#include <google/protobuf/util/json_util.h>

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <ostream>
#include <thread>

#include "login.h"

namespace muster::cli {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

std::string new_request_id() { return boost::uuids::to_string(boost::uuids::random_generator()()); }

grpc::Status call_with_retry(Duration timeout,
                             const std::function<grpc::Status(system_clock::time_point deadline)>& attempt) {
  const auto start = system_clock::now();
  const auto deadline = start + timeout;
  auto give_up = std::min(deadline, start + seconds{1});
  Duration pause = milliseconds{100};
  while (true) {
    const grpc::Status status = attempt(deadline);
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return status;
    if (!never_connected(status)) give_up = deadline;
    if (system_clock::now() + pause >= give_up) return status;
    std::this_thread::sleep_for(pause);
    pause = std::min<Duration>(2 * pause, seconds{1});
  }
}

std::shared_ptr<grpc::Channel> Context::channel() {
  if (channel_ == nullptr) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 3000);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    // The server is addressed directly, whatever proxy the environment has for the web.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    // A board of tens of thousands of agents is larger than gRPC's default of 4 MiB.
    arguments.SetMaxReceiveMessageSize(-1);
    try {
      channel_ = client::make_channel(options.server, arguments, credentials(), options.tls);
    } catch (const std::runtime_error& error) {
      throw UsageError(error.what());
    }
  }
  return channel_;
}

client::Credentials Context::credentials() const {
  if (!options.token_file.empty()) return client::credentials_in(options.token_file);
  const LoginFile login(options);
  return login.read() ? login.credentials() : client::credentials_for(options.server);
}

void Context::print_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions style;
  style.always_print_primitive_fields = true;
  std::string text;
  if (const auto status = google::protobuf::util::MessageToJsonString(message, &text, style); !status.ok()) {
    throw std::runtime_error(std::string{status.message()});
  }
  out << text << std::endl;
}

CallFailed Context::failed(const grpc::Status& status, const std::string& request_id) {
  const bool outcome_unknown = is_unreachable(status) && !never_connected(status);
  return CallFailed(status, outcome_unknown ? request_id : "");
}

}  // namespace muster::cli
