// A stretch of JSON text that needs nothing put right, for the parser of replies: where it ends, and what must come then.
// What is not plain JSON, or not complete in the text at hand, is left to the caller, a whole token at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace fcformat {

// What must come next inside a value; the numbers are those of fcformat/parsing/json_incremental.py.
enum class JsonDue : int { kValue, kItem, kMember, kColon, kComma, kDone };

struct JsonState {
  std::string closers;  // of the containers that are open
  JsonDue due = JsonDue::kValue;
};

template <class Char>
class JsonRun {
 public:
  // Longest number that is taken; the reader of single tokens bounds them as well, further up.
  static constexpr size_t kMaxNumber = 999;

  JsonRun(const Char* text, size_t size, size_t deepest) : text_(text), size_(size), deepest_(deepest) {}

  // Reads from `at` on; returns where it stopped. The state is that of the place where it stopped.
  size_t run(size_t at, JsonState* state) const {
    while (state->due != JsonDue::kDone) {
      size_t next = state->closers.empty() ? at : after_space(at);
      if (next == size_) return at;
      size_t end = step(next, state);
      if (end == 0) return at;
      at = end;
    }
    return at;
  }

 private:
  // One token at `at`; where it ends, 0 if it is none that is plain.
  size_t step(size_t at, JsonState* state) const {
    const Char c = text_[at];
    switch (state->due) {
      case JsonDue::kComma:
        if (c == static_cast<Char>(state->closers.back())) {
          state->closers.pop_back();
          return complete(at + 1, state);
        }
        if (c == ',') {
          size_t after = after_space(at + 1);
          // A comma before the end is to be taken out; at the end of the text that is not known yet.
          if (after == size_ || text_[after] == static_cast<Char>(state->closers.back())) return 0;
          state->due = state->closers.back() == '}' ? JsonDue::kMember : JsonDue::kItem;
          return after;
        }
        return 0;
      case JsonDue::kColon:
        if (c != ':') return 0;
        state->due = JsonDue::kValue;
        return at + 1;
      case JsonDue::kMember: {
        size_t end = c == '"' ? string_end(at) : 0;
        if (end != 0) state->due = JsonDue::kColon;
        return end;
      }
      default:
        return c == '[' || c == '{' ? container(at, state) : complete(scalar_end(at), state);
    }
  }

  size_t complete(size_t end, JsonState* state) const {
    if (end != 0) state->due = state->closers.empty() ? JsonDue::kDone : JsonDue::kComma;
    return end;
  }

  size_t container(size_t at, JsonState* state) const {
    if (state->closers.size() >= deepest_) return 0;
    const char closer = text_[at] == '[' ? ']' : '}';
    size_t after = after_space(at + 1);
    if (after == size_) return 0;
    if (text_[after] == static_cast<Char>(closer)) return complete(after + 1, state);
    state->closers.push_back(closer);
    state->due = closer == '}' ? JsonDue::kMember : JsonDue::kItem;
    return after;
  }

  size_t scalar_end(size_t at) const {
    switch (text_[at]) {
      case '"':
        return string_end(at);
      case 't':
        return word_end(at, "true");
      case 'f':
        return word_end(at, "false");
      case 'n':
        return word_end(at, "null");
      default:
        return number_end(at);
    }
  }

  // Numbers and words count only where something follows that ends them.
  bool ends_here(size_t at) const {
    if (at >= size_) return false;
    const Char c = text_[at];
    return c == ',' || c == ']' || c == '}' || is_space(c);
  }

  size_t word_end(size_t at, const char* word) const {
    for (; *word != 0; ++word, ++at) {
      if (at == size_ || text_[at] != static_cast<Char>(*word)) return 0;
    }
    return ends_here(at) ? at : 0;
  }

  size_t digits_end(size_t at) const {
    while (at < size_ && text_[at] >= '0' && text_[at] <= '9') ++at;
    return at;
  }

  size_t number_end(size_t at) const {
    const size_t start = at;
    if (text_[at] == '-') ++at;
    if (at == size_) return 0;
    size_t end = text_[at] == '0' ? at + 1 : digits_end(at);
    if (end == at) return 0;
    if (end < size_ && text_[end] == '.') {
      at = end + 1;
      end = digits_end(at);
      if (end == at) return 0;
    }
    if (end < size_ && (text_[end] == 'e' || text_[end] == 'E')) {
      at = end + 1;
      if (at < size_ && (text_[at] == '+' || text_[at] == '-')) ++at;
      end = digits_end(at);
      if (end == at) return 0;
    }
    return ends_here(end) && end - start <= kMaxNumber ? end : 0;
  }

  size_t string_end(size_t at) const {
    for (++at; at < size_; ++at) {
      const Char c = text_[at];
      if (c == '"') return at + 1;
      if (c < 0x20 || is_surrogate(c)) return 0;
      if (c != '\\') continue;
      if (++at == size_) return 0;
      switch (text_[at]) {
        case '"':
        case '\\':
        case '/':
        case 'b':
        case 'f':
        case 'n':
        case 'r':
        case 't':
          break;
        case 'u':
          if (size_ - at <= 4) return 0;
          for (size_t k = 1; k <= 4; ++k) {
            if (!is_hex(text_[at + k])) return 0;
          }
          at += 4;
          break;
        default:
          return 0;
      }
    }
    return 0;
  }

  // Halves of characters cannot be encoded; they are to be written as escapes.
  static bool is_surrogate(Char c) {
    if constexpr (sizeof(Char) == 1) {
      return false;
    } else {
      return c >= 0xD800 && c <= 0xDFFF;
    }
  }

  static bool is_hex(Char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
  static bool is_space(Char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  size_t after_space(size_t at) const {
    while (at < size_ && is_space(text_[at])) ++at;
    return at;
  }

  const Char* text_;
  size_t size_, deepest_;
};

}  // namespace fcformat
