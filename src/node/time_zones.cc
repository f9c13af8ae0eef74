#include "muster/node/time_zones.h"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unordered_set>

namespace muster::node {
namespace {

/// The zones and links of the database's compact source.
std::unordered_set<std::string> read_names() {
  constexpr const char* kSource = "/usr/share/zoneinfo/tzdata.zi";
  std::ifstream source(kSource);
  if (!source) throw std::runtime_error(std::string(kSource) + " is missing: install the package tzdata");
  std::unordered_set<std::string> names;
  for (std::string line; std::getline(source, line);) {
    std::istringstream words(line);
    std::string kind, first, second;
    words >> kind >> first >> second;
    if (kind == "Z") names.insert(first);
    if (kind == "L") names.insert(second);
  }
  return names;
}

}  // namespace

bool is_time_zone(const std::string& name) {
  static const std::unordered_set<std::string> kNames = read_names();
  return kNames.contains(name);
}

}  // namespace muster::node
