// The parts of the binding, each a file.
#pragma once

#include <pybind11/pybind11.h>

namespace fcformat {

void bind_grammar(pybind11::module_& m);  // compiling
void bind_matcher(pybind11::module_& m);  // Matcher, and what works on many of them
void bind_text(pybind11::module_& m);     // what reads replies

}  // namespace fcformat
