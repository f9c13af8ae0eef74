#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Secrets and signatures as Standard Webhooks have them: https://www.standardwebhooks.com.
namespace muster::webhooks {

/// "whsec_" and base64 of 32 random bytes.
std::string new_secret();

/// "v1," and base64 of HMAC-SHA256. `timestamp`: of the attempt, in seconds since 1970. Throws std::runtime_error if
/// the secret is none.
std::string signature(std::string_view secret, std::string_view delivery_id, std::int64_t timestamp,
                      std::string_view body);

}  // namespace muster::webhooks
