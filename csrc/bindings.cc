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
#include "bindings_grammar.h"
#include "bindings_sampler.h"
#include "errors.h"
#include "grammar/disposal.h"
#include "mask/apply.h"
#include "mask/masked_copy.h"
#include "regex/pattern_parser.h"
#include "vocabulary/vocabulary.h"

namespace py = pybind11;

namespace fcformat {
namespace {

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

  py::class_<MemoryMeter, std::shared_ptr<MemoryMeter>>(m, "MemoryMeter")
      .def(py::init<>())
      .def_property_readonly("nbytes", &MemoryMeter::bytes);

  py::class_<CompiledGrammar, std::shared_ptr<CompiledGrammar>>(m, "CompiledGrammar")
      .def_property_readonly("nbytes", &CompiledGrammar::bytes)
      // With the GIL, so that no thread forks meanwhile.
      .def("count_in", &CompiledGrammar::count_in, py::arg("meter").none(false))
      .def("count_out", &CompiledGrammar::count_out)
      .def("dispose", [](std::shared_ptr<CompiledGrammar> grammar) { dispose(std::move(grammar)); })
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

  bind_grammar(m);
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

  bind_value_sampler(m, {&json_of, &resources_of, &limits_of});

  m.def("apply_bitmask", &apply_bitmask_at, py::arg("logits_ptr"), py::arg("dtype"), py::arg("rows"), py::arg("vocab"),
        py::arg("row_stride"), py::arg("bitmask_ptr"), py::arg("bitmask_words"), py::arg("bitmask_row_stride"),
        py::arg("indices"));
  m.def("masked_copy", &masked_copy_at, py::arg("logits_ptr"), py::arg("dtype"), py::arg("rows"), py::arg("vocab"),
        py::arg("row_stride"), py::arg("bitmask_ptr"), py::arg("bitmask_words"), py::arg("bitmask_row_stride"),
        py::arg("target_ptr"));
}
