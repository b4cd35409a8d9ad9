#include "engine/io/conformance.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/io/errors.h"

namespace treering::io {

Story::Story(const ConformanceDriver* driver, Disk* disk)
    : driver_(driver), disk_(disk), path_(driver->fresh_path()) {
  UseQueue(8);
  auto directory = disk_->OpenDirectory(path_, /*create=*/true);
  if (directory.ok()) {
    directory_ = std::move(*directory);
  } else {
    ADD_FAILURE() << directory.status().ToString();
  }
  slab_ = disk_->arena()->AllocateSlab();
  EXPECT_NE(slab_, nullptr);
  text_ = "\n";
}

Story::~Story() {
  queue_.reset();
  files_.clear();
  if (slab_ != nullptr) disk_->arena()->FreeSlab(slab_);
}

void Story::Say(const std::string& line) { text_ += line + "\n"; }

void Story::Say(const std::string& what, const Status& status) {
  Say(what + ": " + std::string(StatusCodeName(status.code())));
}

File* Story::Open(const std::string& name, OpenMode mode, bool direct, bool lock) {
  auto opened = directory_->Open(name, {.mode = mode, .direct = direct, .lock = lock});
  const std::string verb = mode == OpenMode::kCreate ? "create " : "open ";
  Say(verb + name, opened.status());
  if (!opened.ok()) return nullptr;
  EXPECT_EQ((*opened)->direct(), direct);
  files_.push_back(std::move(*opened));
  return files_.back().get();
}

void Story::Close(File* file) {
  std::erase_if(files_, [file](const std::unique_ptr<File>& mine) { return mine.get() == file; });
}

void Story::UseQueue(uint32_t depth) {
  queue_.reset();
  auto queue = disk_->NewQueue(depth);
  if (queue.ok()) {
    queue_ = std::move(*queue);
  } else {
    ADD_FAILURE() << queue.status().ToString();
  }
}

std::string Story::Outcome(const Request& request) {
  if (request.error != 0) return ErrorName(request.error);
  switch (request.op) {
    case Op::kRead:
      return std::to_string(request.transferred) +
             (request.transferred > 0 ? " " + Runs({request.data, request.transferred}) : "");
    case Op::kWrite:
      return std::to_string(request.transferred);
    default:
      return "OK";
  }
}

void Story::Write(File* file, uint64_t offset, uint64_t length, char fill) {
  Request request = Request::Write(file, offset, Memory(length, fill));
  (void)queue_->Run(&request).ok();
  Say("write " + std::to_string(offset) + "+" + std::to_string(length) + ": " + Outcome(request));
}

void Story::Read(File* file, uint64_t offset, uint64_t length) {
  Request request = Request::Read(file, offset, Memory(length));
  (void)queue_->Run(&request).ok();
  Say("read " + std::to_string(offset) + "+" + std::to_string(length) + ": " + Outcome(request));
}

void Story::Sync(File* file) {
  Request request = Request::Sync(file, file->Completed());
  (void)queue_->Run(&request).ok();
  Say("sync: " + Outcome(request));
}

void Story::Allocate(File* file, uint64_t size) {
  Request request = Request::Allocate(file, size);
  (void)queue_->Run(&request).ok();
  Say("allocate " + std::to_string(size) + ": " + Outcome(request));
}

void Story::Truncate(File* file, uint64_t size) {
  Request request = Request::Truncate(file, size);
  (void)queue_->Run(&request).ok();
  Say("truncate " + std::to_string(size) + ": " + Outcome(request));
}

void Story::Size(File* file) {
  uint64_t bytes = 0;
  const Status status = file->Size(&bytes);
  Say("size: " + (status.ok() ? std::to_string(bytes) : status.ToString()));
}

void Story::List() {
  auto names = directory_->List();
  std::string line = "list:";
  for (const std::string& name : names.ok() ? *names : std::vector<std::string>{"failed"}) {
    line += " " + name;
  }
  Say(line);
}

std::span<std::byte> Story::Memory(uint64_t bytes, char fill) {
  EXPECT_LE(slab_used_ + bytes, BufferArena::kSlabBytes) << "the story needs a larger slab";
  const std::span<std::byte> memory(slab_ + slab_used_, bytes);
  std::fill(memory.begin(), memory.end(), static_cast<std::byte>(fill));
  slab_used_ += (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  return memory;
}

std::string Story::Runs(std::span<const std::byte> bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size();) {
    size_t end = i;
    while (end < bytes.size() && bytes[end] == bytes[i]) ++end;
    if (!text.empty()) text += " ";
    text += bytes[i] == std::byte{0} ? '.' : static_cast<char>(bytes[i]);
    text += std::to_string(end - i);
    i = end;
  }
  return text;
}

std::vector<Request*> Story::Collect(size_t count) {
  std::vector<Request*> all;
  std::vector<Request*> some(count);
  while (all.size() < count) {
    const size_t got = queue_->Wait(some, 1, kNoTimeout);
    all.insert(all.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return all;
}

std::vector<StoryParam> StoriesFor(ConformanceDriver driver) {
  const auto shared = std::make_shared<const ConformanceDriver>(std::move(driver));
  std::vector<StoryParam> params;
  for (const auto& stories : {TransferStories(), SizeStories(), FailureStories(), QueueStories(),
                              WakeStories(), DirectoryStories(), NameStories()}) {
    for (const StoryCase& story : stories) params.push_back({shared, &story});
  }
  return params;
}

void PrintTo(const StoryParam& param, std::ostream* out) { *out << param.story->name; }

std::string StoryName(const testing::TestParamInfo<StoryParam>& info) {
  return info.param.story->name;
}

TEST_P(ConformanceTest, TellsTheStory) {
  const ConformanceDriver& driver = *GetParam().driver;
  const StoryCase& story = *GetParam().story;
  if (story.needs_plant && !driver.plant) GTEST_SKIP() << "this driver cannot plant foreign files";
  if (story.needs_mode && !driver.mode_of) GTEST_SKIP() << "this driver has no permissions";
  std::string text;
  driver.run([&] {
    const std::unique_ptr<Disk> disk = driver.make_disk();
    ASSERT_NE(disk, nullptr);
    Story pen(&driver, disk.get());
    ASSERT_NE(pen.directory(), nullptr);
    ASSERT_NE(pen.queue(), nullptr);
    story.tell(pen);
    text = pen.text();
  });
  EXPECT_EQ(text, story.expected);
}

}  // namespace treering::io
