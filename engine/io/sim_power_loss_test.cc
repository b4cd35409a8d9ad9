#include "engine/io/sim_power_loss.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace treering::io {
namespace {

constexpr size_t kSector = 512;

std::shared_ptr<const std::vector<std::byte>> BytesOf(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
}

std::string TextOf(const SimImage& image) {
  std::string text(image.size(), '?');
  image.Read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

// A file of durable 'o's and volatile writes of a page each, "a" first.
class SimPowerLossTest : public testing::Test {
 protected:
  static constexpr uint64_t kPages = 4;

  SimPowerLossTest() {
    SimImage image;
    image.Write(0, *BytesOf(std::string(kPages * kPageBytes, 'o')));
    content_.Adopt(image);
    for (uint64_t i = 0; i < kPages; ++i) {
      const std::string page(kPageBytes, static_cast<char>('a' + i));
      content_.Land({.offset = i * kPageBytes, .bytes = BytesOf(page), .sequence = i + 1});
      sequences_.push_back(i + 1);
    }
  }
  std::string After(PowerLoss power, uint64_t seed) {
    return TextOf(SimPowerLoss(power, seed, sequences_).ContentAfter(content_));
  }
  // The first byte of each page.
  static std::string Heads(const std::string& text) {
    std::string heads;
    for (size_t at = 0; at < text.size(); at += kPageBytes) heads += text[at];
    return heads;
  }
  std::set<std::string> Outcomes(PowerPolicy policy) {
    std::set<std::string> outcomes;
    for (uint64_t seed = 0; seed < 200; ++seed) outcomes.insert(Heads(After({policy}, seed)));
    return outcomes;
  }

  SimContent content_;
  std::vector<uint64_t> sequences_;
};

TEST_F(SimPowerLossTest, SimplePolicies) {
  EXPECT_EQ(Outcomes(PowerPolicy::kDropAll), std::set<std::string>{"oooo"});
  EXPECT_EQ(Outcomes(PowerPolicy::kKeepAll), std::set<std::string>{"abcd"});
  EXPECT_EQ(Outcomes(PowerPolicy::kNewestOnly), std::set<std::string>{"oood"});
}

TEST_F(SimPowerLossTest, APrefixInTheOrderOfLanding) {
  const std::set<std::string> all{"oooo", "aooo", "aboo", "abco", "abcd"};
  EXPECT_EQ(Outcomes(PowerPolicy::kPrefix), all);
}

TEST_F(SimPowerLossTest, EverySubset) {
  std::set<std::string> seen;
  for (uint64_t subset = 0; subset < 16; ++subset) {
    std::string expected = "oooo";
    for (uint64_t i = 0; i < kPages; ++i) {
      if ((subset >> i & 1) != 0) expected[i] = static_cast<char>('a' + i);
    }
    const std::string found =
        Heads(After({.policy = PowerPolicy::kSubset, .percent = 0, .subset = subset}, 1));
    EXPECT_EQ(found, expected);
    seen.insert(found);
  }
  EXPECT_EQ(seen.size(), 16u);
}

TEST_F(SimPowerLossTest, RandomTearsAtSectors) {
  uint64_t news = 0, olds = 0, zeros = 0, garbage = 0, mixed_pages = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const std::string text = After({.policy = PowerPolicy::kRandom, .percent = 50}, seed);
    ASSERT_EQ(text.size(), kPages * kPageBytes);
    for (uint64_t page = 0; page < kPages; ++page) {
      std::set<char> heads;
      for (size_t at = page * kPageBytes; at < (page + 1) * kPageBytes; at += kSector) {
        const std::string sector = text.substr(at, kSector);
        const char head = sector[0];
        heads.insert(head);
        const bool uniform =
            std::all_of(sector.begin(), sector.end(), [&](char c) { return c == head; });
        if (!uniform) {
          ++garbage;
        } else if (head == 'o') {
          ++olds;
        } else if (head == '\0') {
          ++zeros;
        } else {
          ASSERT_EQ(head, static_cast<char>('a' + page));
          ++news;
        }
      }
      if (heads.size() > 1) ++mixed_pages;
    }
  }
  const uint64_t all = 300 * kPages * kPageBytes / kSector;
  EXPECT_GT(news, all / 2);
  EXPECT_GT(olds, all / 4);
  EXPECT_GT(zeros, all / 100);
  EXPECT_GT(garbage, all / 100);
  EXPECT_GT(mixed_pages, 200u);
}

TEST_F(SimPowerLossTest, RandomFollowsItsPercentage) {
  const auto applied = [&](uint32_t percent) {
    uint64_t count = 0;
    for (uint64_t seed = 0; seed < 100; ++seed) {
      const std::string text = After({.policy = PowerPolicy::kRandom, .percent = percent}, seed);
      for (uint64_t page = 0; page < kPages; ++page) {
        const std::string wanted(kPageBytes, static_cast<char>('a' + page));
        count += text.compare(page * kPageBytes, kPageBytes, wanted) == 0 ? 1 : 0;
      }
    }
    return count;
  };
  EXPECT_LT(applied(10), 100u);
  EXPECT_GT(applied(90), 320u);
  EXPECT_EQ(applied(100), 400u);
}

TEST_F(SimPowerLossTest, SizeAndContentFareSeparately) {
  const std::string tail(kPageBytes, 'z');
  content_.Adopt({});
  content_.Land({.offset = 0, .bytes = BytesOf(tail), .sequence = 1});
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const std::string text = After({.policy = PowerPolicy::kRandom, .percent = 50}, seed);
    seen.insert(text.empty()                            ? "nothing"
                : text == tail                          ? "all"
                : text == std::string(kPageBytes, '\0') ? "size only"
                                                        : "torn");
  }
  EXPECT_EQ(seen, (std::set<std::string>{"nothing", "all", "size only", "torn"}));
}

TEST_F(SimPowerLossTest, AMappedPageIsSomeOlderVersionOfItself) {
  content_.Adopt([] {
    SimImage image;
    image.Resize(2 * kPageBytes);
    return image;
  }());
  for (uint64_t i = 1; i <= 3; ++i) {
    // Across the border of the two pages: each has four versions of its own.
    content_.Land({.kind = SimDataKind::kStore,
                   .offset = kPageBytes - 1,
                   .bytes = BytesOf(std::string(2, static_cast<char>('0' + i))),
                   .sequence = i});
  }
  sequences_.clear();
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    seen.insert(After({.policy = PowerPolicy::kRandom}, seed).substr(kPageBytes - 1, 2));
  }
  EXPECT_EQ(seen.size(), 16u);
  EXPECT_EQ(After({.policy = PowerPolicy::kKeepAll}, 1).substr(kPageBytes - 1, 2), "33");
  EXPECT_EQ(After({.policy = PowerPolicy::kDropAll}, 1).substr(kPageBytes - 1, 2),
            std::string(2, '\0'));
}

TEST_F(SimPowerLossTest, TheSameSeedGivesTheSameBytes) {
  const PowerLoss power{.policy = PowerPolicy::kRandom, .percent = 30};
  EXPECT_EQ(After(power, 7), After(power, 7));
  EXPECT_NE(After(power, 7), After(power, 8));
}

TEST_F(SimPowerLossTest, NamesAreSetOrNotAndRenamesAreWhole) {
  const auto node = std::make_shared<SimNode>();
  const auto other = std::make_shared<SimNode>();
  SimEntries entries;
  entries.Adopt({{"old", other}});
  entries.Do({.kind = SimNameKind::kSet, .name = "new", .node = node, .sequence = 1});
  entries.Do(
      {.kind = SimNameKind::kRename, .name = "old", .from = "new", .node = node, .sequence = 2});
  entries.Do({.kind = SimNameKind::kRemove, .name = "old", .sequence = 3});
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const SimNames names =
        SimPowerLoss({.policy = PowerPolicy::kRandom}, seed, {1, 2, 3}).NamesAfter(entries);
    std::string text;
    for (const auto& [name, to] : names) text += name + (to == node ? "=node " : "=other ");
    seen.insert(text);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"", "new=node ", "new=node old=other ", "old=node ",
                                         "old=other "}));
}

}  // namespace
}  // namespace treering::io
