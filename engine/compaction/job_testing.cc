#include "engine/compaction/job_testing.h"

#include <charconv>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/file_names.h"
#include "engine/table/table_iterator.h"

namespace treering::compaction {
namespace {

class EntriesIterator final : public key::InternalIterator {
 public:
  EntriesIterator(table::Entries entries, size_t fails_at)
      : entries_(std::move(entries)), fails_at_(fails_at) {}
  bool Valid() const override { return at_ < entries_.size() && at_ != fails_at_; }
  void SeekToFirst() override { at_ = 0; }
  void Next() override { ++at_; }
  Slice key() const override { return entries_[at_].first; }
  Slice value() const override { return entries_[at_].second; }
  Status status() const override {
    return at_ == fails_at_ ? Status::Corruption("planted") : Status::Ok();
  }
  void SeekToLast() override { TREERING_CHECK(false); }
  void Seek(const Slice&) override { TREERING_CHECK(false); }
  void SeekForPrev(const Slice&) override { TREERING_CHECK(false); }
  void Prev() override { TREERING_CHECK(false); }

 private:
  const table::Entries entries_;
  const size_t fails_at_;
  size_t at_ = 0;
};

table::TableInfo ToInfo(const manifest::TableMeta& meta) {
  table::TableInfo info;
  info.number = meta.number;
  info.file_id = meta.id;
  info.bytes = meta.bytes;
  info.hash = meta.file_hash;
  info.entries = meta.entries;
  info.deletions = meta.deletions;
  info.smallest = meta.smallest;
  info.largest = meta.largest;
  info.smallest_sequence = meta.smallest_sequence;
  info.largest_sequence = meta.largest_sequence;
  return info;
}

std::string TextOf(const table::Entries& entries) {
  std::string text;
  for (const auto& [key, value] : entries) {
    const uint64_t tag = key::Tag(key);
    if (!text.empty()) text += ' ';
    text += key::UserKey(key).ToString() + "@" + std::to_string(key::TagSequence(tag));
    text += key::TagKind(tag) == key::Kind::kDelete ? "-" : "=" + value;
  }
  return text;
}

}  // namespace

JobWorld::JobWorld() {
  auto directory = disk_.OpenDirectory("/db", true);
  TREERING_CHECK(directory.ok());
  directory_ = *std::move(directory);
  env_.directory = directory_.get();
  env_.buffers = tables_.pool();
  env_.database_id = tables_.env().database_id;
  env_.new_file_number = [this](io::Queue*) -> Result<uint64_t> { return next_number_++; };
}

table::Entries JobWorld::Parse(std::string_view text) {
  table::Entries entries;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    const size_t at = word.find('@');
    const size_t end = word.find_first_of("=-", at);
    TREERING_CHECK(at != word.npos && end != word.npos);
    key::Sequence sequence = 0;
    std::from_chars(word.data() + at + 1, word.data() + end, sequence);
    const bool is_value = word[end] == '=';
    entries.emplace_back(table::InternalKey(std::string(word.substr(0, at)), sequence,
                                            is_value ? key::Kind::kValue : key::Kind::kDelete),
                         std::string(word.substr(end + 1)));
  }
  return entries;
}

table::Entries JobWorld::Many(int first, int count, int step, size_t value_bytes,
                              key::Sequence sequence) {
  table::Entries entries;
  for (int i = 0; i < count; ++i) {
    entries.emplace_back(
        table::InternalKey("key" + std::to_string(1'000'000 + first + i * step), sequence),
        std::string(value_bytes, static_cast<char>('a' + i % 26)));
  }
  return entries;
}

manifest::TableRef JobWorld::MakeTable(uint32_t level, const table::Entries& entries) {
  OutputWriter out(env_, queue(), level, 0);
  for (const auto& [key, value] : entries) TREERING_CHECK(out.Add(key, value).ok());
  auto made = out.Finish();
  TREERING_CHECK(made.ok() && made->size() == 1);
  return std::make_shared<const manifest::LiveTable>(
      manifest::LiveTable{made->front(), std::make_shared<manifest::HandleSlot>()});
}

std::shared_ptr<const manifest::Version> JobWorld::MakeVersion(
    const std::vector<manifest::TableRef>& tables) {
  manifest::VersionEdit edit;
  for (const manifest::TableRef& table : tables) edit.added_tables.push_back(table->meta);
  auto version = manifest::Version::Empty(env_.order)->Apply(edit);
  TREERING_CHECK(version.ok());
  return *std::move(version);
}

Result<std::shared_ptr<table::Table>> JobWorld::Open(const manifest::TableMeta& meta) {
  return tables_.Open(ToInfo(meta));
}

table::Entries JobWorld::Read(const manifest::TableMeta& meta) {
  auto opened = Open(meta);
  TREERING_CHECK(opened.ok());
  table::Entries entries;
  const auto it = table::NewTableIterator(*std::move(opened), &tables_);
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    entries.emplace_back(it->key().ToString(), it->value().ToString());
  }
  TREERING_CHECK(it->status().ok());
  return entries;
}

std::string JobWorld::Text(const std::vector<manifest::TableMeta>& tables) {
  std::string text;
  for (const manifest::TableMeta& meta : tables) {
    if (!text.empty()) text += " | ";
    text += TextOf(Read(meta));
  }
  return text;
}

std::string JobWorld::PathOf(uint64_t number) {
  return "/db/" + base::MakeFileName(base::FileKind::kTable, number);
}

std::unique_ptr<key::InternalIterator> NewEntriesIterator(table::Entries entries, size_t fails_at) {
  return std::make_unique<EntriesIterator>(std::move(entries), fails_at);
}

}  // namespace treering::compaction
