// Every bit that a cleanly closed database's open and reads may look at, flipped one at a time: the
// answers are the true ones, or Corruption. What may be damaged without a word is named below, with
// the reason, and printed with its place.
//
// Of zeros that fill a page up, which a sum and a check for zero cover alike, one bit of each byte
// is flipped; with TREERING_EVERY_BIT set, all eight.
//
// Read-only opens, which are cheap: recovery for writing reads by the same code, and flip_test
// samples it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <set>

#include "engine/base/file_names.h"
#include "engine/io/sim_testing.h"
#include "engine/table/table_format.h"
#include "tests/corruption/small_database.h"

namespace treering::testing {
namespace {

constexpr uint64_t kPage = 4096;

// Parts of files of which damage need not be noticed, and why.
struct Quiet {
  const char* part;
  const char* why;
};
constexpr Quiet kQuiet[] = {
    {"lock", "only its lock counts; the text is for people"},
    {"current slot", "the other slot leads to the same manifest, by the seal of the one before"},
    {"previous manifest", "read only when the newer slot of CURRENT is damaged"},
    {"manifest closing block", "the last block; it vouches for others and holds no edit"},
    {"manifest never written", "zeros behind the last block: not of this manifest"},
    {"log before the start", "its groups are in tables; replay begins behind it"},
    {"log closing block", "the last block; it vouches for others and holds no group"},
    {"log never written", "zeros behind the last block: not of this generation"},
    {"tail", "a clean close spills all of it: its records are in the log"},
    {"filter page", "a damaged filter answers 'may match', and is counted"},
    {"properties", "for tools; kvctl verify reads them"},
};

const char* WhyQuiet(const std::string& part) {
  for (const Quiet& quiet : kQuiet) {
    if (part == quiet.part) return quiet.why;
  }
  return nullptr;
}

// Which bits of a range are flipped.
enum class Bits : uint8_t {
  kAll,
  kOneOfEachByte,
  kHead,  // of the first 64 bytes of each page all: where a reader looks whether it is a block
};

struct Part {
  std::string name;
  std::string file;
  uint64_t offset = 0;
  uint64_t bytes = 0;
  Bits bits = Bits::kAll;
};

// Of the empty pages at a file's end so many are swept; a prepared segment has hundreds alike.
constexpr uint64_t kEmptyPages = 4;
constexpr uint64_t kFillBytes = 64;  // so many zeros on either side make a zero filling

bool IsFilling(const std::string& content, uint64_t at) {
  static const bool every_bit = std::getenv("TREERING_EVERY_BIT") != nullptr;
  if (every_bit || at < kFillBytes || at + kFillBytes >= content.size()) return false;
  const auto begin = content.begin() + static_cast<int64_t>(at);
  return std::all_of(begin - kFillBytes, begin + kFillBytes, [](char c) { return c == 0; });
}

bool IsZero(const std::string& content, uint64_t offset) {
  const auto begin = content.begin() + static_cast<int64_t>(offset);
  return std::all_of(begin, begin + kPage, [](char c) { return c == 0; });
}

class EveryBitTest : public ::testing::Test {
 protected:
  void Run(const std::function<void()>& body) {
    database_.Start();
    Describe();
    if (!HasFailure()) body();
    database_.Stop();
  }

  // --- What is where ---

  void Add(const std::string& name, const std::string& file, uint64_t offset, uint64_t bytes,
           Bits bits) {
    parts_.push_back({name, file, offset, bytes, bits});
  }

  // The pages of a file of log blocks, from `first` on; the last one that was written is its
  // closing block.
  void AddBlocks(const std::string& kind, const std::string& file, uint64_t first) {
    const std::string& content = files_[file];
    const uint64_t pages = content.size() / kPage;
    uint64_t end = pages;
    while (end > 0 && IsZero(content, (end - 1) * kPage)) --end;
    for (uint64_t page = 0; page < pages; ++page) {
      const uint64_t offset = page * kPage;
      if (page < first) {
        Add(kind + " before the start", file, offset, kPage, Bits::kHead);
      } else if (page + 1 < end) {
        Add(kind + " block", file, offset, kPage, Bits::kAll);
      } else if (page + 1 == end) {
        Add(kind + " closing block", file, offset, kPage, Bits::kAll);
      } else if (page < end + kEmptyPages) {
        Add(kind + " never written", file, offset, kPage, Bits::kHead);
      }
    }
  }

  void AddTable(const std::string& file) {
    const std::string& content = files_[file];
    table::FooterPage footer;
    const auto page = std::as_bytes(std::span(content)).last(kPage);
    ASSERT_TRUE(table::DecodeFooter(file, content.size(), page, &footer).ok());
    Add("head page", file, 0, kPage, Bits::kAll);
    Add("data block", file, kPage, footer.index_offset - kPage, Bits::kOneOfEachByte);
    Add("index partition", file, footer.index_offset, footer.filter_offset - footer.index_offset,
        Bits::kOneOfEachByte);
    Add("filter page", file, footer.filter.offset, footer.filter.length, Bits::kOneOfEachByte);
    Add("properties", file, footer.properties.offset, footer.properties.length, Bits::kHead);
    Add("top index", file, footer.top_index.offset, footer.top_index.length, Bits::kOneOfEachByte);
    Add("footer page", file, content.size() - kPage, kPage, Bits::kAll);
  }

  void Describe() {
    const manifest::ManifestState state = database_.State();
    for (const auto& [name, content] : files_) {
      SCOPED_TRACE(name);
      const base::FileName parsed = base::ParseFileName(name);
      switch (parsed.kind) {
        case base::FileKind::kCurrent:
          Add("current slot", name, 0, content.size(), Bits::kAll);
          break;
        case base::FileKind::kManifest:
          if (parsed.number == database_.manifest_number()) {
            AddBlocks("manifest", name, 0);
          } else {
            Add("previous manifest", name, 0, content.size(), Bits::kHead);
          }
          break;
        case base::FileKind::kSegment:
          AddBlocks(
              "log", name,
              parsed.number == state.replay_start.segment ? state.replay_start.block_index : 0);
          break;
        case base::FileKind::kTable:
          AddTable(name);
          break;
        case base::FileKind::kTail:
          Add("tail", name, 0, content.size(), Bits::kHead);
          break;
        case base::FileKind::kLock:
          Add("lock", name, 0, content.size(), Bits::kOneOfEachByte);
          break;
        default:
          ADD_FAILURE() << "a file of no kind";
      }
    }
    ASSERT_EQ(state.version->table_count(), 2u);
  }

  // --- What is asked ---

  static void Toggle(char* byte, int bit) {
    *byte = static_cast<char>(static_cast<unsigned char>(*byte) ^ (1u << bit));
  }

  void Flip(const Part& part, uint64_t at, int bit) {
    Toggle(&files_[part.file][at], bit);
    Content content;
    const Status status = database_.Read(&content);
    Toggle(&files_[part.file][at], bit);
    Counts& counts = counts_[part.name];
    ++counts.flips;
    if (status.IsCorruption()) {
      ++counts.noticed;
      return;
    }
    EXPECT_TRUE(status.ok()) << status.ToString();
    EXPECT_TRUE(content == database_.truth);
    if (WhyQuiet(part.name) == nullptr) ADD_FAILURE() << "nobody noticed";
  }

  void SweepNow(const std::set<std::string>& names) {
    for (const Part& part : parts_) {
      if (names.count(part.name) == 0) continue;
      Counts& counts = counts_[part.name];
      counts.places.insert(part.file);
      counts.bytes += part.bytes;
      for (uint64_t i = 0; i < part.bytes; ++i) {
        if (part.bits == Bits::kHead && i % kPage >= 64) continue;
        const bool one_bit =
            part.bits == Bits::kOneOfEachByte ||
            (part.bits == Bits::kAll && IsFilling(files_[part.file], part.offset + i));
        for (int bit = 0; bit < 8; ++bit) {
          if (one_bit && bit != static_cast<int>(i * 5 % 8)) continue;
          Flip(part, part.offset + i, bit);
          if (HasFailure()) {
            FAIL() << part.name << " in " << part.file << " at " << part.offset + i << " bit "
                   << bit;
          }
        }
      }
    }
    for (const auto& [name, counts] : counts_) {
      std::cout << name << ": " << counts.flips << " bits of " << counts.bytes << " bytes, "
                << counts.noticed << " noticed; in";
      for (const std::string& file : counts.places) std::cout << " " << file;
      if (const char* const why = WhyQuiet(name)) std::cout << "; may go unnoticed: " << why;
      std::cout << "\n";
      EXPECT_GT(counts.flips, 0u);
    }
    EXPECT_EQ(counts_.size(), names.size()) << "a part that this database does not have";
  }

  void Sweep(const std::set<std::string>& names) {
    Run([&] { SweepNow(names); });
  }
  // On simulated threads: a damaged manifest is read several times with pauses between, for a
  // writer may just have replaced it; these cost nothing there.
  void SweepSimulated(const std::set<std::string>& names) {
    io::RunSim(1, [&] { Sweep(names); });
  }

  struct Counts {
    uint64_t flips = 0;
    uint64_t noticed = 0;
    uint64_t bytes = 0;
    std::set<std::string> places;
  };

  SmallDatabase database_;
  MemoryDisk::Files& files_ = database_.files;
  std::vector<Part> parts_;
  std::map<std::string, Counts> counts_;
};

TEST_F(EveryBitTest, EachPartIsSwept) {
  const std::set<std::string> swept = {"lock",
                                       "current slot",
                                       "previous manifest",
                                       "manifest block",
                                       "manifest closing block",
                                       "manifest never written",
                                       "log before the start",
                                       "log block",
                                       "log closing block",
                                       "log never written",
                                       "tail",
                                       "head page",
                                       "data block",
                                       "index partition",
                                       "filter page",
                                       "properties",
                                       "top index",
                                       "footer page"};
  Run([&] {
    for (const Part& part : parts_) EXPECT_EQ(swept.count(part.name), 1u) << part.name;
  });
}

TEST_F(EveryBitTest, OfHeadsOfTables) { Sweep({"head page"}); }
TEST_F(EveryBitTest, OfFootersOfTables) { Sweep({"footer page"}); }
TEST_F(EveryBitTest, OfBlocksOfTables) {
  Sweep({"data block", "index partition", "filter page", "properties", "top index"});
}
TEST_F(EveryBitTest, OfTheManifest) {
  SweepSimulated(
      {"manifest block", "manifest closing block", "manifest never written", "previous manifest"});
}
TEST_F(EveryBitTest, OfCurrent) { SweepSimulated({"current slot", "lock"}); }
TEST_F(EveryBitTest, OfTheLog) {
  Sweep({"log before the start", "log block", "log closing block", "log never written", "tail"});
}

}  // namespace
}  // namespace treering::testing
