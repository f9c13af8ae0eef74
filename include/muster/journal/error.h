#pragma once

#include <stdexcept>

namespace muster::journal {

/// PostgreSQL did not answer, or refused, or answered too late. What was asked may or may not have happened. Worth
/// trying again from the start: acquire, replay.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The journal contradicts itself, or this release cannot read it. Trying again cannot help: stop the workspace and
/// call a person.
class Corrupt : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace muster::journal
