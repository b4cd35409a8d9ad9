// IoClient: who gets a completion, where several users share one queue.
//
// A thread that waits on a queue is handed the completions of everybody. So each request of this
// folder says whose it is, and whoever waits passes on what is not its own.
//
// Owner: the client outlives its requests.
// Threads: the queue's.
// Invariants:
//   1. A request is either a client's (tag kIoClientTag, owner the IoClient) or of a block read
//      that the fetcher started, whose PendingBlock::user is the IoClient.
//   2. OnIo does not wait. It may submit.
#ifndef TREERING_ENGINE_TABLE_IO_CLIENT_H_
#define TREERING_ENGINE_TABLE_IO_CLIENT_H_

#include <cstddef>
#include <cstdint>

#include "engine/io/queue.h"
#include "engine/io/request.h"

namespace treering::table {

// "trClient". Whatever else a fetcher's request has for a tag, it is not this.
inline constexpr uint64_t kIoClientTag = 0x746e65696c437274;

class IoClient {
 public:
  // `request` came back.
  virtual void OnIo(io::Request* request) = 0;

 protected:
  ~IoClient() = default;
  // Makes `request` this client's.
  void Claim(io::Request* request) {
    request->owner = this;
    request->tag = kIoClientTag;
  }
};

// Waits until at least one request came back, and passes on all that did.
void WaitAndRoute(io::Queue* queue);
// Passes on what is there, without waiting. Returns how many.
size_t PollAndRoute(io::Queue* queue);

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_IO_CLIENT_H_
