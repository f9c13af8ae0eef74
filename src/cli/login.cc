#include "login.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>
#include <sys/file.h>
#include <unistd.h>

#include "duration.h"
#include "error.h"
#include "i18n.h"
#include "muster/client/private_file.h"
#include "muster/v1/identity_service.grpc.pb.h"

namespace muster::cli {
namespace {

constexpr std::size_t kFileBytesMax = 16 << 10;
constexpr std::chrono::seconds kRefreshAhead{60};
constexpr std::chrono::seconds kRefreshMax{10};

/// Held by one program at a time.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path)
      : fd_(open((path.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ >= 0) flock(fd_, LOCK_EX);
  }
  ~FileLock() {
    if (fd_ >= 0) close(fd_);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  const int fd_;
};

bool is_fresh(const v1::Tokens& tokens) { return from_proto(tokens.access_expire_time()) > wall_now() + kRefreshAhead; }

}  // namespace

LoginFile::LoginFile(const Options& options) : options_(options) {
  const auto folder = client::config_folder();
  if (folder) path_ = *folder / "sessions" / client::file_name_of(options.server);
}

std::optional<v1::Tokens> LoginFile::read() const {
  if (path_.empty()) return std::nullopt;
  try {
    const auto text = client::read_private_file(path_, kFileBytesMax);
    v1::Tokens tokens;
    if (!text || !google::protobuf::util::JsonStringToMessage(*text, &tokens).ok()) return std::nullopt;
    return tokens;
  } catch (const std::runtime_error& error) {
    throw UsageError(error.what());
  }
}

void LoginFile::write(const v1::Tokens& tokens) const {
  if (path_.empty()) throw UsageError(tr("there is no place to keep the sign-in: set HOME or XDG_CONFIG_HOME"));
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(tokens, &text).ok()) return;
  try {
    client::make_private_folder(path_.parent_path());
    client::write_private_file(path_, text);
  } catch (const std::runtime_error& error) {
    throw UsageError(error.what());
  }
}

void LoginFile::remove() const {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  std::filesystem::remove(path_.string() + ".lock", ignored);
}

client::Credentials LoginFile::credentials() const {
  return [file = *this] {
    const auto tokens = file.read();
    if (!tokens) return std::string();
    return is_fresh(*tokens) ? tokens->access_token() : file.refreshed().access_token();
  };
}

v1::Tokens LoginFile::refreshed() const {
  const FileLock lock(path_);
  const v1::Tokens now = read().value_or(v1::Tokens());
  if (is_fresh(now) || now.refresh_token().empty()) return now;  // another program was first
  const auto stub = v1::IdentityService::NewStub(client::make_channel(
      options_.server, {}, [] { return std::string(); }, options_.tls));
  v1::RefreshRequest request;
  request.set_request_id(new_request_id());
  request.set_refresh_token(now.refresh_token());
  v1::RefreshResponse response;
  const grpc::Status status = call_with_retry(kRefreshMax, [&](auto deadline) {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    return stub->Refresh(&context, request, &response);
  });
  if (!status.ok()) return now;  // the server says what is wrong with the old one
  write(response.tokens());
  return response.tokens();
}

}  // namespace muster::cli
