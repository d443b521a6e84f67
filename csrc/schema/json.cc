#include "schema/json.h"

#include <algorithm>
#include <stdexcept>

#include "errors.h"
#include "regex/expression.h"

namespace fcformat {
namespace {

constexpr int kMaxDepth = 2000;

void append_quoted(const std::string& text, std::string* out) {
  out->push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') out->push_back('\\');
    out->push_back(c);
  }
  out->push_back('"');
}

void render(const Json& v, bool sorted, size_t limit, std::string* out) {
  if (out->size() > limit) return;
  switch (v.type) {
    case Json::Type::kNull:
      *out += "null";
      break;
    case Json::Type::kTrue:
      *out += "true";
      break;
    case Json::Type::kFalse:
      *out += "false";
      break;
    case Json::Type::kNumber:
      *out += to_string(v.number());
      break;
    case Json::Type::kString:
      append_quoted(v.text, out);
      break;
    case Json::Type::kArray:
      *out += "[";
      for (size_t i = 0; i < v.items.size(); ++i) {
        if (i > 0) *out += ",";
        render(v.items[i], sorted, limit, out);
      }
      *out += "]";
      break;
    case Json::Type::kObject: {
      std::vector<const std::pair<std::string, Json>*> order;
      for (const auto& member : v.members) order.push_back(&member);
      if (sorted) std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->first < b->first; });
      *out += "{";
      for (size_t i = 0; i < order.size(); ++i) {
        if (i > 0) *out += ",";
        append_quoted(order[i]->first, out);
        *out += ":";
        render(order[i]->second, sorted, limit, out);
      }
      *out += "}";
      break;
    }
  }
}

class Reader {
 public:
  Reader(std::string_view text, bool python) : text_(text), python_(python) {}

  Json value(int depth) {
    if (depth > kMaxDepth) {
      throw GrammarLimitError("a value that is compared with others nests deeper than max_compared_depth = " +
                              std::to_string(kMaxDepth));
    }
    space();
    Json v;
    char c = peek();
    if (c == '{') {
      v.type = Json::Type::kObject;
      ++at_;
      for (space(); peek() != '}'; space()) {
        if (peek() == ',') ++at_, space();
        std::string name = string();
        space();
        if (peek() != ':') fail();
        ++at_;
        v.members.emplace_back(std::move(name), value(depth + 1));
      }
      ++at_;
    } else if (c == '[') {
      v.type = Json::Type::kArray;
      ++at_;
      for (space(); peek() != ']'; space()) {
        if (peek() == ',') ++at_;
        v.items.push_back(value(depth + 1));
      }
      ++at_;
    } else if (c == '"' || c == '\'') {
      v.type = Json::Type::kString;
      v.text = string();
    } else if (char w = static_cast<char>(c | 32);
               w == 't' || w == 'f' || w == 'n') {  // Python's words are capitalised
      v.type = w == 't' ? Json::Type::kTrue : w == 'f' ? Json::Type::kFalse : Json::Type::kNull;
      at_ += w == 'f' ? 5 : 4;
    } else {
      size_t start = at_;
      while (at_ < text_.size() && std::string_view("+-.eE0123456789").find(text_[at_]) != std::string_view::npos)
        ++at_;
      v.set_number(parse_decimal(text_.substr(start, at_ - start)));
    }
    return v;
  }

 private:
  [[noreturn]] void fail() const { throw std::invalid_argument("malformed JSON at byte " + std::to_string(at_)); }
  char peek() const {
    if (at_ >= text_.size()) fail();
    return text_[at_];
  }
  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  uint32_t hex(int digits = 4) {
    uint32_t v = 0;
    for (int i = 0; i < digits; ++i, ++at_) {
      char c = peek();
      v = v * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return v;
  }
  std::string string() {
    char quote = peek();
    if (quote != '"' && !(python_ && quote == '\'')) fail();
    std::string out;
    for (++at_; peek() != quote;) {
      char c = text_[at_++];
      if (c != '\\') {
        out += c;
        continue;
      }
      c = peek();
      ++at_;
      if (c == 'u' || (python_ && c == 'x')) {
        uint32_t code = hex(c == 'u' ? 4 : 2);
        if (code >= 0xD800 && code <= 0xDBFF) {
          at_ += 2;
          code = 0x10000 + ((code - 0xD800) << 10) + (hex() - 0xDC00);
        }
        out += encode_utf8(std::u32string(1, static_cast<char32_t>(code)));
      } else {
        size_t index = std::string_view("bfnrt").find(c);
        out += index == std::string_view::npos ? c : "\b\f\n\r\t"[index];
      }
    }
    ++at_;
    return out;
  }

  std::string_view text_;
  bool python_;
  size_t at_ = 0;
};

}  // namespace

size_t heap_bytes(const Json& value) {
  static const size_t inside = std::string().capacity();  // what a string holds without memory of its own
  auto of_text = [](const std::string& text) { return text.capacity() > inside ? text.capacity() + 16 : 0; };
  size_t total = of_text(value.text) + value.items.capacity() * sizeof(Json) +
                 value.members.capacity() * sizeof(std::pair<std::string, Json>);
  for (const Json& item : value.items) total += heap_bytes(item);
  for (const auto& [name, member] : value.members) total += of_text(name) + heap_bytes(member);
  return total;
}

const char* type_name(const Json& value) {
  switch (value.type) {
    case Json::Type::kNull:
      return "null";
    case Json::Type::kTrue:
    case Json::Type::kFalse:
      return "a boolean";
    case Json::Type::kNumber:
      return "a number";
    case Json::Type::kString:
      return "a string";
    case Json::Type::kArray:
      return "an array";
    case Json::Type::kObject:
      return "an object";
  }
  return "?";
}

std::string summary(const Json& value, size_t limit) {
  std::string out;
  render(value, false, limit, &out);
  if (out.size() > limit) {
    while (limit > 0 && (static_cast<unsigned char>(out[limit]) & 0xC0) == 0x80) --limit;
    out = out.substr(0, limit) + "…";
  }
  return out;
}

std::string canonical(const Json& value) {
  std::string out;
  render(value, true, SIZE_MAX, &out);
  return out;
}

Json parse_value(std::string_view text, bool python) { return Reader(text, python).value(0); }

}  // namespace fcformat
