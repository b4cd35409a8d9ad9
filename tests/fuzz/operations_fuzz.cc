// A sequence of operations beside a map: writes, reads, walks, flushes, compactions, reopens and
// deaths of the process. Simulated: the input also picks which thread runs next.
#include <map>
#include <optional>

#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/simulate.h"
#include "tests/support/sim_db.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

class Run {
 public:
  explicit Run(fuzz::FuzzInput* input) : input_(input) {
    db_.background_threads = 1;
    Open();
  }

  void All() {
    for (int i = 0; i < 200 && !input_->empty(); ++i) Step();
    Compare();
    FUZZ_CHECK(db_.Close().ok());
  }

 private:
  std::string Key() {
    return std::string(1 + input_->Byte() % 3, static_cast<char>('a' + input_->Byte() % 4));
  }
  void Open() {
    Options options = testing::SimDb::SmallOptions();
    options.log = input_->Byte() % 2 == 0 ? LogMode::kTail : LogMode::kWrite;
    options.bloom_bits_per_key = input_->Byte() % 2 == 0 ? 0 : 10;
    FUZZ_CHECK(db_.Open(&storage_, options).ok());
  }
  void Compare() {
    testing::Content content;
    FUZZ_CHECK(testing::ReadAll(db_.db.get(), &content).ok());
    FUZZ_CHECK(content == model_);
  }
  void Step() {
    switch (input_->Byte() % 16) {
      case 0:
        FUZZ_CHECK(db_->Flush().ok());
        break;
      case 1:
        FUZZ_CHECK(db_->CompactRange(nullptr, nullptr).ok());
        break;
      case 2:
        FUZZ_CHECK(db_.Close().ok());
        Open();
        break;
      case 3:  // what was acknowledged at the default survives
        storage_.CrashNow();
        (void)db_.Close();
        storage_.Restart(io::CrashKind::kProcessDeath, {}, input_->Byte());
        Open();
        Compare();
        break;
      case 4: {
        const std::string key = Key();
        const auto it = db_->NewIterator();
        it->Seek(key);
        const auto expected = model_.lower_bound(key);
        FUZZ_CHECK(it->Valid() == (expected != model_.end()));
        if (it->Valid()) FUZZ_CHECK(it->key() == Slice(expected->first));
        break;
      }
      case 5:
      case 6: {
        const std::string key = Key();
        PinnedValue value;
        const Status status = db_->Get(key, &value);
        const auto expected = model_.find(key);
        FUZZ_CHECK(status.ok() == (expected != model_.end()));
        if (status.ok()) FUZZ_CHECK(value.ToString() == expected->second);
        break;
      }
      case 7:
      case 8: {
        const std::string key = Key();
        FUZZ_CHECK(db_->Delete(key).ok());
        model_.erase(key);
        break;
      }
      default: {
        WriteBatch batch;
        for (int i = input_->Byte() % 3; i >= 0; --i) {
          const std::string key = Key();
          const std::string value(input_->Byte() * (i == 1 ? 200 : 1), 'v');
          batch.Put(key, value);
          model_[key] = value;
        }
        FUZZ_CHECK(db_->Write(batch).ok());
      }
    }
  }

  fuzz::FuzzInput* const input_;
  io::SimStorage storage_;
  testing::SimDb db_;
  testing::Content model_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::FuzzInput input(data, size);
  const uint64_t seed = input.Byte();
  fuzz::Simulate(seed, [&input] { Run(&input).All(); });
  return 0;
}
