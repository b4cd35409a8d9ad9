// The main of the smoke tests: runs the cases that the filter leaves, and fails when the filter is
// misspelt, which Google Benchmark takes for success.
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace {

// Google Benchmark keeps pointers into `arguments`. False for an argument that it does not know.
bool Initialize(std::vector<std::string>* arguments) {
  std::vector<char*> words;
  for (std::string& argument : *arguments) words.push_back(argument.data());
  int count = static_cast<int>(words.size());
  words.push_back(nullptr);
  benchmark::Initialize(&count, words.data());
  return !benchmark::ReportUnrecognizedArguments(count, words.data());
}

// How many cases there are; none is run, and nothing is printed.
size_t CountListed() {
  std::ostringstream nowhere;
  benchmark::ConsoleReporter reporter;
  reporter.SetOutputStream(&nowhere);
  reporter.SetErrorStream(&nowhere);
  return benchmark::RunSpecifiedBenchmarks(&reporter, ".*");
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> listing = {argv[0], "--benchmark_list_tests=true"};
  if (!Initialize(&listing)) return 2;
  const size_t all = CountListed();
  std::vector<std::string> arguments(argv, argv + argc);
  arguments.push_back("--benchmark_list_tests=false");
  if (!Initialize(&arguments)) return 2;
  const std::string filter = benchmark::GetBenchmarkFilter();
  const size_t run = benchmark::RunSpecifiedBenchmarks();
  if (run == 0) {
    std::fprintf(stderr, "smoke: no case matches --benchmark_filter=%s\n", filter.c_str());
    return 1;
  }
  if (filter.starts_with('-') && run == all) {
    std::fprintf(stderr, "smoke: --benchmark_filter=%s leaves no case out\n", filter.c_str());
    return 1;
  }
  return 0;
}
