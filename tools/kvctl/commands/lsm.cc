#include <algorithm>

#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/level_table.h"
#include "tools/kvctl/session.h"
#include "tools/kvctl/stats_view.h"

namespace treering::kvctl {
namespace {

constexpr size_t kTableColumns = 60;  // of LevelTable, in front of its bars
constexpr size_t kBarColumnsMax = 60;

class Lsm : public Command {
 public:
  std::string_view name() const override { return "lsm"; }
  std::string_view summary() const override {
    return "the tree, drawn: a line and a bar per level";
  }
  std::string_view examples() const override { return "  kvctl lsm\n"; }
  std::string_view notes() const override {
    return "  Entries count every stored version of a key, and deletions too. 'kvctl stat -o "
           "json'\n"
           "  has the same figures for programs.\n";
  }

  int Run(const Context& context) override {
    const auto session = Session::Open(context, SessionMode::kRead);
    if (!session.ok()) return context.console.Fail(session.status());
    const Result<StatsView> stats = ReadStats((*session)->db());
    if (!stats.ok()) return context.console.Fail(stats.status());
    const size_t width = context.terminal.out_is_terminal ? Terminal::Width() : 100;
    LevelTableStyle style;
    style.bar_columns = std::min(kBarColumnsMax, width > kTableColumns ? width - kTableColumns : 0);
    style.colour = context.terminal.colour_out;
    style.utf8 = context.terminal.utf8;
    (void)context.out->Write(LevelTable(*stats, style));
    return kExitOk;
  }
};

}  // namespace

std::unique_ptr<Command> MakeLsm() { return std::make_unique<Lsm>(); }

}  // namespace treering::kvctl
