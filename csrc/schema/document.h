// A schema document: its subschemas, the URIs and anchors that name them, and what a reference points to.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/json.h"

namespace fcformat {

enum class Dialect : uint8_t { kDraft4, kDraft6, kDraft7, kDraft2019, kDraft2020, kUnstated };

// One place in a document that is read as a schema.
struct Subschema {
  const Json* json;
  std::string pointer;  // from the root of its document
  uint32_t resource;    // the resource ($id) that it belongs to
};

class Document {
 public:
  // `others` maps absolute URIs to further documents, for references that leave this one. All must outlive this object.
  Document(const Json& root, const std::map<std::string, Json>& others);

  uint32_t root() const { return 0; }
  const Subschema& at(uint32_t index) const { return subschemas_[index]; }
  Dialect dialect(uint32_t index) const { return resources_[subschemas_[index].resource].dialect; }
  // The subschema at a path below another one, as a pointer fragment such as "/properties/a".
  uint32_t child(uint32_t parent, const std::string& path, const Json& json);
  // What a reference in this subschema points to. Throws SchemaError.
  uint32_t resolve(uint32_t from, const std::string& reference, const char* keyword);
  size_t size() const { return subschemas_.size(); }
  // $dynamicRef and $recursiveRef depend on the resources through which evaluation came, the outermost first.
  bool is_dynamic() const { return dynamic_; }
  uint32_t resolve_dynamic(uint32_t from, const std::string& reference, const std::vector<uint32_t>& scope);
  uint32_t resolve_recursive(uint32_t from, const std::string& reference, const std::vector<uint32_t>& scope);

 private:
  struct Resource {
    std::string uri;  // absolute, without fragment; "" for a root without $id
    const Json* root;
    std::string pointer;  // of the root in its document
    Dialect dialect;
  };

  void index(const Json& json, std::string pointer, uint32_t resource, int depth);
  uint32_t add(const Json& json, std::string pointer, uint32_t resource);
  uint32_t enter_resource(const Json& json, const std::string& pointer, uint32_t resource);

  const std::map<std::string, Json>& others_;
  std::vector<Subschema> subschemas_;
  std::vector<Resource> resources_;
  std::unordered_map<const Json*, uint32_t> index_of_;
  std::unordered_map<const Json*, uint32_t> resource_of_;                 // roots of resources
  std::unordered_map<std::string, uint32_t> by_uri_;                      // uri -> resource
  std::unordered_map<std::string, uint32_t> anchors_;                     // uri#name -> subschema
  std::map<std::pair<uint32_t, std::string>, uint32_t> dynamic_anchors_;  // resource, name -> subschema
  bool dynamic_ = false;
};

// The applicators of all drafts: where a keyword's value holds schemas.
enum class Holds : uint8_t { kNothing, kSchema, kList, kMap, kSchemaOrList, kDependencies };
Holds holds_schemas(std::string_view keyword);

// Whether a dialect has the keyword. A schema that does not state its dialect may use the keywords of all.
bool has_keyword(Dialect dialect, std::string_view keyword);
// A `$schema` that is none of the drafts' says nothing that could be used, and is read as no statement.
Dialect dialect_of(std::string_view schema_uri);
// RFC 3986, section 5.2, as far as schema identifiers need it.
std::string resolve_uri(const std::string& base, const std::string& reference);
std::string escape_pointer(std::string_view token);

}  // namespace fcformat
