// Addresses of hosts and of people: IPv4, IPv6, host names (RFC 1123, A-labels of RFC 5890), mailboxes (RFC 5321, 6531).
#include <string>

#include "schema/formats_parts.h"

namespace fcformat {
namespace {

constexpr std::string_view kOctet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
constexpr uint32_t kGroups = 8;
constexpr uint32_t kMaxLabel = 63;
constexpr uint32_t kMaxHost = 253;  // 255 octets in the protocol's own form, which has two more
constexpr uint32_t kMaxLocal = 64;  // octets before the "@"

// Labels of letters, digits and hyphens within the limit, from what may follow each prefix: deterministic, and with so
// many expressions that a text makes none of its own.
ExprId plain_label(FormatBuilder& b) {
  ExprId word = b.pattern("[A-Za-z0-9]"), hyphen = b.text(U"-");
  ExprId after_word = b.arena.epsilon(), after_hyphen = b.arena.empty();
  for (uint32_t left = 1; left < kMaxLabel; ++left) {
    ExprId needs_word = b.either({b.sequence({word, after_word}), b.sequence({hyphen, after_hyphen})});
    after_word = b.optional(needs_word);
    after_hyphen = needs_word;
  }
  return b.sequence({word, after_word});
}

// Dot-string of at most `octets`; `widths` are the characters that take one octet, two, and so on.
ExprId dotted_local_part(FormatBuilder& b, const std::vector<ExprId>& widths) {
  ExprId dot = b.text(U".");
  std::vector<ExprId> needs_atom{b.arena.empty()}, after_atom{b.arena.epsilon()};  // by octets left
  for (uint32_t left = 1; left <= kMaxLocal; ++left) {
    std::vector<ExprId> parts;
    for (uint32_t i = 0; i < widths.size() && i < left; ++i)
      parts.push_back(b.sequence({widths[i], after_atom[left - i - 1]}));
    needs_atom.push_back(b.either(parts));
    parts.push_back(b.arena.epsilon());
    parts.push_back(b.sequence({dot, needs_atom[left - 1]}));
    after_atom.push_back(b.either(std::move(parts)));
  }
  return needs_atom[kMaxLocal];
}

// Quoted-string within the same limit.
ExprId quoted_local_part(FormatBuilder& b, const std::vector<ExprId>& widths) {
  ExprId quote = b.text(U"\""), escape = b.pattern(R"(\\[ -~])");
  std::vector<ExprId> open{b.arena.empty()};  // by octets left, the closing quote's among them
  for (uint32_t left = 1; left < kMaxLocal; ++left) {
    std::vector<ExprId> parts{quote};
    for (uint32_t i = 0; i < widths.size() && i + 1 < left; ++i)
      parts.push_back(b.sequence({widths[i], open[left - i - 1]}));
    if (left > 2) parts.push_back(b.sequence({escape, open[left - 2]}));
    open.push_back(b.either(std::move(parts)));
  }
  return b.sequence({quote, open.back()});
}

}  // namespace

ExprId ipv4_address(FormatBuilder& b) {
  return b.pattern(std::string(kOctet) + "(?:\\." + std::string(kOctet) + "){3}");
}

ExprId ipv6_address(FormatBuilder& b, uint32_t elided) {
  ExprId group = b.pattern("[0-9A-Fa-f]{1,4}"), colon = b.text(U":"), ipv4 = ipv4_address(b);
  // Behind "::", with so many groups left at most. A dotted address stands for two.
  std::vector<ExprId> listed{b.arena.empty()};
  for (uint32_t left = 1; left < kGroups; ++left) {
    ExprId more = left > 1 ? b.optional(b.sequence({colon, listed[left - 1]})) : b.arena.epsilon();
    ExprId list = b.sequence({group, more});
    listed.push_back(left > 1 ? b.either({list, ipv4}) : list);
  }
  // With so many groups left and no "::" yet.
  ExprId whole = group;
  for (uint32_t left = 2; left <= kGroups; ++left) {
    ExprId next = whole;
    if (left > elided) next = b.either({whole, b.sequence({colon, b.optional(listed[left - 1 - elided])})});
    whole = b.sequence({group, colon, next});
    if (left == 2) whole = b.either({whole, ipv4});
  }
  return b.either({whole, b.sequence({b.text(U"::"), b.optional(listed[kGroups - elided])})});
}

ExprId ascii_label(FormatBuilder& b) { return b.arena.difference(plain_label(b), b.pattern("[Xx][Nn]--[^]*")); }

ExprId host_name(FormatBuilder& b) {
  ExprId label = ascii_label(b);
  ExprId labels = b.sequence({label, b.any_number(b.sequence({b.text(U"."), label}))});
  return b.arena.intersect(labels, b.arena.length(1, kMaxHost));
}

// RFC 5321, section 4.1.2 (Mailbox) with the limit of section 4.5.3.1.1; RFC 6531, section 3.3. Of address literals only
// those of IPv4 and IPv6 are there: other tags would have to be registered, and none is.
ExprId mailbox(FormatBuilder& b, bool international) {
  std::vector<ExprId> atom{b.pattern(R"([A-Za-z0-9!#$%&'*+\-/=?^_`{|}~])")}, quoted{b.pattern(R"([ !#-[\]-~])")};
  if (international) {
    for (const char* set : {R"([\u0080-\u07FF])", R"([\u0800-\uFFFF])", R"([\u{10000}-\u{10FFFF}])"}) {
      atom.push_back(b.pattern(set));
      quoted.push_back(atom.back());
    }
  }
  ExprId local = b.either({dotted_local_part(b, atom), quoted_local_part(b, quoted)});
  // Snum has one to three digits, zeros in front included.
  std::string octet = "(?:25[0-5]|2[0-4][0-9]|[01][0-9]{2}|[0-9]{1,2})";
  ExprId ipv4 = b.pattern(octet + "(?:\\." + octet + "){3}");
  ExprId ipv6 = b.sequence({b.pattern("[Ii][Pp][Vv]6:"), ipv6_address(b, 2)});
  ExprId literal = b.sequence({b.text(U"["), b.either({ipv4, ipv6}), b.text(U"]")});
  ExprId domain = international ? international_host_name(b, false) : host_name(b);
  return b.sequence({local, b.text(U"@"), b.either({domain, literal})});
}

}  // namespace fcformat
