#include "engine/io/sim_image.h"

#include <algorithm>
#include <cstring>

namespace treering::io {

void SimImage::Resize(uint64_t size) {
  if (size < size_) {
    const uint64_t page_count = (size + kPageBytes - 1) / kPageBytes;
    if (pages_.size() > page_count) pages_.resize(page_count);
    const uint64_t within = size % kPageBytes;
    if (within != 0 && pages_.size() == page_count && pages_.back() != nullptr) {
      Page* page = Writable(page_count - 1);
      std::memset(page->data() + within, 0, kPageBytes - within);
    }
  }
  size_ = size;
}

uint64_t SimImage::Read(uint64_t offset, std::span<std::byte> into) const {
  if (offset >= size_) return 0;
  const uint64_t length = std::min<uint64_t>(into.size(), size_ - offset);
  for (uint64_t done = 0; done < length;) {
    const uint64_t index = (offset + done) / kPageBytes;
    const uint64_t within = (offset + done) % kPageBytes;
    const uint64_t n = std::min(length - done, kPageBytes - within);
    if (index < pages_.size() && pages_[index] != nullptr) {
      std::memcpy(into.data() + done, pages_[index]->data() + within, n);
    } else {
      std::memset(into.data() + done, 0, n);
    }
    done += n;
  }
  return length;
}

void SimImage::Write(uint64_t offset, std::span<const std::byte> from) {
  if (from.empty()) return;
  size_ = std::max<uint64_t>(size_, offset + from.size());
  for (uint64_t done = 0; done < from.size();) {
    const uint64_t within = (offset + done) % kPageBytes;
    const uint64_t n = std::min<uint64_t>(from.size() - done, kPageBytes - within);
    Page* page = Writable((offset + done) / kPageBytes);
    std::memcpy(page->data() + within, from.data() + done, n);
    done += n;
  }
}

void SimImage::WriteWithin(uint64_t offset, std::span<const std::byte> from) {
  if (offset >= size_) return;
  Write(offset, from.first(std::min<uint64_t>(from.size(), size_ - offset)));
}

bool SimImage::operator==(const SimImage& other) const {
  if (size_ != other.size_) return false;
  static constexpr Page kZeros{};
  const size_t count = std::max(pages_.size(), other.pages_.size());
  for (size_t i = 0; i < count; ++i) {
    const Page* a = i < pages_.size() ? pages_[i].get() : nullptr;
    const Page* b = i < other.pages_.size() ? other.pages_[i].get() : nullptr;
    if (a == b) continue;
    if (std::memcmp(a != nullptr ? a : &kZeros, b != nullptr ? b : &kZeros, kPageBytes) != 0) {
      return false;
    }
  }
  return true;
}

SimImage::Page* SimImage::Writable(uint64_t page_index) {
  if (page_index >= pages_.size()) pages_.resize(page_index + 1);
  std::shared_ptr<Page>& page = pages_[page_index];
  if (page == nullptr) {
    page = std::make_shared<Page>();  // zeros
  } else if (page.use_count() != 1) {
    page = std::make_shared<Page>(*page);
  }
  return page.get();
}

}  // namespace treering::io
