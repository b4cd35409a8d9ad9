// EditCheck: what encoder and decoder both demand of an edit's values.
//
// Owner: nobody.
// Threads: any; pure functions.
// Invariants:
//   1. Each bound is one of base/limits.h or manifest_format.h, and holds on both sides.
#ifndef TREERING_ENGINE_MANIFEST_EDIT_CHECK_H_
#define TREERING_ENGINE_MANIFEST_EDIT_CHECK_H_

#include "engine/manifest/version_edit.h"

namespace treering::manifest {

// Null when the lists are not too long, else what is wrong. A decoder asks as the lists grow.
const char* CheckCounts(const VersionEdit& edit);

// Null when every value is in its range, else what is wrong.
const char* CheckEdit(const VersionEdit& edit);

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_EDIT_CHECK_H_
