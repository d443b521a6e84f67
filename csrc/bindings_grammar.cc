// Grammars, schemas and budgets from Python's objects, and the functions that compile them.
#include "bindings_grammar.h"

#include <pybind11/stl.h>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings.h"
#include "errors.h"
#include "schema/json_text.h"

namespace py = pybind11;

namespace fcformat {
namespace {

constexpr int kMaxJsonNesting = 700;

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

Json convert(py::handle value, const Place& place, int depth) {
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
      Json member = convert(item.second, deep ? Place{&place, &name, 0} : place, depth + 1);
      out.members.emplace_back(std::move(name), std::move(member));
    }
  } else if (PyList_Check(p) || PyTuple_Check(p)) {
    out.type = Json::Type::kArray;
    size_t i = 0;
    for (auto item : py::reinterpret_borrow<py::sequence>(value))
      out.items.push_back(convert(item, {&place, nullptr, i++}, depth + 1));
  } else if (PyLong_Check(p) || PyFloat_Check(p) ||
             py::hasattr(value, "as_tuple")) {  // decimal.Decimal keeps all digits
    std::string text = py::str(value);
    try {
      out.set_number(parse_decimal(text));
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

// fcformat.grammar's dataclasses.
GrammarSpec spec_of(py::handle grammar, const Resources& resources, int depth) {
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
    spec.schema = std::make_shared<const Json>(convert(grammar.attr("schema"), {}, 0));
    spec.resources = resources;
    py::object syntax = grammar.attr("syntax");
    spec.style = style_of(grammar.attr("style"), syntax_of(syntax));
    if (spec.style.surface.tagged()) {
      spec.style.surface.python_words = syntax.attr("python_words").cast<bool>();
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

// What a compiler passes on to every grammar.
struct CompilerOptions {
  Resources resources;
  Limits limits;
  LoaderOptions loader;
};

// A schema that has been read. `key` tells schemas apart: equal keys, equal schemas.
struct Schema {
  std::shared_ptr<const Json> json;
  std::string key;
};

void append_text(std::string_view text, std::string* out) {
  *out += std::to_string(text.size());
  *out += ':';
  *out += text;
}

void append_content(const Json& value, std::string* out) {
  *out += "nftd\"[{"[static_cast<size_t>(value.type)];
  switch (value.type) {
    case Json::Type::kNumber:
      append_text(to_string(value.number()), out);
      break;
    case Json::Type::kString:
      append_text(value.text, out);
      break;
    case Json::Type::kArray:
      for (const Json& item : value.items) append_content(item, out);
      *out += ']';
      break;
    case Json::Type::kObject:
      for (const auto& [name, member] : value.members) {
        append_text(name, out);
        append_content(member, out);
      }
      *out += '}';
      break;
    default:
      break;
  }
}

Schema read_schema(py::handle value) {
  Schema out{std::make_shared<const Json>(json_of(value)), {}};
  append_content(*out.json, &out.key);
  return out;
}

std::shared_ptr<CompiledGrammar> compile_json(std::shared_ptr<const Vocabulary> vocabulary,
                                              std::shared_ptr<const Json> json, const ValueStyle& style,
                                              const CompilerOptions& options) {
  GrammarSpec spec;
  spec.kind = GrammarSpec::Kind::kSchema;
  spec.schema = std::move(json);
  spec.resources = options.resources;
  spec.style = style;
  return compile(spec, std::move(vocabulary), options.limits, options.loader);
}

// Nothing where the text is not plain JSON; another reader is to say what is wrong, if anything is.
std::shared_ptr<CompiledGrammar> compile_schema_text(std::shared_ptr<Vocabulary> vocabulary, py::handle text,
                                                     const ValueStyle& style, const CompilerOptions& options) {
  Py_ssize_t size;
  const char* utf8 = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
  if (utf8 == nullptr) {  // a lone surrogate: outside of the text's strings no JSON, inside for the slower reader
    PyErr_Clear();
    return nullptr;
  }
  py::gil_scoped_release release;
  std::optional<Json> json = read_json_text({utf8, static_cast<size_t>(size)}, kMaxJsonNesting);
  if (!json) return nullptr;
  return compile_json(std::move(vocabulary), std::make_shared<const Json>(std::move(*json)), style, options);
}

}  // namespace

std::string text_of(py::handle value) {
  Py_ssize_t size;
  if (const char* utf8 = PyUnicode_AsUTF8AndSize(value.ptr(), &size)) return {utf8, static_cast<size_t>(size)};
  PyErr_Clear();
  return py::bytes(value.attr("encode")("utf-8", "surrogatepass"));
}

Json json_of(py::handle value) { return convert(value, {}, 0); }

Resources resources_of(py::handle resources) {
  auto out = std::make_shared<std::map<std::string, Json>>();
  if (!resources.is_none()) {
    for (auto item : py::reinterpret_borrow<py::dict>(resources))
      (*out)[text_of(item.first)] = convert(item.second, {}, 0);
  }
  return out;
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

void bind_grammar(py::module_& m) {
  py::class_<CompilerOptions>(m, "CompilerOptions")
      .def(py::init([](py::handle resources, const py::dict& limits, bool refuse, bool assert_content) {
             CompilerOptions options{resources_of(resources), limits_of(limits), {}};
             options.loader.refuse_unknown_formats = refuse;
             options.loader.assert_content = assert_content;
             return options;
           }),
           py::arg("resources"), py::arg("limits"), py::arg("refuse_unknown_formats"), py::arg("assert_content"));
  py::class_<ValueStyle>(m, "ValueStyle")
      .def(py::init([](py::handle style) { return style_of(style, Syntax::kJson); }), py::arg("style"));
  py::class_<Schema>(m, "Schema")
      .def(py::init(&read_schema), py::arg("value"))
      .def_property_readonly("key", [](const Schema& s) { return py::bytes(s.key); });
  m.def(
      "compile_grammar",
      [](std::shared_ptr<Vocabulary> vocabulary, py::handle grammar, const CompilerOptions& options) {
        GrammarSpec spec = spec_of(grammar, options.resources, 0);
        py::gil_scoped_release release;
        return compile(spec, std::move(vocabulary), options.limits, options.loader);
      },
      py::arg("vocabulary"), py::arg("grammar"), py::arg("options"));
  m.def(
      "compile_schema",
      [](std::shared_ptr<Vocabulary> vocabulary, const Schema& schema, const ValueStyle& style,
         const CompilerOptions& options) {
        py::gil_scoped_release release;
        return compile_json(std::move(vocabulary), schema.json, style, options);
      },
      py::arg("vocabulary"), py::arg("schema"), py::arg("style"), py::arg("options"));
  m.def("compile_schema_text", &compile_schema_text, py::arg("vocabulary"), py::arg("text"), py::arg("style"),
        py::arg("options"));
}

}  // namespace fcformat
