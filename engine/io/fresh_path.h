// FreshPath: where a test of a real driver may put its files.
//
// Owner: the test.
// Threads: any.
// Invariants:
//   1. A path in the test's temporary directory that was not given out before and does not exist.
#ifndef TREERING_ENGINE_IO_FRESH_PATH_H_
#define TREERING_ENGINE_IO_FRESH_PATH_H_

#include <string>

namespace treering::io {

std::string FreshPath(const std::string& name);

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_FRESH_PATH_H_
