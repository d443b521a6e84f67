// The characters of a string, byte by byte: UTF-8 and the escapes of the surface syntax.
//
// A language of strings runs over code points; its spelling runs over bytes. Between two code points the spelling may
// stand in the middle of a character or of an escape: that is the `Partial`. A byte is allowed only if some code point
// that it can still become leads on.
#pragma once

#include <cstdint>
#include <vector>

#include "regex/expression.h"

namespace fcformat {

enum class Escapes : uint8_t { kNone, kJson, kJsonMinimal, kPython, kPythonMinimal };

struct Partial {
  enum class Kind : uint8_t { kNone, kUtf8, kBackslash, kHex, kLowBackslash, kLowU, kLowHex, kSkipUtf8, kSkipHex };
  Kind kind = Kind::kNone;
  uint8_t left = 0;    // bytes or hex digits still to come
  uint8_t length = 0;  // kUtf8: bytes of the whole character; kHex: digits in all
  uint32_t value = 0;  // read so far; kLow*: high surrogate in the upper half
  uint64_t pack() const {
    return static_cast<uint64_t>(kind) << 48 | static_cast<uint64_t>(left) << 40 | static_cast<uint64_t>(length) << 32 |
           value;
  }
  static Partial unpack(uint64_t packed) {
    return {static_cast<Kind>(packed >> 48), static_cast<uint8_t>(packed >> 40), static_cast<uint8_t>(packed >> 32),
            static_cast<uint32_t>(packed)};
  }
};

// What one byte leads to: a code point read (`complete`), or a further partial. Where all that the partial can still
// become leads to one target, which character it is no longer matters: the partial is a kSkip* and stands before that
// target (`known`). This keeps half characters from multiplying states.
struct Spelled {
  uint8_t byte;
  bool complete;
  bool known;  // target is set: the code point has been read, or is bound to lead there
  ExprId target;
  Partial partial;  // where not complete
};

// All bytes that may follow in `partial`, given where code points lead. `quote` is excluded as plain content (0: none is).
std::vector<Spelled> spell_bytes(const std::vector<Edge>& edges, Partial partial, Escapes escapes, uint8_t quote);

// Bytes at the end of a UTF-8 text that begin a character without completing it.
uint32_t incomplete_tail(std::string_view text);

// The text that a spelling of a string (between its quotes) means.
std::u32string read_spelling(std::string_view bytes, Escapes escapes);

}  // namespace fcformat
