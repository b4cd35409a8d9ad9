#include "engine/manifest/version.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/base/prng.h"
#include "engine/manifest/manifest_testing.h"

namespace treering::manifest {
namespace {

std::string SearchOf(const Version& version, std::string_view key) {
  std::string text;
  const std::string owned(key);
  Version::Search search(version, owned);
  while (const LiveTable* table = search.Next()) {
    if (!text.empty()) text += " ";
    text += std::to_string(table->meta.number);
  }
  return text;
}

// The error that `more` gives on top of `text`; "ok" when there is none.
std::string ApplyTo(std::string_view text, std::string_view more,
                    std::vector<RemovedTable> removed = {}) {
  VersionEdit edit = ParseTables(more);
  edit.removed_tables = std::move(removed);
  const auto applied = ParseVersion(text)->Apply(edit);
  return applied.ok() ? "ok" : applied.status().ToString();
}

TEST(VersionTest, EmptyVersionHoldsNothing) {
  const auto version = ParseVersion("");
  EXPECT_EQ(version->table_count(), 0u);
  EXPECT_EQ(version->depth(), 0u);
  EXPECT_EQ(SearchOf(*version, "a"), "");
}

TEST(VersionTest, SearchGoesNewestFirst) {
  const auto version = ParseVersion(
      "L0: 10[a-m]@50-59 11[c-z]@60-69 12[x-z]@40-49\n"
      "L1: 5[a-f] 6[g-p] 7[q-q]\n"
      "L3: 2[b-e] 3[q-y]\n");
  EXPECT_EQ(SearchOf(*version, "c"), "11 10 5 2");
  EXPECT_EQ(SearchOf(*version, "a"), "10 5");
  EXPECT_EQ(SearchOf(*version, "q"), "11 7 3");
  EXPECT_EQ(SearchOf(*version, "y"), "11 12 3");
  EXPECT_EQ(SearchOf(*version, "zz"), "");
  EXPECT_EQ(version->depth(), 4u);
  EXPECT_EQ(version->level_bytes(0), 300u);
  EXPECT_EQ(version->total_bytes(), 800u);
}

TEST(VersionTest, KeysWithEqualHeadsAreToldApart) {
  const auto version =
      ParseVersion("L1: 1[prefix00a-prefix00c] 2[prefix00e-prefix00g] 3[prefix00g0-prefix00k]\n");
  EXPECT_EQ(SearchOf(*version, "prefix00a"), "1");
  EXPECT_EQ(SearchOf(*version, "prefix00d"), "");
  EXPECT_EQ(SearchOf(*version, "prefix00g"), "2");
  EXPECT_EQ(SearchOf(*version, "prefix00g0"), "3");
  EXPECT_EQ(SearchOf(*version, "prefix00l"), "");
  EXPECT_EQ(SearchOf(*version, "prefix0"), "");
}

class Backwards : public Comparator {
 public:
  std::string_view Name() const override { return "test.backwards"; }
  int Compare(const Slice& a, const Slice& b) const override { return b.Compare(a); }
};

TEST(VersionTest, OtherOrders) {
  const Backwards backwards;
  const key::KeyOrder order(&backwards);
  VersionEdit edit;
  edit.added_tables = {MakeTable(1, 1, "z", "m"), MakeTable(1, 2, "k", "a")};
  const auto version = Version::Empty(order)->Apply(edit);
  ASSERT_TRUE(version.ok());
  EXPECT_EQ(SearchOf(**version, "n"), "1");
  EXPECT_EQ(SearchOf(**version, "a"), "2");
  EXPECT_EQ(SearchOf(**version, "l"), "");
  const Slice begin("p");
  const Slice end("j");
  EXPECT_EQ(Numbers((*version)->Overlapping(1, &begin, &end)), "1 2");
}

TEST(VersionTest, SearchAgreesWithAScan) {
  base::Prng prng(7);
  for (int round = 0; round < 200; ++round) {
    VersionEdit edit;
    uint64_t number = 1;
    for (uint32_t level = 1; level < 4; ++level) {
      std::set<std::string> cuts;
      while (cuts.size() < 2 + 2 * prng.Uniform(8)) {
        std::string key = prng.OneIn(2) ? "samehead" : "";
        for (uint64_t i = prng.Uniform(4); i-- > 0;)
          key += static_cast<char>('a' + prng.Uniform(3));
        cuts.insert(key);
      }
      for (auto it = cuts.begin(); it != cuts.end() && std::next(it) != cuts.end();) {
        const std::string smallest = *it++;
        edit.added_tables.push_back(MakeTable(level, number++, smallest, *it++));
      }
    }
    const auto version = Version::Empty(key::KeyOrder(BytewiseComparator()))->Apply(edit);
    ASSERT_TRUE(version.ok()) << version.status().ToString();
    for (int i = 0; i < 50; ++i) {
      std::string key = prng.OneIn(2) ? "samehead" : "";
      for (uint64_t n = prng.Uniform(4); n-- > 0;) key += static_cast<char>('a' + prng.Uniform(3));
      std::string expected;
      for (const TableMeta& meta : edit.added_tables) {
        if (meta.smallest_user_key().Compare(key) <= 0 &&
            meta.largest_user_key().Compare(key) >= 0) {
          expected += (expected.empty() ? "" : " ") + std::to_string(meta.number);
        }
      }
      EXPECT_EQ(SearchOf(**version, key), expected) << "round " << round;
    }
  }
}

TEST(VersionTest, OverlappingAndRanges) {
  const auto version = ParseVersion(
      "L0: 10[a-c]@50-59 11[m-z]@60-69\n"
      "L2: 1[b-d] 2[f-h] 3[j-l] 4[n-p]\n");
  const auto overlapping = [&](uint32_t level, const char* begin, const char* end) {
    const Slice b(begin == nullptr ? "" : begin);
    const Slice e(end == nullptr ? "" : end);
    const Slice* bp = begin == nullptr ? nullptr : &b;
    const Slice* ep = end == nullptr ? nullptr : &e;
    const std::string found = Numbers(version->Overlapping(level, bp, ep));
    EXPECT_EQ(version->AnyOverlap(level, bp, ep), !found.empty());
    return found;
  };
  EXPECT_EQ(overlapping(0, "d", "l"), "");
  EXPECT_EQ(overlapping(0, "c", "m"), "11 10");
  EXPECT_EQ(overlapping(2, "d", "f"), "1 2");
  EXPECT_EQ(overlapping(2, "e", "e"), "");
  EXPECT_EQ(overlapping(2, nullptr, "g"), "1 2");
  EXPECT_EQ(overlapping(2, "k", nullptr), "3 4");
  EXPECT_EQ(overlapping(2, nullptr, nullptr), "1 2 3 4");
  EXPECT_EQ(overlapping(3, nullptr, nullptr), "");
  EXPECT_TRUE(version->DeeperMayHold(0, "c"));
  EXPECT_FALSE(version->DeeperMayHold(0, "e"));
  EXPECT_FALSE(version->DeeperMayHold(2, "c"));
}

TEST(VersionTest, ApproximateBytes) {
  const auto version = ParseVersion("L0: 9[a-z]@5-6*1000\nL1: 1[b-d] 2[f-h] 3[j-l]\n");
  EXPECT_EQ(version->ApproximateBytes("f", "i"), 500u + 100);
  EXPECT_EQ(version->ApproximateBytes("c", "g"), 500u + 50 + 50);
  EXPECT_EQ(version->ApproximateBytes("e", "f"), 500u);
  EXPECT_EQ(version->ApproximateBytes("x", "a"), 0u);
  EXPECT_EQ(version->ApproximateBytes("b", "zz", [](const LiveTable&) { return 7u; }), 7u + 300);
}

TEST(VersionTest, MovedTableKeepsItsSlot) {
  const auto version = ParseVersion("L1: 1[a-c] 2[d-f]\n");
  const auto handle = std::make_shared<int>(5);
  EXPECT_EQ(version->tables(1)[0]->slot->Get(), nullptr);
  EXPECT_EQ(version->tables(1)[0]->slot->Attach(handle), handle.get());
  EXPECT_EQ(version->tables(1)[0]->slot->Attach(std::make_shared<int>(6)), handle.get());
  VersionEdit edit;
  edit.removed_tables = {{1, 1}};
  edit.added_tables = {version->tables(1)[0]->meta};
  edit.added_tables[0].level = 2;
  const auto moved = version->Apply(edit);
  ASSERT_TRUE(moved.ok()) << moved.status().ToString();
  EXPECT_EQ((*moved)->tables(2)[0]->slot->Get(), handle.get());
  EXPECT_EQ(Numbers((*moved)->tables(1)), "2");
  EXPECT_EQ(Numbers(version->tables(1)), "1 2");
  // A level that an edit leaves alone is shared.
  EXPECT_EQ(&(*moved)->tables(0), &version->tables(0));

  edit.added_tables[0].id = {1, 1};
  EXPECT_EQ(version->Apply(edit).status().ToString(),
            "Corruption: manifest edit: table 1 of level 2 takes the number of another file");
}

TEST(VersionTest, EditsThatDoNotFit) {
  EXPECT_EQ(ApplyTo("L1: 1[a-c]\n", "L1: 2[c-d]\n"),
            "Corruption: manifest edit: the keys of table 2 of level 1 overlap those of table 1");
  EXPECT_EQ(ApplyTo("L1: 1[a-c]\n", "L1: 2[c0-d]\n"), "ok");
  EXPECT_EQ(ApplyTo("L1: 1[a-c]\n", "L2: 1[x-z]\n"),
            "Corruption: manifest edit: adds table 1 of level 2, which is there already");
  EXPECT_EQ(ApplyTo("", "L1: 4[a-c] 4[d-e]\n"),
            "Corruption: manifest edit: adds table 4 of level 1, which is there already");
  EXPECT_EQ(ApplyTo("L1: 1[a-c]\n", "", {{2, 1}}),
            "Corruption: manifest edit: removes table 1 from level 2, where it is not");
  EXPECT_EQ(ApplyTo("L1: 1[a-c]\n", "", {{1, 1}, {1, 1}}),
            "Corruption: manifest edit: removes table 1 from level 1, where it is not");
  EXPECT_EQ(ApplyTo("", "L1: 1[c-a]\n"),
            "Corruption: manifest edit: table 1 of level 1 has its keys the wrong way round");
  EXPECT_EQ(ApplyTo("", "L7: 1[a-c]\n"),
            "NotSupported: manifest edit: table 1 of level 7; this build has 7 levels");
}

TEST(VersionTest, Level0TablesOfOneFlushShareNoKey) {
  EXPECT_EQ(ApplyTo("L0: 1[a-z]@10-19\n", "L0: 2[a-z]@20-29\n"), "ok");
  EXPECT_EQ(ApplyTo("L0: 1[a-m]@10-19\n", "L0: 2[n-z]@12-18\n"), "ok");
  EXPECT_EQ(ApplyTo("L0: 1[a-m]@10-19\n", "L0: 2[m-z]@19-29\n"),
            "Corruption: manifest edit: the keys of table 2 of level 0 overlap those of table 1");
}

TEST(VersionTest, DebugTextShowsNoKeys) {
  EXPECT_EQ(ParseVersion("L0: 9[secret-secret]@5-6\nL2: 1[b-d] 2[f-h]\n")->DebugText(true),
            "L0: 1 tables, 100 bytes\n"
            "  9: 100 bytes, 10 entries, sequences 5-6\n"
            "L2: 2 tables, 200 bytes\n"
            "  1: 100 bytes, 10 entries, sequences 1-1\n"
            "  2: 100 bytes, 10 entries, sequences 1-1\n");
}

}  // namespace
}  // namespace treering::manifest
