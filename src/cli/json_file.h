#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace muster::cli {

/// Reads a message from a file in proto3 JSON and gives the names of the fields that stand there, also of those at
/// their default or null. Throws UsageError, which names the file and what is wrong.
std::vector<std::string> read_json_file(const std::string& path, google::protobuf::Message& message);

}  // namespace muster::cli
