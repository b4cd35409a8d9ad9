#include "engine/manifest/edit_group.h"

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/manifest/manifest_format.h"

namespace treering::manifest {
namespace {

uint64_t SumOf(const base::Id128& manifest_id, uint64_t edit_number, const Slice& header,
               const Slice& body) {
  const uint64_t head =
      base::Xxh3(header.data(), kGroupSumAt, base::SeedOf(manifest_id, edit_number));
  return base::Xxh3(body.data(), body.size(), head);
}

Status Unexpected(const char* what, uint64_t expected, uint64_t found) {
  return Status::Corruption(std::string(what) + ": expected " + std::to_string(expected) +
                            ", found " + std::to_string(found));
}

}  // namespace

std::string EncodeGroup(const base::Id128& manifest_id, uint64_t edit_number, const Slice& body) {
  TREERING_CHECK(body.size() <= base::kEditBytesMax);
  std::string group(kGroupHeaderBytes, '\0');
  base::Store64(group.data() + kGroupNumberAt, edit_number);
  base::Store32(group.data() + kGroupLengthAt, static_cast<uint32_t>(body.size()));
  base::Store64(group.data() + kGroupSumAt, SumOf(manifest_id, edit_number, group, body));
  group.append(body.data(), body.size());
  return group;
}

Status DecodeGroup(const base::Id128& manifest_id, uint64_t edit_number, const Slice& group,
                   Slice* body) {
  if (group.size() < kGroupHeaderBytes) {
    return Unexpected("length of a group, at least", kGroupHeaderBytes, group.size());
  }
  const char* const p = group.data();
  if (base::Load64(p + kGroupNumberAt) != edit_number) {
    return Unexpected("edit number", edit_number, base::Load64(p + kGroupNumberAt));
  }
  const uint64_t length = group.size() - kGroupHeaderBytes;
  if (base::Load32(p + kGroupLengthAt) != length) {
    return Unexpected("edit length", length, base::Load32(p + kGroupLengthAt));
  }
  if (base::Load32(p + kGroupReservedAt) != 0) {
    return Unexpected("reserved bytes of a group", 0, base::Load32(p + kGroupReservedAt));
  }
  *body = Slice(p + kGroupHeaderBytes, length);
  const uint64_t sum = SumOf(manifest_id, edit_number, group, *body);
  if (base::Load64(p + kGroupSumAt) != sum) {
    return Unexpected("sum of a group", sum, base::Load64(p + kGroupSumAt));
  }
  return Status::Ok();
}

}  // namespace treering::manifest
