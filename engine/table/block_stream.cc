#include "engine/table/block_stream.h"

#include <utility>

namespace treering::table {

Status BlockStream::FetchStreamed(const BlockHandle& handle, std::span<const std::byte>* bytes) {
  if (Status s = stream_.Fetch(handle.offset(), handle.bytes(), bytes); !s.ok()) return s;
  return table_->CheckBlockAt(handle.page, *bytes);
}

Status BlockStream::Fetch(BlockKind kind, const BlockHandle& handle,
                          const cache::BlockRequest& request, BlockView* view) {
  std::span<const std::byte> bytes;
  if (Status s = FetchStreamed(handle, &bytes); !s.ok()) {
    cache::BlockRequest alone = request;
    alone.fill_cache = false;
    Result<cache::BlockRef> block = table_->env().fetcher->ReadOne(queue_, alone);
    if (!block.ok()) return block.status();
    alone_ = std::move(*block);
    bytes = alone_.span();
  }
  *view = BlockView(bytes);
  return table_->CheckChildSum(kind, handle, view->sum());
}

}  // namespace treering::table
