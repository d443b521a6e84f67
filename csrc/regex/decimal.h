// Exact decimal numbers: sign, digits without leading or trailing zeros, and the power of ten of the last digit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fcformat {

struct Decimal {
  bool negative = false;
  std::string digits;    // "" is zero
  int64_t exponent = 0;  // value = (negative ? -1 : 1) * digits * 10^exponent

  bool is_zero() const { return digits.empty(); }
  bool is_integer() const { return digits.empty() || exponent >= 0; }
  bool operator==(const Decimal&) const = default;
  // Position of the decimal point before the first digit: value = 0.digits * 10^point.
  int64_t point() const { return exponent + static_cast<int64_t>(digits.size()); }
};

// Parses a JSON number. Throws std::invalid_argument on anything else, and on exponents beyond +-1,000,000.
Decimal parse_decimal(std::string_view text);
// -1, 0, 1
int compare(const Decimal& a, const Decimal& b);
// Plain spelling without exponent where that is short, otherwise with one. Equal values give equal texts.
std::string to_string(const Decimal& value);

}  // namespace fcformat
