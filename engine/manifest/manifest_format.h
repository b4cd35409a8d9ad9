// ManifestFormat: numbers of the manifest's format that writer and reader share.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. Part of the disk format: a change is a new version. docs/format/manifest.md says the same.
#ifndef TREERING_ENGINE_MANIFEST_MANIFEST_FORMAT_H_
#define TREERING_ENGINE_MANIFEST_MANIFEST_FORMAT_H_

#include <cstddef>
#include <cstdint>

namespace treering::manifest {

// An odd tag may be skipped by who does not know it.
enum class FieldTag : uint32_t {
  kSnapshotPart = 2,
  kDatabaseId = 4,
  kComparator = 6,
  kOptionsDigest = 8,
  kGeneration = 10,
  kTail = 12,
  kNextFileNumber = 14,
  kLastSequence = 16,
  kReplayStart = 18,
  kForgottenSegment = 20,
  kRegisteredSegment = 22,
  kRemovedTable = 24,
  kAddedTable = 26,
  kSealed = 28,
  kManifestBlocks = 30,
};

// Header of a group, before the body.
inline constexpr size_t kGroupNumberAt = 0;
inline constexpr size_t kGroupLengthAt = 8;
inline constexpr size_t kGroupReservedAt = 12;
inline constexpr size_t kGroupSumAt = 16;
inline constexpr size_t kGroupHeaderBytes = 24;

inline constexpr uint64_t kSegmentBlocksMax = 1ull << 28;  // 1 TiB of log in one segment
inline constexpr uint64_t kSegmentsPerEditMax = 1u << 20;

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_MANIFEST_FORMAT_H_
