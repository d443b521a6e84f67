// Small fixed tables from keywords to what is known of them: looked up for every member of every schema.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace fcformat {

template <typename Value, size_t Count>
class KeywordTable {
 public:
  using Entry = std::pair<std::string_view, Value>;

  constexpr explicit KeywordTable(const Entry (&entries)[Count]) {
    for (size_t i = 0; i < Count; ++i) {
      entries_[i] = entries[i];
      size_t slot = hash(entries[i].first);
      while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
      slots_[slot] = static_cast<uint8_t>(i + 1);
    }
  }

  // Null where the keyword is not in the table.
  constexpr const Value* find(std::string_view keyword) const {
    if (keyword.empty()) return nullptr;
    for (size_t slot = hash(keyword); slots_[slot] != 0; slot = (slot + 1) % kSlots) {
      const Entry& entry = entries_[slots_[slot] - 1];
      if (entry.first == keyword) return &entry.second;
    }
    return nullptr;
  }

 private:
  static constexpr size_t kSlots = std::bit_ceil(Count * 4);
  static_assert(Count < 256);
  static constexpr size_t hash(std::string_view k) {
    auto at = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(k[i])); };
    return (k.size() * 59 + at(0) * 31 + at(k.size() / 2) * 7 + at(k.size() - 1)) % kSlots;
  }

  std::array<Entry, Count> entries_{};
  std::array<uint8_t, kSlots> slots_{};
};

}  // namespace fcformat
