#pragma once

#include <span>
#include <string>

#include "language.h"
#include "muster/musterd/config.h"

namespace muster::musterd {

/// One thing that can be configured, and all of its names.
struct Key {
  const char* name;   // in the TOML file, such as "grpc.listen": key `listen` of the table [grpc]
  const char* value;  // what --help shows as its value, such as "HOST:PORT"
  Text help;
  Text allowed;
  bool (*set)(Config& config, const std::string& value);  // false: not allowed, and nothing is changed
  std::string (*get)(const Config& config);

  [[nodiscard]] std::string flag() const;         // "--grpc-listen"
  [[nodiscard]] std::string environment() const;  // "MUSTER_GRPC_LISTEN"
};

/// Every key, in the order in which people should meet them.
std::span<const Key> config_keys();

}  // namespace muster::musterd
