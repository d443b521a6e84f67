// A JSON value as the binding hands it over: objects keep their order, numbers are exact, strings are UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "regex/decimal.h"

namespace fcformat {

struct Json {
  enum class Type : uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };
  Type type = Type::kNull;
  bool negative = false;                              // kNumber, whose digits are its text
  int32_t exponent = 0;                               // kNumber
  std::string text;                                   // kString
  std::vector<Json> items;                            // kArray
  std::vector<std::pair<std::string, Json>> members;  // kObject; names are distinct

  // Declared here and defaulted below: Clang would else look into the pair of `members`, which needs this class whole.
  Json();
  Json(const Json&);
  Json(Json&&) noexcept;
  Json& operator=(const Json&);
  Json& operator=(Json&&) noexcept;
  ~Json();

  bool is_object() const { return type == Type::kObject; }
  bool is_array() const { return type == Type::kArray; }
  bool is_string() const { return type == Type::kString; }
  bool is_number() const { return type == Type::kNumber; }
  bool is_bool() const { return type == Type::kTrue || type == Type::kFalse; }
  Decimal number() const { return {negative, text, exponent}; }
  void set_number(Decimal value) {
    type = Type::kNumber;
    negative = value.negative;
    exponent = static_cast<int32_t>(value.exponent);  // parse_decimal bounds it
    text = std::move(value.digits);
  }
  const Json* find(std::string_view name) const {
    for (const auto& member : members) {
      if (member.first == name) return &member.second;
    }
    return nullptr;
  }
};

inline Json::Json() = default;
inline Json::Json(const Json&) = default;
inline Json::Json(Json&&) noexcept = default;
inline Json& Json::operator=(const Json&) = default;
inline Json& Json::operator=(Json&&) noexcept = default;
inline Json::~Json() = default;

const char* type_name(const Json& value);
// The memory that a value holds beside itself, in bytes, approximately.
size_t heap_bytes(const Json& value);
// A short rendering for messages, cut at `limit` bytes.
std::string summary(const Json& value, size_t limit = 60);
// Equal JSON values (1 and 1.0, objects in any order) give equal texts, different ones different texts.
std::string canonical(const Json& value);
// Parses one value that the matcher has accepted before, so it is known to be well-formed: JSON, or a Python literal.
Json parse_value(std::string_view text, bool python);

}  // namespace fcformat
