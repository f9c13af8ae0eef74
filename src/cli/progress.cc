#include "progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace muster::cli {

std::string progress_bar(std::int64_t done, std::int64_t target, int width) {
  // Events that came after the rebuild began may carry it past its target.
  const double share = target <= 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(target));
  const int filled = static_cast<int>(share * width);
  return fmt::format("[{:#>{}}{:->{}}] {:3}%  {}/{}", "", filled, "", width - filled, static_cast<int>(share * 100),
                     done, target);
}

}  // namespace muster::cli
