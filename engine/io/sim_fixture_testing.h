// SimProcess: one process over a simulated storage, with verbs, for the tests of the sim driver.
//
// Owner: the test; the SimStorage outlives it.
// Threads: one.
// Invariants:
//   1. Verbs that do I/O return the errno, 0 for success.
#ifndef TREERING_ENGINE_IO_SIM_FIXTURE_TESTING_H_
#define TREERING_ENGINE_IO_SIM_FIXTURE_TESTING_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/queue.h"
#include "engine/io/request.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"

namespace treering::io {

class SimProcess {
 public:
  explicit SimProcess(SimStorage* storage, const std::string& path = "/d") : disk_(storage) {
    auto queue = disk_.NewQueue(16);
    EXPECT_TRUE(queue.ok());
    queue_ = std::move(*queue);
    // Without an operation that counts, where it is there.
    auto directory = disk_.OpenDirectory(path, /*create=*/false);
    if (directory.status().IsNotFound()) directory = disk_.OpenDirectory(path, /*create=*/true);
    EXPECT_TRUE(directory.ok()) << directory.status().ToString();
    if (directory.ok()) directory_ = std::move(*directory);
  }

  SimDisk& disk() { return disk_; }
  Queue& queue() { return *queue_; }
  Directory& directory() { return *directory_; }

  // The file of that name, opened (and locked, if asked) at the first mention.
  Status Open(const std::string& name, OpenFlags flags) {
    auto opened = directory_->Open(name, flags);
    if (!opened.ok()) return opened.status();
    files_[name] = std::move(*opened);
    return Status::Ok();
  }
  Status Create(const std::string& name) {
    return Open(name, {.mode = OpenMode::kCreate, .direct = false});
  }
  Status Reopen(const std::string& name, bool lock = false) {
    return Open(name, {.mode = OpenMode::kReadWrite, .direct = false, .lock = lock});
  }
  File* file(const std::string& name) { return files_.at(name).get(); }
  void CloseFile(const std::string& name) { files_.erase(name); }

  int Run(Request request) {
    (void)queue_->Run(&request).ok();
    return request.error;
  }
  int Write(const std::string& name, uint64_t offset, const std::string& text) {
    return Run(Request::Write(file(name), offset, std::as_bytes(std::span(text))));
  }
  int Sync(const std::string& name) {
    return Run(Request::Sync(file(name), file(name)->Completed()));
  }
  int Allocate(const std::string& name, uint64_t size) {
    return Run(Request::Allocate(file(name), size));
  }
  int Truncate(const std::string& name, uint64_t size) {
    return Run(Request::Truncate(file(name), size));
  }
  std::string Read(const std::string& name, uint64_t offset, uint64_t length) {
    std::string text(length, '?');
    Request request = Request::Read(file(name), offset, std::as_writable_bytes(std::span(text)));
    (void)queue_->Run(&request).ok();
    text.resize(request.transferred);
    return request.error == 0 ? text : "error " + std::to_string(request.error);
  }

 private:
  SimDisk disk_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Directory> directory_;
  std::map<std::string, std::unique_ptr<File>> files_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_FIXTURE_TESTING_H_
