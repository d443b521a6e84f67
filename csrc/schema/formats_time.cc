// Dates and times of RFC 3339 and durations of its appendix A.
#include <string>

#include "schema/formats_parts.h"

namespace fcformat {
namespace {

std::u32string two_digits(uint32_t value) {
  return {static_cast<char32_t>('0' + value / 10), static_cast<char32_t>('0' + value % 10)};
}

std::u32string digit(uint32_t value) { return {static_cast<char32_t>('0' + value)}; }

// Times whose second is 60. A leap second is inserted at the end of a day in UTC, so the local time and the offset must
// together mean 23:59. With the offset behind an unbounded fraction there are 1440 pairs to remember; as intersections
// that compare one digit of the time with one of the offset they are about a hundred short alternatives.
ExprId leap_second(FormatBuilder& b) {
  ExprId hour = b.pattern("(?:[01][0-9]|2[0-3])");
  ExprId tens = b.pattern("[0-5]"), unit = b.pattern("[0-9]"), colon = b.text(U":");
  ExprId minute = b.sequence({tens, unit});
  ExprId second = b.pattern(":60(?:\\.[0-9]+)?");
  // Alternatives over the time, ":60", the sign and the offset, that fix some of their digits.
  auto shape = [&](const char32_t* sign, ExprId h, ExprId m, ExprId offset_h, ExprId offset_m) {
    return b.sequence({h, colon, m, second, b.text(sign), offset_h, colon, offset_m});
  };
  auto each = [&](uint32_t count, auto&& make) {
    std::vector<ExprId> parts;
    for (uint32_t i = 0; i < count; ++i) parts.push_back(make(i));
    return b.either(std::move(parts));
  };
  ExprId zulu = b.sequence({b.text(U"23:59"), second, b.pattern("[Zz]")});
  // West of Greenwich the offset is 23:59 less the time; no digit of the minutes borrows.
  ExprId west = b.arena.intersect({
      each(24,
           [&](uint32_t h) { return shape(U"-", b.text(two_digits(h)), minute, b.text(two_digits(23 - h)), minute); }),
      each(6,
           [&](uint32_t t) {
             return shape(U"-", hour, b.sequence({b.text(digit(t)), unit}), hour,
                          b.sequence({b.text(digit(5 - t)), unit}));
           }),
      each(10,
           [&](uint32_t u) {
             return shape(U"-", hour, b.sequence({tens, b.text(digit(u))}), hour,
                          b.sequence({tens, b.text(digit(9 - u))}));
           }),
  });
  // East of it the offset is the time and one minute.
  ExprId same_hour =
      each(24, [&](uint32_t h) { return shape(U"+", b.text(two_digits(h)), minute, b.text(two_digits(h)), minute); });
  ExprId same_tens = each(6, [&](uint32_t t) {
    return shape(U"+", hour, b.sequence({b.text(digit(t)), unit}), hour, b.sequence({b.text(digit(t)), unit}));
  });
  ExprId next_unit = each(9, [&](uint32_t u) {
    return shape(U"+", hour, b.sequence({tens, b.text(digit(u))}), hour, b.sequence({tens, b.text(digit(u + 1))}));
  });
  ExprId next_tens = each(5, [&](uint32_t t) {
    return shape(U"+", hour, b.text(two_digits(10 * t + 9)), hour, b.text(two_digits(10 * t + 10)));
  });
  ExprId next_hour = each(24, [&](uint32_t h) {
    return shape(U"+", b.text(two_digits(h)), b.text(U"59"), b.text(two_digits((h + 1) % 24)), b.text(U"00"));
  });
  ExprId within_hour = b.arena.intersect({same_hour, b.either({b.arena.intersect(same_tens, next_unit), next_tens})});
  return b.either({zulu, west, within_hour, next_hour});
}

}  // namespace

// full-date: months have their lengths, and February 29 is in leap years only. Year 0000 is one (appendix C).
ExprId calendar_date(FormatBuilder& b) {
  return b.either({
      b.pattern(
          R"([0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8])))"),
      b.pattern(R"((?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"),
  });
}

// full-time. "Z" may be small (section 5.6); -00:00 is an offset that is not known (section 4.3).
ExprId time_of_day(FormatBuilder& b) {
  ExprId usual = b.pattern(
      R"((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?(?:[Zz]|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9]))");
  return b.either({usual, leap_second(b)});
}

// Units in order and without gaps; weeks stand alone. The designators are ISO 8601's, which are capital letters.
ExprId duration(FormatBuilder& b) {
  std::string second = "[0-9]+S";
  std::string minute = "[0-9]+M(?:" + second + ")?";
  std::string hour = "[0-9]+H(?:" + minute + ")?";
  std::string time = "T(?:" + hour + "|" + minute + "|" + second + ")";
  std::string day = "[0-9]+D";
  std::string month = "[0-9]+M(?:" + day + ")?";
  std::string year = "[0-9]+Y(?:" + month + ")?";
  return b.pattern("P(?:(?:" + day + "|" + month + "|" + year + ")(?:" + time + ")?|" + time + "|[0-9]+W)");
}

}  // namespace fcformat
