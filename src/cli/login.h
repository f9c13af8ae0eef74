#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "context.h"
#include "muster/v1/identity_service.pb.h"

namespace muster::cli {

/// What `muster login` keeps of a sign-in to a server: <config>/sessions/<server>, for its owner alone (0600, in a
/// folder of 0700).
class LoginFile {
 public:
  explicit LoginFile(const Options& options);

  /// Nothing if there is none. Throws UsageError if it cannot be read, or others may read it.
  [[nodiscard]] std::optional<v1::Tokens> read() const;
  /// Throws UsageError.
  void write(const v1::Tokens& tokens) const;
  void remove() const;

  /// The access token, refreshed when it is about to end. Of several programs that use the file one refreshes, for a
  /// refresh token is good once. Empty if there is no sign-in or it is over.
  [[nodiscard]] client::Credentials credentials() const;

 private:
  [[nodiscard]] v1::Tokens refreshed() const;

  Options options_;
  std::filesystem::path path_;
};

}  // namespace muster::cli
