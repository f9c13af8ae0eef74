#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace muster::identity {

/// Puts `text` in the place of the file, whole or not at all, for its owner alone (0600). Throws std::runtime_error.
void write_private_file(const std::filesystem::path& path, const std::string& text);

/// The same where there is no file yet; one that is there, or comes meanwhile, stays.
void make_private_file(const std::filesystem::path& path, const std::string& text);

/// The first bytes of a file; nothing if there is none. Throws std::runtime_error if it cannot be read, or others than
/// its owner may read it.
std::optional<std::string> read_private_file(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace muster::identity
