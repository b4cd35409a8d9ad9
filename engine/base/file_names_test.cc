#include "engine/base/file_names.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace treering::base {
namespace {

TEST(FileNamesTest, NamesAreTheDocumentedOnes) {
  EXPECT_EQ(MakeFileName(FileKind::kLock), "LOCK");
  EXPECT_EQ(MakeFileName(FileKind::kCurrent), "CURRENT");
  EXPECT_EQ(MakeFileName(FileKind::kTail), "TAIL");
  EXPECT_EQ(MakeFileName(FileKind::kInfoLog), "LOG");
  EXPECT_EQ(MakeFileName(FileKind::kManifest, 5), "MANIFEST-000005");
  EXPECT_EQ(MakeFileName(FileKind::kSegment, 7), "000007.wal");
  EXPECT_EQ(MakeFileName(FileKind::kTable, 1234567), "1234567.sst");
}

TEST(FileNamesTest, WhatIsMadeParsesBack) {
  for (const FileKind kind :
       {FileKind::kLock, FileKind::kCurrent, FileKind::kTail, FileKind::kInfoLog}) {
    EXPECT_EQ(ParseFileName(MakeFileName(kind)).kind, kind);
  }
  for (const FileKind kind : {FileKind::kManifest, FileKind::kSegment, FileKind::kTable}) {
    for (const uint64_t number : {uint64_t{0}, uint64_t{1}, uint64_t{99'999}, uint64_t{999'999},
                                  uint64_t{1'000'000}, kFileNumberMax - 1, kFileNumberMax}) {
      const FileName parsed = ParseFileName(MakeFileName(kind, number));
      EXPECT_EQ(parsed.kind, kind) << number;
      EXPECT_EQ(parsed.number, number);
    }
  }
}

TEST(FileNamesTest, NamesNotMadeHereAreUnknown) {
  const std::string too_large = std::to_string(kFileNumberMax + 1);
  for (const std::string& name :
       {std::string(), std::string("lock"), std::string("LOCK "), std::string("MANIFEST-"),
        std::string("MANIFEST-5"), std::string("MANIFEST-00000x"),
        std::string("MANIFEST-000005.sst"), std::string("00007.wal"), std::string("0000007.wal"),
        std::string(".sst"), std::string("-00001.sst"), std::string("+00001.sst"),
        std::string("000007.SST"), std::string("000007.sst.tmp"), std::string("../000007.sst"),
        too_large + ".sst", std::string(300, '9') + ".wal", std::string("000007\0.sst", 11)}) {
    EXPECT_EQ(ParseFileName(name).kind, FileKind::kUnknown) << name;
  }
}

TEST(FileNamesDeathTest, ANameForNothingIsOurMistake) {
  EXPECT_DEATH(MakeFileName(FileKind::kUnknown), "CHECK failed");
  EXPECT_DEATH(MakeFileName(FileKind::kTable, kFileNumberMax + 1), "CHECK failed");
}

}  // namespace
}  // namespace treering::base
