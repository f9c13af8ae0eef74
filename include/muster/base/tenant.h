#pragma once

namespace muster {

/// The tenant that runs Muster itself.
inline constexpr const char* kPlatformTenant = "platform";

}  // namespace muster
