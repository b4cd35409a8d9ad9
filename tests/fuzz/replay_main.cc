// Runs a fuzz target without libFuzzer: over its corpus, and over changed copies of it for some
// seconds. For every compiler, and as part of every test run.
//
//   TARGET_test [--seconds N] CORPUS_FILE...
//
// The input that fails is left in $TEST_UNDECLARED_OUTPUTS_DIR (or the working directory) as
// fuzz-input: give that file as the only argument to see it again.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/base/prng.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using treering::base::Prng;

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string FailurePath() {
  const char* const directory = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  return std::string(directory == nullptr ? "." : directory) + "/fuzz-input";
}

// Written before the run: whatever ends the process leaves it there.
void RunChanged(const std::string& input) {
  static const std::string path = FailurePath();
  std::ofstream(path, std::ios::binary | std::ios::trunc) << input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

std::string Change(const std::vector<std::string>& corpus, Prng* prng) {
  std::string input = corpus[prng->Uniform(corpus.size())];
  for (uint64_t edits = 1 + prng->Uniform(8); edits > 0; --edits) {
    const size_t at = prng->Uniform(input.size() + 1);
    switch (prng->Uniform(5)) {
      case 0:
        input.insert(at, 1 + prng->Uniform(8), static_cast<char>(prng->Next()));
        break;
      case 1:
        input.erase(at, 1 + prng->Uniform(16));
        break;
      case 2: {
        const std::string& other = corpus[prng->Uniform(corpus.size())];
        if (other.empty()) break;
        const size_t from = prng->Uniform(other.size());
        input.insert(at, other, from, 1 + prng->Uniform(64));
        break;
      }
      default:
        if (at < input.size()) input[at] = static_cast<char>(prng->Next());
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 1;
  std::vector<std::string> corpus;
  int first = 1;
  if (argc > 2 && std::string(argv[1]) == "--seconds") {
    seconds = std::strtod(argv[2], nullptr);
    first = 3;
  }
  for (int i = first; i < argc; ++i) {
    corpus.push_back(Read(argv[i]));
    RunChanged(corpus.back());
  }
  if (argc == 2 && first == 1) return 0;  // one input: to look at it
  if (corpus.empty()) corpus.emplace_back(64, '\0');
  Prng prng(1);
  uint64_t runs = 0;
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < end) {
    RunChanged(Change(corpus, &prng));
    ++runs;
  }
  std::remove(FailurePath().c_str());
  std::printf("%zu inputs of the corpus, %llu changed ones\n", corpus.size(),
              static_cast<unsigned long long>(runs));
  return 0;
}
