// The simulated disk is no fantasy: any sequence of operations ends alike on it and on the real
// ones.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/prng.h"
#include "engine/io/drivers.h"
#include "engine/io/errors.h"
#include "engine/io/fresh_path.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_testing.h"

namespace treering {
namespace {

constexpr int kOperations = 400;
constexpr uint64_t kSeeds = 10;

// Does what the seed says on a disk and writes down what came of it.
class Walk {
 public:
  Walk(io::Disk* disk, const std::string& path, uint64_t seed) : prng_(seed) {
    auto queue = disk->NewQueue(4);
    auto directory = disk->OpenDirectory(path, /*create=*/true);
    auto other = disk->OpenDirectory(path + "/other", /*create=*/true);
    EXPECT_TRUE(queue.ok() && directory.ok() && other.ok());
    queue_ = std::move(*queue);
    directory_ = std::move(*directory);
    other_ = std::move(*other);
  }

  std::string Run() {
    for (int i = 0; i < kOperations; ++i) Step();
    return text_;
  }

 private:
  std::string Name() { return std::string(1, static_cast<char>('a' + prng_.Uniform(4))); }
  void Say(const std::string& what, const Status& status) {
    text_ += what + ": " + std::string(StatusCodeName(status.code())) + "\n";
  }

  void Step() {
    const std::string name = Name();
    switch (prng_.Uniform(12)) {
      case 0: {
        const auto mode = static_cast<io::OpenMode>(prng_.Uniform(3));
        auto file = directory_->Open(name, {.mode = mode, .direct = false, .lock = prng_.OneIn(3)});
        Say("open " + name, file.status());
        if (file.ok()) files_[name] = std::move(*file);
        return;
      }
      case 1:
        files_.erase(name);
        return;
      case 2: {
        const std::string to = Name();
        return Say("rename " + name + " " + to, directory_->Rename(name, to));
      }
      case 3:
        return Say("unlink " + name, directory_->Unlink(name));
      case 4:
        return Say("link " + name, directory_->Link(name, other_.get(), Name()));
      case 5:
        return Say("unlink other/" + name, other_->Unlink(name));
      case 6:
        return List();
      case 7:
        return Store(name);
      default:
        return Transfer(name);
    }
  }

  void List() {
    for (io::Directory* const directory : {directory_.get(), other_.get()}) {
      const auto names = directory->List();
      Say("list", names.status());
      for (const std::string& name : names.value()) {
        const auto info = directory->Stat(name);
        text_ += " " + name + " " + std::to_string(info->is_directory ? 0 : info->size);
      }
    }
  }

  void Store(const std::string& name) {
    const uint64_t size = 1 + prng_.Uniform(3 * io::kPageBytes);
    const uint64_t offset = prng_.Uniform(size);
    auto map = directory_->Map(name, size, /*lock=*/prng_.OneIn(3));
    Say("map " + name + " " + std::to_string(size), map.status());
    if (!map.ok()) return;
    const std::string bytes(1 + prng_.Uniform(size - offset), 's');
    (*map)->Store(offset, std::as_bytes(std::span(bytes)));
  }

  void Transfer(const std::string& name) {
    const auto it = files_.find(name);
    if (it == files_.end()) return;
    io::File* const file = it->second.get();
    const uint64_t offset = prng_.Uniform(3 * io::kPageBytes);
    const uint64_t length = prng_.Uniform(2 * io::kPageBytes);
    std::string bytes(length, static_cast<char>('A' + prng_.Uniform(26)));
    io::Request request;
    switch (prng_.Uniform(5)) {
      case 0:
        request = io::Request::Write(file, offset, std::as_bytes(std::span(bytes)));
        break;
      case 1:
        request = io::Request::Truncate(file, offset);
        break;
      case 2:
        request = io::Request::Allocate(file, offset);
        break;
      case 3:
        request = io::Request::Sync(file, file->Completed());
        break;
      default:
        request = io::Request::Read(file, offset, std::as_writable_bytes(std::span(bytes)));
        break;
    }
    Say(std::string(io::ActionName(io::ActionOf(request.op))) + " " + name, queue_->Run(&request));
    if (request.op != io::Op::kRead) return;
    bytes.resize(request.transferred);
    text_ += " " + bytes + "\n";
  }

  base::Prng prng_;
  std::unique_ptr<io::Queue> queue_;
  std::unique_ptr<io::Directory> directory_;
  std::unique_ptr<io::Directory> other_;
  std::map<std::string, std::unique_ptr<io::File>> files_;
  std::string text_;
};

std::string OnSim(uint64_t seed, bool simulated) {
  io::SimStorage storage;
  std::string text;
  const auto walk = [&] {
    io::SimDisk disk(&storage);
    text = Walk(&disk, "/walk", seed).Run();
  };
  if (simulated) {
    io::RunSim(seed, walk);
  } else {
    walk();
  }
  return text;
}

std::string OnReal(uint64_t seed, IoBackend backend) {
  auto disk = io::OpenDisk({.backend = backend, .arena_bytes_max = 8u << 20});
  EXPECT_TRUE(disk.ok()) << disk.status().ToString();
  return Walk(disk->get(), io::FreshPath("agree"), seed).Run();
}

// Where two walks part, for the failure's message.
void ExpectSame(const std::string& a, const std::string& b, const std::string& who) {
  if (a == b) return;
  size_t at = 0;
  while (at < std::min(a.size(), b.size()) && a[at] == b[at]) ++at;
  const size_t from = at < 300 ? 0 : at - 300;
  ADD_FAILURE() << who << ": " << a.substr(from, at - from + 60) << "\n--- and ---\n"
                << b.substr(from, at - from + 60);
}

TEST(DriversAgreeTest, OnRandomSequences) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::string posix = OnReal(seed, IoBackend::kPosix);
    const std::string which = "seed " + std::to_string(seed) + " posix and ";
    ASSERT_NE(posix.find("read"), std::string::npos);
    ExpectSame(posix, OnReal(seed, IoBackend::kAuto), which + "the default");
    ExpectSame(posix, OnSim(seed, /*simulated=*/false), which + "sim");
    ExpectSame(posix, OnSim(seed, /*simulated=*/true), which + "sim in virtual time");
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace treering
