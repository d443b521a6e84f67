#include "regex/json_scanner.h"

#include <array>
#include <string>
#include <string_view>

#include "errors.h"
#include "regex/number_automata.h"

namespace fcformat {

// Where in the innermost array or object. A place is this, whether it is in a key, and what is open.
enum JsonScanner::Step : uint32_t {
  kValue,
  kFirstItem,  // or the array's end
  kFirstKey,   // or the object's end
  kKey,
  kColon,
  kBehind,  // a value
  kString,
  kEscape,
  kHex1,  // so many digits of \uXXXX are missing
  kHex2,
  kHex3,
  kHex4,
  kByte1,  // so many bytes of a character are missing
  kByte2,
  kByte3,
  kByteE0,  // behind a first byte that not every second one may follow
  kByteED,
  kByteF0,
  kByteF4,
  kWord,         // behind a beginning of true, false or null
  kNumber = 32,  // and a NumberPhase
};

namespace {

constexpr uint32_t kStepBits = 6;
constexpr uint32_t kInKey = 1u << kStepBits, kOpenShift = kStepBits + 1;
constexpr uint32_t kMostOpens = 1u << (32 - kOpenShift);

constexpr std::array<std::string_view, 3> kWords{"true", "false", "null"};
// Places within the words, one behind the other: of "true" 0 to 2, of "false" 3 to 6, of "null" 7 to 9.
constexpr uint32_t first_place(size_t word) { return word == 0 ? 0 : word == 1 ? 3 : 7; }
constexpr size_t word_at(uint32_t place) { return place < 3 ? 0 : place < 7 ? 1 : 2; }

bool is_space(uint32_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_hex(uint32_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_short_escape(uint32_t c) {
  return c < 0x80 && std::string_view("\"\\/bfnrt").find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

JsonScanner::Place JsonScanner::start() const { return kValue; }

uint32_t JsonScanner::inside(uint32_t open, bool object) {
  uint32_t known = object ? opens_[open].object_inside : opens_[open].array_inside;
  if (known != 0) return known;
  auto made = static_cast<uint32_t>(opens_.size());
  if (made >= kMostOpens) {
    throw GrammarLimitError("texts of JSON open arrays and objects in more ways than max_nestings = " +
                            std::to_string(kMostOpens));
  }
  (object ? opens_[open].object_inside : opens_[open].array_inside) = made;
  opens_.push_back({open, opens_[open].depth + 1, object});
  return made;
}

// Behind a value: the end of what it stands in, or a comma.
std::optional<JsonScanner::Place> JsonScanner::after_value(uint32_t open, uint32_t c) const {
  const Open& o = opens_[open];
  if (is_space(c)) return open << kOpenShift | kBehind;
  if (open == 0) return std::nullopt;
  if (c == ',') return open << kOpenShift | static_cast<uint32_t>(o.object ? kKey : kValue);
  if (c == static_cast<uint32_t>(o.object ? '}' : ']')) return o.around << kOpenShift | kBehind;
  return std::nullopt;
}

std::optional<JsonScanner::Place> JsonScanner::after(Place place, uint32_t c) {
  const uint32_t open = place >> kOpenShift, step = place & (kInKey - 1), here = place - step, key = place & kInKey;
  auto when = [&](bool condition, uint32_t next) { return condition ? std::optional(here | next) : std::nullopt; };
  switch (step) {
    case kFirstItem:
      if (c == ']') return opens_[open].around << kOpenShift | kBehind;
      [[fallthrough]];
    case kValue:
      if (is_space(c)) return place;
      if (c == '"') return here | kString;
      if (c == '[') return inside(open, false) << kOpenShift | kFirstItem;
      if (c == '{') return inside(open, true) << kOpenShift | kFirstKey;
      for (size_t word = 0; word < kWords.size(); ++word) {
        if (c == static_cast<uint32_t>(kWords[word][0])) return here | (kWord + first_place(word));
      }
      if (auto phase = next_phase(NumberPhase::kStart, c)) return here | (kNumber + static_cast<uint32_t>(*phase));
      return std::nullopt;
    case kFirstKey:
      if (c == '}') return opens_[open].around << kOpenShift | kBehind;
      [[fallthrough]];
    case kKey:
      return is_space(c) ? std::optional(place) : when(c == '"', kInKey | kString);
    case kColon:
      return is_space(c) ? std::optional(place) : when(c == ':', kValue);
    case kBehind:
      return after_value(open, c);
    case kString:
      if (c == '"') return open << kOpenShift | static_cast<uint32_t>(key != 0 ? kColon : kBehind);
      return c == '\\' ? std::optional(here | kEscape) : when(c >= 0x20, kString);
    case kEscape:
      return c == 'u' ? std::optional(here | kHex4) : when(is_short_escape(c), kString);
    case kHex1:
      return when(is_hex(c), kString);
    case kHex2:
    case kHex3:
    case kHex4:
      return when(is_hex(c), step - 1);
    default:
      break;
  }
  if (step >= kNumber) {
    auto phase = static_cast<NumberPhase>(step - kNumber);
    if (auto next = next_phase(phase, c)) return here | (kNumber + static_cast<uint32_t>(*next));
    return is_complete(phase) ? after_value(open, c) : std::nullopt;
  }
  if (step < kWord) return std::nullopt;  // within a character
  const size_t word = word_at(step - kWord), read = step - kWord - first_place(word) + 1;
  if (c != static_cast<uint32_t>(kWords[word][read])) return std::nullopt;
  return here | (read + 1 == kWords[word].size() ? static_cast<uint32_t>(kBehind) : step + 1);
}

std::optional<JsonScanner::Place> JsonScanner::after_byte(Place place, uint8_t byte) {
  const uint32_t step = place & (kInKey - 1), here = place - step;
  if (step == kString && byte >= 0x80) {  // only strings hold characters beyond ASCII
    if (byte < 0xC2 || byte > 0xF4) return std::nullopt;
    if (byte < 0xE0) return here | kByte1;
    if (byte == 0xE0) return here | kByteE0;
    if (byte == 0xED) return here | kByteED;
    if (byte < 0xF0) return here | kByte2;
    return here | static_cast<uint32_t>(byte == 0xF0 ? kByteF0 : byte == 0xF4 ? kByteF4 : kByte3);
  }
  if (step < kByte1 || step > kByteF4) return byte < 0x80 ? after(place, byte) : std::nullopt;
  uint8_t low = 0x80, high = 0xBF;
  uint32_t next = step == kByte1 ? static_cast<uint32_t>(kString) : step - 1;
  if (step == kByteE0) low = 0xA0, next = kByte1;   // no overlong forms
  if (step == kByteED) high = 0x9F, next = kByte1;  // no surrogates
  if (step == kByteF0) low = 0x90, next = kByte2;
  if (step == kByteF4) high = 0x8F, next = kByte2;  // up to U+10FFFF
  return byte >= low && byte <= high ? std::optional(here | next) : std::nullopt;
}

uint32_t JsonScanner::missing(Place place) const {
  const uint32_t step = place & (kInKey - 1);
  const uint32_t closing = opens_[place >> kOpenShift].depth;
  constexpr uint32_t kShortest = 1;  // a digit
  // The quotation mark, and after a key a colon and a value.
  auto in_string = [&](uint32_t more) { return closing + more + 1 + ((place & kInKey) != 0 ? 1 + kShortest : 0); };
  switch (step) {
    case kValue:
      return closing + kShortest;
    case kFirstItem:
    case kFirstKey:
    case kBehind:
      return closing;
    case kKey:
      return closing + 2 + 1 + kShortest;
    case kColon:
      return closing + 1 + kShortest;
    case kString:
      return in_string(0);
    case kEscape:
      return in_string(1);
    case kHex1:
    case kHex2:
    case kHex3:
    case kHex4:
      return in_string(step - kHex1 + 1);
    case kByte1:
    case kByte2:
    case kByte3:
      return in_string(step - kByte1 + 1);
    case kByteE0:
    case kByteED:
      return in_string(2);
    case kByteF0:
    case kByteF4:
      return in_string(3);
    default:
      break;
  }
  if (step >= kNumber) return closing + (is_complete(static_cast<NumberPhase>(step - kNumber)) ? 0 : 1);
  const size_t word = word_at(step - kWord);
  return closing + static_cast<uint32_t>(kWords[word].size()) - (step - kWord - first_place(word)) - 1;
}

}  // namespace fcformat
