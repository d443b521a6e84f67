#include "schema/host_names.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

namespace fcformat {
namespace {

constexpr uint32_t kLabel = 63, kName = 253, kUncounted = 255;
constexpr uint32_t kEncoded = 6;  // "xn--", and what the first letter beyond ASCII takes more than the others
constexpr uint32_t kNever = 1000;

bool holds(const CodeSet& set, uint32_t c) {
  return std::any_of(set.begin(), set.end(), [c](CodeRange r) { return r.lo <= c && c <= r.hi; });
}

// Of A-labels, what compression reaches for text of one script: one octet a letter for alphabets, three for Han and Hangul.
uint32_t octets_of(uint32_t c) {
  bool wide = (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3) || c >= 0x20000;
  return wide ? 3 : 1;
}

struct Place {
  uint32_t state;       // of the table
  uint32_t label_left;  // octets; kUncounted: enough
  uint32_t name_left;
  bool encoded;  // the label is an A-label

  uint64_t pack() const {
    return static_cast<uint64_t>(state) << 32 | label_left << 16 | name_left << 8 | static_cast<uint32_t>(encoded);
  }
};

class CountedNames : public CodeAutomaton {
 public:
  CountedNames(std::shared_ptr<const CodeTable> table, const CodeSet& dots) : table_(std::move(table)), dots_(dots) {
    measure();
    intern({0, kLabel, kName, false});
  }

  uint32_t start() override { return 0; }
  bool accepts(uint32_t state) const override { return table_->accepts[places_[state].state]; }
  const std::vector<CodeSet>& classes() const override { return classes_; }

  std::optional<uint32_t> step(uint32_t state, uint32_t c) override {
    Place at = places_[state];
    uint32_t which = table_->class_of(c);
    if (which == CodeTable::kNowhere) return std::nullopt;
    at.state = table_->target(at.state, which);
    if (at.state == CodeTable::kNowhere) return std::nullopt;
    if (holds(dots_, c)) {
      if (at.label_left != kUncounted) at.label_left = kLabel;
      at.encoded = false;
      return spend(&at, 0, 1) ? std::optional(intern(at)) : std::nullopt;
    }
    uint32_t octets = octets_of(c) + (c >= 0x80 && !at.encoded ? kEncoded : 0);
    at.encoded |= c >= 0x80;
    return spend(&at, octets, octets) ? std::optional(intern(at)) : std::nullopt;
  }

  // A character takes no more octets than it has bytes, but for the first one beyond ASCII of a label.
  uint32_t with_slack(uint32_t state, uint32_t length) override {
    Place at = places_[state];
    uint32_t enough = length + kEncoded + farthest_;
    if (enough > kLabel) return state;
    if (at.label_left >= enough) at.label_left = kUncounted;
    if (at.name_left >= 3 * enough) at.name_left = kUncounted;
    return intern(at);
  }

 private:
  // The octets that complete a name from each state of the table, in labels with and without letters beyond ASCII.
  void measure() {
    const CodeTable& t = *table_;
    for (const CodeSet& set : t.classes) {
      // One class may hold letters of different weight.
      CodeSet parts[3];
      for (CodeRange r : set) {
        uint32_t lo = r.lo;
        for (uint32_t c : {0x80u, 0x3400u, 0xA000u, 0xAC00u, 0xD7A4u, 0x20000u, kMaxCodePoint + 1}) {
          uint32_t hi = std::min(r.hi, c - 1);
          if (lo > hi) continue;
          parts[lo < 0x80 ? 0 : octets_of(lo) == 1 ? 1 : 2].push_back({lo, hi});
          lo = hi + 1;
        }
      }
      for (CodeSet& part : parts) {
        if (!part.empty()) classes_.push_back(std::move(part));
      }
    }
    for (bool encoded : {false, true}) needed_[encoded].assign(t.size(), kNever);
    for (bool changed = true; changed;) {
      changed = false;
      for (bool encoded : {true, false}) {
        for (uint32_t state = 0; state < t.size(); ++state) {
          uint32_t least = t.accepts[state] ? 0 : kNever;
          for (const CodeSet& set : classes_) {
            uint32_t c = set[0].lo, target = t.target(state, t.class_of(c));
            if (target == CodeTable::kNowhere || holds(dots_, c)) continue;
            uint32_t octets = octets_of(c) + (c >= 0x80 && !encoded ? kEncoded : 0);
            least = std::min(least, octets + needed_[encoded || c >= 0x80][target]);
          }
          changed |= least != needed_[encoded][state];
          needed_[encoded][state] = least;
        }
      }
    }
    for (bool encoded : {false, true}) {
      for (uint32_t needs : needed_[encoded]) {
        if (needs < kNever) farthest_ = std::max(farthest_, needs);
      }
    }
  }

  // Whether the octets are there, and those that complete the name. A name that may go on behind a dot may end before it.
  bool spend(Place* at, uint32_t label, uint32_t name) const {
    uint32_t needs = needed_[at->encoded][at->state];
    if (at->label_left != kUncounted) {
      if (at->label_left < label + needs) return false;
      at->label_left -= label;
    }
    if (at->name_left != kUncounted) {
      if (at->name_left < name + needs) return false;
      at->name_left -= name;
    }
    return true;
  }

  uint32_t intern(const Place& place) {
    auto [it, is_new] = index_.try_emplace(place.pack(), static_cast<uint32_t>(places_.size()));
    if (is_new) places_.push_back(place);
    return it->second;
  }

  std::shared_ptr<const CodeTable> table_;
  CodeSet dots_;
  std::vector<CodeSet> classes_;
  std::vector<uint32_t> needed_[2];
  uint32_t farthest_ = 0;
  std::vector<Place> places_;
  std::unordered_map<uint64_t, uint32_t> index_;
};

}  // namespace

std::unique_ptr<CodeAutomaton> counted_names(std::shared_ptr<const CodeTable> table, const CodeSet& dots) {
  return std::make_unique<CountedNames>(std::move(table), dots);
}

}  // namespace fcformat
