#include "bindings_sampler.h"

#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "sample/value_sampler.h"

namespace py = pybind11;

namespace fcformat {
namespace {

std::vector<std::string> texts_of(const std::vector<Decimal>& values) {
  std::vector<std::string> out;
  for (const Decimal& v : values) out.push_back(to_string(v));
  return out;
}

py::object bound_of(const std::optional<Decimal>& bound) {
  return bound ? py::object(py::str(to_string(*bound))) : py::object(py::none());
}

// The fields of NumberPiece in fcformat/strategies/_numbers.py.
py::tuple numbers_of(const ValueSampler::Numbers& n) {
  const NumberPiece& p = n.piece;
  return py::make_tuple(bound_of(p.interval.low), p.interval.low_open, bound_of(p.interval.high), p.interval.high_open,
                        texts_of(p.multiples), texts_of(p.non_multiples), texts_of(p.excluded), p.integer, n.texts);
}

py::tuple alternatives_of(ValueSampler& self, FormulaId f) {
  ValueSampler::Alternatives a = self.alternatives(f);
  py::list constants, numbers, points;
  if (a.null) constants.append(py::none());
  if (a.false_value) constants.append(py::bool_(false));
  if (a.true_value) constants.append(py::bool_(true));
  for (const auto& n : a.numbers) numbers.append(numbers_of(n));
  for (size_t i = 0; i < a.points.size(); ++i)
    points.append(py::make_tuple(to_string(a.points[i]), static_cast<bool>(a.integral[i])));
  return py::make_tuple(constants, numbers, points, a.strings, a.objects, a.arrays);
}

py::tuple plan_of(ValueSampler& self, ObjectId id) {
  const ObjectPlan& plan = self.plan(id);
  std::map<NameId, size_t> rank;
  const std::vector<NameId>& order = self.declared_order(id);
  for (size_t i = 0; i < order.size(); ++i) rank.emplace(order[i], i);
  py::list names;
  for (const ObjectPlan::Name& name : plan.names) {
    auto it = rank.find(name.id);
    std::string text = encode_utf8(name.text);
    py::object spelled = py::reinterpret_steal<py::object>(
        PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogatepass"));
    names.append(py::make_tuple(spelled, it == rank.end() ? order.size() : it->second));
  }
  return py::make_tuple(names, plan.cells.size(), plan.min, plan.max == kUnbounded ? -1 : static_cast<long>(plan.max));
}

py::list members_of(const std::vector<ValueSampler::Member>& members) {
  py::list out;
  for (const auto& m : members) out.append(py::make_tuple(m.name, m.cell, m.choice, m.value, m.next, m.gain));
  return out;
}

py::tuple array_of(ValueSampler& self, ArrayId id) {
  bool closes = self.can_close_array(id);
  py::list items;
  for (const auto& item : self.items(id)) items.append(py::make_tuple(item.value, item.next, item.gain));
  return py::make_tuple(closes, items, self.compares_items(id));
}

py::tuple bounds_of(ValueSampler& self, ArrayId id) {
  const ArrayShape& shape = self.array_shape(id);
  return py::make_tuple(shape.min, shape.max == kUnbounded ? -1 : static_cast<long>(shape.max), shape.prefix.size());
}

py::tuple edges_of(ValueSampler& self, ExprId e) {
  py::list edges;
  for (const Edge& edge : self.edges(e)) edges.append(py::make_tuple(edge.lo, edge.hi, edge.target));
  return py::make_tuple(self.nullable(e), edges);
}

}  // namespace

// Nothing here releases the GIL but the constructor: it is what keeps a sampler to one thread at a time.
void bind_value_sampler(py::module_& m, Converters convert) {
  py::class_<ValueSampler>(m, "ValueSampler")
      .def(py::init([convert](py::handle schema, py::handle resources, const py::dict& limits, bool refuse,
                              bool assert_content) {
             auto root = std::make_shared<const Json>(convert.json(schema));
             LoaderOptions options;
             options.refuse_unknown_formats = refuse;
             options.assert_content = assert_content;
             auto others = convert.resources(resources);
             Limits budget = convert.limits(limits);
             py::gil_scoped_release release;
             return std::make_unique<ValueSampler>(std::move(root), std::move(others), budget, options);
           }),
           py::arg("schema"), py::arg("resources"), py::arg("limits"), py::arg("refuse_unknown_formats"),
           py::arg("assert_content"))
      .def_property_readonly("root", &ValueSampler::root)
      .def_property_readonly("nbytes", &ValueSampler::bytes)
      .def("alternatives", &alternatives_of, py::arg("formula"))
      .def("no_higher", &ValueSampler::no_higher, py::arg("formula"), py::arg("height"))
      .def("has_values", &ValueSampler::has_values, py::arg("formula"))
      .def(
          "excluding",
          [convert](ValueSampler& self, FormulaId f, py::handle value) {
            return self.excluding(f, convert.json(value));
          },
          py::arg("formula"), py::arg("value"))
      .def("plan", &plan_of, py::arg("object"))
      .def("can_close_object", &ValueSampler::can_close_object, py::arg("object"))
      .def("required_left", &ValueSampler::required_left, py::arg("object"))
      .def(
          "members_named",
          [](ValueSampler& self, ObjectId id, uint32_t name) { return members_of(self.members_named(id, name)); },
          py::arg("object"), py::arg("name"))
      .def(
          "members_in_cells", [](ValueSampler& self, ObjectId id) { return members_of(self.members_in_cells(id)); },
          py::arg("object"))
      .def("cell_keys", &ValueSampler::cell_keys, py::arg("object"), py::arg("cell"))
      .def("after_cell_key", &ValueSampler::after_cell_key, py::arg("object"), py::arg("cell"), py::arg("choice"),
           py::arg("key"))
      .def("array", &array_of, py::arg("array"))
      .def("array_bounds", &bounds_of, py::arg("array"))
      .def(
          "knowing_item",
          [convert](ValueSampler& self, ArrayId id, py::handle item) {
            return self.knowing_item(id, convert.json(item));
          },
          py::arg("array"), py::arg("item"))
      .def("is_empty", &ValueSampler::is_empty, py::arg("expression"))
      .def("edges", &edges_of, py::arg("expression"))
      .def("union_parts", &ValueSampler::union_parts, py::arg("expression"))
      .def("shortest", &ValueSampler::shortest, py::arg("expression"))
      .def(
          "enumerate",
          [](ValueSampler& self, ExprId e, size_t limit) -> py::object {
            std::vector<std::string> texts;
            if (!self.enumerate(e, limit, &texts)) return py::none();
            return py::cast(texts);
          },
          py::arg("expression"), py::arg("limit"))
      .def(
          "length_range",
          [](ValueSampler& self, ExprId e) -> py::object {
            uint32_t min, max;
            if (!self.is_length_range(e, &min, &max)) return py::none();
            return py::make_tuple(min, max == kUnbounded ? -1 : static_cast<long>(max));
          },
          py::arg("expression"));
}

}  // namespace fcformat
