// Every page of a small database zeroed, overwritten by every other page of it, and changed for
// every other; every file cut to every length; then read by read-only opens, as every_bit_test
// does. Damage of one place is answered truly or with Corruption, or, where a view takes it for a
// writer's work, with Aborted. Where the damaged pages are two, and one of them is the last of a
// log or manifest, which alone vouches for the others, an earlier state of the database may come
// back: never one that did not exist.
//
// Of the lengths within zeros that fill a page up, one in 64; with TREERING_EVERY_BIT set, all.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "engine/base/file_names.h"
#include "engine/io/sim_testing.h"
#include "tests/corruption/small_database.h"

namespace treering::testing {
namespace {

constexpr uint64_t kPage = 4096;

class EveryBlockTest : public ::testing::Test {
 protected:
  struct Page {
    std::string file;
    uint64_t offset = 0;
    std::string content;
    bool vouches = false;  // the last block of a log or manifest
  };
  enum class Answer : uint8_t { kTrue, kNoticed, kEarlier, kWrong };

  // On simulated threads: a reader waits between its tries of a damaged manifest.
  void Run(const std::function<void()>& body) {
    const auto report = io::RunSim(1, [&] {
      database_.Start();
      FindPages();
      if (!HasFailure()) body();
      database_.Stop();
    });
    EXPECT_FALSE(report.deadlock) << report.deadlock_text;
    std::cout << counts_[Answer::kTrue] << " answered truly, " << counts_[Answer::kNoticed]
              << " noticed, " << counts_[Answer::kEarlier] << " an earlier state\n";
  }

  // Of the empty pages of a file, the first alone.
  void FindPages() {
    const std::string zeros(kPage, '\0');
    for (const auto& [name, content] : database_.files) {
      const base::FileKind kind = base::ParseFileName(name).kind;
      const bool is_log = kind == base::FileKind::kSegment || kind == base::FileKind::kManifest;
      size_t last = pages_.size();
      bool has_empty = false;
      for (uint64_t offset = 0; offset + kPage <= content.size(); offset += kPage) {
        std::string page = content.substr(offset, kPage);
        const bool is_empty = page == zeros;
        if (is_empty && std::exchange(has_empty, true)) continue;
        if (!is_empty) last = pages_.size();
        pages_.push_back({name, offset, std::move(page), false});
      }
      if (is_log && last < pages_.size()) pages_[last].vouches = true;
    }
  }

  void Put(const Page& place, const std::string& content) {
    database_.files[place.file].replace(place.offset, kPage, content);
  }

  Answer Ask() {
    Content content;
    const Status status = database_.Read(&content);
    // A view takes files that do not fit each other for the work of a writer, and gives up.
    if (status.IsCorruption() || status.IsAborted()) return Answer::kNoticed;
    if (content == database_.truth) return status.ok() ? Answer::kTrue : Answer::kWrong;
    const auto& history = database_.history;
    if (!status.ok() && status.code() != Status::Code::kFailed) {
      ADD_FAILURE() << status.ToString();
      return Answer::kWrong;
    }
    // Read's own complaint is that it is not the truth.
    return std::find(history.begin(), history.end(), content) != history.end() ? Answer::kEarlier
                                                                               : Answer::kWrong;
  }

  // Whether this damage may bring an earlier state back.
  void Expect(const std::string& damage, bool earlier_allowed) {
    const Answer answer = Ask();
    ++counts_[answer];
    EXPECT_NE(answer, Answer::kWrong) << damage;
    if (!earlier_allowed) {
      EXPECT_NE(answer, Answer::kEarlier) << damage;
    }
  }

  static std::string Name(const Page& page) {
    return page.file + " at " + std::to_string(page.offset);
  }

  SmallDatabase database_;
  std::vector<Page> pages_;
  std::map<Answer, uint64_t> counts_;
};

TEST_F(EveryBlockTest, Zeroed) {
  Run([&] {
    for (const Page& page : pages_) {
      Put(page, std::string(kPage, '\0'));
      Expect(Name(page) + " zeroed", false);
      Put(page, page.content);
    }
  });
  EXPECT_GT(counts_[Answer::kNoticed], 10u);
}

TEST_F(EveryBlockTest, OverwrittenByAnother) {
  Run([&] {
    for (const Page& to : pages_) {
      for (const Page& from : pages_) {
        if (from.content == to.content) continue;
        Put(to, from.content);
        Expect(Name(to) + " overwritten by " + Name(from), false);
        Put(to, to.content);
        if (HasFailure()) return;
      }
    }
  });
  EXPECT_GT(counts_[Answer::kNoticed], 500u);
}

TEST_F(EveryBlockTest, ChangedForAnother) {
  Run([&] {
    for (const Page& one : pages_) {
      for (const Page& other : pages_) {
        if (&other <= &one || one.content == other.content) continue;
        Put(one, other.content);
        Put(other, one.content);
        Expect(Name(one) + " changed for " + Name(other), one.vouches || other.vouches);
        Put(one, one.content);
        Put(other, other.content);
        if (HasFailure()) return;
      }
    }
  });
  EXPECT_GT(counts_[Answer::kNoticed], 300u);
}

// Whether a cut there differs from its neighbours.
bool IsInteresting(const std::string& content, uint64_t length) {
  static const bool every = std::getenv("TREERING_EVERY_BIT") != nullptr;
  if (every || length % 64 == 0) return true;
  const uint64_t begin = length - std::min<uint64_t>(length, 32);
  const uint64_t end = std::min<uint64_t>(content.size(), length + 32);
  return std::any_of(content.begin() + static_cast<int64_t>(begin),
                     content.begin() + static_cast<int64_t>(end), [](char c) { return c != 0; });
}

TEST_F(EveryBlockTest, CutToEveryLength) {
  Run([&] {
    for (auto& [name, content] : database_.files) {
      const std::string whole = content;
      for (uint64_t length = 0; length < whole.size(); ++length) {
        if (!IsInteresting(whole, length)) continue;
        content = whole.substr(0, length);
        Expect(name + " cut to " + std::to_string(length), false);
        if (HasFailure()) return;
      }
      content = whole;
    }
  });
  EXPECT_GT(counts_[Answer::kNoticed], 10'000u);
}

}  // namespace
}  // namespace treering::testing
