#pragma once

#include "muster/musterd/config.h"

namespace muster::musterd {

/// A text for people at the terminal, in the two languages Muster speaks. Logs are in English.
struct Text {
  const char* english;
  const char* chinese;
};

enum class Language { kEnglish, kChinese };

/// By LC_ALL, else LC_MESSAGES, else LANG: Chinese if it starts with "zh".
Language choose_language(const Environment& environment);

inline const char* say(Language language, const Text& text) {
  return language == Language::kChinese ? text.chinese : text.english;
}

}  // namespace muster::musterd
