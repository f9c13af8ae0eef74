#include "muster/store/sql.h"

namespace muster::store {

std::string to_array(const std::vector<std::string>& texts) {
  std::string array = "{";
  for (const std::string& text : texts) {
    array += array.size() > 1 ? ",\"" : "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return array + "}";
}

std::vector<std::string> texts_in(const pqxx::field& field) {
  std::vector<std::string> texts;
  auto parser = field.as_array();
  for (auto next = parser.get_next(); next.first != pqxx::array_parser::done; next = parser.get_next()) {
    if (next.first == pqxx::array_parser::string_value) texts.push_back(next.second);
  }
  return texts;
}

std::string containing(const std::string& text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

}  // namespace muster::store
