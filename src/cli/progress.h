#pragma once

#include <cstdint>
#include <string>

namespace muster::cli {

/// A bar of `width` columns that shows how much of `target` is done: "[#####-----]  50%  500/1000".
std::string progress_bar(std::int64_t done, std::int64_t target, int width);

}  // namespace muster::cli
