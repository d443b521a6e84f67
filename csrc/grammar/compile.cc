#include "grammar/compile.h"

#include <algorithm>

#include "errors.h"
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
        machine_(std::make_unique<Machine>(limits.expressions, limits.machine)) {}

  std::shared_ptr<CompiledGrammar> run(const GrammarSpec& spec) {
    machine_->start_at(node(spec, 0));
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
        n.id = schema(spec);
        break;
    }
    return machine_->add_node(std::move(n));
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

  uint32_t schema(const GrammarSpec& spec) {
    ValueContext c;
    c.surface = spec.style.surface;
    c.algebra = std::make_unique<Algebra>(machine_->arena(), spec.style.numbers, spec.style.ordered, limits_.schemas);
    c.residuals = std::make_unique<Residuals>(*c.algebra);
    c.loader = std::make_unique<SchemaLoader>(*c.algebra, spec.schema, spec.resources, options_);
    c.root = c.loader->root();
    c.algebra->expand(c.root);
    if (!c.algebra->nonempty(c.root)) throw SchemaError(c.loader->why_empty(), c.loader->empty_pointer(), "");
    return machine_->add_context(std::move(c));
  }

  std::shared_ptr<const Vocabulary> vocabulary_;
  const Limits& limits_;
  const LoaderOptions& options_;
  std::unique_ptr<Machine> machine_;
  std::vector<uint32_t> tag_ids_;
};

}  // namespace

std::shared_ptr<CompiledGrammar> compile(const GrammarSpec& spec, std::shared_ptr<const Vocabulary> vocabulary,
                                         const Limits& limits, const LoaderOptions& options) {
  return Compiler(std::move(vocabulary), limits, options).run(spec);
}

}  // namespace fcformat
