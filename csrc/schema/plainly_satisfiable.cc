// Schemas of everyday shape that certainly have a value, which is seen without making a formula of them. What is not seen
// here is decided by the algebra.
#include <algorithm>

#include "schema/loader.h"

namespace fcformat {
namespace {

constexpr size_t kMostNames = 64;
constexpr int64_t kMostDigits = 15;  // of bounds of numbers
constexpr int kMostNested = 64;      // schemas that need one another

// With these alone there is a value whatever stands below them: no members, no items.
constexpr Keywords kHarmless = keywords(
    Keyword::kType, Keyword::kProperties, Keyword::kPatternProperties, Keyword::kAdditionalProperties, Keyword::kItems,
    Keyword::kMaxItems, Keyword::kMaxProperties, Keyword::kDefs, Keyword::kDefinitions, Keyword::kUniqueItems);

bool within(Keywords some, Keywords all) { return (some & ~all) == 0; }

// No half of a surrogate pair is in it, which in UTF-8 would begin with this byte, as a few whole characters do.
bool is_plain_text(const std::string& text) { return text.find('\xED') == std::string::npos; }

}  // namespace

bool SchemaLoader::plainly_satisfiable(uint32_t index) {
  if (plain_.size() <= index) plain_.resize(instances_.size(), -1);
  if (plain_[index] < 0) {
    plain_[index] = 0;  // a schema that needs itself
    if (plain_depth_ >= kMostNested) return false;
    ++plain_depth_;
    bool plain = has_plain_value(index);
    --plain_depth_;
    plain_[index] = plain ? 1 : 0;
  }
  return plain_[index] != 0;
}

bool SchemaLoader::has_plain_value(uint32_t index) {
  const Json& json = *at(index).json;
  if (!json.is_object()) return json.type == Json::Type::kTrue;
  Keywords own = at(index).keywords;
  if (within(own, kHarmless)) return true;
  if (own == keywords(Keyword::kRef)) return plainly_satisfiable(references(index)[0]);
  const Json* type = get(index, Keyword::kType);
  if (!type || !type->is_string()) return false;
  Keywords more = own & ~kHarmless;
  if (type->text == "string") return has_plain_string(index, more);
  if (type->text == "number" || type->text == "integer") return has_plain_number(index, more);
  if (type->text == "object") return has_plain_object(index, more);
  return type->text == "array" && has_plain_array(index, more);
}

bool SchemaLoader::has_plain_string(uint32_t index, Keywords more) const {
  if (more == keywords(Keyword::kFormat)) return true;
  if (more == keywords(Keyword::kEnum)) {
    const std::vector<Json>& values = get(index, Keyword::kEnum)->items;
    return std::any_of(values.begin(), values.end(),
                       [](const Json& v) { return v.is_string() && is_plain_text(v.text); });
  }
  if (!within(more, keywords(Keyword::kMinLength, Keyword::kMaxLength))) return false;
  const Json* min = get(index, Keyword::kMinLength);
  const Json* max = get(index, Keyword::kMaxLength);
  return !min || !max || compare(min->number(), max->number()) <= 0;
}

bool SchemaLoader::has_plain_number(uint32_t index, Keywords more) const {
  if (!within(more, keywords(Keyword::kMinimum, Keyword::kMaximum))) return false;
  const Json* min = get(index, Keyword::kMinimum);
  const Json* max = get(index, Keyword::kMaximum);
  int64_t most = std::min<int64_t>(kMostDigits, algebra_.spelling().max_digits);
  auto is_short_integer = [&](const Json* v) {
    return !v || (v->number().is_integer() && v->number().point() <= most);
  };
  return is_short_integer(min) && is_short_integer(max) && (!min || !max || compare(min->number(), max->number()) <= 0);
}

bool SchemaLoader::has_plain_object(uint32_t index, Keywords more) {
  constexpr Keywords kOtherwise = keywords(Keyword::kPatternProperties, Keyword::kMaxProperties);
  if (more != keywords(Keyword::kRequired) || has(index, kOtherwise)) return false;
  const std::vector<Json>& names = get(index, Keyword::kRequired)->items;
  const Json* properties = get(index, Keyword::kProperties);
  const Json* others = get(index, Keyword::kAdditionalProperties);
  return names.size() <= kMostNames && std::all_of(names.begin(), names.end(), [&](const Json& name) {
           const Json* value = properties ? properties->find(name.text) : nullptr;
           if (!value) value = others;
           if (!is_plain_text(name.text) || (value && value->type == Json::Type::kFalse)) return false;
           return !value || !value->is_object() || plainly_satisfiable(child(index, *value));
         });
}

bool SchemaLoader::has_plain_array(uint32_t index, Keywords more) {
  constexpr Keywords kOtherwise = keywords(Keyword::kMaxItems, Keyword::kUniqueItems);
  if (more != keywords(Keyword::kMinItems) || has(index, kOtherwise)) return false;
  const Json* items = get(index, Keyword::kItems);
  if (!items || items->type == Json::Type::kTrue) return true;
  return items->is_object() && plainly_satisfiable(child(index, *items));
}

}  // namespace fcformat
