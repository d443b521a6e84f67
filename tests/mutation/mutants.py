"""Faults in the core, one a record: what is broken, where, and which tests should notice.

The texts are short and stand once in their file; `run.py` says so where one does not apply any more, and then the record is
to be brought up to date, not dropped. A fault is worth its place if a person could make it: a bound off by one, a branch
forgotten, something left out of a key or not put back.
"""

from __future__ import annotations

import dataclasses

__all__ = ["MUTANTS", "Mutant"]


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One fault: in `file` of csrc/, `old` becomes `new`. `tests`: files below tests/ that should notice, the likeliest first."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS = (
    # --- numbers
    Mutant(
        "of two equal lower bounds, the open one is forgotten",
        "schema/number_set.cc",
        "if (c == 0) out.low_open |= b.low_open;",
        "",
        ("unit/test_schema_scalars.py", "unit/test_schema_corners.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "exclusiveMinimum beside an equal minimum does not count",
        "schema/loader.cc",
        "compare(*v, *piece.interval.low) >= 0",
        "compare(*v, *piece.interval.low) > 0",
        ("unit/test_schema_scalars.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "a number with as many digits as its bound counts as larger",
        "regex/number_automata.cc",
        "if (s.point > bound.point()) magnitude",
        "if (s.point >= bound.point()) magnitude",
        ("unit/test_schema_scalars.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "multipleOf looks at one decimal place too many",
        "regex/number_automata.cc",
        "if (fraction && s.places == divisor.scale)",
        "if (fraction && s.places == divisor.scale + 1)",
        ("unit/test_schema_scalars.py", "unit/test_schema_corners.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "negative numbers are compared by their digits alone",
        "regex/decimal.cc",
        "return a.negative ? -magnitude : magnitude;",
        "return magnitude;",
        ("unit/test_schema_scalars.py", "property/test_engine_acceptance.py"),
    ),
    # --- strings and patterns
    Mutant(
        "what divides the code points is kept without the single characters",
        "regex/derivative.cc",
        "for (CodeRange r : singles) append(r.lo);",
        "",
        ("unit/test_schema_scalars.py", "unit/test_schema_keywords.py", "property/test_engine_enumeration.py"),
    ),
    Mutant(
        "a sequence never derives its second part",
        "regex/derivative.cc",
        "if (at(n.a).nullable) todo.push_back(n.b);",
        "",
        ("unit/test_schema_scalars.py", "unit/test_pattern_translation.py", "property/test_engine_enumeration.py"),
    ),
    Mutant(
        "the start of a text is no place of its own",
        "regex/pattern_contexts.cc",
        "intern({tracks_start, false, std::move(behind)});",
        "intern({false, false, std::move(behind)});",
        ("unit/test_pattern_translation.py", "unit/test_schema_scalars.py", "property/test_pattern_translation.py"),
    ),
    Mutant(
        "a search that ran out of states calls what it saw dead",
        "regex/search.cc",
        "if (order.size() >= max_states) return false;",
        "if (order.size() >= max_states) break;",
        ("unit/test_schema_errors.py", "unit/test_schema_corners.py", "attacks/test_attacks.py"),
    ),
    Mutant(
        "a character may be begun that is longer than it needs to be",
        "grammar/spelling.cc",
        "any_between(edges_, std::max(lo, kFirstOfLength[p.length]),",
        "any_between(edges_, lo,",
        ("unit/test_schema_scalars.py", "unit/test_schema_corners.py", "property/test_engine_masks.py"),
    ),
    Mutant(
        "the second half of a surrogate pair may be any code unit",
        "grammar/spelling.cc",
        "lo = std::max(lo, 0xDC00u);",
        "",
        ("unit/test_schema_scalars.py", "unit/test_schema_style.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "half a surrogate pair in UTF-8 counts as content",
        "vocabulary/vocabulary.cc",
        "if (k == 1 && b == 0xED) hi = 0x9F;",
        "",
        ("unit/test_tokenizer_info.py", "property/test_engine_masks.py"),
    ),
    # --- objects
    Mutant(
        "maxProperties lets one more in",
        "schema/object_counting.cc",
        "if (settled + *missing > plan.max) return false;",
        "if (settled + *missing > plan.max + uint64_t{1}) return false;",
        ("unit/test_schema_keywords.py", "unit/test_schema_logic.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "what a required name requires in turn is forgotten",
        "schema/object_counting.cc",
        "todo.insert(todo.end(), plan.names[name].requires_names.begin(), plan.names[name].requires_names.end());",
        "",
        ("unit/test_schema_keywords.py", "unit/test_schema_logic.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "names that come together need no room for all of them",
        "schema/object_counting.cc",
        "return !bound_together || groups_fit(r, required, conditions, wanted, plan.max - settled, keys);",
        "return true;",
        ("unit/test_schema_required_in_turn.py",),
    ),
    Mutant(
        "an object's state is kept without the conditions that it has met",
        "schema/object_residuals.cc",
        "append_key(&key, r.satisfied);",
        "",
        ("unit/test_schema_logic.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "keys under a pattern stay free after they were used",
        "schema/object_residuals.cc",
        "next.cells[cell] = arena.difference(next.cells[cell], arena.literal_set({key}));",
        "",
        ("unit/test_free_keys.py", "unit/test_schema_corners.py", "property/test_engine_walks.py"),
    ),
    Mutant(
        "patterns say nothing of declared names",
        "schema/object_residuals.cc",
        "if (arena.matches(keys, name.text)) parts.push_back(value);",
        "",
        ("unit/test_schema_keywords.py", "unit/test_schema_corners.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "the keys that come after a value forget those before it",
        "grammar/machine.cc",
        "next.used = frame.used;",
        "",
        ("unit/test_free_keys.py", "property/test_engine_walks.py"),
    ),
    Mutant(
        "a set of keys keeps one bit of a prefix instead of all",
        "grammar/key_sets.cc",
        "prefix_a & (bit - 1), a_right",
        "prefix_a & (bit >> 1), a_right",
        ("unit/test_free_keys.py", "attacks/test_attacks.py"),
    ),
    # --- arrays
    Mutant(
        "an array closes one item early",
        "schema/array_residuals.cc",
        "return r.index >= shape.min;",
        "return r.index + 1 >= shape.min;",
        ("unit/test_schema_keywords.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "shapes of arrays are kept without uniqueItems",
        "schema/shape_algebra.cc",
        "append_key(&key, s.unique);",
        "",
        ("unit/test_schema_combining.py", "unit/test_schema_logic.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "maxContains lets one more in",
        "schema/array_residuals.cc",
        "if (more[i] <= c.max) split",
        "if (more[i] <= c.max + 1) split",
        ("unit/test_schema_logic.py", "property/test_engine_contains.py"),
    ),
    Mutant(
        "looking ahead, an item counts for a full contains",
        "schema/array_search.cc",
        "allowed &= place.counts[i] < shape.contains[i].max;",
        "allowed &= place.counts[i] <= shape.contains[i].max;",
        ("unit/test_schema_combining.py", "unit/test_schema_keywords.py", "property/test_engine_contains.py"),
    ),
    # --- the schema's logic
    Mutant(
        "of two cases, the shorter prefix counts as evaluated",
        "schema/unevaluated.cc",
        "c.items = std::max(x.items, y.items);",
        "c.items = std::min(x.items, y.items);",
        ("unit/test_schema_logic.py", "unit/test_schema_corners.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "a branch of anyOf that fails is no case for unevaluated keywords",
        "schema/unevaluated.cc",
        "branch.push_back(fails(sub(index, item)));",
        "",
        ("unit/test_schema_logic.py", "unit/test_schema_corners.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "a oneOf whose branches overlap does not exclude the others",
        "schema/algebra.cc",
        "branch.push_back(negation(parts[j]));",
        "continue;",
        ("unit/test_schema_logic.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "where an if fails, else is not looked at",
        "schema/loader.cc",
        "algebra_.conjunction({algebra_.negation(condition), no})",
        "algebra_.negation(condition)",
        ("unit/test_schema_logic.py", "property/test_engine_acceptance.py"),
    ),
    Mutant(
        "in a JSON pointer, ~0 and ~1 change places",
        "schema/document.cc",
        "plain += out[++i] == '0' ? '~' : '/';",
        "plain += out[++i] == '0' ? '/' : '~';",
        ("unit/test_schema_errors.py", "unit/test_schema_corners.py"),
    ),
    Mutant(
        "the scope of a $dynamicRef forgets where it came through",
        "schema/loader.cc",
        "if (std::find(list.begin(), list.end(), resource) == list.end()) list.push_back(resource);",
        "list = {resource};",
        ("unit/test_schema_logic.py", "unit/test_schema_corners.py"),
    ),
    # --- the automaton
    Mutant(
        "a repetition may end only after one more",
        "grammar/machine.cc",
        "if (entered.at >= n.min) leave(entered.stack);",
        "if (entered.at > n.min) leave(entered.stack);",
        ("unit/test_ebnf.py", "unit/test_formats_grammar.py"),
    ),
    Mutant(
        "where a state may end is not written down",
        "grammar/machine_rows.cc",
        "m_.pops_[id_] = 1;",
        "",
        ("unit/test_schema_scalars.py", "unit/test_ebnf.py"),
    ),
    Mutant(
        "one more blank than the style allows",
        "grammar/machine.cc",
        "if (thread.spaces < max_spaces(thread.state)) {",
        "if (thread.spaces <= max_spaces(thread.state)) {",
        ("unit/test_schema_style.py", "property/test_engine_masks.py"),
    ),
    Mutant(
        "a pair of backslash and quote may end a value inside a string",
        "grammar/machine.cc",
        "in_escape_ = true;  //",
        "in_escape_ = false;  //",
        ("unit/test_schema_style.py", "unit/test_grammar_corners.py", "property/test_formats_walks.py"),
    ),
    Mutant(
        "of threads that differ in their stacks alone, the deepest is kept",
        "grammar/machine_threads.cc",
        "group.push_back(stack);",
        "if (group.empty()) group.push_back(stack);",
        ("unit/test_ebnf.py", "property/test_ebnf.py"),
    ),
    Mutant(
        "of the ways through a left-recursive rule, the empty one is lost",
        "grammar/rules_left.cc",
        "if (from == to) node.items.push_back(empty_text());",
        "",
        ("unit/test_ebnf.py", "property/test_ebnf.py"),
    ),
    # --- the matcher
    Mutant(
        "going back does not reopen what a stop token closed",
        "grammar/matcher.cc",
        "terminated_ = step.terminated;",
        "",
        ("property/test_engine_state.py", "unit/test_decoding_batch.py"),
    ),
    Mutant(
        "going back several steps takes the last step's threads",
        "grammar/matcher.cc",
        "size_t end = n == 1 ? history_.size() : steps_[steps_.size() - n + 1].threads_begin;",
        "size_t end = history_.size();",
        ("property/test_engine_state.py", "unit/test_ebnf.py"),
    ),
    Mutant(
        "a text that is refused stays behind what was accepted",
        "grammar/matcher.cc",
        "if (!keep && size < text.size()) text.resize(size);",
        "",
        ("property/test_engine_state.py", "unit/test_schema_corners.py"),
    ),
    Mutant(
        "trying a draft does not go back to the fork in the tree",
        "grammar/batch.cc",
        "matcher.rollback(matcher.accepted() - at.accepted);",
        "",
        ("unit/test_decoding_batch.py",),
    ),
    Mutant(
        "the pool's next task does not begin at the first share",
        "grammar/worker_pool.cc",
        "next_.store(0, std::memory_order_relaxed);",
        "",
        ("unit/test_decoding_batch.py",),
    ),
    # --- masks
    Mutant(
        "masks inside a JSON string are kept under the same key as those outside",
        "mask/mask_filler.cc",
        "<< 2 | thread.escaped);",
        "<< 2);",
        ("unit/test_formats_grammar.py", "property/test_formats_walks.py", "property/test_engine_masks.py"),
    ),
    Mutant(
        "what follows a quote is kept though it holds for one key alone",
        "mask/mask_filler.cc",
        "if (machine_.keys_read() == keys) verdict = found;",
        "verdict = found;",
        ("unit/test_free_keys.py", "property/test_engine_masks.py"),
    ),
    Mutant(
        "a token that ends a string at its longest is left out",
        "mask/mask_filler.cc",
        "it != tokens.end() && it->length <= max",
        "it != tokens.end() && it->length < max",
        ("property/test_engine_masks.py", "unit/test_counted_text.py"),
    ),
    Mutant(
        "a mask kept as a difference loses its last word",
        "mask/mask_cache.cc",
        "for (size_t i = 0; i < data.size(); i += 2) words",
        "for (size_t i = 0; i + 2 < data.size(); i += 2) words",
        ("unit/test_decoding_masking.py", "unit/test_schema_corners.py"),
    ),
    Mutant(
        "looking a text up goes by one byte instead of over a subtree",
        "vocabulary/token_trie.cc",
        "while (node < end && bytes_[node] < byte) node = ends_[node];",
        "while (node < end && bytes_[node] < byte) ++node;",
        ("unit/test_free_keys.py", "property/test_engine_masks.py"),
    ),
    Mutant(
        "logits behind the end of the bitmask stay",
        "mask/apply.cc",
        "std::fill(row + column, row + columns, value);",
        "",
        ("unit/test_decoding_bitmask.py",),
    ),
)
