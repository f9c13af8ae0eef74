#pragma once

#include <string>
#include <string_view>

namespace muster::academy {

/// A text as it is compared: letters of Latin, Greek and Cyrillic in lower case, the full-width forms of ASCII as
/// ASCII, runs of white space as one space, none at the ends. Everything else stays; so do bytes that are not UTF-8.
std::string folded(std::string_view text);

}  // namespace muster::academy
