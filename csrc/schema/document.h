// A schema document: its subschemas, the URIs and anchors that name them, and what a reference points to.
#pragma once

#include <map>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/json.h"
#include "schema/keywords.h"

namespace fcformat {

// One place in a document that is read as a schema.
struct Subschema {
  const Json* json;
  uint32_t resource;  // the resource ($id) that it belongs to
  Keywords keywords;  // those that say something here: its dialect has them, and no $ref beside them hides them
};

class Document {
 public:
  using Value = std::pair<Keyword, const Json*>;

  // `others` maps absolute URIs to further documents, for references that leave this one. All must outlive this object.
  Document(const Json& root, const std::map<std::string, Json>& others);
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  uint32_t root() const { return 0; }
  const Subschema& at(uint32_t index) const { return subschemas_[index]; }
  // From the root of its document.
  std::string pointer(uint32_t index) const;
  Dialect dialect(uint32_t index) const { return resources_[subschemas_[index].resource].dialect; }
  // The members of a subschema that are keywords of some draft.
  std::span<const Value> values(uint32_t index) const {
    return {values_.data() + places_[index].first_value, places_[index].value_count};
  }
  // The value of a keyword that says something here, or null.
  const Json* get(uint32_t index, Keyword keyword) const {
    if (!(subschemas_[index].keywords & keywords(keyword))) return nullptr;
    for (const Value& value : values(index)) {
      if (value.first == keyword) return value.second;
    }
    return nullptr;
  }
  // The subschema that stands below another one.
  uint32_t child(const Json& json) const { return index_of_.at(&json); }
  // What $ref of this subschema points to. Throws SchemaError.
  uint32_t resolve(uint32_t from);
  size_t size() const { return subschemas_.size(); }
  // Memory, approximately; without the JSON that it reads.
  size_t bytes() const {
    constexpr size_t kEntry = sizeof(Subschema) + sizeof(Place) + 48;  // with its entry in the index
    return subschemas_.capacity() * kEntry + values_.capacity() * sizeof(Value) + resources_.capacity() * 160 +
           (entrances_.size() + by_uri_.size() + anchors_.size() + dynamic_anchors_.size()) * 128;
  }
  // $dynamicRef and $recursiveRef depend on the resources through which evaluation came, the outermost first.
  bool is_dynamic() const { return dynamic_; }
  uint32_t resolve_dynamic(uint32_t from, const std::vector<uint32_t>& scope);
  uint32_t resolve_recursive(uint32_t from, const std::vector<uint32_t>& scope);

 private:
  struct Resource {
    std::string uri;  // absolute, without fragment; "" for a root without $id
    const Json* root;
    Dialect dialect;
  };
  // Where a subschema stands: below another one under a keyword, and there under a name or at a position.
  struct Place {
    uint32_t parent = kNowhere;
    std::string_view keyword;
    const std::string* name = nullptr;
    uint32_t position = kNowhere;
    uint32_t target = kNowhere;  // of $ref, once it is known
    uint32_t first_value = 0, value_count = 0;
  };
  static constexpr uint32_t kNowhere = UINT32_MAX;

  void index(const Json& json, const Place& place, uint32_t resource, int depth);
  void index_below(uint32_t self, int depth);
  uint32_t enter_resource(const Json& json, uint32_t resource);
  bool read_keywords(uint32_t self);
  void read_anchors(uint32_t self);
  uint32_t find_target(uint32_t from, const std::string& reference, Keyword keyword);
  const Json* member(const Json& object, std::string_view name);

  const std::map<std::string, Json>& others_;
  std::pmr::monotonic_buffer_resource memory_;  // of what grows with the subschemas and goes all at once
  std::vector<Subschema> subschemas_;
  std::vector<Place> places_;  // of the subschemas
  std::vector<Value> values_;
  std::map<uint32_t, std::string> entrances_;  // pointers of subschemas that only a reference made known
  std::vector<Resource> resources_;
  std::pmr::unordered_map<const Json*, uint32_t> index_of_{&memory_};
  std::pmr::unordered_map<const Json*, uint32_t> resource_of_{&memory_};            // roots of resources
  std::unordered_map<std::string, uint32_t> by_uri_;                                // uri -> resource
  std::unordered_map<std::string, uint32_t> anchors_;                               // uri#name -> subschema
  std::map<std::pair<uint32_t, std::string>, uint32_t> dynamic_anchors_;            // resource, name -> subschema
  std::map<const Json*, std::unordered_map<std::string_view, const Json*>> large_;  // members of large objects, by name
  bool dynamic_ = false;
};

// A `$schema` that is none of the drafts' says nothing that could be used, and is read as no statement.
Dialect dialect_of(std::string_view schema_uri);
// RFC 3986, section 5.2, as far as schema identifiers need it.
std::string resolve_uri(const std::string& base, const std::string& reference);
std::string escape_pointer(std::string_view token);

}  // namespace fcformat
