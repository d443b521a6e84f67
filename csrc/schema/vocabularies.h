// `$vocabulary`: which keywords mean anything under a metaschema that is passed in.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "schema/json.h"

namespace fcformat {

using Documents = std::map<std::string, Json>;

// The schema without the keywords of vocabularies that its metaschema does not use, and with that metaschema's draft as its
// `$schema`; the same for parts with a `$schema` of their own. A schema whose metaschema is none of the documents, or says nothing of
// vocabularies, comes back as it is. Throws UnsupportedSchemaError where an unknown vocabulary is required.
std::shared_ptr<const Json> within_vocabularies(std::shared_ptr<const Json> schema, const Documents& documents);
std::shared_ptr<const Documents> within_vocabularies(std::shared_ptr<const Documents> documents);

}  // namespace fcformat
