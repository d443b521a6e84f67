#include "regex/decimal.h"

#include <algorithm>
#include <stdexcept>

namespace fcformat {
namespace {

constexpr int64_t kMaxExponent = 1'000'000;

bool digit(char c) { return c >= '0' && c <= '9'; }

void normalize(Decimal* value) {
  size_t first = value->digits.find_first_not_of('0');
  if (first == std::string::npos) {
    *value = Decimal{};
    return;
  }
  value->digits.erase(0, first);
  size_t last = value->digits.find_last_not_of('0');
  value->exponent += static_cast<int64_t>(value->digits.size() - 1 - last);
  value->digits.resize(last + 1);
}

}  // namespace

Decimal parse_decimal(std::string_view text) {
  Decimal value;
  size_t i = 0;
  auto fail = [&] { throw std::invalid_argument("not a JSON number: " + std::string(text.substr(0, 60))); };
  if (i < text.size() && text[i] == '-') value.negative = true, ++i;
  size_t start = i;
  while (i < text.size() && digit(text[i])) value.digits += text[i++];
  if (i == start) fail();
  if (i < text.size() && text[i] == '.') {
    size_t point = ++i;
    while (i < text.size() && digit(text[i])) value.digits += text[i++], --value.exponent;
    if (i == point) fail();
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    bool negative = i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (i == text.size()) fail();
    int64_t exponent = 0;
    for (; i < text.size() && digit(text[i]); ++i) {
      exponent = exponent * 10 + (text[i] - '0');
      if (exponent > kMaxExponent)
        throw std::invalid_argument("exponent beyond 1,000,000: " + std::string(text.substr(0, 60)));
    }
    value.exponent += negative ? -exponent : exponent;
  }
  if (i != text.size()) fail();
  normalize(&value);
  return value;
}

int compare(const Decimal& a, const Decimal& b) {
  auto sign = [](const Decimal& d) { return d.is_zero() ? 0 : d.negative ? -1 : 1; };
  if (sign(a) != sign(b)) return sign(a) < sign(b) ? -1 : 1;
  if (a.is_zero()) return 0;
  int magnitude = 0;
  if (a.point() != b.point()) {
    magnitude = a.point() < b.point() ? -1 : 1;
  } else {
    int order = a.digits.compare(b.digits);  // no trailing zeros: a proper prefix is the smaller number
    magnitude = order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  return a.negative ? -magnitude : magnitude;
}

std::string to_string(const Decimal& value) {
  if (value.is_zero()) return "0";
  std::string out = value.negative ? "-" : "";
  int64_t point = value.point();
  if (value.exponent >= 0 && point <= 24)
    return out + value.digits + std::string(static_cast<size_t>(value.exponent), '0');
  if (point > 0 && point <= 24) {
    size_t split = static_cast<size_t>(point);
    return out + value.digits.substr(0, split) + "." + value.digits.substr(split);
  }
  if (point <= 0 && point > -6) return out + "0." + std::string(static_cast<size_t>(-point), '0') + value.digits;
  out += value.digits.substr(0, 1);
  if (value.digits.size() > 1) out += "." + value.digits.substr(1);
  return out + "e" + std::to_string(point - 1);
}

}  // namespace fcformat
