// JSON texts (RFC 8259), read from left to right: which characters, or bytes of UTF-8, can come next.
//
// JSON nests, so there are infinitely many places; they are numbered as they are reached. Each can still be completed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace fcformat {

class JsonScanner {
 public:
  // A place in a text: what is open, and where in the innermost of it.
  using Place = uint32_t;

  Place start() const;
  // The place behind one more code point. Throws GrammarLimitError where there are too many places.
  std::optional<Place> after(Place place, uint32_t code_point);
  // The place behind one more byte; within a character, too. There is no byte order mark.
  std::optional<Place> after_byte(Place place, uint8_t byte);
  bool complete(Place place) const { return missing(place) == 0; }
  // The fewest characters, and bytes, that make a text of what has been read.
  uint32_t missing(Place place) const;
  // No more than these are missing beside one for each array and object that is open; a character opens one at most.
  static constexpr uint32_t kMostMissing = 7;

 private:
  enum Step : uint32_t;
  struct Open {  // arrays and objects that are open
    uint32_t around, depth;
    bool object;
    uint32_t array_inside = 0, object_inside = 0;  // 0: not reached yet
  };

  uint32_t inside(uint32_t open, bool object);
  std::optional<Place> after_value(uint32_t open, uint32_t c) const;

  std::vector<Open> opens_{{0, 0, false}};  // the first one: nothing is open
};

}  // namespace fcformat
