#include "engine/wal/frontier.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>

namespace treering::wal {
namespace {

// Runs a script of words and tells the state after each line:
//   submit LSN END SEQ   a spill [LSN, END) whose last sequence is SEQ
//   written LSN, fail LSN
//   start NAME, finish NAME, failsync NAME    a sync's ticket
class FrontierScript {
 public:
  std::string Run(const std::string& script) {
    std::istringstream lines(script);
    std::string line;
    std::string out;
    while (std::getline(lines, line)) {
      if (line.empty()) continue;
      Step(line);
      out += line + " -> " + State() + "\n";
    }
    return "\n" + out;
  }

 private:
  void Step(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb == "submit") {
      SpillRange range;
      words >> range.first_lsn >> range.end_lsn >> range.last_sequence;
      range.first_sequence = last_sequence_ + 1;
      range.tail_end = range.end_lsn * 100;
      last_sequence_ = range.last_sequence;
      frontier_.Submit(range);
    } else if (verb == "written" || verb == "fail") {
      uint64_t lsn = 0;
      words >> lsn;
      if (verb == "written") {
        frontier_.Written(lsn);
      } else {
        frontier_.FailWrite(lsn, Status::IoError("write " + std::to_string(lsn)));
      }
    } else {
      std::string name;
      words >> name;
      if (verb == "start") tickets_[name] = frontier_.StartSync();
      if (verb == "finish") frontier_.FinishSync(tickets_[name]);
      if (verb == "failsync") frontier_.FailSync(tickets_[name], Status::IoError("sync " + name));
    }
  }

  std::string State() const {
    std::ostringstream out;
    out << "W " << frontier_.written_lsn() << "/" << frontier_.written_sequence() << " D "
        << frontier_.durable_lsn() << "/" << frontier_.durable_sequence();
    out << " tail " << frontier_.released_tail() << " in flight " << frontier_.in_flight();
    if (!frontier_.error().ok()) {
      key::Sequence first = 0;
      while (!frontier_.Poisoned(first)) ++first;
      out << " poisoned from " << first << " by " << frontier_.error().message();
    }
    return out.str();
  }

  Frontier frontier_{1, 0};
  key::Sequence last_sequence_ = 0;
  std::map<std::string, SyncTicket> tickets_;
};

TEST(Frontier, WrittenPrefixWaitsForTheEarlierSpill) {
  EXPECT_EQ(FrontierScript().Run("submit 1 3 10\n"
                                 "submit 3 4 12\n"
                                 "submit 4 5 13\n"
                                 "written 3\n"
                                 "written 1\n"
                                 "written 4\n"),
            R"(
submit 1 3 10 -> W 1/0 D 1/0 tail 0 in flight 1
submit 3 4 12 -> W 1/0 D 1/0 tail 0 in flight 2
submit 4 5 13 -> W 1/0 D 1/0 tail 0 in flight 3
written 3 -> W 1/0 D 1/0 tail 0 in flight 2
written 1 -> W 4/12 D 1/0 tail 400 in flight 1
written 4 -> W 5/13 D 1/0 tail 500 in flight 0
)");
}

TEST(Frontier, ASyncCoversOnlyWhatWasWrittenWhenItStarted) {
  EXPECT_EQ(FrontierScript().Run("submit 1 2 1\n"
                                 "written 1\n"
                                 "start a\n"
                                 "submit 2 3 2\n"
                                 "written 2\n"
                                 "start b\n"
                                 "finish a\n"
                                 "finish b\n"),
            R"(
submit 1 2 1 -> W 1/0 D 1/0 tail 0 in flight 1
written 1 -> W 2/1 D 1/0 tail 200 in flight 0
start a -> W 2/1 D 1/0 tail 200 in flight 0
submit 2 3 2 -> W 2/1 D 1/0 tail 200 in flight 1
written 2 -> W 3/2 D 1/0 tail 300 in flight 0
start b -> W 3/2 D 1/0 tail 300 in flight 0
finish a -> W 3/2 D 2/1 tail 300 in flight 0
finish b -> W 3/2 D 3/2 tail 300 in flight 0
)");
}

TEST(Frontier, AnEarlierSyncThatEndsLaterTakesNothingBack) {
  EXPECT_EQ(FrontierScript().Run("submit 1 2 1\n"
                                 "written 1\n"
                                 "start a\n"
                                 "submit 2 3 2\n"
                                 "written 2\n"
                                 "start b\n"
                                 "finish b\n"
                                 "finish a\n"),
            R"(
submit 1 2 1 -> W 1/0 D 1/0 tail 0 in flight 1
written 1 -> W 2/1 D 1/0 tail 200 in flight 0
start a -> W 2/1 D 1/0 tail 200 in flight 0
submit 2 3 2 -> W 2/1 D 1/0 tail 200 in flight 1
written 2 -> W 3/2 D 1/0 tail 300 in flight 0
start b -> W 3/2 D 1/0 tail 300 in flight 0
finish b -> W 3/2 D 3/2 tail 300 in flight 0
finish a -> W 3/2 D 3/2 tail 300 in flight 0
)");
}

TEST(Frontier, AFailedWritePoisonsItAndWhatIsLaterOnly) {
  EXPECT_EQ(FrontierScript().Run("submit 1 2 1\n"
                                 "submit 2 3 2\n"
                                 "submit 3 4 3\n"
                                 "written 3\n"
                                 "fail 2\n"
                                 "written 1\n"
                                 "start a\n"
                                 "finish a\n"),
            R"(
submit 1 2 1 -> W 1/0 D 1/0 tail 0 in flight 1
submit 2 3 2 -> W 1/0 D 1/0 tail 0 in flight 2
submit 3 4 3 -> W 1/0 D 1/0 tail 0 in flight 3
written 3 -> W 1/0 D 1/0 tail 0 in flight 2
fail 2 -> W 1/0 D 1/0 tail 0 in flight 1 poisoned from 2 by write 2
written 1 -> W 2/1 D 1/0 tail 200 in flight 0 poisoned from 2 by write 2
start a -> W 2/1 D 1/0 tail 200 in flight 0 poisoned from 2 by write 2
finish a -> W 2/1 D 2/1 tail 200 in flight 0 poisoned from 2 by write 2
)");
}

TEST(Frontier, AFailedSyncPoisonsWhatWasNotDurableWhateverOthersAnswer) {
  EXPECT_EQ(FrontierScript().Run("submit 1 2 1\n"
                                 "written 1\n"
                                 "start a\n"
                                 "submit 2 3 2\n"
                                 "written 2\n"
                                 "start b\n"
                                 "failsync a\n"
                                 "finish b\n"),
            R"(
submit 1 2 1 -> W 1/0 D 1/0 tail 0 in flight 1
written 1 -> W 2/1 D 1/0 tail 200 in flight 0
start a -> W 2/1 D 1/0 tail 200 in flight 0
submit 2 3 2 -> W 2/1 D 1/0 tail 200 in flight 1
written 2 -> W 3/2 D 1/0 tail 300 in flight 0
start b -> W 3/2 D 1/0 tail 300 in flight 0
failsync a -> W 3/2 D 1/0 tail 300 in flight 0 poisoned from 1 by sync a
finish b -> W 3/2 D 1/0 tail 300 in flight 0 poisoned from 1 by sync a
)");
}

TEST(Frontier, TheFirstErrorStaysAndAnEarlierFailureReachesFurtherBack) {
  EXPECT_EQ(FrontierScript().Run("submit 1 2 1\n"
                                 "submit 2 3 2\n"
                                 "fail 2\n"
                                 "fail 1\n"),
            R"(
submit 1 2 1 -> W 1/0 D 1/0 tail 0 in flight 1
submit 2 3 2 -> W 1/0 D 1/0 tail 0 in flight 2
fail 2 -> W 1/0 D 1/0 tail 0 in flight 1 poisoned from 2 by write 2
fail 1 -> W 1/0 D 1/0 tail 0 in flight 0 poisoned from 1 by write 2
)");
}

TEST(Frontier, APromiseBlockMovesBlocksAndNoSequence) {
  EXPECT_EQ(FrontierScript().Run("submit 1 2 5\n"
                                 "written 1\n"
                                 "submit 2 3 5\n"
                                 "written 2\n"),
            R"(
submit 1 2 5 -> W 1/0 D 1/0 tail 0 in flight 1
written 1 -> W 2/5 D 1/0 tail 200 in flight 0
submit 2 3 5 -> W 2/5 D 1/0 tail 200 in flight 1
written 2 -> W 3/5 D 1/0 tail 300 in flight 0
)");
}

}  // namespace
}  // namespace treering::wal
