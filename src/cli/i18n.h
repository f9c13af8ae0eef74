#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace muster::cli {

/// The languages in which Muster speaks to people.
enum class Language { kEnglish, kChinese };

/// The language for this command line: its --lang, else the locale of the environment (LC_ALL, LC_MESSAGES, LANG),
/// else English. It is found before the command line is parsed, because the help texts are in it too. A --lang that
/// is not a language is left for the parser to refuse.
Language choose_language(int argc, const char* const* argv);

/// Speaks `language` from now on, in UTF-8, also where no locale but C.UTF-8 was ever generated. The catalogue is
/// ../share/locale/zh_CN/LC_MESSAGES/muster.mo as seen from the executable.
void use_language(Language language);
/// The language spoken now; English before use_language().
Language language();

/// The translation of a text; the text itself where there is none.
std::string tr(const char* text);

/// Marks a text for translation that is translated later, by tr.
constexpr const char* noop(const char* text) { return text; }

/// The translation of a text that depends on a count.
std::string trn(const char* singular, const char* plural, unsigned long count);

/// The translation of a pattern with its places {0}, {1}… filled in.
template <class... Args>
std::string say(const char* pattern, const Args&... args) {
  return fmt::format(fmt::runtime(tr(pattern)), args...);
}

}  // namespace muster::cli
