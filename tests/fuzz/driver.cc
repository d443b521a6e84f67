// Runs a target without libFuzzer: all files of a corpus, then random changes of them, for so many seconds.
//
//   target SECONDS SEED [CORPUS ...]
//
// There is no coverage to guide it. The input of the moment stands in `last-input`, for when the target crashes.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Input = std::vector<uint8_t>;

void run(const Input& input) {
  std::ofstream("last-input", std::ios::binary)
      .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s SECONDS SEED [CORPUS ...]\n", argv[0]);
    return 2;
  }
  std::mt19937_64 random(std::strtoull(argv[2], nullptr, 10));
  std::vector<Input> corpus{{}};
  for (int i = 3; i < argc; ++i) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::is_directory(argv[i])) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) files.push_back(entry.path());
    } else {
      files.push_back(argv[i]);
    }
    for (const auto& file : files) {
      std::ifstream stream(file, std::ios::binary);
      corpus.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
      run(corpus.back());
    }
  }
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[1]));
  uint64_t runs = 0;
  for (; std::chrono::steady_clock::now() < end; ++runs) {
    Input input = corpus[random() % corpus.size()];
    for (uint64_t changes = 1 + random() % 16; changes > 0; --changes) {
      size_t at = input.empty() ? 0 : random() % (input.size() + 1);
      switch (random() % 4) {
        case 0:
          if (at < input.size()) input[at] = static_cast<uint8_t>(random());
          break;
        case 1:
          if (at < input.size()) input.erase(input.begin() + static_cast<long>(at));
          break;
        case 2:
          for (uint64_t n = 1 + random() % 32; n > 0; --n)
            input.insert(input.begin() + static_cast<long>(at), static_cast<uint8_t>(random()));
          break;
        default: {  // a piece of another input
          const Input& other = corpus[random() % corpus.size()];
          size_t from = other.empty() ? 0 : random() % other.size();
          input.insert(input.begin() + static_cast<long>(at), other.begin() + static_cast<long>(from), other.end());
        }
      }
    }
    if (input.size() > 400) input.resize(400);
    run(input);
    if (corpus.size() < 2000 && random() % 8 == 0) corpus.push_back(std::move(input));
  }
  std::printf("%llu runs without a finding\n", static_cast<unsigned long long>(runs));
  return 0;
}
