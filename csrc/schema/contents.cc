#include "schema/contents.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "schema/keywords.h"

namespace fcformat {
namespace {

bool is_annotation(std::string_view keyword) {
  static constexpr std::string_view kAnnotations[] = {"title",    "description", "default",  "examples",
                                                      "$comment", "deprecated",  "readOnly", "writeOnly",
                                                      "$defs",    "definitions"};
  return std::find(std::begin(kAnnotations), std::end(kAnnotations), keyword) != std::end(kAnnotations);
}

bool is_name(std::string_view keyword) {
  static constexpr std::string_view kNames[] = {
      "$id", "id", "$schema", "$anchor", "$dynamicAnchor", "$recursiveAnchor"};
  return std::find(std::begin(kNames), std::end(kNames), keyword) != std::end(kNames);
}

void append(std::string* key, const std::string& text) {
  key->append(std::to_string(text.size()));
  key->push_back(':');
  key->append(text);
}

}  // namespace

uint32_t Contents::number(std::string key) {
  return numbers_.try_emplace(std::move(key), static_cast<uint32_t>(numbers_.size())).first->second;
}

std::string Contents::members_of(const Json& map) {
  std::vector<std::string> parts;
  for (const auto& [name, member] : map.members) {
    std::string part;
    append(&part, name);
    part += member.is_object() ? std::to_string(of(member)) : canonical(member);
    parts.push_back(std::move(part));
  }
  if (!ordered_) std::sort(parts.begin(), parts.end());
  std::string out;
  for (const std::string& part : parts) append(&out, part);
  return out;
}

uint32_t Contents::of(const Json& schema) {
  if (auto it = known_.find(&schema); it != known_.end()) return it->second;
  std::vector<std::string> parts;
  for (const auto& [keyword, value] : schema.members) {
    if (is_annotation(keyword)) continue;
    std::string part;
    append(&part, keyword);
    const KeywordFacts* facts = keyword_facts(keyword);
    Holds holds = facts ? facts->holds : Holds::kNothing;
    if (is_name(keyword)) {
      part += "@" + std::to_string(reinterpret_cast<uintptr_t>(&schema));
    } else if (value.is_object() && holds == Holds::kNothing) {
      part += canonical(value);
    } else if (value.is_object()) {
      part += holds == Holds::kMap || holds == Holds::kDependencies ? members_of(value) : std::to_string(of(value));
    } else if (value.is_array() && holds != Holds::kNothing) {
      for (const Json& item : value.items) append(&part, item.is_object() ? std::to_string(of(item)) : canonical(item));
    } else {
      part += canonical(value);
    }
    parts.push_back(std::move(part));
  }
  std::sort(parts.begin(), parts.end());
  std::string key = schema.is_object() ? "{" : canonical(schema);
  for (const std::string& part : parts) append(&key, part);
  uint32_t out = number(std::move(key));
  known_.emplace(&schema, out);
  return out;
}

}  // namespace fcformat
