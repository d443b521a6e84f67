// The binding of what reads replies. Python's strings are read where they lie, in whichever width they are stored.
#include <pybind11/pybind11.h>

#include <string>

#include "bindings.h"
#include "text/json_run.h"

namespace py = pybind11;

namespace fcformat {
namespace {

size_t run_in(const py::str& text, size_t at, JsonState* state, size_t deepest) {
  PyObject* p = text.ptr();
  const size_t size = static_cast<size_t>(PyUnicode_GET_LENGTH(p));
  if (at > size) throw py::value_error("json_run: found a place behind the text, expected one inside of it");
  switch (PyUnicode_KIND(p)) {
    case PyUnicode_1BYTE_KIND:
      return JsonRun<Py_UCS1>(PyUnicode_1BYTE_DATA(p), size, deepest).run(at, state);
    case PyUnicode_2BYTE_KIND:
      return JsonRun<Py_UCS2>(PyUnicode_2BYTE_DATA(p), size, deepest).run(at, state);
    default:
      return JsonRun<Py_UCS4>(PyUnicode_4BYTE_DATA(p), size, deepest).run(at, state);
  }
}

py::tuple json_run(const py::str& text, size_t at, const std::string& closers, int due, size_t deepest) {
  const int last = static_cast<int>(JsonDue::kDone);
  if (due < 0 || due > last)
    throw py::value_error("json_run: found due = " + std::to_string(due) + ", expected 0 to 5");
  JsonState state{closers, static_cast<JsonDue>(due)};
  if (closers.empty() && state.due != JsonDue::kValue && state.due != JsonDue::kDone) {
    throw py::value_error("json_run: found no open container, expected one");
  }
  at = run_in(text, at, &state, deepest);
  return py::make_tuple(at, state.closers, static_cast<int>(state.due));
}

Py_ssize_t json_end(const py::str& text, size_t at, size_t deepest) {
  JsonState state;
  at = run_in(text, at, &state, deepest);
  return state.due == JsonDue::kDone ? static_cast<Py_ssize_t>(at) : -1;
}

}  // namespace

void bind_text(py::module_& m) {
  m.def("json_run", &json_run, py::arg("text"), py::arg("at"), py::arg("closers"), py::arg("due"), py::arg("deepest"));
  m.def("json_end", &json_end, py::arg("text"), py::arg("at"), py::arg("deepest"));
}

}  // namespace fcformat
