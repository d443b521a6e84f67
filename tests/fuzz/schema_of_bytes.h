// Schemas out of bytes: what a fuzzer changes in its input changes a keyword, a number or a shape, and nothing is malformed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "schema/json.h"

namespace fcformat::fuzz {

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t next() { return at_ < size_ ? data_[at_++] : 0; }
  uint32_t below(uint32_t limit) { return next() % limit; }
  bool left() const { return at_ < size_; }
  std::string take(size_t most) {
    std::string out;
    while (left() && out.size() < most) out.push_back(static_cast<char>(next()));
    return out;
  }

 private:
  const uint8_t* data_;
  size_t size_, at_ = 0;
};

inline Json text_of(std::string text) {
  Json out;
  out.type = Json::Type::kString;
  out.text = std::move(text);
  return out;
}

inline Json number_of(Bytes& in) {
  static const char* kNumbers[] = {"0",   "1",    "-1",   "2",    "3",  "10",   "0.5", "0.1",
                                   "1.5", "-2.5", "1e21", "1e-7", "99", "1000", "7",   "-0.001"};
  Json out;
  out.set_number(parse_decimal(kNumbers[in.below(16)]));
  return out;
}

inline Json size_of(Bytes& in) {
  static const char* kSizes[] = {"0", "1", "2", "3", "5", "40", "1000000"};
  Json out;
  out.set_number(parse_decimal(kSizes[in.below(7)]));
  return out;
}

inline std::string name_of(Bytes& in) {
  static const char* kNames[] = {"a", "b", "ab", "", "\"\\", "é", "\n", "😀"};
  return kNames[in.below(8)];
}

inline Json flag_of(bool flag) {
  Json out;
  out.type = flag ? Json::Type::kTrue : Json::Type::kFalse;
  return out;
}

inline Json value_of(Bytes& in, int depth) {
  Json out;
  switch (in.below(depth > 0 ? 7 : 5)) {
    case 0:
      return out;
    case 1:
    case 2:
      return flag_of(in.below(2) != 0);
    case 3:
      return number_of(in);
    case 4:
      return text_of(name_of(in));
    case 5:
      out.type = Json::Type::kArray;
      for (uint32_t n = in.below(3); n > 0; --n) out.items.push_back(value_of(in, depth - 1));
      return out;
    default:
      out.type = Json::Type::kObject;
      for (uint32_t n = in.below(3); n > 0; --n) {
        std::string name = name_of(in);
        if (!out.find(name)) out.members.emplace_back(name, value_of(in, depth - 1));
      }
      return out;
  }
}

inline Json schema_of(Bytes& in, int depth);

inline Json list_of(Bytes& in, int depth) {
  Json out;
  out.type = Json::Type::kArray;
  for (uint32_t n = 1 + in.below(3); n > 0; --n) out.items.push_back(schema_of(in, depth - 1));
  return out;
}

inline Json map_of(Bytes& in, int depth, bool patterns) {
  static const char* kPatterns[] = {"^a",       "b$",    "^[a-c]*$", "é|😀", "^(a|b)*a(a|b){2}$",
                                    "^.{0,3}$", "(?!a)", "(?<=a)b"};
  Json out;
  out.type = Json::Type::kObject;
  for (uint32_t n = in.below(4); n > 0; --n) {
    std::string name = patterns ? kPatterns[in.below(8)] : name_of(in);
    if (!out.find(name)) out.members.emplace_back(name, schema_of(in, depth - 1));
  }
  return out;
}

inline Json names_of(Bytes& in) {
  Json out;
  out.type = Json::Type::kArray;
  for (uint32_t n = 1 + in.below(2); n > 0; --n) {
    std::string name = name_of(in);
    bool known = false;
    for (const Json& other : out.items) known |= other.text == name;
    if (!known) out.items.push_back(text_of(name));
  }
  return out;
}

// A schema of the newest draft; references name `#` and the definition `d`, which the caller adds.
inline Json schema_of(Bytes& in, int depth) {
  static const char* kTypes[] = {"null", "boolean", "integer", "number", "string", "array", "object"};
  static const char* kFormats[] = {"date", "date-time", "ipv6", "uuid", "hostname", "email", "regex", "x-unknown"};
  static const char* kPatterns[] = {"^a",   "b$",  "^(ab|c)+$", "^\\d{2,3}$", "(?=.*a)b", "^(a|b)*a(a|b){3}$",
                                    "\\bx", "[^a]"};
  Json out;
  out.type = Json::Type::kObject;
  auto set = [&](const char* keyword, Json value) {
    if (!out.find(keyword)) out.members.emplace_back(keyword, std::move(value));
  };
  if (depth <= 0 || !in.left()) return flag_of(in.below(4) != 0);
  for (uint32_t n = 1 + in.below(4); n > 0; --n) {
    switch (in.below(32)) {
      case 0:
        set("type", text_of(kTypes[in.below(7)]));
        break;
      case 1:
        set("enum", [&] {
          Json e = value_of(in, 0);
          Json l;
          l.type = Json::Type::kArray;
          l.items = {e};
          return l;
        }());
        break;
      case 2:
        set("const", value_of(in, 2));
        break;
      case 3:
        set("minimum", number_of(in));
        break;
      case 4:
        set("exclusiveMaximum", number_of(in));
        break;
      case 5: {
        Json m = number_of(in);
        if (!m.number().is_zero() && !m.negative) set("multipleOf", std::move(m));
        break;
      }
      case 6:
        set("minLength", size_of(in));
        break;
      case 7:
        set("maxLength", size_of(in));
        break;
      case 8:
        set("pattern", text_of(kPatterns[in.below(8)]));
        break;
      case 9:
        set("format", text_of(kFormats[in.below(8)]));
        break;
      case 10:
        set("properties", map_of(in, depth, false));
        break;
      case 11:
        set("patternProperties", map_of(in, depth, true));
        break;
      case 12:
        set("additionalProperties", schema_of(in, depth - 1));
        break;
      case 13:
        set("required", names_of(in));
        break;
      case 14:
        set("minProperties", size_of(in));
        break;
      case 15:
        set("maxProperties", size_of(in));
        break;
      case 16:
        set("propertyNames", schema_of(in, depth - 1));
        break;
      case 17:
        set("items", schema_of(in, depth - 1));
        break;
      case 18:
        set("prefixItems", list_of(in, depth));
        break;
      case 19:
        set("minItems", size_of(in));
        break;
      case 20:
        set("maxItems", size_of(in));
        break;
      case 21:
        set("uniqueItems", flag_of(true));
        break;
      case 22:
        set("contains", schema_of(in, depth - 1));
        break;
      case 23:
        set("maxContains", size_of(in));
        break;
      case 24:
        set("anyOf", list_of(in, depth));
        break;
      case 25:
        set("oneOf", list_of(in, depth));
        break;
      case 26:
        set("allOf", list_of(in, depth));
        break;
      case 27:
        set("not", schema_of(in, depth - 1));
        break;
      case 28:
        set("if", schema_of(in, depth - 1));
        set("then", schema_of(in, depth - 1));
        break;
      case 29:
        set("$ref", text_of(in.below(2) ? "#" : "#/$defs/d"));
        break;
      case 30:
        set("unevaluatedProperties", schema_of(in, depth - 1));
        break;
      default:
        set("unevaluatedItems", schema_of(in, depth - 1));
        break;
    }
  }
  return out;
}

inline Json document_of(Bytes& in) {
  Json root = schema_of(in, 4);
  if (!root.is_object()) return root;
  Json definitions;
  definitions.type = Json::Type::kObject;
  definitions.members.emplace_back("d", schema_of(in, 2));
  root.members.emplace_back("$defs", std::move(definitions));
  return root;
}

}  // namespace fcformat::fuzz
