#include "grammar/compile.h"

#include <algorithm>

#include "errors.h"
#include "grammar/rules.h"
#include "regex/pattern_parser.h"

namespace fcformat {
namespace {

constexpr int kMaxNesting = 400;

class Compiler {
 public:
  Compiler(std::shared_ptr<const Vocabulary> vocabulary, const Limits& limits, const LoaderOptions& options)
      : vocabulary_(std::move(vocabulary)),
        limits_(limits),
        options_(options),
        machine_(std::make_unique<Machine>(limits.expressions, limits.machine)),
        graph_(machine_->arena(), limits.machine.max_nodes) {}

  Automaton run(const GrammarSpec& spec) {
    uint32_t start = graph_.finish(node(spec, 0));
    for (GrammarNode& n : graph_.take_nodes()) machine_->add_node(std::move(n));
    machine_->start_at(start);
    std::sort(tag_ids_.begin(), tag_ids_.end());
    tag_ids_.erase(std::unique(tag_ids_.begin(), tag_ids_.end()), tag_ids_.end());
    return {std::move(machine_), std::move(tag_ids_)};
  }

 private:
  uint32_t node(const GrammarSpec& spec, int depth) {
    if (depth > kMaxNesting)
      throw GrammarLimitError("the grammar nests deeper than max_grammar_nesting = " + std::to_string(kMaxNesting));
    GrammarNode n{};
    switch (spec.kind) {
      case GrammarSpec::Kind::kLiteral:
        n.kind = GrammarNode::Kind::kText;
        n.text = spec.text;
        break;
      case GrammarSpec::Kind::kControlToken: {
        int64_t id = vocabulary_->control_id(spec.text);
        if (id < 0) {
          n.kind = GrammarNode::Kind::kText;
          n.text = spec.text;
        } else {
          n.kind = GrammarNode::Kind::kToken;
          n.id = static_cast<uint32_t>(id);
          if (vocabulary_->token_bytes(n.id)) tag_ids_.push_back(n.id);
        }
        break;
      }
      case GrammarSpec::Kind::kSequence:
      case GrammarSpec::Kind::kChoice:
        n.kind = spec.kind == GrammarSpec::Kind::kSequence ? GrammarNode::Kind::kSequence : GrammarNode::Kind::kChoice;
        for (const GrammarSpec& item : spec.items) n.items.push_back(node(item, depth + 1));
        break;
      case GrammarSpec::Kind::kRepeat:
        n.kind = GrammarNode::Kind::kRepeat;
        n.items.push_back(node(spec.items.at(0), depth + 1));
        n.min = spec.min;
        n.max = spec.max;
        break;
      case GrammarSpec::Kind::kFreeText:
        n.kind = spec.max == kUnbounded ? GrammarNode::Kind::kExpression : GrammarNode::Kind::kCounted;
        n.max = spec.max == kUnbounded ? 0 : spec.max;
        n.id = free_text(spec.excludes);
        break;
      case GrammarSpec::Kind::kRegex:
        n.kind = GrammarNode::Kind::kExpression;
        n.id = pattern(spec.text);
        break;
      case GrammarSpec::Kind::kSchema:
        n.kind = GrammarNode::Kind::kValue;
        n.id = schema(spec, depth, &n.min);
        break;
      case GrammarSpec::Kind::kRules:
        return rules(spec, depth);
      case GrammarSpec::Kind::kRule: {
        for (size_t i = scopes_.size(); i-- > 0;) {
          if (auto it = scopes_[i].find(spec.text); it != scopes_[i].end()) return it->second;
        }
        throw GrammarError("a rule refers to \"" + excerpt(spec.text) +
                           "\": found no rule of that name, expected one of " + rule_names());
      }
    }
    return graph_.add(std::move(n));
  }

  // Names are known inside their own rules, and hide those of rules further out.
  uint32_t rules(const GrammarSpec& spec, int depth) {
    scopes_.emplace_back();
    for (const std::string& name : spec.names) {
      if (!scopes_.back().try_emplace(name, 0).second)
        throw GrammarError("rule \"" + excerpt(name) + "\": found a second definition, expected one");
      scopes_.back()[name] = graph_.declare(name);
    }
    for (size_t i = 0; i < spec.names.size(); ++i)
      graph_.define(scopes_.back()[spec.names[i]], node(spec.items[i], depth + 1));
    auto start = scopes_.back().find(spec.text);
    if (start == scopes_.back().end()) {
      throw GrammarError("rules start at \"" + excerpt(spec.text) + "\": found no rule of that name, expected one of " +
                         rule_names());
    }
    uint32_t id = start->second;
    scopes_.pop_back();
    return id;
  }

  std::string rule_names() const {
    std::string out;
    for (const auto& scope : scopes_) {
      for (const auto& [name, id] : scope) {
        if (out.size() > 200) return out + ", …";
        out += (out.empty() ? "\"" : ", \"") + excerpt(name) + "\"";
      }
    }
    return out.empty() ? "the rules around it (there are none)" : out;
  }

  ExprId free_text(const std::vector<std::string>& excludes) {
    ExpressionArena& arena = machine_->arena();
    if (excludes.empty()) return arena.any_string();
    std::vector<std::u32string> texts;
    for (const std::string& text : excludes) texts.push_back(decode_utf8(text));
    ExprId inside =
        arena.concat(arena.any_string(), arena.concat(arena.literal_set(std::move(texts)), arena.any_string()));
    return arena.complement(inside);
  }

  ExprId pattern(const std::string& text) {
    try {
      return parse_full_pattern(machine_->arena(), text);
    } catch (const PatternError& e) {
      std::string message = "pattern \"" + excerpt(text) + "\": " + e.what();
      if (e.unsupported) throw UnsupportedSchemaError(message, "", "pattern");
      throw SchemaError(message, "", "pattern");
    }
  }

  uint32_t text_node(const std::string& text) { return graph_.add({GrammarNode::Kind::kText, text, 0, {}, 0, 0}); }

  // The nodes around keys and values, and what keys and raw strings may be, as part of what the schema asks.
  void tagged(const GrammarSpec& spec, int depth, ValueContext* c) {
    ExpressionArena& arena = machine_->arena();
    TaggedNodes& t = c->tagged;
    t.before_first = node(spec.items[0], depth + 1);
    t.before_next =
        graph_.add({GrammarNode::Kind::kSequence, "", 0, {node(spec.items[1], depth + 1), t.before_first}, 0, 0});
    t.after_key = node(spec.items[2], depth + 1);
    t.after_key_other = node(spec.items[3], depth + 1);
    t.after_value = node(spec.items[4], depth + 1);
    t.keys = pattern(spec.text);
    bool delimited = c->surface.syntax == Syntax::kDelimited;
    if (delimited) {
      refuse_comparisons(*spec.schema, 0);
      t.delimiter = node(spec.items[5], depth + 1);
      t.object_open = text_node("{");
      t.object_close = text_node("}");
      t.array_open = text_node("[");
      t.array_close = text_node("]");
      t.comma = text_node(",");
      t.empty = text_node("");
    }
    Algebra& algebra = *c->algebra;
    Normal value = algebra.all(), key = algebra.nothing();
    value.strings = free_text(spec.excludes);
    key.strings = arena.intersect(t.keys, arena.difference(arena.any_string(), arena.epsilon()));
    // What the syntax can write, as a schema: of itself, where that holds at every level.
    constexpr uint32_t kWritable = UINT32_MAX;
    FormulaId inner = delimited ? algebra.schema(kWritable) : algebra.leaf(value);
    ObjectShape object;
    object.names = {algebra.leaf(std::move(key))};
    object.patterns = {{arena.any_string(), inner}};
    Normal writable = delimited ? value : algebra.nothing();
    writable.objects = {algebra.add_shape(std::move(object))};
    if (delimited) {
      ArrayShape array;
      array.rest = inner;
      writable.arrays = {algebra.add_shape(std::move(array))};
    }
    FormulaId all = algebra.leaf(std::move(writable));
    auto definition = algebra.definition;
    algebra.definition = [definition, all](uint32_t index) { return index == kWritable ? all : definition(index); };
    auto pointer_of = algebra.pointer_of;
    algebra.pointer_of = [pointer_of](uint32_t index) {
      return index == kWritable ? std::string() : pointer_of(index);
    };
    auto plainly = algebra.plainly_satisfiable;
    algebra.plainly_satisfiable = [plainly](uint32_t index) { return index == kWritable || plainly(index); };
    c->root = algebra.conjunction({c->root, all});
  }

  // Items that are compared would have to be read back, and delimiters may be control tokens, which are no text.
  void refuse_comparisons(const Json& schema, int depth) {
    if (depth > kMaxNesting) return;
    for (const auto& [name, member] : schema.members) {
      if (name == "uniqueItems" && member.type != Json::Type::kFalse)
        throw UnsupportedSchemaError("uniqueItems in delimited values is not supported", "", "uniqueItems");
      if (name != "enum" && name != "const" && name != "default" && name != "examples")
        refuse_comparisons(member, depth + 1);
    }
    for (const Json& item : schema.items) refuse_comparisons(item, depth + 1);
  }

  uint32_t schema(const GrammarSpec& spec, int depth, uint32_t* min) {
    ValueContext c;
    c.surface = spec.style.surface;
    c.algebra = std::make_unique<Algebra>(machine_->arena(), spec.style.numbers, spec.style.ordered, limits_.schemas);
    c.residuals = std::make_unique<Residuals>(*c.algebra);
    c.loader = std::make_unique<SchemaLoader>(*c.algebra, spec.schema, spec.resources, options_);
    c.root = c.loader->root();
    if (c.surface.tagged()) tagged(spec, depth, &c);
    c.algebra->expand(c.root);
    if (!c.algebra->nonempty(c.root)) throw SchemaError(c.loader->why_empty(), c.loader->empty_pointer(), "");
    *min = 1;
    if (c.surface.syntax == Syntax::kPythonArguments || c.surface.tagged()) {  // no arguments are the empty text
      const std::vector<ObjectShapeId> shapes = c.algebra->expand(c.root).objects;
      for (ObjectShapeId shape : shapes) {
        ObjectId residual;
        if (c.residuals->open_object(shape, &residual) && c.residuals->can_close_object(residual)) *min = 0;
      }
    }
    return machine_->add_context(std::move(c));
  }

  std::shared_ptr<const Vocabulary> vocabulary_;
  const Limits& limits_;
  const LoaderOptions& options_;
  std::unique_ptr<Machine> machine_;
  GrammarGraph graph_;
  std::vector<std::map<std::string, uint32_t>> scopes_;
  std::vector<uint32_t> tag_ids_;
};

}  // namespace

std::shared_ptr<CompiledGrammar> compile(const GrammarSpec& spec, std::shared_ptr<const Vocabulary> vocabulary,
                                         const Limits& limits, const LoaderOptions& options) {
  auto build = [spec, vocabulary, limits, options] { return Compiler(vocabulary, limits, options).run(spec); };
  return std::make_shared<CompiledGrammar>(std::move(build), vocabulary, limits.mask_cache_bytes);
}

}  // namespace fcformat
