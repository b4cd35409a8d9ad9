// Conformance: one table of short stories that every driver must tell alike, to the letter.
//
// A story does I/O through the seam and writes down what it saw: operation, error, bytes, content.
// The text must equal the expected one, for uring, posix and sim alike. A driver joins by a
// ConformanceDriver and one line:
//   INSTANTIATE_TEST_SUITE_P(Mine, ConformanceTest, testing::ValuesIn(StoriesFor(MyDriver())),
//   StoryName);
//
// Owner: the test.
// Threads: a story runs on one thread and may start others.
// Invariants:
//   1. Texts hold no paths, times or orders of completion that the contracts leave open.
#ifndef TREERING_ENGINE_IO_CONFORMANCE_H_
#define TREERING_ENGINE_IO_CONFORMANCE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/io/request.h"

namespace treering::io {

// What a story may need that the Disk interface cannot make.
enum class Plant : uint8_t { kSymlink, kPipe };

struct ConformanceDriver {
  std::function<std::unique_ptr<Disk>()> make_disk;
  // A path that does not exist and whose parent does.
  std::function<std::string()> fresh_path;
  // Runs the story; the simulated driver does so inside a simulation.
  std::function<void(const std::function<void()>& story)> run;
  // Puts something foreign into the directory. Empty: stories that need it are skipped.
  std::function<void(const std::string& directory, const std::string& name, Plant what)> plant;
  // The permissions of a directory ("" for name) or of a file in it, as "0700". Empty: skipped.
  std::function<std::string(const std::string& directory, const std::string& name)> mode_of;
  // From now on every change that reaches past `bytes` of a file fails with EFBIG; UINT64_MAX ends
  // that.
  std::function<void(uint64_t bytes)> limit_files;
};

// The pen of one story: verbs that do one thing and write down how it went.
class Story {
 public:
  Story(const ConformanceDriver* driver, Disk* disk);
  ~Story();
  Story(const Story&) = delete;
  Story& operator=(const Story&) = delete;

  const ConformanceDriver& driver() const { return *driver_; }
  Disk* disk() const { return disk_; }
  Queue* queue() const { return queue_.get(); }
  Directory* directory() const { return directory_.get(); }
  const std::string& path() const { return path_; }
  const std::string& text() const { return text_; }

  void Say(const std::string& line);
  void Say(const std::string& what, const Status& status);  // the code only

  // The file, owned by the story until Close; null when it could not be opened.
  File* Open(const std::string& name, OpenMode mode, bool direct = true, bool lock = false);
  File* Create(const std::string& name) { return Open(name, OpenMode::kCreate); }
  void Close(File* file);
  // A new queue in place of the present one.
  void UseQueue(uint32_t depth);
  std::unique_ptr<Queue> TakeQueue() { return std::move(queue_); }

  // Each runs one request and says "verb offset+length: bytes content", or the error.
  void Write(File* file, uint64_t offset, uint64_t length, char fill);
  void Read(File* file, uint64_t offset, uint64_t length);
  void Sync(File* file);
  void Allocate(File* file, uint64_t size);
  void Truncate(File* file, uint64_t size);
  void Size(File* file);
  void List();

  // Page-aligned memory of the disk's arena, valid as long as the story; all `fill`.
  std::span<std::byte> Memory(uint64_t bytes, char fill = '?');
  // Bytes as runs: "a4096 .100"; zero bytes show as '.'.
  static std::string Runs(std::span<const std::byte> bytes);
  // How a request came back, in the words of Write and Read.
  static std::string Outcome(const Request& request);
  // Waits for `count` completions.
  std::vector<Request*> Collect(size_t count);

 private:
  const ConformanceDriver* const driver_;
  Disk* const disk_;
  const std::string path_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Directory> directory_;
  std::vector<std::unique_ptr<File>> files_;
  std::byte* slab_ = nullptr;
  uint64_t slab_used_ = 0;
  std::string text_;
};

struct StoryCase {
  const char* name;
  void (*tell)(Story& story);
  const char* expected;
  bool needs_plant = false;
  bool needs_mode = false;
};

std::span<const StoryCase> TransferStories();
std::span<const StoryCase> SizeStories();
std::span<const StoryCase> FailureStories();
std::span<const StoryCase> QueueStories();
std::span<const StoryCase> WakeStories();
std::span<const StoryCase> DirectoryStories();
std::span<const StoryCase> NameStories();

struct StoryParam {
  std::shared_ptr<const ConformanceDriver> driver;
  const StoryCase* story;
};
void PrintTo(const StoryParam& param, std::ostream* out);  // for failures
std::vector<StoryParam> StoriesFor(ConformanceDriver driver);
std::string StoryName(const testing::TestParamInfo<StoryParam>& info);

class ConformanceTest : public testing::TestWithParam<StoryParam> {};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_CONFORMANCE_H_
