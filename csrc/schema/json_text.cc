#include "schema/json_text.h"

#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unordered_map>

#include "regex/expression.h"

namespace fcformat {
namespace {

constexpr size_t kMaxDigits = 4000;  // of one number; Python reads no integers much longer
constexpr size_t kFewMembers = 4;    // room is made for so many at once
constexpr size_t kManyMembers = 16;  // from here on, repeated names are found by hashing

// Bytes that end a run of a string's plain content.
constexpr auto kEndsRun = [] {
  std::array<bool, 256> out{};
  for (size_t c = 0; c < 0x20; ++c) out[c] = true;
  out['"'] = out['\\'] = true;
  return out;
}();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class TextReader {
 public:
  TextReader(std::string_view text, int max_depth) : at_(text.data()), end_(at_ + text.size()), max_depth_(max_depth) {}

  bool document(Json* out) {
    space();
    if (!value(out, 0)) return false;
    space();
    return at_ == end_;
  }

 private:
  void space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view w) {
    if (static_cast<size_t>(end_ - at_) < w.size() || std::memcmp(at_, w.data(), w.size()) != 0) return false;
    at_ += w.size();
    return true;
  }

  bool value(Json* out, int depth) {
    if (at_ == end_ || depth > max_depth_) return false;
    switch (*at_) {
      case '{':
        return object(out, depth);
      case '[':
        return array(out, depth);
      case '"':
        out->type = Json::Type::kString;
        return string(&out->text);
      case 't':
        out->type = Json::Type::kTrue;
        return word("true");
      case 'f':
        out->type = Json::Type::kFalse;
        return word("false");
      case 'n':
        return word("null");
      default:
        return number(out);
    }
  }

  bool object(Json* out, int depth) {
    out->type = Json::Type::kObject;
    ++at_;
    space();
    if (take('}')) return true;
    out->members.reserve(kFewMembers);
    std::unordered_map<std::string_view, size_t> places;
    do {
      space();
      std::string name;
      if (at_ == end_ || *at_ != '"' || !string(&name)) return false;
      space();
      if (!take(':')) return false;
      space();
      size_t place = find(out, name, &places);
      if (place == out->members.size()) {
        out->members.emplace_back(std::piecewise_construct, std::forward_as_tuple(std::move(name)), std::tuple<>());
      } else {
        out->members[place].second = Json{};
      }
      if (!value(&out->members[place].second, depth + 1)) return false;
      space();
    } while (take(','));
    return take('}');
  }

  // Where the name stands among the members; their number where it does not.
  static size_t find(Json* object, const std::string& name, std::unordered_map<std::string_view, size_t>* places) {
    auto& members = object->members;
    if (members.size() < kManyMembers) {
      size_t i = 0;
      while (i < members.size() && members[i].first != name) ++i;
      return i;
    }
    // Short names lie inside of the members themselves, so the table is made anew where those have moved.
    if (members.size() == kManyMembers || members.size() == members.capacity()) {
      if (members.size() == members.capacity()) members.reserve(members.size() * 2);
      places->clear();
      for (size_t i = 0; i < members.size(); ++i) places->emplace(members[i].first, i);
    } else {
      places->emplace(members.back().first, members.size() - 1);
    }
    auto it = places->find(name);
    return it == places->end() ? members.size() : it->second;
  }

  bool array(Json* out, int depth) {
    out->type = Json::Type::kArray;
    ++at_;
    space();
    if (take(']')) return true;
    do {
      space();
      if (!value(&out->items.emplace_back(), depth + 1)) return false;
      space();
    } while (take(','));
    return take(']');
  }

  bool number(Json* out) {
    const char* begin = at_;
    take('-');
    if (at_ == end_ || !is_digit(*at_)) return false;
    if (!take('0')) digits();
    if (take('.')) {
      if (at_ == end_ || !is_digit(*at_)) return false;
      digits();
    }
    if (take('e') || take('E')) {
      if (!take('-')) take('+');
      if (at_ == end_ || !is_digit(*at_)) return false;
      digits();
    }
    auto size = static_cast<size_t>(at_ - begin);
    if (size > kMaxDigits) return false;
    try {
      out->set_number(parse_decimal({begin, size}));
    } catch (const std::invalid_argument&) {  // an exponent out of range
      return false;
    }
    return true;
  }
  void digits() {
    while (at_ != end_ && is_digit(*at_)) ++at_;
  }

  bool hex4(uint32_t* unit) {
    if (end_ - at_ < 4) return false;
    *unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      char c = *at_, lower = static_cast<char>(c | 32);
      if (!is_digit(c) && (lower < 'a' || lower > 'f')) return false;
      *unit = *unit << 4 | static_cast<uint32_t>(is_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    return true;
  }

  bool string(std::string* out) {
    for (++at_;;) {
      const char* begin = at_;
      while (at_ != end_ && !kEndsRun[static_cast<unsigned char>(*at_)]) ++at_;
      out->append(begin, at_);
      if (at_ == end_) return false;
      if (*at_ == '"') break;
      if (*at_ != '\\' || !escape(out)) return false;
    }
    ++at_;
    return true;
  }

  bool escape(std::string* out) {
    if (++at_ == end_) return false;
    char c = *at_++;
    if (c != 'u') {
      size_t index = std::string_view("\"\\/bfnrt").find(c);
      if (index == std::string_view::npos) return false;
      out->push_back("\"\\/\b\f\n\r\t"[index]);
      return true;
    }
    uint32_t code;
    if (!hex4(&code)) return false;
    const char* behind = at_;
    uint32_t low;
    bool high = code >= 0xD800 && code <= 0xDBFF;
    if (high && word("\\u") && hex4(&low) && low >= 0xDC00 && low <= 0xDFFF) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else {
      at_ = behind;
    }
    *out += encode_utf8(std::u32string(1, static_cast<char32_t>(code)));
    return true;
  }

  const char* at_;
  const char* end_;
  int max_depth_;
};

}  // namespace

std::optional<Json> read_json_text(std::string_view text, int max_depth) {
  Json out;
  if (!TextReader(text, max_depth).document(&out)) return std::nullopt;
  return out;
}

}  // namespace fcformat
