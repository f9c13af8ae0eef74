#pragma once

#include <thread>

namespace muster {

/// Names a running thread for whoever looks at the process with top -H, perf or gdb. At most 15 bytes.
template <typename Thread>
void name_thread(Thread& thread, const char* name) {
  pthread_setname_np(thread.native_handle(), name);
}

}  // namespace muster
