#include "engine/table/io_client.h"

#include <array>
#include <span>

#include "engine/cache/block_fetcher.h"

namespace treering::table {
namespace {

constexpr size_t kBatch = 32;

void Route(io::Request* request) {
  if (request->tag == kIoClientTag) {
    static_cast<IoClient*>(request->owner)->OnIo(request);
  } else {
    static_cast<IoClient*>(cache::PendingBlock::Of(request)->user)->OnIo(request);
  }
}

}  // namespace

void WaitAndRoute(io::Queue* queue) {
  std::array<io::Request*, kBatch> done;
  size_t count = 0;
  // A Wake is for others; whoever waits here needs a completion.
  while (count == 0 && queue->in_flight() > 0) count = queue->Wait(done, 1, UINT64_MAX);
  for (size_t i = 0; i < count; ++i) Route(done[i]);
}

size_t PollAndRoute(io::Queue* queue) {
  std::array<io::Request*, kBatch> done;
  const size_t count = queue->Poll(done);
  for (size_t i = 0; i < count; ++i) Route(done[i]);
  return count;
}

}  // namespace treering::table
