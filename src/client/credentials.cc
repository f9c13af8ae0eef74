#include "muster/client/credentials.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>

namespace muster::client {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kReadAgain{1};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// A file that is read again when a second has passed, and until there is something in it.
class TokenFile {
 public:
  explicit TokenFile(fs::path path) : path_(std::move(path)) {}

  std::string first_line() {
    const std::lock_guard lock(mutex_);
    if (const auto now = Clock::now(); line_.empty() || read_ + kReadAgain <= now) {
      line_.clear();
      std::ifstream file(path_);
      std::getline(file, line_);
      read_ = now;
    }
    return line_;
  }

 private:
  const fs::path path_;
  std::mutex mutex_;
  Clock::time_point read_;  // guarded by mutex_
  std::string line_;        // guarded by mutex_
};

}  // namespace

std::optional<fs::path> config_folder() {
  if (const fs::path given = environment("XDG_CONFIG_HOME"); given.is_absolute()) return given / "muster";
  if (const fs::path home = environment("HOME"); home.is_absolute()) return home / ".config" / "muster";
  return std::nullopt;
}

std::string file_name_of(const std::string& server) {
  constexpr std::string_view kName = "localhost:";
  std::string name = server.starts_with(kName) ? "127.0.0.1:" + server.substr(kName.size()) : server;
  for (char& c : name) {
    if (c == '/') c = '_';  // of a unix socket's path
  }
  return name;
}

std::optional<fs::path> local_key(const std::string& server) {
  const auto folder = config_folder();
  if (!folder) return std::nullopt;
  return *folder / "local" / file_name_of(server);
}

Credentials credentials_in(const fs::path& file) {
  return [token = std::make_shared<TokenFile>(file)] { return token->first_line(); };
}

Credentials credentials_for(const std::string& server) {
  if (const std::string named = environment("MUSTER_TOKEN_FILE"); !named.empty()) return credentials_in(named);
  if (const auto local = local_key(server)) return credentials_in(*local);
  return [] { return std::string(); };
}

}  // namespace muster::client
