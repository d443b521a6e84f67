// Looks properties up in the tables and decodes their sets.
#include <algorithm>
#include <string>

#include "regex/unicode_tables.h"

namespace fcformat {
namespace {

std::string loose(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == '_' || c == '-') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

bool is_one_of(std::string_view name, std::string_view names) {
  while (!names.empty()) {
    size_t end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

uint32_t digit_of(char c) {
  if (c <= '9') return c == '+' ? 62 : c == '/' ? 63 : static_cast<uint32_t>(c - '0');
  return c <= 'Z' ? static_cast<uint32_t>(c - 'A' + 10) : static_cast<uint32_t>(c - 'a' + 36);
}

CodeSet decode(const char* text) {
  CodeSet out;
  auto number = [&] {
    uint32_t value = 0;
    for (uint32_t shift = 0;; shift += 5) {
      uint32_t digit = digit_of(*text++);
      value |= (digit & 31) << shift;
      if (digit < 32) return value;
    }
  };
  uint32_t end = 0;
  while (*text != '\0') {
    uint32_t lo = end + number();
    end = lo + number() + 1;
    out.push_back({lo, end - 1});
  }
  return out;
}

bool find_in(const UnicodeSet* table, const std::string& name, CodeSet* set) {
  for (; table->names != nullptr; ++table) {
    if (!is_one_of(name, table->names)) continue;
    *set = normalize_set(decode(table->ranges));
    return true;
  }
  return false;
}

bool find_category(const std::string& name, CodeSet* set) {
  if (find_in(kGeneralCategories, name, set)) return true;
  for (const UnicodeUnion* group = kGeneralCategoryGroups; group->names != nullptr; ++group) {
    if (!is_one_of(name, group->names)) continue;
    CodeSet all;
    for (const UnicodeSet* row = kGeneralCategories; row->names != nullptr; ++row) {
      std::string_view names = row->names;
      if (!is_one_of(names.substr(0, names.find(' ')), group->members)) continue;
      CodeSet part = decode(row->ranges);
      all.insert(all.end(), part.begin(), part.end());
    }
    *set = normalize_set(std::move(all));
    return true;
  }
  return false;
}

}  // namespace

bool find_unicode_property(std::string_view name, std::string_view value, CodeSet* set) {
  std::string key = loose(name), wanted = loose(value);
  if (wanted.empty()) return false;
  if (is_one_of(key, "generalcategory gc")) return find_category(wanted, set);
  if (is_one_of(key, "script sc")) return find_in(kScripts, wanted, set);
  if (is_one_of(key, "scriptextensions scx"))
    return find_in(kScriptExtensions, wanted, set) || find_in(kScripts, wanted, set);
  if (!name.empty()) return false;
  if (wanted == "any") {
    *set = normalize_set({{0, kMaxCodePoint}});
    return true;
  }
  if (wanted == "ascii") {
    *set = {{0, 0x7F}};
    return true;
  }
  if (wanted == "assigned") {
    CodeSet unassigned;
    if (!find_category("cn", &unassigned)) return false;
    *set = complement_set(unassigned);
    return true;
  }
  return find_category(wanted, set) || find_in(kBinaryProperties, wanted, set);
}

}  // namespace fcformat
