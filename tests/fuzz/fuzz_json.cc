// The readers of JSON text against each other: the one of schemas, the one of values that a matcher has accepted, and the one that
// finds where sound text ends in a reply, in one piece and in two.
#include <algorithm>
#include <cstdlib>
#include <optional>

#include "regex/expression.h"
#include "schema/json.h"
#include "schema/json_text.h"
#include "text/json_run.h"

using namespace fcformat;

namespace {

constexpr size_t kDeepest = 20;

struct End {
  size_t at;
  JsonState state;
  bool operator==(const End& other) const {
    return at == other.at && state.closers == other.state.closers && state.due == other.state.due;
  }
};

template <class Char>
End run(const std::basic_string<Char>& text, size_t size, End from) {
  std::basic_string<Char> piece = text.substr(0, size);  // of its own, so that reading on behind its end is found
  from.at = JsonRun<Char>(piece.data(), piece.size(), kDeepest).run(from.at, &from.state);
  return from;
}

void check_numbers(const Json& value) {
  if (value.is_number()) {
    Decimal again = parse_decimal(to_string(value.number()));
    if (!(again == value.number()) || compare(again, value.number()) != 0) std::abort();
  }
  for (const Json& item : value.items) check_numbers(item);
  for (const auto& member : value.members) check_numbers(member.second);
}

// What a matcher never accepts, and `parse_value` need not read: half a surrogate pair, a name that comes twice.
bool readable(const Json& value, const std::string& text) {
  for (size_t at = text.find('\\'); at < text.size(); at = text.find('\\', at + 2)) {
    if (text.compare(at, 3, "\\ud") == 0 || text.compare(at, 3, "\\uD") == 0) return false;
  }
  for (size_t i = 0; i < value.members.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (value.members[i].first == value.members[j].first) return false;
    }
    if (!readable(value.members[i].second, "")) return false;
  }
  for (const Json& item : value.items) {
    if (!readable(item, "")) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  size_t cut = data[0];
  std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::u32string wide;
  try {
    wide = decode_utf8(text);
  } catch (const std::invalid_argument&) {
    return 0;
  }
  End whole = run(wide, wide.size(), {0, {}});
  if (whole.at > wide.size()) std::abort();
  // Going on from where a first piece ended leads to the same place.
  if (!(run(wide, wide.size(), run(wide, cut % (wide.size() + 1), {0, {}})) == whole)) std::abort();
  if (wide.size() == text.size() && !(run(text, text.size(), {0, {}}) == whole)) std::abort();

  std::optional<Json> json = read_json_text(text, kDeepest - 2);
  if (json) {
    check_numbers(*json);
    Json value = readable(*json, text) ? parse_value(text, false) : *json;
    if (readable(value, "") && canonical(*json) != canonical(value)) std::abort();
    std::u32string list = U"[" + wide + U"]";
    // Long numbers, and half surrogate pairs that are no escapes, it leaves to a slower reader.
    bool left = text.size() >= JsonRun<char>::kMaxNumber ||
                std::any_of(wide.begin(), wide.end(), [](char32_t c) { return c >= 0xD800 && c <= 0xDFFF; });
    End end = run(list, list.size(), {0, {}});
    if (!left && !(end.at == list.size() && end.state.due == JsonDue::kDone)) std::abort();
  } else if (whole.state.due == JsonDue::kDone && whole.at == wide.size()) {
    // Deeper than the reader was allowed to go, or a number that it leaves to a slower one.
    bool number = text.find_first_of("eE") != std::string::npos;
    std::optional<Json> deeper = read_json_text(text, kDeepest + 1);
    if (!deeper && !number) std::abort();
  }
  return 0;
}
