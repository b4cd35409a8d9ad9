#include "engine/manifest/current.h"

#include <cstring>
#include <utility>

#include "engine/base/file_names.h"
#include "engine/manifest/manifest_io.h"

namespace treering::manifest {
namespace {

std::string Name() { return base::MakeFileName(base::FileKind::kCurrent); }

Result<SlotChoice> ReadChoice(io::Queue* queue, io::File* file, io::BufferPool* buffers) {
  auto buffer = AllocateBuffer(buffers, kCurrentBytes + kSlotBytes);
  if (!buffer.ok()) return buffer.status();
  // One page more than there should be, so that a longer file is seen.
  const std::span<std::byte> into = buffer->span().first(kCurrentBytes + kSlotBytes);
  size_t count = 0;
  if (Status s = ReadAt(queue, file, 0, into, &count); !s.ok()) return s;
  return ChooseSlot(into.first(count));
}

}  // namespace

Result<std::unique_ptr<CurrentFile>> CurrentFile::Create(io::Directory* directory, io::Queue* queue,
                                                         io::BufferPool* buffers,
                                                         const CurrentSlot& first) {
  auto buffer = AllocateBuffer(buffers, kCurrentBytes);
  if (!buffer.ok()) return buffer.status();
  auto file = directory->Open(kCurrentTemporaryName,
                              {.mode = io::OpenMode::kCreate, .direct = true, .lock = true});
  if (!file.ok()) return file.status();
  std::unique_ptr<CurrentFile> current(
      new CurrentFile(std::move(file).value(), std::move(buffer).value()));
  const std::span<std::byte> bytes = current->buffer_.span().first(kCurrentBytes);
  std::memset(bytes.data(), 0, bytes.size());
  current->slot_ = first;
  current->slot_.copy = 1;
  current->slot_.parent_sum = 0;
  EncodeSlot(&current->slot_, 0, bytes.first(kSlotBytes));

  io::File* const out = current->file_.get();
  // What grows a file is handed to a worker of the kernel's, which then stays for good.
  io::Request allocate = io::Request::Allocate(out, kCurrentBytes);
  if (Status s = queue->Run(&allocate); !s.ok() && !s.IsNotSupported()) return s;
  if (Status s = WriteAt(queue, out, 0, bytes); !s.ok()) return s;
  if (Status s = SyncFile(queue, out); !s.ok()) return s;
  if (Status s = directory->Rename(kCurrentTemporaryName, Name()); !s.ok()) return s;
  if (Status s = directory->Sync(); !s.ok()) return s;
  return current;
}

Result<std::unique_ptr<CurrentFile>> CurrentFile::OpenLocked(io::Directory* directory,
                                                             io::Queue* queue,
                                                             io::BufferPool* buffers,
                                                             uint64_t lock_wait_nanos) {
  auto buffer = AllocateBuffer(buffers, kSlotBytes);
  if (!buffer.ok()) return buffer.status();
  auto file = OpenWaiting(directory, Name(), lock_wait_nanos);
  if (!file.ok()) return file.status();
  std::unique_ptr<CurrentFile> current(
      new CurrentFile(std::move(file).value(), std::move(buffer).value()));
  auto choice = ReadChoice(queue, current->file_.get(), buffers);
  if (!choice.ok()) return choice.status();
  current->slot_ = choice->slot;
  current->index_ = choice->index;
  // A sync that failed in an earlier life may have left in a cache, marked clean, what the medium
  // does not hold: another sync would not write it.
  if (!choice->other_is_valid) {
    if (Status s = SyncFile(queue, current->file_.get()); !s.ok()) return s;
    return current;
  }
  if (Status s = current->WriteSlot(queue, current->index_, &current->slot_); !s.ok()) return s;
  return current;
}

Result<CurrentSlot> CurrentFile::ReadOnly(io::Directory* directory, io::Queue* queue,
                                          io::BufferPool* buffers) {
  auto file = directory->Open(Name(), {.mode = io::OpenMode::kRead, .direct = true, .lock = false});
  if (!file.ok()) return file.status();
  auto choice = ReadChoice(queue, file->get(), buffers);
  if (!choice.ok()) return choice.status();
  return choice->slot;
}

Status CurrentFile::Move(io::Queue* queue, CurrentSlot next) {
  if (!poison_.ok()) return poison_;
  next.copy = slot_.copy + 1;
  next.parent_sum = slot_.sum;
  const uint32_t index = 1 - index_;
  if (Status s = WriteSlot(queue, index, &next); !s.ok()) {
    poison_ = s;
    return s;
  }
  slot_ = next;
  index_ = index;
  return Status::Ok();
}

Status CurrentFile::WriteSlot(io::Queue* queue, uint32_t index, CurrentSlot* slot) {
  const std::span<std::byte> bytes = buffer_.span().first(kSlotBytes);
  EncodeSlot(slot, index, bytes);
  if (Status s = WriteAt(queue, file_.get(), index * kSlotBytes, bytes); !s.ok()) return s;
  return SyncFile(queue, file_.get());
}

}  // namespace treering::manifest
