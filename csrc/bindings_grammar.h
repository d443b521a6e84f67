// What bindings convert from Python's objects: schemas, resources, budgets.
#pragma once

#include <pybind11/pybind11.h>

#include <map>
#include <memory>
#include <string>

#include "grammar/compile.h"
#include "schema/json.h"

namespace fcformat {

using Resources = std::shared_ptr<const std::map<std::string, Json>>;

// UTF-8; lone surrogates, which Python strings may hold, come out as they are.
std::string text_of(pybind11::handle value);
Json json_of(pybind11::handle value);
Resources resources_of(pybind11::handle resources);
Limits limits_of(const pybind11::dict& given);

}  // namespace fcformat
