#include "engine/io/request.h"

#include "engine/io/errors.h"
#include "engine/io/file.h"

namespace treering::io {

Request Request::Read(File* file, uint64_t offset, std::span<std::byte> into) {
  Request request;
  request.op = Op::kRead;
  request.file = file;
  request.offset = offset;
  request.data = into.data();
  request.length = into.size();
  return request;
}

Request Request::Write(File* file, uint64_t offset, std::span<const std::byte> from) {
  Request request;
  request.op = Op::kWrite;
  request.file = file;
  request.offset = offset;
  // One field serves both directions; a write's bytes are never written to.
  request.data = const_cast<std::byte*>(from.data());
  request.length = from.size();
  return request;
}

Request Request::Sync(File* file, SyncToken covers) {
  Request request;
  request.op = Op::kSync;
  request.file = file;
  request.sync_covers = covers.writes();
  return request;
}

Request Request::Allocate(File* file, uint64_t size) {
  Request request;
  request.op = Op::kAllocate;
  request.file = file;
  request.length = size;
  return request;
}

Request Request::Truncate(File* file, uint64_t size) {
  Request request;
  request.op = Op::kTruncate;
  request.file = file;
  request.length = size;
  return request;
}

Status Request::ToStatus() const {
  if (error == 0) return Status::Ok();
  const bool transfer = op == Op::kRead || op == Op::kWrite;
  return ErrorStatus(ActionOf(op), file->path(), transfer ? offset : kNoOffset, error);
}

}  // namespace treering::io
