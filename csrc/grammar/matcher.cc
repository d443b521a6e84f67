#include "grammar/matcher.h"

#include <algorithm>
#include <bitset>
#include <cstring>
#include <stdexcept>

namespace fcformat {

CompiledGrammar::CompiledGrammar(std::function<Automaton()> build, std::shared_ptr<const Vocabulary> vocabulary,
                                 size_t mask_cache_bytes)
    : build_(std::move(build)), vocabulary_(std::move(vocabulary)), mask_cache_bytes_(mask_cache_bytes) {
  this->build();
}

void CompiledGrammar::build() {
  Automaton made = build_();
  made.machine->start_growing();
  filler_ = std::make_unique<MaskFiller>(*made.machine, vocabulary_, made.tag_ids, mask_cache_bytes_);
  machine_ = std::move(made.machine);
  tag_ids_ = std::move(made.tag_ids);
  ++generation_;
  note_bytes();
}

uint64_t CompiledGrammar::renewals() {
  std::lock_guard lock(mutex_);
  return generation_ - 1;
}

size_t CompiledGrammar::bytes() {
  std::lock_guard lock(mutex_);
  return note_bytes();
}

size_t CompiledGrammar::note_bytes() {
  noted_ = machine_->parts() + filler_->cache().bytes();
  size_t now = machine_->bytes() + filler_->cache().bytes();
  std::lock_guard lock(meter_mutex_);
  if (meter_) meter_->bytes_ += now - size_;  // wraps around where it has become less
  size_ = now;
  return now;
}

void CompiledGrammar::count_in(std::shared_ptr<MemoryMeter> meter) {
  std::lock_guard lock(meter_mutex_);
  if (meter_) meter_->bytes_ -= size_;
  meter_ = std::move(meter);
  meter_->bytes_ += size_;
}

size_t CompiledGrammar::last_bytes() {
  std::lock_guard lock(meter_mutex_);
  return size_;
}

void CompiledGrammar::count_out() {
  std::lock_guard lock(meter_mutex_);
  if (meter_) meter_->bytes_ -= size_;
  meter_.reset();
}

void CompiledGrammar::cache_counters(uint64_t* hits, uint64_t* misses, size_t* bytes) {
  std::lock_guard lock(mutex_);
  *hits = filler_->cache().hits;
  *misses = filler_->cache().misses;
  *bytes = filler_->cache().bytes();
}

Matcher::Matcher(std::shared_ptr<CompiledGrammar> grammar) : grammar_(std::move(grammar)) { reset(); }

Matcher::Entered Matcher::enter() {
  std::unique_lock lock(grammar_->mutex_);
  grammar_->renew_if_grown();
  if (generation_ != grammar_->generation_) replay();
  return {std::move(lock), *grammar_};
}

// Threads and residuals belong to one automaton; in another one the same text leads to the same place.
void Matcher::replay() {
  Matcher fresh(*this);
  fresh.generation_ = grammar_->generation_;
  fresh.threads_ = grammar_->machine_->start();
  fresh.steps_.clear();
  fresh.history_.clear();
  fresh.text_.clear();
  fresh.terminated_ = false;
  for (size_t i = 0; i < steps_.size(); ++i) {
    size_t end = i + 1 < steps_.size() ? steps_[i + 1].text_size : text_.size();
    bool stops = i + 1 < steps_.size() ? steps_[i + 1].terminated : terminated_;
    std::string_view bytes(text_.data() + steps_[i].text_size, end - steps_[i].text_size);
    bool went = true;
    if (stops) {
      fresh.record();
      fresh.terminated_ = true;
    } else if (steps_[i].control_token != kNoToken) {
      went = fresh.take_control_token(steps_[i].control_token);
    } else {
      went = fresh.advance(bytes);
    }
    if (!went) throw std::logic_error("matcher: an accepted text is refused by the same grammar built anew");
  }
  *this = std::move(fresh);
}

bool Matcher::fill_mask(uint32_t* mask) {
  const Vocabulary& vocabulary = *grammar_->vocabulary_;
  if (terminated_) {  // nothing but another stop may follow
    std::memset(mask, 0, vocabulary.mask_words() * sizeof(uint32_t));
    for (uint32_t id : vocabulary.stop_ids()) mask[id >> 5] |= 1u << (id & 31);
    return true;
  }
  Entered entered = enter();
  grammar_->filler_->fill(threads_, text_, mask);
  return true;
}

bool Matcher::try_fill_mask(uint32_t* mask) {
  if (terminated_ || threads_.size() != 1) return false;
  std::unique_lock lock(grammar_->mutex_, std::try_to_lock);
  return lock.owns_lock() && generation_ == grammar_->generation_ &&
         grammar_->filler_->try_fill(threads_[0], text_, mask);
}

void Matcher::record(uint32_t control_token) {
  steps_.push_back({history_.size(), text_.size(), control_token, terminated_});
  history_.insert(history_.end(), threads_.begin(), threads_.end());
}

namespace {

// Cuts a text back to what it was, also where an exception ends what was tried with it.
struct CutBack {
  explicit CutBack(std::string& text) : text(text), size(text.size()) {}
  ~CutBack() {
    if (!keep && size < text.size()) text.resize(size);
  }
  CutBack(const CutBack&) = delete;
  CutBack& operator=(const CutBack&) = delete;
  std::string& text;
  const size_t size;
  bool keep = false;
};

}  // namespace

// Goes on by the bytes; where they do not fit, nothing is changed.
bool Matcher::advance(std::string_view bytes) {
  Machine& machine = *grammar_->machine_;
  machine.arena().start_clock();
  CutBack cut_back(text_);
  text_.append(bytes);
  now_ = threads_;
  for (size_t size = cut_back.size + 1; size <= text_.size(); ++size) {
    TextView view{text_.data(), static_cast<uint32_t>(size)};
    next_.clear();
    for (const Thread& t : now_) {
      machine.step(t, view, &next_);
      if (next_.size() > Machine::kManyThreads) machine.merge(&next_);
    }
    machine.merge(&next_, Machine::kJoinInToken);
    std::swap(now_, next_);
    if (now_.empty()) return false;
  }
  machine.settle(&now_, {text_.data(), static_cast<uint32_t>(text_.size())});
  machine.count_token(&now_);
  machine.merge(&now_);
  if (machine.row_missing()) return false;
  steps_.push_back({history_.size(), cut_back.size, kNoToken, terminated_});
  history_.insert(history_.end(), threads_.begin(), threads_.end());
  std::swap(threads_, now_);
  cut_back.keep = true;
  return true;
}

bool Matcher::take_control_token(uint32_t id) {
  Machine& machine = *grammar_->machine_;
  if (!machine.has_tokens()) return false;
  TextView view{text_.data(), static_cast<uint32_t>(text_.size())};
  std::vector<std::pair<uint32_t, Thread>> edges;
  for (const Thread& t : threads_) machine.token_edges(t, view, &edges);
  now_.clear();
  for (const auto& [token, thread] : edges) {
    if (token == id) now_.push_back(thread);
  }
  machine.count_token(&now_);
  machine.merge(&now_);
  if (now_.empty() || machine.row_missing()) return false;
  record(id);
  std::swap(threads_, now_);
  return true;
}

bool Matcher::accept_locked(uint32_t id) {
  const Vocabulary& vocabulary = *grammar_->vocabulary_;
  Machine& machine = *grammar_->machine_;
  machine.arena().start_clock();
  if (take_control_token(id)) return true;
  if (vocabulary.is_stop(id)) {
    TextView view{text_.data(), static_cast<uint32_t>(text_.size())};
    bool ends =
        std::any_of(threads_.begin(), threads_.end(), [&](const Thread& t) { return machine.can_end(t, view); });
    if (!ends || machine.row_missing()) return false;
    record();
    terminated_ = true;
    return true;
  }
  const std::string* bytes = vocabulary.token_bytes(id);
  if (!bytes || bytes->empty()) return false;
  const std::vector<uint32_t>& tags = grammar_->tag_ids_;
  if (!tags.empty() && std::find(tags.begin(), tags.end(), id) != tags.end()) return false;
  return advance(*bytes);
}

bool Matcher::accept_token(uint32_t id) {
  if (id >= grammar_->vocabulary_->size() || terminated_) return false;
  Entered entered = enter();
  return accept_locked(id);
}

Matcher::Quick Matcher::try_accept_token(uint32_t id) {
  if (id >= grammar_->vocabulary_->size() || terminated_) return Quick::kNo;
  std::unique_lock lock(grammar_->mutex_, std::try_to_lock);
  if (!lock.owns_lock() || generation_ != grammar_->generation_) return Quick::kUnknown;
  Machine& machine = *grammar_->machine_;
  struct MayBuildAgain {
    ~MayBuildAgain() { machine.may_build(true); }
    Machine& machine;
  } again{machine};
  machine.may_build(false);
  bool taken = accept_locked(id);
  return machine.row_missing() ? Quick::kUnknown : taken ? Quick::kYes : Quick::kNo;
}

bool Matcher::accept_bytes(std::string_view bytes) {
  if (terminated_) return false;
  Entered entered = enter();
  return advance(bytes);
}

void Matcher::rollback(size_t n) {
  if (n > steps_.size()) {
    throw std::invalid_argument("rollback(" + std::to_string(n) + "): only " + std::to_string(steps_.size()) +
                                " steps were accepted");
  }
  if (n == 0) return;
  const Step step = steps_[steps_.size() - n];
  size_t end = n == 1 ? history_.size() : steps_[steps_.size() - n + 1].threads_begin;
  threads_.assign(history_.begin() + static_cast<long>(step.threads_begin), history_.begin() + static_cast<long>(end));
  history_.resize(step.threads_begin);
  text_.resize(step.text_size);
  terminated_ = step.terminated;
  steps_.resize(steps_.size() - n);
}

void Matcher::reset() {
  steps_.clear();
  history_.clear();
  text_.clear();
  terminated_ = false;
  std::lock_guard lock(grammar_->mutex_);
  generation_ = grammar_->generation_;
  threads_ = grammar_->machine_->start();
}

bool Matcher::can_terminate() {
  if (terminated_) return true;
  Entered entered = enter();
  grammar_->machine_->arena().start_clock();
  TextView view{text_.data(), static_cast<uint32_t>(text_.size())};
  return std::any_of(threads_.begin(), threads_.end(),
                     [&](const Thread& t) { return grammar_->machine_->can_end(t, view); });
}

std::string Matcher::forced_text(size_t limit) {
  if (terminated_ || incomplete_tail(text_) > 0) return "";  // the rest of a character is no text
  Entered entered = enter();
  Machine& machine = *grammar_->machine_;
  std::vector<Thread> threads = threads_, next;
  machine.arena().start_clock();
  CutBack cut_back(text_);
  const size_t before = text_.size();
  while (text_.size() - before < limit) {
    TextView view{text_.data(), static_cast<uint32_t>(text_.size())};
    std::vector<std::pair<uint32_t, Thread>> edges;
    bool ends = false;
    for (const Thread& t : threads) {
      machine.token_edges(t, view, &edges);
      ends |= machine.can_end(t, view);
    }
    if (ends || !edges.empty()) break;
    int forced = -1;
    std::vector<Thread> after;
    text_.push_back('\0');
    for (int b = 0; b < 256 && forced > -2; ++b) {
      text_.back() = static_cast<char>(b);
      next.clear();
      for (const Thread& t : threads) machine.step(t, {text_.data(), static_cast<uint32_t>(text_.size())}, &next);
      if (next.empty()) continue;
      forced = forced == -1 ? b : -2;
      machine.merge(&next);
      after = next;
    }
    text_.pop_back();
    if (forced < 0) break;
    text_.push_back(static_cast<char>(forced));
    threads = std::move(after);
  }
  std::string out = text_.substr(before);
  out.resize(out.size() - incomplete_tail(out));
  return out;
}

}  // namespace fcformat
