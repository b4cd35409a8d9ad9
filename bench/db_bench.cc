// db_bench: benchmarks with the names, flags and lines of RocksDB's tool.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "bench/bench_session.h"

namespace treering::bench {
namespace {

constexpr char kUsage[] =
    "db_bench: benchmarks of treering, with the names, flags and lines of RocksDB's db_bench.\n"
    "\n"
    "Examples:\n"
    "  db_bench --db=/data/bench --benchmarks=fillrandom,waitforcompaction,stats --num=20000000\n"
    "  db_bench --db=/data/bench --use_existing_db=1 --benchmarks=readrandom --reads=1000000 "
    "--histogram=1\n"
    "  db_bench --db=/data/bench --benchmarks=rawsync,fillsync --num=10000\n"
    "\n"
    "Benchmarks:\n";

void PrintHelp(const FlagSet& flags) {
  std::string line = " ";
  std::fputs(kUsage, stdout);
  std::vector<std::string_view> names = WorkloadNames();
  for (const char* printed : {"stats", "levelstats", "sstables"}) names.push_back(printed);
  for (const std::string_view name : names) {
    if (line.size() + name.size() > 96) {
      std::printf("%s\n", line.c_str());
      line = " ";
    }
    line += " " + std::string(name);
  }
  std::printf("%s\n\nFlags and their defaults:\n%s", line.c_str(), flags.Help().c_str());
  std::printf("Other flags of RocksDB's give one warning and are ignored.\n");
}

std::string DefaultDbPath() {
  const char* const base = std::getenv("TEST_TMPDIR");
  if (base != nullptr && *base != '\0') return std::string(base) + "/dbbench";
  return "/tmp/treeringtest-" + std::to_string(geteuid()) + "/dbbench";
}

int Fail(const Status& status) {
  std::fflush(stdout);
  std::fprintf(stderr, "db_bench: %s\n", status.ToString().c_str());
  return 1;
}

int Main(const std::vector<std::string>& arguments) {
  BenchFlags values;
  FlagSet flags;
  AddFlags(&values, &flags);
  if (Status status = flags.Parse(arguments); !status.ok()) return Fail(status);
  if (values.help) {
    PrintHelp(flags);
    return 0;
  }
  if (values.version) {
    std::printf("db_bench version %s\n", std::string(Version()).c_str());
    return 0;
  }
  if (Status status = CheckFlags(values); !status.ok()) return Fail(status);
  Result<Settings> settings = MakeSettings(values, flags);
  if (!settings.ok()) return Fail(settings.status());
  const std::vector<std::string>* const all_warnings[] = {&flags.warnings(), &settings->warnings};
  for (const std::vector<std::string>* warnings : all_warnings) {
    for (const std::string& warning : *warnings) {
      std::fprintf(stderr, "db_bench: warning: %s\n", warning.c_str());
    }
  }
  if (values.db.empty()) values.db = DefaultDbPath();
  const Status status = BenchSession(values, std::move(*settings)).Run();
  return status.ok() ? 0 : Fail(status);
}

}  // namespace
}  // namespace treering::bench

int main(int argc, char** argv) {
  return treering::bench::Main(std::vector<std::string>(argv + 1, argv + argc));
}
