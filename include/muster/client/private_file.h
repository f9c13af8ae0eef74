#pragma once

#include <filesystem>
#include <optional>
#include <string>

/// Files for their owner's eyes alone.
namespace muster::client {

/// Puts `text` in the place of the file, whole or not at all (0600). Throws std::runtime_error.
void write_private_file(const std::filesystem::path& path, const std::string& text);

/// The same where there is no file yet; one that is there, or comes meanwhile, stays.
void make_private_file(const std::filesystem::path& path, const std::string& text);

/// The first bytes of a file; nothing if there is none. Throws std::runtime_error if it cannot be read, or others than
/// its owner may read it.
std::optional<std::string> read_private_file(const std::filesystem::path& path, std::size_t bytes_max);

/// Makes a folder that is missing, and those above it, for its owner alone (0700). Throws std::runtime_error.
void make_private_folder(const std::filesystem::path& path);

}  // namespace muster::client
