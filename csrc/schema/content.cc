// Base64 is a regular expression. JSON nests without bound, and is an automaton whose states are made as they are reached:
// what is open is a part of the state, so its complement is as exact as it is itself. JSON in base64 is the same automaton,
// which is given a byte whenever eight bits have been read.
#include "schema/content.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "regex/code_automaton.h"
#include "regex/json_scanner.h"
#include "regex/pattern_parser.h"

namespace fcformat {
namespace {

// RFC 4648, section 4: whole groups of four, padded. The bits that padding leaves over may be any: the RFC lets decoders
// refuse others than zeros, and those in use, such as Python's `b64decode(validate=True)`, do not. What that takes beyond
// this is padding behind a group that is whole.
constexpr std::string_view kBase64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?";
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint32_t kNever = UINT32_MAX;

CodeSet single(char c) {
  auto code = static_cast<uint32_t>(c);
  return {{code, code}};
}

class JsonText : public CodeAutomaton {
 public:
  JsonText()
      : classes_{{{0, 0x1F}}, {{'\t', '\n'}, {'\r', '\r'}}, {{'1', '9'}}, {{'A', 'D'}, {'F', 'F'}}, {{'c', 'd'}}} {
    for (char c : std::string_view("\"\\/{}[]:,-+.0 Eabeflnrstu")) classes_.push_back(single(c));
  }

  uint32_t start() override { return scanner_.start(); }
  std::optional<uint32_t> step(uint32_t state, uint32_t c) override { return scanner_.after(state, c); }
  bool accepts(uint32_t state) const override { return scanner_.complete(state); }
  const std::vector<CodeSet>& classes() const override { return classes_; }
  // White space behind a text makes it as long as one likes.
  std::optional<uint32_t> shortest_from(uint32_t state, uint32_t least) const override {
    return std::max(least, scanner_.missing(state));
  }
  uint32_t completion(uint32_t state, uint32_t length) const override {
    return scanner_.missing(state) + length + JsonScanner::kMostMissing;
  }

 private:
  JsonScanner scanner_;
  std::vector<CodeSet> classes_;
};

class JsonInBase64 : public CodeAutomaton {
 public:
  JsonInBase64() {
    for (size_t i = 0; i < kDigits.size(); ++i) {
      classes_.push_back(single(kDigits[i]));
      values_[static_cast<unsigned char>(kDigits[i])] = static_cast<uint8_t>(i + 1);
    }
    classes_.push_back(single('='));
    intern({scanner_.start(), kWhole, 0});
  }

  uint32_t start() override { return 0; }
  bool accepts(uint32_t state) const override { return lengths_[state].shortest(0) == 0; }
  const std::vector<CodeSet>& classes() const override { return classes_; }
  std::optional<uint32_t> shortest_from(uint32_t state, uint32_t least) const override {
    return lengths_[state].shortest(least);
  }
  // A byte takes less than two characters; one may have been begun, and its bits choose what comes.
  uint32_t completion(uint32_t state, uint32_t length) const override {
    return 2 * (lengths_[state].shortest(0) + length + 2 * JsonScanner::kMostMissing + 4);
  }

  std::optional<uint32_t> step(uint32_t state, uint32_t c) override {
    const State s = states_[state];
    if (c == '=') {
      if (s.phase == kOnePad) return intern({s.place, kEnd, 0});
      bool may_end = (s.phase == kFour || s.phase == kTwo) && scanner_.complete(s.place);
      return may_end ? intern({s.place, s.phase == kFour ? kOnePad : kEnd, 0}) : std::nullopt;
    }
    if (c >= values_.size() || values_[c] == 0 || s.phase > kTwo) return std::nullopt;
    const uint32_t digit = values_[c] - 1u;
    if (s.phase == kWhole) return intern({s.place, kSix, static_cast<uint8_t>(digit)});
    const uint32_t open = bits_open(s.phase), rest = 6 - open;  // bits of the digit that end a byte, and begin the next
    auto place = scanner_.after_byte(s.place, static_cast<uint8_t>(uint32_t{s.bits} << open | digit >> rest));
    if (!place) return std::nullopt;
    return intern({*place, static_cast<Phase>((s.phase + 1) % 4), static_cast<uint8_t>(digit & ((1u << rest) - 1))});
  }

 private:
  // How many bits of the next byte are known, or where in the padding.
  enum Phase : uint8_t { kWhole, kSix, kFour, kTwo, kOnePad, kEnd };
  struct State {
    JsonScanner::Place place;
    Phase phase;
    uint8_t bits;
  };
  // Of what completes a state: by padding alone, or by more bytes. These may be followed by white space, three bytes of
  // which make four characters.
  struct Lengths {
    uint32_t padding = kNever, more = kNever;
    uint32_t shortest(uint32_t least) const {
      uint32_t longer = more;
      if (more != kNever && least > more) longer = more + (least - more + 3) / 4 * 4;
      return std::min(padding >= least ? padding : kNever, longer);
    }
  };

  static uint32_t bits_open(Phase phase) { return 2 * uint32_t{phase}; }

  Lengths lengths_of(const State& s) {
    if (s.phase >= kOnePad) return {s.phase == kOnePad ? 1u : 0u, kNever};
    if (s.phase == kWhole) return {kNever, (scanner_.missing(s.place) + 2) / 3 * 4};
    Lengths out;
    if (s.phase != kSix && scanner_.complete(s.place)) out.padding = s.phase == kFour ? 2 : 1;
    uint32_t bytes = kNever;
    for (uint32_t low = 0; low < 1u << bits_open(s.phase); ++low) {
      auto next = scanner_.after_byte(s.place, static_cast<uint8_t>(uint32_t{s.bits} << bits_open(s.phase) | low));
      if (next) bytes = std::min(bytes, 1 + scanner_.missing(*next));
    }
    const uint32_t read = s.phase - 1u;  // bytes of this group, whose characters are one more
    if (bytes != kNever) out.more = (read + bytes + 2) / 3 * 4 - s.phase;
    return out;
  }

  // Nothing where the bits that are known begin no byte that can come.
  std::optional<uint32_t> intern(const State& s) {
    uint64_t key = uint64_t{s.place} << 16 | uint64_t{s.phase} << 8 | s.bits;
    auto [it, is_new] = index_.try_emplace(key, kNever);
    if (is_new) {
      Lengths lengths = lengths_of(s);
      if (lengths.shortest(0) != kNever) {
        it->second = static_cast<uint32_t>(states_.size());
        states_.push_back(s);
        lengths_.push_back(lengths);
      }
    }
    return it->second == kNever ? std::nullopt : std::optional(it->second);
  }

  JsonScanner scanner_;
  std::vector<State> states_;
  std::vector<Lengths> lengths_;  // of the states
  std::unordered_map<uint64_t, uint32_t> index_;
  std::array<uint8_t, 128> values_{};  // of digits, plus one; 0: no digit
  std::vector<CodeSet> classes_;
};

bool is_named(std::string_view text, std::string_view lower_case) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [&](char a, char b) { return lower(a) == b; });
}

// A media type's parameters say nothing about JSON (RFC 8259, section 11).
std::string_view without_parameters(std::string_view media_type) {
  media_type = media_type.substr(0, media_type.find(';'));
  while (!media_type.empty() && (media_type.back() == ' ' || media_type.back() == '\t')) media_type.remove_suffix(1);
  return media_type;
}

}  // namespace

bool content_expression(ExpressionArena& arena, std::string_view encoding, std::string_view media_type,
                        ExprId* expression) {
  const bool base64 = is_named(encoding, "base64");
  const bool json = is_named(without_parameters(media_type), "application/json");
  if (!base64 && (!json || !encoding.empty())) return false;  // what another encoding holds is not looked into
  std::string key = std::string("content") + (base64 ? " base64" : "") + (json ? " json" : "");
  if (const ExprId* known = arena.recall(key)) {
    *expression = *known;
    return true;
  }
  if (!json) {
    *expression = parse_full_pattern(arena, kBase64);
  } else if (base64) {
    *expression = arena.automaton(std::make_shared<JsonInBase64>());
  } else {
    *expression = arena.automaton(std::make_shared<JsonText>());
  }
  arena.remember(key, *expression);
  return true;
}

}  // namespace fcformat
