#include "bench/header.h"

#include <cstdio>
#include <sstream>

#include "bench/environment.h"

namespace treering::bench {
namespace {

std::string Megabytes(double bytes) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f", bytes / 1048576);
  return text;
}

// Lines of "name=value", as lines "Option name: value".
void AddOptions(const std::string& engine_options, HeaderLines* lines) {
  std::istringstream text(engine_options);
  for (std::string line; std::getline(text, line);) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    lines->emplace_back("Option " + line.substr(0, equals), line.substr(equals + 1));
  }
}

}  // namespace

HeaderLines MakeHeader(const BenchFlags& flags, const std::string& engine_options,
                       const Runtime& runtime, uint64_t seed) {
  HeaderLines lines;
  const auto add = [&lines](std::string name, std::string value) {
    lines.emplace_back(std::move(name), std::move(value));
  };
  add("treering",
      "version " + std::string(Version()) + ", format " + std::to_string(FormatVersion()));
  add("CPU", CpuText());
  add("Kernel", KernelText());
  for (const std::string& fact : runtime.Facts()) {
    if (fact.starts_with("memory_")) continue;  // they change; the budget is below
    const size_t colon = fact.find(": ");
    if (colon != std::string::npos) add("I/O " + fact.substr(0, colon), fact.substr(colon + 2));
  }
  const MountFacts mount = MountOf(flags.db);
  add("Device", mount.device + ", " + mount.file_system);
  add("DB path", "[" + flags.db + "]");
  add("Memory budget", Megabytes(static_cast<double>(runtime.MemoryBudget())) + " MB");
  AddOptions(engine_options, &lines);
  add("Keys", std::to_string(flags.key_size) + " bytes each");
  add("Values", std::to_string(flags.value_size) + " bytes each (" +
                    std::to_string(static_cast<int>(flags.value_size * flags.compression_ratio)) +
                    " bytes after compression)");
  add("Entries", std::to_string(flags.num));
  add("RawSize", Megabytes(static_cast<double>(flags.num) * (flags.key_size + flags.value_size)) +
                     " MB (estimated)");
  add("Write rate", std::to_string(flags.benchmark_write_rate_limit) + " bytes/second");
  add("Read rate", std::to_string(flags.benchmark_read_rate_limit) + " ops/second");
  add("Seed", std::to_string(seed));
  return lines;
}

std::string HeaderText(const HeaderLines& lines) {
  std::string text;
  for (const auto& [name, value] : lines) {
    const size_t padding = name.size() < 32 ? 32 - name.size() : 1;
    text += name + ":" + std::string(padding, ' ') + value + "\n";
  }
#ifndef NDEBUG
  text += "WARNING: not an optimised build; figures say nothing about treering\n";
#endif
  return text + "------------------------------------------------\n";
}

}  // namespace treering::bench
