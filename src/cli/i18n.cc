#include "i18n.h"

#include <langinfo.h>
#include <libintl.h>

#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace muster::cli {
namespace {

constexpr const char* kDomain = "muster";

Language spoken = Language::kEnglish;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

Language language_of_locale() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    if (const auto value = environment(name); !value.empty()) {
      return value.starts_with("zh") ? Language::kChinese : Language::kEnglish;
    }
  }
  return Language::kEnglish;
}

std::string catalogue_directory() {
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  return (executable.parent_path().parent_path() / "share" / "locale").string();
}

}  // namespace

Language choose_language(int argc, const char* const* argv) {
  std::string_view chosen;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--") break;
    if (argument.starts_with("--lang=")) chosen = argument.substr(7);
    if (argument == "--lang" && i + 1 < argc) chosen = argv[i + 1];
  }
  if (chosen == "zh") return Language::kChinese;
  if (chosen == "en") return Language::kEnglish;
  return language_of_locale();
}

void use_language(Language language) {
  spoken = language;
  // gettext ignores LANGUAGE in the locale "C", and other zh locales are often not generated: C.UTF-8 is always there.
  setenv("LANGUAGE", language == Language::kChinese ? "zh_CN" : "en", 1);
  std::setlocale(LC_MESSAGES, "C.UTF-8");
  std::setlocale(LC_CTYPE, "");
  if (std::string_view{nl_langinfo(CODESET)} != "UTF-8") std::setlocale(LC_CTYPE, "C.UTF-8");
  bindtextdomain(kDomain, catalogue_directory().c_str());
  bind_textdomain_codeset(kDomain, "UTF-8");
}

Language language() { return spoken; }

std::string tr(const char* text) { return dgettext(kDomain, text); }

std::string trn(const char* singular, const char* plural, unsigned long count) {
  return dngettext(kDomain, singular, plural, count);
}

}  // namespace muster::cli
