#include "engine/manifest/manifest_testing.h"

#include <charconv>
#include <sstream>
#include <string>

#include "engine/base/check.h"

namespace treering::manifest {
namespace {

// Takes a number off the front.
uint64_t TakeNumber(std::string_view* text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  TREERING_CHECK(error == std::errc());
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return number;
}

void TakeChar(std::string_view* text, char expected) {
  TREERING_CHECK(!text->empty() && text->front() == expected);
  text->remove_prefix(1);
}

std::string_view TakeUntil(std::string_view* text, char stop) {
  const size_t at = text->find(stop);
  TREERING_CHECK(at != std::string_view::npos);
  const std::string_view taken = text->substr(0, at);
  text->remove_prefix(at + 1);
  return taken;
}

TableMeta ParseTable(uint32_t level, std::string_view word) {
  const uint64_t number = TakeNumber(&word);
  TakeChar(&word, '[');
  const std::string_view smallest = TakeUntil(&word, '-');
  const std::string_view largest = TakeUntil(&word, ']');
  uint64_t oldest = 1;
  uint64_t newest = 1;
  uint64_t bytes = 100;
  uint64_t deletions = 0;
  while (!word.empty()) {
    const char what = word.front();
    word.remove_prefix(1);
    if (what == '@') {
      oldest = TakeNumber(&word);
      TakeChar(&word, '-');
      newest = TakeNumber(&word);
    } else if (what == '*') {
      bytes = TakeNumber(&word);
    } else {
      TREERING_CHECK(what == 'd');
      deletions = TakeNumber(&word);
    }
  }
  TableMeta meta = MakeTable(level, number, smallest, largest, oldest, newest);
  meta.bytes = bytes;
  meta.deletions = deletions;
  return meta;
}

}  // namespace

TableMeta MakeTable(uint32_t level, uint64_t number, std::string_view smallest,
                    std::string_view largest, key::Sequence oldest, key::Sequence newest) {
  TableMeta meta;
  meta.level = level;
  meta.number = number;
  meta.id = {number, ~number};
  meta.file_hash = {number * 3, number * 5};
  meta.bytes = 100;
  meta.entries = 10;
  meta.smallest_sequence = oldest;
  meta.largest_sequence = newest;
  key::AppendInternalKey(&meta.smallest, smallest, key::MakeTag(newest, key::Kind::kValue));
  key::AppendInternalKey(&meta.largest, largest, key::MakeTag(oldest, key::Kind::kValue));
  return meta;
}

VersionEdit ParseTables(std::string_view text) {
  VersionEdit edit;
  std::istringstream lines{std::string(text)};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word)) continue;
    std::string_view head = word;
    TakeChar(&head, 'L');
    const auto level = static_cast<uint32_t>(TakeNumber(&head));
    while (words >> word) edit.added_tables.push_back(ParseTable(level, word));
  }
  return edit;
}

std::shared_ptr<const Version> ParseVersion(std::string_view text) {
  auto version = Version::Empty(key::KeyOrder(BytewiseComparator()))->Apply(ParseTables(text));
  TREERING_CHECK(version.ok());
  return *version;
}

std::string Numbers(const std::vector<TableRef>& tables) {
  std::string text;
  for (const TableRef& table : tables) {
    if (!text.empty()) text += " ";
    text += std::to_string(table->meta.number);
  }
  return text;
}

}  // namespace treering::manifest
