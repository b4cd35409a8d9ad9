#include "engine/table/back_window.h"

#include <algorithm>

#include "engine/io/request.h"
#include "engine/table/block_check.h"

namespace treering::table {

bool BackWindow::Read(io::Queue* queue, const BlockView& partition, uint32_t i) {
  const uint64_t end = HandleAt(partition, i).end_page() * base::kPageBytes;
  uint64_t begin = end;
  // The blocks of a partition follow each other without gap.
  for (uint32_t first = i + 1; first > 0; --first) {
    const uint64_t offset = HandleAt(partition, first - 1).offset();
    if (end - offset > bytes_) break;
    begin = offset;
  }
  begin_ = end_ = 0;
  if (begin == end) return false;  // one block is longer than a window
  if (buffer_.size() < end - begin) {
    buffer_ =
        table_->env().buffers->Allocate(bytes_, base::MemoryClass::kIoBuffer, base::Need::kSpare);
    if (!buffer_) return false;
  }
  io::Request request = io::Request::Read(table_->file(), begin, buffer_.span().first(end - begin));
  if (!queue->Run(&request).ok() || request.transferred != end - begin) return false;
  begin_ = begin;
  end_ = end;
  bytes_ = std::min(bytes_ * 2, kBytesMax);
  return true;
}

bool BackWindow::Fetch(io::Queue* queue, const BlockView& partition, uint32_t i, BlockView* view) {
  const BlockHandle handle = HandleAt(partition, i);
  const bool inside = handle.offset() >= begin_ && handle.offset() + handle.bytes() <= end_;
  if (!inside && !Read(queue, partition, i)) return false;
  const std::span<const std::byte> bytes =
      buffer_.span().subspan(handle.offset() - begin_, handle.bytes());
  if (!table_->CheckBlockAt(handle.page, bytes).ok()) return false;
  *view = BlockView(bytes);
  return true;
}

void BackWindow::Forget() {
  buffer_ = io::Buffer();
  begin_ = end_ = 0;
  bytes_ = kBytesFirst;
}

}  // namespace treering::table
