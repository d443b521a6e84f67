// The errors that the core throws; the binding turns each into the Python class of the same name.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace fcformat {

// The beginning of a UTF-8 text for a message, cut between characters.
inline std::string excerpt(const std::string& text, size_t limit = 120) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit) + "…";
}

// A schema, a pattern or a grammar is wrong in itself. `pointer` is the JSON pointer of the place.
class SchemaError : public std::runtime_error {
 public:
  SchemaError(const std::string& message, std::string pointer, std::string keyword)
      : std::runtime_error(message), pointer(std::move(pointer)), keyword(std::move(keyword)) {}
  std::string pointer, keyword;
};

// Valid, but outside what the engine supports.
class UnsupportedSchemaError : public SchemaError {
 public:
  using SchemaError::SchemaError;
};

// A grammar's rules do not fit together.
class GrammarError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A budget is exceeded; the message names it and its value.
class GrammarLimitError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A regular expression is wrong or unsupported at a character offset. Whoever knows the schema's pointer adds it.
class PatternError : public std::runtime_error {
 public:
  PatternError(const std::string& message, size_t offset, bool unsupported)
      : std::runtime_error(message), offset(offset), unsupported(unsupported) {}
  size_t offset;
  bool unsupported;
};

}  // namespace fcformat
