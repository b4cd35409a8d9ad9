// Runs a fuzz target without libFuzzer: over its corpus, and over changed copies of it, the same
// ones at each run. For every compiler, and as part of every test run.
//
//   TARGET_test [--runs N] [--seconds N] [--seed N] CORPUS_FILE...     N changed inputs, or seconds
//   TARGET_test ... --only FILE                                        that input alone
//
// The input that fails is left in $TEST_UNDECLARED_OUTPUTS_DIR (or the working directory) as
// fuzz-input, to see it again with --only.
#include <fcntl.h>
#include <unistd.h>

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

// `bazel run` starts programs elsewhere and says where it was called.
std::string FromCaller(const std::string& path) {
  const char* const directory = std::getenv("BUILD_WORKING_DIRECTORY");
  if (directory == nullptr || path.starts_with('/')) return path;
  return std::string(directory) + "/" + path;
}

// Written before the run: whatever ends the process leaves it there.
void RunChanged(const std::string& input) {
  static const int file = open(FailurePath().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const auto bytes = static_cast<ssize_t>(input.size());
  if (ftruncate(file, bytes) != 0 || pwrite(file, input.data(), input.size(), 0) != bytes) {
    std::perror(FailurePath().c_str());
    std::exit(2);
  }
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
  uint64_t runs_max = 1000;
  double seconds = 0;  // 0: runs_max counts
  uint64_t seed = 1;
  std::vector<std::string> corpus;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const char* const next = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--only") {
      RunChanged(Read(FromCaller(next)));
      return 0;
    }
    if (word == "--runs") {
      runs_max = std::strtoull(next, nullptr, 10);
    } else if (word == "--seconds") {
      seconds = std::strtod(next, nullptr);
    } else if (word == "--seed") {
      seed = std::strtoull(next, nullptr, 10);
    } else {
      corpus.push_back(Read(word));
      continue;
    }
    ++i;
  }
  for (const std::string& input : corpus) RunChanged(input);
  const size_t files = corpus.size();
  if (corpus.empty()) corpus.emplace_back(64, '\0');
  Prng prng(seed);
  uint64_t runs = 0;
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (seconds > 0 ? Clock::now() < end : runs < runs_max) {
    RunChanged(Change(corpus, &prng));
    ++runs;
  }
  std::remove(FailurePath().c_str());
  std::printf("%zu inputs of the corpus, %llu changed ones\n", files,
              static_cast<unsigned long long>(runs));
  return 0;
}
