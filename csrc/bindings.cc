// The Python face of the core: converts, releases the GIL, and nothing else. What the objects mean stands in
// fcformat/_core.pyi and in the Python modules that wrap them.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings.h"
#include "bindings_sampler.h"
#include "errors.h"
#include "grammar/compile.h"
#include "mask/apply.h"
#include "mask/masked_copy.h"
#include "regex/pattern_parser.h"
#include "vocabulary/vocabulary.h"

namespace py = pybind11;

namespace fcformat {
namespace {

constexpr int kMaxJsonNesting = 700;

// UTF-8; lone surrogates, which Python strings may hold, come out as they are.
std::string text_of(py::handle value) {
  Py_ssize_t size;
  if (const char* utf8 = PyUnicode_AsUTF8AndSize(value.ptr(), &size)) return {utf8, static_cast<size_t>(size)};
  PyErr_Clear();
  return py::bytes(value.attr("encode")("utf-8", "surrogatepass"));
}

// Where a value stands in the schema; put into words only where something is wrong there.
struct Place {
  const Place* above = nullptr;
  const std::string* name = nullptr;
  size_t index = 0;

  std::string pointer() const {
    if (above == nullptr) return "";
    return above->pointer() + (name != nullptr ? escape_pointer(*name) : "/" + std::to_string(index));
  }
};

[[noreturn]] void refuse(py::handle value, const Place& place) {
  const std::string pointer = place.pointer();
  throw SchemaError("at " + (pointer.empty() ? "the root" : pointer) + ": found a Python " +
                        std::string(Py_TYPE(value.ptr())->tp_name) + " (" + excerpt(std::string(py::repr(value)), 60) +
                        "), expected a JSON value",
                    pointer, "");
}

Json json_of(py::handle value, const Place& place, int depth) {
  if (depth > kMaxJsonNesting) {
    throw GrammarLimitError("the schema nests deeper than max_schema_nesting = " + std::to_string(kMaxJsonNesting));
  }
  Json out;
  PyObject* p = value.ptr();
  if (p == Py_None) {
    out.type = Json::Type::kNull;
  } else if (PyBool_Check(p)) {
    out.type = p == Py_True ? Json::Type::kTrue : Json::Type::kFalse;
  } else if (PyUnicode_Check(p)) {
    out.type = Json::Type::kString;
    out.text = text_of(value);
  } else if (PyDict_Check(p)) {
    out.type = Json::Type::kObject;
    out.members.reserve(static_cast<size_t>(PyDict_Size(p)));
    for (auto item : py::reinterpret_borrow<py::dict>(value)) {
      if (!PyUnicode_Check(item.first.ptr())) refuse(item.first, place);
      std::string name = text_of(item.first);
      bool deep = PyDict_Check(item.second.ptr()) || PyList_Check(item.second.ptr());
      Json member = json_of(item.second, deep ? Place{&place, &name, 0} : place, depth + 1);
      out.members.emplace_back(std::move(name), std::move(member));
    }
  } else if (PyList_Check(p) || PyTuple_Check(p)) {
    out.type = Json::Type::kArray;
    size_t i = 0;
    for (auto item : py::reinterpret_borrow<py::sequence>(value))
      out.items.push_back(json_of(item, {&place, nullptr, i++}, depth + 1));
  } else if (PyLong_Check(p) || PyFloat_Check(p) ||
             py::hasattr(value, "as_tuple")) {  // decimal.Decimal keeps all digits
    out.type = Json::Type::kNumber;
    std::string text = py::str(value);
    try {
      out.number = parse_decimal(text);
    } catch (const std::invalid_argument&) {
      refuse(value, place);
    }
  } else {
    refuse(value, place);
  }
  return out;
}

ValueStyle style_of(py::handle style, Syntax syntax) {
  ValueStyle out;
  auto text = [&](const char* name) { return style.attr(name).cast<std::string>(); };
  std::string whitespace = text("whitespace");
  out.surface.whitespace = whitespace == "compact"  ? Whitespace::kCompact
                           : whitespace == "python" ? Whitespace::kPython
                                                    : Whitespace::kFlexible;
  out.surface.max_whitespace = style.attr("max_whitespace").cast<uint16_t>();
  out.surface.minimal_escapes = text("escapes") == "minimal";
  out.ordered = text("property_order") == "schema";
  out.numbers.plain_integers = text("integer_spelling") == "plain";
  out.numbers.max_digits = style.attr("max_digits").cast<uint32_t>();
  out.surface.syntax = syntax;
  return out;
}

Syntax syntax_of(py::handle syntax) {
  if (!py::isinstance<py::str>(syntax))
    return syntax.attr("delimiter").is_none() ? Syntax::kTagged : Syntax::kDelimited;
  static const std::map<std::string, Syntax> syntaxes = {{"json", Syntax::kJson},
                                                         {"python", Syntax::kPython},
                                                         {"python_arguments", Syntax::kPythonArguments},
                                                         {"json_string", Syntax::kJsonString}};
  auto it = syntaxes.find(syntax.cast<std::string>());
  if (it == syntaxes.end())
    throw std::invalid_argument("syntax: found \"" + syntax.cast<std::string>() +
                                "\", expected json, python, python_arguments, json_string or TaggedArguments");
  return it->second;
}

std::shared_ptr<const std::map<std::string, Json>> resources_of(py::handle resources) {
  auto out = std::make_shared<std::map<std::string, Json>>();
  if (!resources.is_none()) {
    for (auto item : py::reinterpret_borrow<py::dict>(resources))
      (*out)[text_of(item.first)] = json_of(item.second, {}, 0);
  }
  return out;
}

// fcformat.grammar's dataclasses.
GrammarSpec spec_of(py::handle grammar, py::handle resources, int depth) {
  if (depth > 400) throw GrammarLimitError("the grammar nests deeper than max_grammar_nesting = 400");
  GrammarSpec spec;
  std::string kind = Py_TYPE(grammar.ptr())->tp_name;
  kind = kind.substr(kind.rfind('.') + 1);
  auto items = [&](const char* name) {
    for (auto item : py::reinterpret_borrow<py::sequence>(grammar.attr(name)))
      spec.items.push_back(spec_of(item, resources, depth + 1));
  };
  if (kind == "Literal" || kind == "ControlToken") {
    spec.kind = kind == "Literal" ? GrammarSpec::Kind::kLiteral : GrammarSpec::Kind::kControlToken;
    spec.text = text_of(grammar.attr("text"));
  } else if (kind == "Sequence" || kind == "Choice") {
    spec.kind = kind == "Sequence" ? GrammarSpec::Kind::kSequence : GrammarSpec::Kind::kChoice;
    items("items");
  } else if (kind == "Repeat") {
    spec.kind = GrammarSpec::Kind::kRepeat;
    spec.items.push_back(spec_of(grammar.attr("item"), resources, depth + 1));
    spec.min = grammar.attr("min").cast<uint32_t>();
    py::object max = grammar.attr("max");
    spec.max = max.is_none() ? kUnbounded : max.cast<uint32_t>();
  } else if (kind == "FreeText") {
    spec.kind = GrammarSpec::Kind::kFreeText;
    for (auto text : grammar.attr("excludes")) spec.excludes.push_back(text_of(text));
    py::object most = grammar.attr("max_tokens");
    spec.max = most.is_none() ? kUnbounded : most.cast<uint32_t>();
  } else if (kind == "Regex") {
    spec.kind = GrammarSpec::Kind::kRegex;
    spec.text = text_of(grammar.attr("pattern"));
  } else if (kind == "SchemaValue") {
    spec.kind = GrammarSpec::Kind::kSchema;
    spec.schema = std::make_shared<const Json>(json_of(grammar.attr("schema"), {}, 0));
    spec.resources = resources_of(resources);
    py::object syntax = grammar.attr("syntax");
    spec.style = style_of(grammar.attr("style"), syntax_of(syntax));
    if (spec.style.surface.tagged()) {
      for (const char* part : {"before_key", "between", "after_key", "after_other_key", "after_value", "delimiter"}) {
        py::object item = syntax.attr(part);
        if (!item.is_none()) spec.items.push_back(spec_of(item, resources, depth + 1));
      }
      for (auto text : syntax.attr("excludes")) spec.excludes.push_back(text_of(text));
      spec.text = text_of(syntax.attr("key"));
    }
  } else if (kind == "Rules") {
    spec.kind = GrammarSpec::Kind::kRules;
    spec.text = text_of(grammar.attr("start"));
    for (auto item : py::reinterpret_borrow<py::sequence>(grammar.attr("rules"))) {
      auto pair = py::reinterpret_borrow<py::sequence>(item);
      spec.names.push_back(text_of(pair[0]));
      spec.items.push_back(spec_of(pair[1], resources, depth + 1));
    }
  } else if (kind == "Rule") {
    spec.kind = GrammarSpec::Kind::kRule;
    spec.text = text_of(grammar.attr("name"));
  } else {
    throw py::type_error("grammar: found a " + kind + ", expected a value of fcformat.grammar");
  }
  return spec;
}

Limits limits_of(const py::dict& given) {
  Limits limits;
  const std::map<std::string, size_t*> sizes = {
      {"max_expression_nodes", &limits.expressions.max_nodes}, {"max_expression_bytes", &limits.expressions.max_bytes},
      {"max_search_states", &limits.expressions.max_search},   {"max_formulas", &limits.schemas.max_formulas},
      {"max_alternatives", &limits.schemas.max_alternatives},  {"max_schema_steps", &limits.schemas.max_steps},
      {"max_grammar_bytes", &limits.machine.max_bytes},        {"max_threads", &limits.machine.max_threads},
      {"max_grammar_nodes", &limits.machine.max_nodes},        {"mask_cache_bytes", &limits.mask_cache_bytes}};
  const std::map<std::string, uint32_t*> depths = {{"max_expression_depth", &limits.expressions.max_depth},
                                                   {"max_schema_depth", &limits.schemas.max_depth}};
  for (auto item : given) {
    std::string name = item.first.cast<std::string>();
    if (name == "max_seconds") {
      limits.expressions.max_seconds = item.second.cast<double>();
    } else if (auto it = sizes.find(name); it != sizes.end()) {
      *it->second = item.second.cast<size_t>();
    } else if (auto at = depths.find(name); at != depths.end()) {
      *at->second = item.second.cast<uint32_t>();
    } else {
      throw std::invalid_argument("limits: there is no budget called \"" + name + "\"");
    }
  }
  return limits;
}

std::shared_ptr<CompiledGrammar> compile_grammar(std::shared_ptr<const Vocabulary> vocabulary, py::handle grammar,
                                                 py::handle resources, const py::dict& limits,
                                                 bool refuse_unknown_formats) {
  GrammarSpec spec = spec_of(grammar, resources, 0);
  Limits budget = limits_of(limits);
  LoaderOptions options;
  options.refuse_unknown_formats = refuse_unknown_formats;
  py::gil_scoped_release release;
  return compile(spec, std::move(vocabulary), budget, options);
}

std::shared_ptr<const Vocabulary> make_vocabulary(const py::list& tokens, uint32_t vocab_size,
                                                  std::vector<uint32_t> stop_ids, const py::dict& control_tokens) {
  std::vector<TokenBytes> bytes;
  bytes.reserve(py::len(tokens));
  uint32_t id = 0;
  for (auto token : tokens) {
    if (!token.is_none()) {
      char* data;
      Py_ssize_t size;
      if (PyBytes_AsStringAndSize(token.ptr(), &data, &size) != 0) throw py::error_already_set();
      bytes.push_back({id, std::string(data, static_cast<size_t>(size))});
    }
    ++id;
  }
  std::vector<std::pair<uint32_t, std::string>> control;
  for (auto item : control_tokens) control.emplace_back(item.first.cast<uint32_t>(), text_of(item.second));
  py::gil_scoped_release release;
  return std::make_shared<const Vocabulary>(std::move(bytes), vocab_size, std::move(stop_ids), std::move(control));
}

// The same from all bytes in one piece and the place where each token begins (and the last one ends), as int64.
std::shared_ptr<const Vocabulary> vocabulary_from_bounds(const py::bytes& data, const py::buffer& bounds,
                                                         std::vector<uint32_t> stop_ids,
                                                         const py::dict& control_tokens) {
  std::string_view text = data;
  py::buffer_info info = bounds.request();
  if (info.itemsize != 8 || info.ndim != 1 || info.size < 1 || info.strides[0] != 8)
    throw py::value_error("bounds: expected a contiguous array of int64");
  const auto* at = static_cast<const int64_t*>(info.ptr);
  auto size = static_cast<uint32_t>(info.size - 1);
  std::vector<TokenBytes> tokens;
  tokens.reserve(size);
  for (uint32_t id = 0; id < size; ++id) {
    if (at[id] < 0 || at[id] > at[id + 1] || static_cast<size_t>(at[id + 1]) > text.size())
      throw py::value_error("bounds: expected offsets into the data that do not fall");
    if (at[id] < at[id + 1])
      tokens.push_back(
          {id, std::string(text.substr(static_cast<size_t>(at[id]), static_cast<size_t>(at[id + 1] - at[id])))});
  }
  std::vector<std::pair<uint32_t, std::string>> control;
  for (auto item : control_tokens) control.emplace_back(item.first.cast<uint32_t>(), text_of(item.second));
  py::gil_scoped_release release;
  return std::make_shared<const Vocabulary>(std::move(tokens), size, std::move(stop_ids), std::move(control));
}

// One expression with its arena: what tests hold against other regular-expression engines.
class Expression {
 public:
  Expression(const std::string& pattern, bool search)
      : arena_(std::make_unique<ExpressionArena>()),
        id_(search ? parse_search_pattern(*arena_, pattern) : parse_full_pattern(*arena_, pattern)) {}
  bool matches(const std::string& text) { return arena_->matches(id_, decode_utf8(text)); }
  bool is_empty() { return arena_->is_empty(id_); }
  py::object shortest() {
    std::u32string text;
    if (!arena_->shortest(id_, &text)) return py::none();
    return py::str(encode_utf8(text));
  }

 private:
  std::unique_ptr<ExpressionArena> arena_;
  ExprId id_;
};

// Raises the class of fcformat.errors that belongs to a C++ exception.
void translate(std::exception_ptr p) {
  auto text = [](const std::string& utf8) {  // a schema's strings may hold lone surrogates
    auto size = static_cast<Py_ssize_t>(utf8.size());
    return py::reinterpret_steal<py::object>(PyUnicode_DecodeUTF8(utf8.data(), size, "replace"));
  };
  auto raise = [&](const char* name, const auto&... args) {
    py::object type = py::module_::import("fcformat.errors").attr(name);
    py::object error = type(text(args)...);
    PyErr_SetObject(type.ptr(), error.ptr());
  };
  try {
    if (p) std::rethrow_exception(p);
  } catch (const UnsupportedSchemaError& e) {
    raise("UnsupportedSchemaError", e.what(), e.pointer, e.keyword);
  } catch (const SchemaError& e) {
    raise("SchemaError", e.what(), e.pointer, e.keyword);
  } catch (const GrammarError& e) {
    raise("GrammarError", e.what());
  } catch (const GrammarLimitError& e) {
    raise("GrammarLimitError", e.what());
  } catch (const PatternError& e) {
    raise(e.unsupported ? "UnsupportedSchemaError" : "SchemaError", std::string("pattern: ") + e.what(), "", "pattern");
  }
}

void apply_bitmask_at(uintptr_t logits, const std::string& type, size_t rows, size_t columns, ptrdiff_t row_stride,
                      uintptr_t bitmask, size_t bitmask_words, ptrdiff_t bitmask_row_stride,
                      const std::optional<std::vector<int64_t>>& indices) {
  ApplyTask task;
  task.logits = reinterpret_cast<void*>(logits);
  task.type = logit_type_from_name(type);
  task.rows = indices ? indices->size() : rows;
  task.columns = columns;
  task.row_stride = row_stride;
  task.bitmask = reinterpret_cast<const uint32_t*>(bitmask);
  task.bitmask_words = bitmask_words;
  task.bitmask_row_stride = bitmask_row_stride;
  task.indices = indices ? indices->data() : nullptr;
  py::gil_scoped_release release;
  apply_bitmask(task);
}

std::vector<std::size_t> masked_copy_at(uintptr_t logits, const std::string& type, size_t rows, size_t columns,
                                        ptrdiff_t row_stride, uintptr_t bitmask, size_t bitmask_words,
                                        ptrdiff_t bitmask_row_stride, uintptr_t target) {
  ApplyTask task;
  task.logits = reinterpret_cast<void*>(logits);
  task.type = logit_type_from_name(type);
  task.rows = rows;
  task.columns = columns;
  task.row_stride = row_stride;
  task.bitmask = reinterpret_cast<const uint32_t*>(bitmask);
  task.bitmask_words = bitmask_words;
  task.bitmask_row_stride = bitmask_row_stride;
  py::gil_scoped_release release;
  return masked_copy(task, reinterpret_cast<void*>(target));
}

}  // namespace
}  // namespace fcformat

PYBIND11_MODULE(_core, m) {
  using namespace fcformat;
  py::register_local_exception_translator(translate);
  m.doc() = "The native engine of fcformat.";

  py::class_<Vocabulary, std::shared_ptr<Vocabulary>>(m, "Vocabulary")
      .def(py::init([](const py::list& tokens, uint32_t vocab_size, std::vector<uint32_t> stop_token_ids,
                       const py::dict& control_tokens) {
             return std::const_pointer_cast<Vocabulary>(
                 make_vocabulary(tokens, vocab_size, std::move(stop_token_ids), control_tokens));
           }),
           py::arg("tokens"), py::arg("vocab_size"), py::arg("stop_token_ids"), py::arg("control_tokens"))
      .def_static(
          "from_bounds",
          [](const py::bytes& data, const py::buffer& bounds, std::vector<uint32_t> stops, const py::dict& control) {
            return std::const_pointer_cast<Vocabulary>(vocabulary_from_bounds(data, bounds, std::move(stops), control));
          },
          py::arg("data"), py::arg("bounds"), py::arg("stop_token_ids"), py::arg("control_tokens"))
      .def_property_readonly("vocab_size", &Vocabulary::size)
      .def_property_readonly("nbytes", &Vocabulary::memory);

  py::class_<CompiledGrammar, std::shared_ptr<CompiledGrammar>>(m, "CompiledGrammar")
      .def_property_readonly("nbytes", &CompiledGrammar::bytes)
      .def_property_readonly("renewals", &CompiledGrammar::renewals)
      .def_property_readonly("mask_cache", [](CompiledGrammar& g) {
        uint64_t hits, misses;
        size_t bytes;
        g.cache_counters(&hits, &misses, &bytes);
        py::dict out;
        out["hits"] = hits;
        out["misses"] = misses;
        out["nbytes"] = bytes;
        return out;
      });

  m.def("check_limits", [](const py::dict& limits) { limits_of(limits); }, py::arg("limits"));
  m.def(
      "compile_grammar",
      [](std::shared_ptr<Vocabulary> v, py::handle grammar, py::handle resources, const py::dict& limits, bool refuse) {
        return compile_grammar(std::move(v), grammar, resources, limits, refuse);
      },
      py::arg("vocabulary"), py::arg("grammar"), py::arg("resources"), py::arg("limits"),
      py::arg("refuse_unknown_formats"));

  bind_matcher(m);
  bind_text(m);

  py::class_<Expression>(m, "Expression")
      .def_static(
          "search", [](const std::string& pattern) { return Expression(pattern, true); }, py::arg("pattern"))
      .def_static(
          "full", [](const std::string& pattern) { return Expression(pattern, false); }, py::arg("pattern"))
      .def("matches", &Expression::matches, py::arg("text"))
      .def("is_empty", &Expression::is_empty)
      .def("shortest", &Expression::shortest);

  bind_value_sampler(m, {[](py::handle value) { return json_of(value, {}, 0); }, &resources_of, &limits_of});

  m.def("apply_bitmask", &apply_bitmask_at, py::arg("logits_ptr"), py::arg("dtype"), py::arg("rows"), py::arg("vocab"),
        py::arg("row_stride"), py::arg("bitmask_ptr"), py::arg("bitmask_words"), py::arg("bitmask_row_stride"),
        py::arg("indices"));
  m.def("masked_copy", &masked_copy_at, py::arg("logits_ptr"), py::arg("dtype"), py::arg("rows"), py::arg("vocab"),
        py::arg("row_stride"), py::arg("bitmask_ptr"), py::arg("bitmask_words"), py::arg("bitmask_row_stride"),
        py::arg("target_ptr"));
}
