#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace muster::client {

/// Gives what a call carries as "authorization: Bearer …"; empty: nothing. Thread-safe.
using Credentials = std::function<std::string()>;

/// Where this user's programs keep what is Muster's: $XDG_CONFIG_HOME/muster, or ~/.config/muster. Nothing if neither
/// is known.
std::optional<std::filesystem::path> config_folder();

/// A server as the name of a file: "localhost:7070" is "127.0.0.1:7070".
std::string file_name_of(const std::string& server);

/// Where musterd, run by the same user on this machine, leaves word of its operator's key: <config>/local/<server>.
std::optional<std::filesystem::path> local_key(const std::string& server);

/// The first line of a file, which is read again from time to time; nothing while it cannot be read.
Credentials credentials_in(const std::filesystem::path& file);

/// What a program calls with that is told nothing else: what is in the file that MUSTER_TOKEN_FILE names, else the key
/// of a musterd of this user on this machine, else nothing.
Credentials credentials_for(const std::string& server);

}  // namespace muster::client
