#include "grammar/spelling.h"

#include <algorithm>
#include <string_view>

namespace fcformat {
namespace {

const Edge* edge_at(const std::vector<Edge>& edges, uint32_t c) {
  auto it = std::upper_bound(edges.begin(), edges.end(), c, [](uint32_t v, const Edge& e) { return v < e.lo; });
  if (it == edges.begin() || (--it)->hi < c) return nullptr;
  return &*it;
}

bool any_between(const std::vector<Edge>& edges, uint32_t lo, uint32_t hi) {
  if (lo > hi) return false;
  auto it = std::upper_bound(edges.begin(), edges.end(), hi, [](uint32_t v, const Edge& e) { return v < e.lo; });
  return it != edges.begin() && (it - 1)->hi >= lo;
}

constexpr uint32_t kFirstOfLength[] = {0, 0, 0x80, 0x800, 0x10000};

struct Short {
  char letter;
  uint32_t meaning;
};
constexpr Short kJsonShort[] = {{'"', '"'}, {'\\', '\\'}, {'/', '/'}, {'b', 8},
                                {'f', 12},  {'n', 10},    {'r', 13},  {'t', 9}};
constexpr Short kPythonShort[] = {{'"', '"'}, {'\\', '\\'}, {'\'', '\''}, {'n', 10}, {'r', 13}, {'t', 9}};

bool is_python(Escapes escapes) { return escapes == Escapes::kPython || escapes == Escapes::kPythonMinimal; }
bool is_minimal(Escapes escapes) { return escapes == Escapes::kJsonMinimal || escapes == Escapes::kPythonMinimal; }

// In the minimal styles only what cannot be written otherwise is escaped.
bool needs_escape(uint32_t c, uint8_t quote) { return c < 0x20 || c == quote || c == '\\'; }

uint32_t astral(uint32_t high, uint32_t low) { return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00); }

// Whether code units lo..hi, read from four hex digits, can lead on.
bool units_lead_on(const std::vector<Edge>& edges, Escapes escapes, uint32_t lo, uint32_t hi) {
  if (is_minimal(escapes)) return any_between(edges, lo, std::min(hi, 0x1Fu));
  if (any_between(edges, lo, hi)) return true;  // edges never hold surrogates
  if (escapes != Escapes::kJson) return false;
  uint32_t first = std::max(lo, 0xD800u), last = std::min(hi, 0xDBFFu);
  return first <= last && any_between(edges, astral(first, 0xDC00), astral(last, 0xDFFF));
}

void add_hex_digits(auto&& add) {
  for (uint32_t d = 0; d < 16; ++d) {
    add(static_cast<uint8_t>(d < 10 ? '0' + d : 'a' + d - 10), d);
    if (d >= 10) add(static_cast<uint8_t>('A' + d - 10), d);
  }
}

class ByteSpeller {
 public:
  ByteSpeller(const std::vector<Edge>& edges, Escapes escapes, uint8_t quote)
      : edges_(edges), escapes_(escapes), quote_(quote) {}

  std::vector<Spelled> bytes(Partial p) {
    switch (p.kind) {
      case Partial::Kind::kNone:
        plain();
        break;
      case Partial::Kind::kUtf8:
        continuation(p);
        break;
      case Partial::Kind::kBackslash:
        escape();
        break;
      case Partial::Kind::kHex:
        hex(p);
        break;
      case Partial::Kind::kLowBackslash:
        go('\\', {Partial::Kind::kLowU, 0, 0, p.value});
        break;
      case Partial::Kind::kLowU:
        go('u', {Partial::Kind::kLowHex, 4, 4, p.value});
        break;
      case Partial::Kind::kLowHex:
        low_hex(p);
        break;
      case Partial::Kind::kSkipUtf8:
        for (uint32_t b = 0x80; b <= 0xBF; ++b) skip(static_cast<uint8_t>(b), p);
        break;
      case Partial::Kind::kSkipHex:
        add_hex_digits([&](uint8_t byte, uint32_t) { skip(byte, p); });
        break;
    }
    return std::move(out_);
  }

 private:
  void go(uint8_t byte, Partial partial) { out_.push_back({byte, false, false, 0, partial}); }
  void read(uint8_t byte, uint32_t c) {
    if (const Edge* e = edge_at(edges_, c)) out_.push_back({byte, true, true, e->target, {}});
  }
  // A partial that stands for code points lo..hi.
  void go_range(uint8_t byte, Partial partial, uint32_t lo, uint32_t hi, Partial::Kind skip) {
    const Edge* e = edge_at(edges_, lo);
    bool all_spelled = !is_minimal(escapes_) || skip == Partial::Kind::kSkipUtf8;
    if (e && e->hi >= hi && all_spelled) {
      out_.push_back({byte, false, true, e->target, {skip, partial.left, 0, 0}});
    } else {
      go(byte, partial);
    }
  }
  void go_utf8(uint8_t byte, Partial p) {
    uint32_t shift = 6u * p.left, lo = p.value << shift, hi = lo | ((1u << shift) - 1);
    if (lo >= kFirstOfLength[p.length]) {
      go_range(byte, p, lo, hi, Partial::Kind::kSkipUtf8);
    } else {
      go(byte, p);
    }
  }

  // The state is the target itself, whatever is read.
  void skip(uint8_t byte, Partial p) {
    if (p.left == 1) {
      out_.push_back({byte, true, false, 0, {}});
    } else {
      go(byte, {p.kind, static_cast<uint8_t>(p.left - 1), 0, 0});
    }
  }

  void plain() {
    bool raw = escapes_ == Escapes::kNone;
    for (uint32_t b = raw ? 0 : 0x20; b < 0x80; ++b) {
      if (raw || (b != quote_ && b != '\\')) read(static_cast<uint8_t>(b), b);
    }
    for (uint32_t b = 0xC2; b <= 0xF4; ++b) {
      uint8_t length = b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
      Partial p{Partial::Kind::kUtf8, static_cast<uint8_t>(length - 1), length, b & (0xFFu >> (length + 1))};
      if (utf8_leads_on(p)) go_utf8(static_cast<uint8_t>(b), p);
    }
    if (!raw && escape_leads_on()) go('\\', {Partial::Kind::kBackslash, 0, 0, 0});
  }

  bool utf8_leads_on(Partial p) const {
    uint32_t shift = 6u * p.left;
    uint32_t lo = p.value << shift, hi = lo | ((1u << shift) - 1);
    return any_between(edges_, std::max(lo, kFirstOfLength[p.length]), std::min(hi, kMaxCodePoint));
  }

  void continuation(Partial p) {
    for (uint32_t b = 0x80; b <= 0xBF; ++b) {
      Partial next{p.kind, static_cast<uint8_t>(p.left - 1), p.length, p.value << 6 | (b & 0x3F)};
      if (next.left > 0) {
        if (utf8_leads_on(next)) go_utf8(static_cast<uint8_t>(b), next);
      } else if (next.value >= kFirstOfLength[p.length] && next.value <= kMaxCodePoint) {
        read(static_cast<uint8_t>(b), next.value);
      }
    }
  }

  template <typename F>
  void each_short(F&& f) const {
    auto each = [&](const auto& table) {
      for (const Short& s : table) {
        if (!is_minimal(escapes_) || needs_escape(s.meaning, quote_)) f(s);
      }
    };
    is_python(escapes_) ? each(kPythonShort) : each(kJsonShort);
  }

  bool escape_leads_on() const {
    bool any = units_lead_on(edges_, escapes_, 0, 0xFFFF);
    each_short([&](const Short& s) { any |= edge_at(edges_, s.meaning) != nullptr; });
    return any;
  }

  void escape() {
    each_short([&](const Short& s) { read(static_cast<uint8_t>(s.letter), s.meaning); });
    bool units = units_lead_on(edges_, escapes_, 0, 0xFFFF);
    if (units && escapes_ != Escapes::kPythonMinimal) go('u', {Partial::Kind::kHex, 4, 4, 0});
    if (is_python(escapes_) && units_lead_on(edges_, escapes_, 0, 0xFF)) go('x', {Partial::Kind::kHex, 2, 2, 0});
  }

  void hex(Partial p) {
    add_hex_digits([&](uint8_t byte, uint32_t digit) {
      Partial next{p.kind, static_cast<uint8_t>(p.left - 1), p.length, p.value << 4 | digit};
      uint32_t shift = 4u * next.left, lo = next.value << shift, hi = lo | ((1u << shift) - 1);
      if (!units_lead_on(edges_, escapes_, lo, hi)) return;
      if (next.left > 0) {
        go_range(byte, next, lo, hi, Partial::Kind::kSkipHex);
      } else if (next.value >= 0xD800 && next.value <= 0xDBFF) {
        go(byte, {Partial::Kind::kLowBackslash, 0, 0, next.value << 16});
      } else {
        read(byte, next.value);
      }
    });
  }

  void low_hex(Partial p) {
    uint32_t high = p.value >> 16;
    add_hex_digits([&](uint8_t byte, uint32_t digit) {
      Partial next{p.kind, static_cast<uint8_t>(p.left - 1), 4,
                   (high << 16) | (((p.value & 0xFFFF) << 4 | digit) & 0xFFFF)};
      uint32_t shift = 4u * next.left, lo = (next.value & 0xFFFF) << shift, hi = lo | ((1u << shift) - 1);
      lo = std::max(lo, 0xDC00u);
      hi = std::min(hi, 0xDFFFu);
      if (lo > hi || !any_between(edges_, astral(high, lo), astral(high, hi))) return;
      if (next.left > 0) {
        go(byte, next);
      } else {
        read(byte, astral(high, next.value & 0xFFFF));
      }
    });
  }

  const std::vector<Edge>& edges_;
  Escapes escapes_;
  uint8_t quote_;
  std::vector<Spelled> out_;
};

}  // namespace

std::vector<Spelled> spell_bytes(const std::vector<Edge>& edges, Partial partial, Escapes escapes, uint8_t quote) {
  return ByteSpeller(edges, escapes, quote).bytes(partial);
}

uint32_t incomplete_tail(std::string_view text) {
  for (uint32_t back = 1; back <= 3 && back <= text.size(); ++back) {
    auto b = static_cast<uint8_t>(text[text.size() - back]);
    if ((b & 0xC0) == 0x80) continue;
    uint32_t length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

std::u32string read_spelling(std::string_view bytes, Escapes escapes) {
  std::string plain;
  std::u32string out;
  auto flush = [&] {
    out += decode_utf8(plain);
    plain.clear();
  };
  auto hex = [&](size_t at, size_t digits) {
    uint32_t v = 0;
    for (size_t i = 0; i < digits && at + i < bytes.size(); ++i) {
      char c = bytes[at + i];
      v = v << 4 | static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return v;
  };
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != '\\' || escapes == Escapes::kNone || i + 1 >= bytes.size()) {
      plain += bytes[i];
      continue;
    }
    flush();
    char letter = bytes[++i];
    if (letter == 'u' || letter == 'x') {
      size_t digits = letter == 'u' ? 4 : 2;
      uint32_t unit = hex(i + 1, digits);
      i += digits;
      if (unit >= 0xD800 && unit <= 0xDBFF) {
        unit = astral(unit, hex(i + 3, 4));
        i += 6;
      }
      out += static_cast<char32_t>(unit);
      continue;
    }
    uint32_t meaning = static_cast<uint8_t>(letter);
    auto look = [&](const Short& s) {
      if (s.letter == letter) meaning = s.meaning;
    };
    if (is_python(escapes)) {
      for (const Short& s : kPythonShort) look(s);
    } else {
      for (const Short& s : kJsonShort) look(s);
    }
    out += static_cast<char32_t>(meaning);
  }
  flush();
  return out;
}

}  // namespace fcformat
