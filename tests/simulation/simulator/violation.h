#pragma once

#include <stdexcept>
#include <string>

namespace muster::simulator {

/// A rule that the product has broken. Ends the run.
class Violation : public std::runtime_error {
 public:
  /// `rule`: an invariant of docs/testing.md, such as "I3".
  Violation(std::string rule, const std::string& what) : std::runtime_error(what), rule_(std::move(rule)) {}

  [[nodiscard]] const std::string& rule() const { return rule_; }

 private:
  std::string rule_;
};

}  // namespace muster::simulator
