// The Python face of matchers. What is called once a token goes by CPython's own calling convention and keeps the GIL where
// the answer is known already: releasing it costs as much as such an answer.
#include "bindings.h"

#include <pybind11/stl.h>
#include <cstring>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/batch.h"
#include "grammar/matcher.h"
#include "grammar/worker_pool.h"

namespace py = pybind11;

namespace fcformat {
namespace {

// A matcher with the mask that it was last filled into, so that its shape is checked once.
// A mask whose shape and type have been checked.
struct SeenMask {
  py::object reference;  // a weak one
  uintptr_t data = 0;
  Py_ssize_t rows = 0, words = 0;
};

struct BoundMatcher {
  explicit BoundMatcher(std::shared_ptr<CompiledGrammar> grammar) : matcher(std::move(grammar)) {}
  explicit BoundMatcher(const Matcher& other) : matcher(other) {}
  Matcher matcher;
  SeenMask mask;
};

BoundMatcher* bound(PyObject* self) {
  auto* instance = reinterpret_cast<py::detail::instance*>(self);
  void* value = instance->simple_layout ? instance->simple_value_holder[0] : nullptr;
  if (value == nullptr) PyErr_SetString(PyExc_TypeError, "this matcher was not initialised");
  return static_cast<BoundMatcher*>(value);
}

// Runs what may throw, and turns what it throws into a Python error.
template <typename Function>
PyObject* guarded(Function&& function) {
  try {
    return function();
  } catch (py::error_already_set& e) {
    e.restore();
  } catch (...) {
    // pybind11 knows the translators; an empty function lets it run them.
    std::exception_ptr error = std::current_exception();
    try {
      py::cpp_function([error] { std::rethrow_exception(error); })();
    } catch (py::error_already_set& e) {
      e.restore();
    }
  }
  return nullptr;
}

PyObject* truth(bool value) { return Py_NewRef(value ? Py_True : Py_False); }

std::string shown(py::handle value) {
  py::object text = py::str(value);
  return text.cast<std::string>();
}

struct MaskView {
  uintptr_t data;
  Py_ssize_t rows;
};

// What is wrong with a mask, in words. Whatever has no answer is left out.
std::string seen_of(py::handle mask) {
  if (!py::hasattr(mask, "shape") || !py::hasattr(mask, "dtype"))
    return "a " + std::string(Py_TYPE(mask.ptr())->tp_name);
  std::string seen = "shape " + shown(py::tuple(mask.attr("shape"))) + ", " + shown(mask.attr("dtype"));
  if (py::hasattr(mask, "device") && shown(mask.attr("device")) != "cpu") seen += " on " + shown(mask.attr("device"));
  return seen;
}

// Where the rows of an int32 mask lie; its shape and type are checked.
MaskView view_of(py::handle mask, Py_ssize_t words, Py_ssize_t row) {
  auto expect = [&](bool holds, const char* otherwise = "") {
    if (holds) return;
    throw py::value_error("bitmask: found " + seen_of(mask) + otherwise + ", row " + std::to_string(row) +
                          "; expected int32 of shape (more than " + std::to_string(row) + ", " + std::to_string(words) +
                          "), contiguous, in main memory");
  };
  MaskView view{};
  if (PyObject_CheckBuffer(mask.ptr())) {
    Py_buffer buffer;
    if (PyObject_GetBuffer(mask.ptr(), &buffer, PyBUF_STRIDES | PyBUF_FORMAT) != 0) throw py::error_already_set();
    std::unique_ptr<Py_buffer, void (*)(Py_buffer*)> release(&buffer, &PyBuffer_Release);
    bool is_integer = buffer.format != nullptr && std::strpbrk(buffer.format, "iIlL") != nullptr;
    expect(buffer.ndim == 2 && buffer.itemsize == 4 && is_integer && buffer.shape[1] == words);
    expect(PyBuffer_IsContiguous(&buffer, 'C'), ", not contiguous");
    expect(!buffer.readonly, ", not writeable");
    view = {reinterpret_cast<uintptr_t>(buffer.buf), buffer.shape[0]};
  } else {
    expect(py::hasattr(mask, "shape") && py::hasattr(mask, "data_ptr"));
    py::tuple shape = py::tuple(mask.attr("shape"));
    expect(shape.size() == 2 && shape[1].cast<Py_ssize_t>() == words && mask.attr("itemsize").cast<int>() == 4);
    expect(!mask.attr("is_floating_point")().cast<bool>());
    expect(mask.attr("device").attr("type").cast<std::string_view>() == "cpu");
    expect(mask.attr("is_contiguous")().cast<bool>(), ", not contiguous");
    view = {mask.attr("data_ptr")().cast<uintptr_t>(), shape[0].cast<Py_ssize_t>()};
  }
  expect(row >= 0 && row < view.rows);
  return view;
}

// Whether a mask is the one that was seen: a tensor's memory may have moved since, an array is asked whole.
bool same_mask(const SeenMask& seen, PyObject* mask) {
  if (!seen.reference || PyWeakref_GetObject(seen.reference.ptr()) != mask) return false;
  if (PyObject_CheckBuffer(mask)) {
    Py_buffer buffer;
    if (PyObject_GetBuffer(mask, &buffer, PyBUF_STRIDES) != 0) {
      PyErr_Clear();
      return false;
    }
    bool same =
        reinterpret_cast<uintptr_t>(buffer.buf) == seen.data && buffer.ndim == 2 && buffer.shape[0] == seen.rows;
    PyBuffer_Release(&buffer);
    return same;
  }
  static PyObject* const name = PyUnicode_InternFromString("data_ptr");
  PyObject* pointer = PyObject_CallMethodNoArgs(mask, name);
  if (pointer == nullptr) {
    PyErr_Clear();
    return false;
  }
  bool same = PyLong_AsSize_t(pointer) == seen.data;
  Py_DECREF(pointer);
  PyErr_Clear();
  return same;
}

PyObject* fill_next_token_bitmask(PyObject* self_object, PyObject* const* args, Py_ssize_t count, PyObject* names) {
  BoundMatcher* self = bound(self_object);
  if (self == nullptr) return nullptr;
  PyObject* mask = count > 0 ? args[0] : nullptr;
  PyObject* index = count > 1 ? args[1] : nullptr;
  Py_ssize_t named = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
  for (Py_ssize_t i = 0; i < named; ++i) {
    PyObject* name = PyTuple_GET_ITEM(names, i);
    PyObject** slot = PyUnicode_CompareWithASCIIString(name, "bitmask") == 0 ? &mask
                      : PyUnicode_CompareWithASCIIString(name, "index") == 0 ? &index
                                                                             : nullptr;
    if (slot == nullptr || *slot != nullptr) {
      return PyErr_Format(PyExc_TypeError, "fill_next_token_bitmask() got an unexpected argument %R", name);
    }
    *slot = args[count + i];
  }
  if (mask == nullptr || count > 2)
    return PyErr_Format(PyExc_TypeError, "fill_next_token_bitmask() takes a bitmask and an index");
  Py_ssize_t row = index == nullptr ? 0 : PyNumber_AsSsize_t(index, PyExc_OverflowError);
  if (row == -1 && PyErr_Occurred()) return nullptr;
  return guarded([&]() -> PyObject* {
    auto words = static_cast<Py_ssize_t>(self->matcher.grammar()->vocabulary()->mask_words());
    if (row < 0 || row >= self->mask.rows || !same_mask(self->mask, mask)) {
      // One mask is mostly used for many matchers. Never destroyed: the interpreter ends before.
      static SeenMask& latest = *new SeenMask;
      SeenMask seen = latest;  // looking at a mask may let other threads run, which change `latest`
      if (row < 0 || row >= seen.rows || words != seen.words || !same_mask(seen, mask)) {
        MaskView view = view_of(mask, words, row);
        auto reference = py::reinterpret_steal<py::object>(PyWeakref_NewRef(mask, nullptr));
        if (!reference) throw py::error_already_set();
        seen = {std::move(reference), view.data, view.rows, words};
        latest = seen;
      }
      self->mask = std::move(seen);
    }
    auto* words_of_row = reinterpret_cast<uint32_t*>(self->mask.data) + row * words;
    if (self->matcher.try_fill_mask(words_of_row)) return truth(true);
    bool limited;
    {
      py::gil_scoped_release release;
      limited = self->matcher.fill_mask(words_of_row);
    }
    return truth(limited);
  });
}

PyObject* accept_token(PyObject* self_object, PyObject* token) {
  BoundMatcher* self = bound(self_object);
  if (self == nullptr) return nullptr;
  Py_ssize_t id = PyNumber_AsSsize_t(token, nullptr);
  if (id == -1 && PyErr_Occurred()) return nullptr;
  if (id < 0 || id > UINT32_MAX) return truth(false);
  return guarded([&]() -> PyObject* {
    auto quick = self->matcher.try_accept_token(static_cast<uint32_t>(id));
    if (quick != Matcher::Quick::kUnknown) return truth(quick == Matcher::Quick::kYes);
    bool taken;
    {
      py::gil_scoped_release release;
      taken = self->matcher.accept_token(static_cast<uint32_t>(id));
    }
    return truth(taken);
  });
}

// Rows of one mask, one for each matcher.
void batch_fill(const py::list& matchers, py::handle mask, const std::optional<std::vector<Py_ssize_t>>& indices,
                size_t threads) {
  std::vector<Matcher*> list;
  std::vector<py::object> kept;  // the caller's list may change meanwhile
  std::vector<uint32_t*> rows;
  if (indices && indices->size() != matchers.size()) {
    throw py::value_error("indices: found " + std::to_string(indices->size()) + " rows for " +
                          std::to_string(matchers.size()) + " matchers");
  }
  for (py::handle item : matchers) {
    list.push_back(&item.cast<BoundMatcher&>().matcher);
    kept.push_back(py::reinterpret_borrow<py::object>(item));
  }
  if (list.empty()) return;
  std::vector<Matcher*> sorted = list;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    throw py::value_error("matchers: found one of them twice, expected each once");
  auto words = static_cast<Py_ssize_t>(list[0]->grammar()->vocabulary()->mask_words());
  MaskView view = view_of(mask, words, 0);
  std::vector<bool> taken(static_cast<size_t>(view.rows));
  for (size_t i = 0; i < list.size(); ++i) {
    Py_ssize_t row = indices ? (*indices)[i] : static_cast<Py_ssize_t>(i);
    if (static_cast<Py_ssize_t>(list[i]->grammar()->vocabulary()->mask_words()) != words)
      throw py::value_error("matchers: found vocabularies of different sizes");
    if (row < 0 || row >= view.rows || taken[static_cast<size_t>(row)])
      throw py::value_error("indices: found row " + std::to_string(row) + " of " + std::to_string(view.rows) +
                            ", expected each row at most once");
    taken[static_cast<size_t>(row)] = true;
    rows.push_back(reinterpret_cast<uint32_t*>(view.data) + row * words);
  }
  py::gil_scoped_release release;
  fill_masks(list, rows, threads == 0 ? default_threads() : threads);
}

void traverse_draft_tree(const std::vector<int64_t>& first_child, const std::vector<int64_t>& next_sibling,
                         const std::vector<int64_t>& tokens, BoundMatcher& matcher, py::handle mask) {
  if (next_sibling.size() != first_child.size() || tokens.size() != first_child.size()) {
    throw py::value_error("draft tree: found " + std::to_string(first_child.size()) + " first children, " +
                          std::to_string(next_sibling.size()) + " siblings and " + std::to_string(tokens.size()) +
                          " tokens, expected as many of each");
  }
  if (tokens.empty()) return;
  auto words = static_cast<Py_ssize_t>(matcher.matcher.grammar()->vocabulary()->mask_words());
  MaskView view = view_of(mask, words, static_cast<Py_ssize_t>(tokens.size()) - 1);
  py::gil_scoped_release release;
  fill_draft_masks(matcher.matcher, {first_child.data(), next_sibling.data(), tokens.data(), tokens.size()},
                   reinterpret_cast<uint32_t*>(view.data), static_cast<size_t>(words));
}

PyMethodDef kFill = {"fill_next_token_bitmask",
                     reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(fill_next_token_bitmask)),
                     METH_FASTCALL | METH_KEYWORDS,
                     R"(fill_next_token_bitmask($self, bitmask, index=0)
--

Write which tokens may come next into one row of a bitmask.

Args:
    bitmask: int32, shape (rows, ceil(vocab_size / 32)), contiguous, in main memory; a torch tensor or numpy array such as
        `allocate_token_bitmask` makes. Bit `id % 32` of word `id // 32` is 1 where the token is allowed.
    index: The row.

Returns:
    False where every token is allowed, so that applying the row changes nothing; the row is written all the same.

Raises:
    ValueError: The bitmask has another shape or type, or no such row.
    GrammarLimitError: A budget is exceeded.)"};

PyMethodDef kAccept = {"accept_token", accept_token, METH_O,
                       R"(accept_token($self, token_id, /)
--

Go on by a token. False, and nothing changes, where the token is not allowed here.

Raises:
    GrammarLimitError: A budget is exceeded.)"};

}  // namespace

void bind_matcher(py::module_& m) {
  py::class_<BoundMatcher> type(m, "Matcher");
  type.def(py::init<std::shared_ptr<CompiledGrammar>>(), py::arg("grammar"))
      .def(py::init([](const BoundMatcher& other) { return BoundMatcher(other.matcher); }), py::arg("other"))
      .def(
          "_accept_bytes",
          [](BoundMatcher& self, const py::bytes& data) {
            std::string_view view = data;
            py::gil_scoped_release release;
            return self.matcher.accept_bytes(view);
          },
          py::arg("data"))
      .def(
          "_rollback", [](BoundMatcher& self, size_t count) { self.matcher.rollback(count); }, py::arg("count"))
      .def(
          "reset", [](BoundMatcher& self) { self.matcher.reset(); }, "Start again.")
      .def(
          "can_terminate", [](BoundMatcher& self) { return self.matcher.can_terminate(); },
          "Whether the text so far is complete: a stop token is allowed (or has been taken).",
          py::call_guard<py::gil_scoped_release>())
      .def(
          "is_terminated", [](BoundMatcher& self) { return self.matcher.is_terminated(); },
          "Whether a stop token has been accepted.")
      .def("_forced_tokens",
           [](BoundMatcher& self) {
             py::gil_scoped_release release;
             return forced_tokens(self.matcher);
           })
      .def(
          "_count_accepted",
          [](BoundMatcher& self, const std::vector<int64_t>& tokens) {
            py::gil_scoped_release release;
            return count_accepted(self.matcher, tokens);
          },
          py::arg("token_ids"))
      .def_property_readonly("_accepted", [](BoundMatcher& self) { return self.matcher.accepted(); })
      .def("_forced_text", [](BoundMatcher& self) {
        std::string text;
        {
          py::gil_scoped_release release;
          text = self.matcher.forced_text();
        }
        return py::bytes(text);
      });
  for (PyMethodDef* method : {&kFill, &kAccept}) {
    auto descriptor =
        py::reinterpret_steal<py::object>(PyDescr_NewMethod(reinterpret_cast<PyTypeObject*>(type.ptr()), method));
    type.attr(method->ml_name) = descriptor;
  }
  m.def("batch_fill", &batch_fill, py::arg("matchers"), py::arg("bitmask"), py::arg("indices"), py::arg("threads"));
  m.def("traverse_draft_tree", &traverse_draft_tree, py::arg("first_child"), py::arg("next_sibling"), py::arg("tokens"),
        py::arg("matcher"), py::arg("bitmask"));
}

}  // namespace fcformat
