#include "system_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace muster::bench {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kStopLimit{15'000};

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Stat {
  pid_t parent = 0;
  std::int64_t ticks = 0;
};

/// /proc/PID/stat, from behind the name, which may hold anything.
Stat read_stat(const fs::path& process) {
  const std::string text = read_file(process / "stat");
  Stat stat;
  if (const std::size_t name_end = text.rfind(')'); name_end != text.npos) {
    std::istringstream fields(text.substr(name_end + 1));
    std::string skipped;
    std::int64_t user = 0;
    std::int64_t system = 0;
    fields >> skipped >> stat.parent;
    for (int i = 0; i < 9; ++i) fields >> skipped;
    fields >> user >> system;
    stat.ticks = user + system;
  }
  return stat;
}

std::int64_t to_us(std::int64_t ticks) { return ticks * 1'000'000 / sysconf(_SC_CLK_TCK); }

/// All and idle time of the machine since it started, in ticks.
std::array<std::int64_t, 2> machine_ticks() {
  std::ifstream file("/proc/stat");
  std::string cpu;
  file >> cpu;
  std::array<std::int64_t, 2> sum{};
  std::int64_t ticks = 0;
  for (int i = 0; i < 8 && file >> ticks; ++i) {
    sum[0] += ticks;
    if (i == 3 || i == 4) sum[1] += ticks;  // idle, waiting for the disk
  }
  return sum;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string path = (fs::temp_directory_path() / "muster-bench-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make " + path);
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

ChildProcess::ChildProcess(const std::vector<std::string>& arguments, fs::path log) : log_(std::move(log)) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const int output = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const bool ready = getppid() == parent && dup2(input, 0) >= 0 && dup2(output, 1) >= 0 && dup2(output, 2) >= 0;
    if (ready) execv(argv[0], argv.data());
    _exit(127);
  }
  close(output);
  close(input);
  if (pid_ < 0) throw std::runtime_error("cannot start " + arguments[0]);
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  const auto limit = std::chrono::steady_clock::now() + kStopLimit;
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > limit) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(milliseconds(5));
  }
}

void ChildProcess::check_alive() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == 0) return;
  pid_ = -1;
  const std::string text = read_file(log_);
  throw std::runtime_error("a server of the bench ended: " +
                           text.substr(text.size() - std::min<std::size_t>(text.size(), 2000)));
}

std::int64_t cpu_time_us(pid_t pid) { return to_us(read_stat(fs::path("/proc") / std::to_string(pid)).ticks); }

std::int64_t descendants_cpu_time_us(pid_t pid) {
  std::map<pid_t, Stat> all;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    pid_t number = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc{}) {
      all[number] = read_stat(entry.path());
    }
  }
  const auto descends = [&](pid_t process) {
    while (true) {
      const auto found = all.find(process);
      if (found == all.end()) return false;
      process = found->second.parent;
      if (process == pid) return true;
    }
  };
  std::int64_t ticks = 0;
  for (const auto& [process, stat] : all) {
    if (descends(process)) ticks += stat.ticks;
  }
  return to_us(ticks);
}

std::int64_t resident_kib(pid_t pid) {
  std::ifstream file(fs::path("/proc") / std::to_string(pid) / "status");
  std::string word;
  std::int64_t kib = 0;
  while (file >> word) {
    if (word == "VmRSS:") file >> kib;
  }
  return kib;
}

fs::path own_binary() { return fs::read_symlink("/proc/self/exe"); }

fs::path musterd_binary() {
  fs::path path = own_binary().parent_path() / "musterd";
  if (!fs::exists(path)) throw std::runtime_error(path.string() + " is missing: build the target musterd");
  return path;
}

int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0;
  close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

void raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void wait_for_quiet() {
  for (int attempt = 0; attempt < 15; ++attempt) {
    const auto before = machine_ticks();
    std::this_thread::sleep_for(milliseconds(200));
    const auto after = machine_ticks();
    const std::int64_t all = after[0] - before[0];
    const std::int64_t busy = all - (after[1] - before[1]);
    if (busy * 100 < all * 15) return;
  }
}

}  // namespace muster::bench
