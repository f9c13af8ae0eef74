#pragma once

namespace muster::metrics {

/// What the kernel knows of this process.
struct ProcessFigures {
  double cpu_seconds = 0;     ///< of all its threads, in user and system mode
  double resident_bytes = 0;  ///< memory that is in RAM
  double open_fds = 0;
  double max_fds = 0;  ///< that it may open
};

ProcessFigures process_figures();

}  // namespace muster::metrics
