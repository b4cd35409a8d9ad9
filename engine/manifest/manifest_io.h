// ManifestIo: small steps of file work that manifest and CURRENT share.
//
// Owner: nobody.
// Threads: any; each blocks its caller.
// Invariants:
//   1. Buffers given here are whole pages, so that they suit direct files.
#ifndef TREERING_ENGINE_MANIFEST_MANIFEST_IO_H_
#define TREERING_ENGINE_MANIFEST_MANIFEST_IO_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "api/result.h"
#include "api/status.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/io/file.h"
#include "engine/io/queue.h"

namespace treering::manifest {

// Opens for writing with the lock; tries again while another holds it, up to `wait_nanos`.
Result<std::unique_ptr<io::File>> OpenWaiting(io::Directory* directory, const std::string& name,
                                              uint64_t wait_nanos);

// A buffer of at least `bytes`; the charge cannot be refused, since a commit waits for it.
Result<io::Buffer> AllocateBuffer(io::BufferPool* buffers, size_t bytes);

Status WriteAt(io::Queue* queue, io::File* file, uint64_t offset, std::span<const std::byte> from);
// Covers every write on `file` that has completed.
Status SyncFile(io::Queue* queue, io::File* file);
// Reads up to into.size() bytes; *count is less only at the end of the file.
Status ReadAt(io::Queue* queue, io::File* file, uint64_t offset, std::span<std::byte> into,
              size_t* count);

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_MANIFEST_IO_H_
