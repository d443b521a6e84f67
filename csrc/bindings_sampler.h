// The binding of the value sampler, apart from the others; what it converts with comes from bindings.cc.
#pragma once

#include <pybind11/pybind11.h>

#include <map>
#include <memory>
#include <string>

#include "grammar/compile.h"
#include "schema/json.h"

namespace fcformat {

struct Converters {
  Json (*json)(pybind11::handle);
  std::shared_ptr<const std::map<std::string, Json>> (*resources)(pybind11::handle);
  Limits (*limits)(const pybind11::dict&);
};

void bind_value_sampler(pybind11::module_& m, Converters convert);

}  // namespace fcformat
