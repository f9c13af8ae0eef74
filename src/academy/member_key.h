#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "muster/base/sealer.h"

namespace muster::academy {

/// A member's own key. What it has sealed (XChaCha20-Poly1305) cannot be read any more once the key is gone.
class MemberKey {
 public:
  /// A new one, random.
  static MemberKey make(std::string member_id);
  /// The one that wrapped() gave. Throws std::runtime_error if it was sealed by another root key, or for another
  /// member.
  static MemberKey unwrap(std::string member_id, std::string_view wrapped, const Sealer& root);

  /// As it is stored: sealed by the root key, for this member alone.
  [[nodiscard]] std::string wrapped(const Sealer& root) const;

  /// `place` says where it is stored, and is needed to open it again.
  [[nodiscard]] std::string seal(std::string_view place, std::string_view secret) const;
  /// Throws std::runtime_error if it was sealed by another key, at another place, or was altered.
  [[nodiscard]] std::string open(std::string_view place, std::string_view sealed) const;

 private:
  MemberKey(std::string member_id, std::string key);

  std::string member_id_;
  std::string key_;
};

}  // namespace muster::academy
