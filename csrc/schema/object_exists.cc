// Whether an object exists, where its required members alone decide that.
#include <algorithm>

#include "schema/residuals.h"

namespace fcformat {

// A plan also says which keys may come besides, and telling those apart can take long: it is made once an object is written.
std::optional<bool> Residuals::exists_by_required(ObjectShapeId id) {
  const ObjectShape& shape = algebra_.object(id);
  bool more_matters = !shape.exists.empty() || !shape.other_names.empty() || !shape.dependencies.empty() ||
                      !shape.excluded.empty() || shape.min > shape.required.size();
  if (more_matters) return std::nullopt;
  if (shape.required.size() > shape.max) return false;
  ExpressionArena& arena = algebra_.arena();
  for (NameId name : shape.required) {
    const std::u32string& text = algebra_.name_text(name);
    if (has_lone_surrogate(text)) return false;
    std::vector<FormulaId> parts;
    auto own = std::lower_bound(shape.properties.begin(), shape.properties.end(), std::make_pair(name, 0u));
    if (own != shape.properties.end() && own->first == name) parts.push_back(own->second);
    for (const auto& [keys, value] : shape.patterns) {
      if (arena.matches(keys, text)) parts.push_back(value);
    }
    for (FormulaId names : shape.names) {
      if (!arena.matches(algebra_.expand(names).strings, text)) return false;
    }
    if (!algebra_.nonempty(algebra_.conjunction(std::move(parts)))) return false;
  }
  return true;
}

}  // namespace fcformat
