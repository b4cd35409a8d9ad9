#include "engine/io/sim_image.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/prng.h"

namespace treering::io {
namespace {

void Write(SimImage* image, uint64_t offset, const std::string& text) {
  image->Write(offset, std::as_bytes(std::span(text)));
}

std::string Read(const SimImage& image, uint64_t offset, size_t length) {
  std::string text(length, '?');
  text.resize(image.Read(offset, std::as_writable_bytes(std::span(text))));
  return text;
}

TEST(SimImageTest, HolesAndTheCutEndReadAsZero) {
  SimImage image;
  Write(&image, 5000, "hello");
  EXPECT_EQ(image.size(), 5005u);
  EXPECT_EQ(Read(image, 4998, 100), std::string("\0\0hello", 7));
  image.Resize(5002);
  image.Resize(5005);
  EXPECT_EQ(Read(image, 5000, 5), std::string("he\0\0\0", 5));
  EXPECT_EQ(Read(image, 5005, 5), "");
}

TEST(SimImageTest, CopiesDoNotSeeEachOther) {
  SimImage a;
  Write(&a, 0, std::string(10000, 'a'));
  SimImage b = a;
  Write(&b, 4090, "bbbbbbbb");
  EXPECT_EQ(Read(a, 4090, 8), "aaaaaaaa");
  EXPECT_EQ(Read(b, 4090, 8), "bbbbbbbb");
  b.Resize(9000);
  EXPECT_EQ(Read(a, 8990, 20), std::string(20, 'a'));
}

TEST(SimImageTest, WriteWithinKeepsTheSize) {
  SimImage image;
  image.Resize(6);
  const std::string text = "abcd";
  image.WriteWithin(4, std::as_bytes(std::span(text)));
  image.WriteWithin(6, std::as_bytes(std::span(text)));
  EXPECT_EQ(Read(image, 0, 10), std::string("\0\0\0\0ab", 6));
}

TEST(SimImageTest, EqualityIsOfContentNotOfPages) {
  SimImage a;
  SimImage b;
  a.Resize(8192);
  b.Resize(8192);
  EXPECT_EQ(a, b);
  Write(&a, 4096, std::string(1, '\0'));
  EXPECT_EQ(a, b);
  Write(&a, 4096, "x");
  EXPECT_FALSE(a == b);
  b.Resize(8191);
  EXPECT_FALSE(b == a);
}

TEST(SimImageTest, BehavesLikeAString) {
  base::Prng prng(3);
  SimImage image;
  std::string model;
  for (int step = 0; step < 2000; ++step) {
    const uint64_t offset = prng.Uniform(20000);
    if (prng.OneIn(5)) {
      image.Resize(offset);
      model.resize(offset);
    } else {
      const std::string text(1 + prng.Uniform(5000), static_cast<char>('a' + prng.Uniform(26)));
      Write(&image, offset, text);
      if (model.size() < offset + text.size()) model.resize(offset + text.size());
      model.replace(offset, text.size(), text);
    }
    const SimImage copy = image;  // makes later writes copy their pages
    ASSERT_EQ(image.size(), model.size());
    ASSERT_EQ(Read(copy, 0, 30000), model);
  }
}

}  // namespace
}  // namespace treering::io
