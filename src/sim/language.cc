#include "language.h"

namespace muster::sim {
namespace {

Language current = Language::kEnglish;

}  // namespace

void set_language(Language language) { current = language; }

Language language() { return current; }

Language language_of_locale(std::string_view locale) {
  return locale.substr(0, 2) == "zh" ? Language::kChinese : Language::kEnglish;
}

std::string_view tr(std::string_view english, std::string_view chinese) {
  return current == Language::kChinese ? chinese : english;
}

}  // namespace muster::sim
