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

  std::shared_ptr<CompiledGrammar> run(const GrammarSpec& spec) {
    uint32_t start = graph_.finish(node(spec, 0));
    for (GrammarNode& n : graph_.take_nodes()) machine_->add_node(std::move(n));
    machine_->start_at(start);
    std::sort(tag_ids_.begin(), tag_ids_.end());
    tag_ids_.erase(std::unique(tag_ids_.begin(), tag_ids_.end()), tag_ids_.end());
    return std::make_shared<CompiledGrammar>(std::move(machine_), vocabulary_, std::move(tag_ids_),
                                             limits_.mask_cache_bytes);
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
        n.kind = GrammarNode::Kind::kExpression;
        n.id = free_text(spec.excludes);
        break;
      case GrammarSpec::Kind::kRegex:
        n.kind = GrammarNode::Kind::kExpression;
        n.id = pattern(spec.text);
        break;
      case GrammarSpec::Kind::kSchema:
        n.kind = GrammarNode::Kind::kValue;
        n.id = schema(spec, &n.min);
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

  uint32_t schema(const GrammarSpec& spec, uint32_t* min) {
    ValueContext c;
    c.surface = spec.style.surface;
    c.algebra = std::make_unique<Algebra>(machine_->arena(), spec.style.numbers, spec.style.ordered, limits_.schemas);
    c.residuals = std::make_unique<Residuals>(*c.algebra);
    c.loader = std::make_unique<SchemaLoader>(*c.algebra, spec.schema, spec.resources, options_);
    c.root = c.loader->root();
    c.algebra->expand(c.root);
    if (!c.algebra->nonempty(c.root)) throw SchemaError(c.loader->why_empty(), c.loader->empty_pointer(), "");
    *min = 1;
    if (c.surface.syntax == Syntax::kPythonArguments) {  // no arguments are the empty text
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
  return Compiler(std::move(vocabulary), limits, options).run(spec);
}

}  // namespace fcformat
