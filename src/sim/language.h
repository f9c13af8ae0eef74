#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace muster::sim {

/// The languages that people can read muster-sim's output in.
enum class Language { kEnglish, kChinese };

/// The language of everything shown from now on. Set once, before the first output; English before that.
void set_language(Language language);
Language language();

/// The language that a locale name such as "zh_CN.UTF-8" asks for; English for every other than zh.
Language language_of_locale(std::string_view locale);

/// The one of two texts that is in the language set.
std::string_view tr(std::string_view english, std::string_view chinese);

/// As tr, with {} filled in.
template <class... Args>
std::string say(std::string_view english, std::string_view chinese, const Args&... args) {
  return fmt::format(fmt::runtime(tr(english, chinese)), args...);
}

}  // namespace muster::sim
