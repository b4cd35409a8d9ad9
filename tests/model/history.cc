#include "tests/model/history.h"

#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "engine/base/checksum.h"

namespace treering::testing {
namespace {

using Content = std::map<std::string, std::string>;

// Keys and values of all lengths as short text.
std::string Short(const Slice& value) {
  return std::to_string(value.size()) + ":" +
         std::to_string(base::Xxh3(value.data(), value.size(), 0) % 1'000'000);
}

std::string Pair(const Slice& key, const Slice& value) {
  return key.ToString() + "=" + Short(value);
}

std::string Outcome(const Status& status) { return status.ok() ? "ok" : status.ToString(); }

// The keys a scan is bounded to.
struct Range {
  std::string begin;
  std::string end;
};
Range RangeOf(const Operation& operation) {
  return {KeyOf(std::min(operation.key, operation.other)),
          KeyOf(std::max(operation.key, operation.other))};
}

// The changes of a batch: two to five, some of one key.
std::vector<std::pair<std::string, std::optional<std::string>>> ChangesOf(
    const Operation& operation) {
  std::vector<std::pair<std::string, std::optional<std::string>>> changes;
  for (uint32_t i = 0; i < 2 + operation.value % 4; ++i) {
    Operation one = operation;
    one.value = operation.value / (i + 1);
    const std::string key = KeyOf((operation.key + i * operation.other) % 50);
    changes.emplace_back(
        key, (operation.value + i) % 5 == 0 ? std::nullopt : std::optional(ValueOf(one)));
  }
  return changes;
}

// --- What is right ---

class Right {
 public:
  std::string Carry(const Operation& operation);
  std::string All() const { return Scan(now_, {}, false); }

 private:
  static std::string Scan(const Content& content, const std::optional<Range>& range,
                          bool backwards) {
    auto begin = range ? content.lower_bound(range->begin) : content.begin();
    const auto end = range ? content.lower_bound(range->end) : content.end();
    std::vector<std::string> pairs;
    for (; begin != end && begin != content.end(); ++begin) {
      pairs.push_back(Pair(begin->first, begin->second));
    }
    if (backwards) std::reverse(pairs.begin(), pairs.end());
    std::string text;
    for (const std::string& pair : pairs) text += pair + " ";
    return text;
  }
  static std::string Get(const Content& content, const std::string& key) {
    const auto it = content.find(key);
    return it == content.end() ? "none" : Short(it->second);
  }
  static std::string At(const Content& content, Content::const_iterator it) {
    return it == content.end() ? "end" : Pair(it->first, it->second);
  }
  std::string Move(const Operation& operation);

  Content now_;
  std::optional<Content> snapshot_;
  std::optional<Content> iterated_;
  std::string position_;  // of the iterator; empty: at the end
};

std::string Right::Move(const Operation& operation) {
  if (!iterated_.has_value()) return "";
  auto it = iterated_->find(position_);
  switch (operation.value % 4) {
    case 0:
      it = iterated_->lower_bound(KeyOf(operation.key));
      break;
    case 1:
      it = iterated_->upper_bound(KeyOf(operation.key));
      it = it == iterated_->begin() ? iterated_->end() : std::prev(it);
      break;
    case 2:
      if (it != iterated_->end()) ++it;
      break;
    default:
      if (it != iterated_->end()) it = it == iterated_->begin() ? iterated_->end() : std::prev(it);
  }
  position_ = it == iterated_->end() ? "" : it->first;
  return At(*iterated_, it);
}

std::string Right::Carry(const Operation& operation) {
  const std::string key = KeyOf(operation.key);
  switch (operation.kind) {
    case OperationKind::kPut:
    case OperationKind::kPutLarge:
      now_[key] = ValueOf(operation);
      return "ok";
    case OperationKind::kDelete:
      now_.erase(key);
      return "ok";
    case OperationKind::kBatch:
      for (auto& [changed, value] : ChangesOf(operation)) {
        if (value.has_value()) {
          now_[changed] = *value;
        } else {
          now_.erase(changed);
        }
      }
      return "ok";
    case OperationKind::kGet:
      return Get(now_, key);
    case OperationKind::kGetMissing:
      return "none";
    case OperationKind::kMultiGet: {
      std::string text;
      for (uint32_t i = 0; i < 8; ++i) {
        text += Get(now_, KeyOf((operation.key + i * operation.other) % 50)) + " ";
      }
      return text;
    }
    case OperationKind::kSeek:
      return At(now_, now_.lower_bound(key));
    case OperationKind::kSeekForPrev: {
      const auto it = now_.upper_bound(key);
      return At(now_, it == now_.begin() ? now_.end() : std::prev(it));
    }
    case OperationKind::kScan:
    case OperationKind::kScanBack:
      return Scan(now_, RangeOf(operation), operation.kind == OperationKind::kScanBack);
    case OperationKind::kTakeSnapshot:
      snapshot_ = now_;
      return "";
    case OperationKind::kGetAtSnapshot:
      return snapshot_ ? Get(*snapshot_, key) : "";
    case OperationKind::kScanAtSnapshot:
      return snapshot_ ? Scan(*snapshot_, RangeOf(operation), false) : "";
    case OperationKind::kReleaseSnapshot:
      snapshot_.reset();
      return "";
    case OperationKind::kOpenIterator:
      iterated_ = now_;
      position_ = "";
      return "";
    case OperationKind::kMoveIterator:
      return Move(operation);
    case OperationKind::kCloseIterator:
      iterated_.reset();
      return "";
    case OperationKind::kReopen:
      snapshot_.reset();
      iterated_.reset();
      return "ok";
    default:
      return "ok";
  }
}

}  // namespace

std::vector<std::string> RightHistory(const Operations& operations) {
  Right right;
  std::vector<std::string> history;
  for (const Operation& operation : operations) history.push_back(right.Carry(operation));
  history.push_back(right.All());
  return history;
}

// --- What a database answers ---

std::vector<std::string> History::Run(const Operations& operations) {
  std::vector<std::string> history;
  const std::string opened = Reopen();
  if (opened != "ok") return {opened};
  for (const Operation& operation : operations) history.push_back(Carry(operation));
  Operation all;
  all.other = 999;
  history.push_back(Scan(all, false, nullptr));
  iterator_.reset();
  snapshot_.reset();
  const Status closed = db_->Close();
  if (!closed.ok()) history.push_back(closed.ToString());
  db_.reset();
  return history;
}

std::string History::Reopen() {
  iterator_.reset();
  snapshot_.reset();
  if (db_ != nullptr) {
    if (const Status closed = db_->Close(); !closed.ok()) return closed.ToString();
  }
  db_.reset();
  auto opened = open_();
  if (!opened.ok()) return opened.status().ToString();
  db_ = *std::move(opened);
  return "ok";
}

std::string History::Write(const Operation& operation) {
  WriteBatch batch;
  for (const auto& [key, value] : ChangesOf(operation)) {
    if (value.has_value()) {
      batch.Put(key, *value);
    } else {
      batch.Delete(key);
    }
    if (!manner_.split_batches) continue;
    if (const Status status = db_->Write(batch); !status.ok()) return status.ToString();
    batch.Clear();
  }
  return Outcome(db_->Write(batch));
}

std::string History::Get(const std::string& key, const Snapshot* snapshot) {
  ReadOptions options;
  options.snapshot = snapshot;
  options.fill_cache = manner_.fill_cache;
  if (manner_.get_by_seek) {
    const auto it = db_->NewIterator(options);
    it->Seek(key);
    if (!it->status().ok()) return it->status().ToString();
    return it->Valid() && it->key() == Slice(key) ? Short(it->value()) : "none";
  }
  PinnedValue value;
  const Status status = db_->Get(key, &value, options);
  if (status.IsNotFound()) return "none";
  return status.ok() ? Short(value.slice()) : status.ToString();
}

std::string History::Seek(const std::string& key, bool backwards) {
  const auto it = db_->NewIterator();
  if (backwards) {
    it->SeekForPrev(key);
  } else {
    it->Seek(key);
  }
  if (!it->status().ok()) return it->status().ToString();
  return it->Valid() ? Pair(it->key(), it->value()) : "end";
}

std::string History::Scan(const Operation& operation, bool backwards, const Snapshot* snapshot) {
  const Range range = RangeOf(operation);
  const Slice begin(range.begin);
  const Slice end(range.end);
  ReadOptions options;
  options.snapshot = snapshot;
  options.fill_cache = manner_.fill_cache;
  options.lower_bound = &begin;
  options.upper_bound = &end;
  const auto it = db_->NewIterator(options);
  std::string text;
  if (backwards) {
    for (it->SeekToLast(); it->Valid(); it->Prev()) text += Pair(it->key(), it->value()) + " ";
  } else {
    for (it->SeekToFirst(); it->Valid(); it->Next()) text += Pair(it->key(), it->value()) + " ";
  }
  return it->status().ok() ? text : it->status().ToString();
}

std::string History::MoveIterator(const Operation& operation) {
  if (iterator_ == nullptr) return "";
  switch (operation.value % 4) {
    case 0:
      iterator_->Seek(KeyOf(operation.key));
      break;
    case 1:
      iterator_->SeekForPrev(KeyOf(operation.key));
      break;
    case 2:
      if (iterator_->Valid()) iterator_->Next();
      break;
    default:
      if (iterator_->Valid()) iterator_->Prev();
  }
  if (!iterator_->status().ok()) return iterator_->status().ToString();
  return iterator_->Valid() ? Pair(iterator_->key(), iterator_->value()) : "end";
}

std::string History::Compact(const Operation& operation, bool all) {
  if (all) return Outcome(db_->CompactRange(nullptr, nullptr));
  const Range range = RangeOf(operation);
  const Slice begin(range.begin);
  const Slice end(range.end);
  return Outcome(db_->CompactRange(&begin, &end));
}

std::string History::Carry(const Operation& operation) {
  const std::string key = KeyOf(operation.key);
  switch (operation.kind) {
    case OperationKind::kPut:
    case OperationKind::kPutLarge:
      return Outcome(db_->Put(key, ValueOf(operation)));
    case OperationKind::kDelete:
      return Outcome(db_->Delete(key));
    case OperationKind::kBatch:
      return Write(operation);
    case OperationKind::kEmptyBatch:
      return Outcome(db_->Write(WriteBatch()));
    case OperationKind::kGet:
      return Get(key, nullptr);
    case OperationKind::kGetMissing:
      return Get(key + "x", nullptr);
    case OperationKind::kMultiGet: {
      std::vector<std::string> keys;
      for (uint32_t i = 0; i < 8; ++i) {
        keys.push_back(KeyOf((operation.key + i * operation.other) % 50));
      }
      const std::vector<Slice> slices(keys.begin(), keys.end());
      std::vector<PinnedValue> values(keys.size());
      std::vector<Status> statuses(keys.size());
      db_->MultiGet(slices, values, statuses);
      std::string text;
      for (size_t i = 0; i < keys.size(); ++i) {
        text += (statuses[i].ok()           ? Short(values[i].slice())
                 : statuses[i].IsNotFound() ? "none"
                                            : statuses[i].ToString()) +
                " ";
      }
      return text;
    }
    case OperationKind::kSeek:
      return Seek(key, false);
    case OperationKind::kSeekForPrev:
      return Seek(key, true);
    case OperationKind::kScan:
      return Scan(operation, false, nullptr);
    case OperationKind::kScanBack:
      return Scan(operation, true, nullptr);
    case OperationKind::kTakeSnapshot:
      snapshot_ = db_->GetSnapshot();
      return "";
    case OperationKind::kGetAtSnapshot:
      return snapshot_ == nullptr ? "" : Get(key, snapshot_.get());
    case OperationKind::kScanAtSnapshot:
      return snapshot_ == nullptr ? "" : Scan(operation, false, snapshot_.get());
    case OperationKind::kReleaseSnapshot:
      snapshot_.reset();
      return "";
    case OperationKind::kOpenIterator:
      iterator_ = db_->NewIterator();
      return "";
    case OperationKind::kMoveIterator:
      return MoveIterator(operation);
    case OperationKind::kCloseIterator:
      iterator_.reset();
      return "";
    case OperationKind::kFlush:
      return Outcome(db_->Flush());
    case OperationKind::kCompactRange:
      return Compact(operation, false);
    case OperationKind::kCompactAll:
      return Compact(operation, true);
    case OperationKind::kWaitForCompaction:
      return Outcome(db_->WaitForCompaction());
    case OperationKind::kReopen:
      return Reopen();
  }
  return "";
}

}  // namespace treering::testing
