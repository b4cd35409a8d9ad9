#include "tests/sim/client.h"

#include <gtest/gtest.h>

#include <iterator>
#include <utility>
#include <vector>

#include "engine/base/thread.h"

namespace treering::testing {
namespace {

constexpr uint64_t kKeys = 40;

}  // namespace

Client::Client(const Env& env, uint64_t seed)
    : env_(env),
      prefix_(Histories::Prefix(env.writer)),
      end_(prefix_ + "~"),
      lower_(prefix_),
      upper_(end_),
      prng_(seed * 131 + env.writer),
      now_(env.histories->Expected(env.writer)) {
  for (const char* name : {"write refused", "write of unknown outcome", "read refused", "held up",
                           "snapshot read", "kept iterator read", "seen"}) {
    env_.probes->Expect(name);
  }
}

std::string Client::Key() { return prefix_ + "key" + std::to_string(prng_.Uniform(kKeys)); }

std::string Client::Value() {
  const size_t bytes = prng_.OneIn(25) ? prng_.Uniform(60'000) : prng_.Uniform(500);
  std::string value = std::to_string(env_.writer) + "/" + std::to_string(prng_.Next()) + "/";
  value.append(bytes, static_cast<char>('a' + prng_.Uniform(26)));
  return value;
}

ReadOptions Client::OwnRange() const {
  ReadOptions options;
  options.lower_bound = &lower_;
  options.upper_bound = &upper_;
  return options;
}

bool Client::Judge(const Status& status) {
  if (crashed()) {
    stopped_ = true;
    return false;
  }
  if (status.ok() || status.IsNotFound()) return true;
  const bool excused = env_.faults->Strikes(FaultHarm::kRead) ||
                       env_.faults->Strikes(FaultHarm::kUncovered) ||
                       env_.faults->uncovered_struck();
  EXPECT_TRUE(excused && (status.IsIoError() || status.IsCorruption())) << status.ToString();
  env_.probes->Hit("read refused");
  return false;
}

void Client::Run(int operations) {
  for (int i = 0; i < operations && !stopped_ && !::testing::Test::HasFailure(); ++i) {
    Step();
    ++done_;
  }
}

void Client::Step() {
  const uint64_t pick = prng_.Uniform(100);
  if (pick < 55) return Write(static_cast<Durability>(prng_.Uniform(3)));
  if (pick < 72) return CheckGet();
  if (pick < 75) return LookAtOthers();
  if (pick < 82) return CheckMultiGet();
  if (pick < 88) return CheckWalk();
  if (pick < 91) return CheckKept();
  if (pick < 94) {
    snapshot_ = prng_.OneIn(3) ? nullptr : env_.db->GetSnapshot();
    at_snapshot_ = now_;
    return;
  }
  if (pick < 99) return Maintain();
  base::SleepNanos(prng_.Uniform(50'000'000));
}

void Client::Write(Durability durability) {
  std::vector<Oracle::Change> changes;
  for (uint64_t i = prng_.Uniform(4); i > 0; --i) {
    changes.emplace_back(Key(), prng_.OneIn(4) ? std::nullopt : std::optional(Value()));
  }
  const size_t index = env_.histories->Begin(env_.writer, &changes, durability);
  const Status status =
      env_.db->Write(Oracle::ToBatch(changes), WriteOptions{.durability = durability});
  if (crashed()) {
    stopped_ = true;
    return;
  }
  if (status.ok()) {
    env_.histories->Acknowledge(env_.writer, index);
    for (auto& [key, value] : changes) {
      if (value.has_value()) {
        now_[key] = *std::move(value);
      } else {
        now_.erase(key);
      }
    }
    return;
  }
  EXPECT_TRUE(env_.faults->StrikesAny() || env_.faults->uncovered_struck()) << status.ToString();
  if (status.IsReadOnly() || status.IsNoSpace() || env_.db->state() <= DbState::kDegraded) {
    env_.probes->Hit("write refused");
    env_.histories->Refuse(env_.writer, index);
    if (status.IsReadOnly()) return;
    env_.probes->Hit("held up");
    base::SleepNanos(prng_.Uniform(20'000'000));
    return;
  }
  env_.probes->Hit("write of unknown outcome");
  stopped_ = true;
}

void Client::CheckGet() {
  const bool old = snapshot_ != nullptr && prng_.OneIn(2);
  const Content& expected = old ? at_snapshot_ : now_;
  const std::string key = Key();
  ReadOptions options;
  options.snapshot = old ? snapshot_.get() : nullptr;
  options.fill_cache = !prng_.OneIn(8);
  PinnedValue value;
  const Status status = env_.db->Get(key, &value, options);
  if (!Judge(status)) return;
  if (old) env_.probes->Hit("snapshot read");
  const auto it = expected.find(key);
  ASSERT_EQ(status.IsNotFound(), it == expected.end()) << key << ": " << status.ToString();
  if (it != expected.end()) {
    ASSERT_TRUE(value.ToString() == it->second) << key;
  }
}

void Client::LookAtOthers() {
  const size_t other = prng_.Uniform(env_.histories->writers());
  PinnedValue count;
  const Status status = env_.db->Get(Histories::Prefix(other) + "count", &count);
  if (!Judge(status) || status.IsNotFound()) return;
  env_.probes->Hit("seen");
  env_.histories->Seen(other, count.ToString());
}

void Client::CheckMultiGet() {
  std::vector<std::string> keys;
  for (uint64_t i = prng_.Uniform(30); i > 0; --i) keys.push_back(Key());
  const std::vector<Slice> slices(keys.begin(), keys.end());
  std::vector<PinnedValue> values(keys.size());
  std::vector<Status> statuses(keys.size());
  env_.db->MultiGet(slices, values, statuses);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!Judge(statuses[i])) continue;
    const auto it = now_.find(keys[i]);
    ASSERT_EQ(statuses[i].IsNotFound(), it == now_.end()) << keys[i];
    if (it != now_.end()) {
      ASSERT_TRUE(values[i].ToString() == it->second) << keys[i];
    }
  }
}

void Client::CheckWalk() {
  const auto it = env_.db->NewIterator(OwnRange());
  Walk(it.get(), now_);
}

void Client::CheckKept() {
  if (kept_ == nullptr || prng_.OneIn(4)) {
    kept_ = env_.db->NewIterator(OwnRange());
    at_kept_ = now_;
    return;
  }
  env_.probes->Hit("kept iterator read");
  Walk(kept_.get(), at_kept_);
}

// From somewhere, some steps to and fro.
void Client::Walk(Iterator* it, const Content& expected) {
  auto at = expected.end();
  switch (prng_.Uniform(4)) {
    case 0:
      it->SeekToFirst();
      at = expected.begin();
      break;
    case 1:
      it->SeekToLast();
      if (!expected.empty()) at = std::prev(expected.end());
      break;
    case 2: {
      const std::string key = Key();
      it->Seek(key);
      at = expected.lower_bound(key);
      break;
    }
    default: {
      const std::string key = Key();
      it->SeekForPrev(key);
      at = expected.upper_bound(key);
      at = at == expected.begin() ? expected.end() : std::prev(at);
    }
  }
  for (uint64_t left = prng_.Uniform(30);; --left) {
    if (!Judge(it->status())) return;
    ASSERT_EQ(it->Valid(), at != expected.end());
    if (!it->Valid()) return;
    ASSERT_EQ(it->key().ToString(), at->first);
    ASSERT_TRUE(it->value().ToString() == at->second) << at->first;
    if (left == 0) return;
    if (prng_.OneIn(3)) {
      it->Prev();
      at = at == expected.begin() ? expected.end() : std::prev(at);
    } else {
      it->Next();
      ++at;
    }
  }
}

// Its errors are the disk's, and of no consequence: what is there is checked by the reads.
void Client::Maintain() {
  Status status;
  switch (prng_.Uniform(4)) {
    case 0:
      status = env_.db->CompactRange(&lower_, &upper_);
      break;
    case 1:
      status = env_.db->WaitForCompaction();
      break;
    default:
      status = env_.db->Flush();
  }
  if (status.ok() || crashed()) return;
  EXPECT_TRUE(env_.faults->StrikesAny() || env_.faults->uncovered_struck()) << status.ToString();
}

void Client::CheckAll() {
  LetGo();
  if (stopped_) return;
  Content found;
  const auto it = env_.db->NewIterator(OwnRange());
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    found.emplace(it->key().ToString(), it->value().ToString());
  }
  if (!it->status().ok()) {
    EXPECT_TRUE(env_.faults->uncovered_struck()) << it->status().ToString();
    return;
  }
  EXPECT_TRUE(found == now_) << "client " << env_.writer << " finds " << found.size()
                             << " keys, not its " << now_.size();
}

void Client::CheckWritable() {
  if (stopped_ || env_.db->state() != DbState::kHealthy) return;
  std::vector<Oracle::Change> changes = {{Key(), Value()}};
  const size_t index = env_.histories->Begin(env_.writer, &changes, Durability::kDisk);
  const Status status =
      env_.db->Write(Oracle::ToBatch(changes), WriteOptions{.durability = Durability::kDisk});
  // A sync that lied speaks up at the next one.
  EXPECT_TRUE(status.ok() || env_.faults->uncovered_struck()) << status.ToString();
  if (status.ok()) env_.histories->Acknowledge(env_.writer, index);
}

void Client::LetGo() {
  kept_.reset();
  snapshot_.reset();
}

}  // namespace treering::testing
