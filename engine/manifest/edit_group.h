// EditGroup: the bytes that carry one edit through the blocks of a manifest.
//
// Owner: values.
// Threads: any.
// Invariants:
//   1. The sum covers number, length and body, and holds only in the manifest it was made for.
// Format: docs/format/manifest.md, "File".
#ifndef TREERING_ENGINE_MANIFEST_EDIT_GROUP_H_
#define TREERING_ENGINE_MANIFEST_EDIT_GROUP_H_

#include <cstdint>
#include <string>

#include "api/slice.h"
#include "api/status.h"
#include "engine/base/checksum.h"

namespace treering::manifest {

// `body` is an encoded edit.
std::string EncodeGroup(const base::Id128& manifest_id, uint64_t edit_number, const Slice& body);

// *body points into `group`. Corruption says expected and found.
Status DecodeGroup(const base::Id128& manifest_id, uint64_t edit_number, const Slice& group,
                   Slice* body);

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_EDIT_GROUP_H_
