#include "tests/threads/history_check.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

namespace treering::testing {
namespace {

constexpr uint64_t kNever = Interval::kNever;

bool Before(const Interval& a, const Interval& b) { return a.answered < b.called; }

std::string Text(const Interval& when) {
  return "[" + std::to_string(when.called) + ", " +
         (when.answered == kNever ? "?" : std::to_string(when.answered)) + "]";
}

// A value of one key: its write, and what is known of the time in which it was the key's.
struct Cluster {
  const WriteEvent* write = nullptr;
  uint64_t first_answered = kNever;  // of the write and its reads
  uint64_t last_called = 0;

  void Add(const Interval& when) {
    first_answered = std::min(first_answered, when.answered);
    last_called = std::max(last_called, when.called);
  }
  // For sure the key's value from first_answered to last_called; else within the reverse at some
  // moment.
  bool is_forward() const { return first_answered < last_called; }
};

struct Key {
  std::map<std::string, Cluster> values;
  std::vector<const WriteEvent*> deletions;
  std::vector<const ViewEvent*> absent;
};

class Checker {
 public:
  explicit Checker(const History& history) : history_(history) {}

  std::string Run() {
    TakeWrites();
    TakeReads();
    for (const auto& [name, key] : keys_) {
      if (wrong_.empty()) CheckRegister(name, key);
      if (wrong_.empty()) CheckAbsences(name, key);
    }
    std::vector<Row> rows;
    for (const ViewEvent& view : history_.views) {
      if (view.found.size() < 2 || !wrong_.empty()) continue;
      CheckBatches(view);
      rows.push_back(RowOf(view));
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      for (size_t j = i + 1; j < rows.size() && wrong_.empty(); ++j) CheckOrder(rows[i], rows[j]);
    }
    if (wrong_.empty()) CheckNumbers();
    return wrong_;
  }

 private:
  void Blame(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  void TakeWrites() {
    for (const WriteEvent& write : history_.writes) {
      for (const auto& [name, value] : write.changes) {
        Key& key = keys_[name];
        if (!value.has_value()) {
          key.deletions.push_back(&write);
          continue;
        }
        Cluster& cluster = key.values[*value];
        if (cluster.write != nullptr) Blame(name + ": " + Short(*value) + " was written twice");
        cluster.write = &write;
        cluster.Add(write.when);
      }
    }
  }

  void TakeReads() {
    for (const ViewEvent& view : history_.views) {
      std::map<std::string_view, const std::optional<std::string>*> seen;
      for (const auto& [name, value] : view.found) {
        const auto [before, is_new] = seen.emplace(name, &value);
        if (!is_new && *before->second != value) {
          Blame(name + ": one view of " + Text(view.when) + " shows " + Words(*before->second) +
                " and " + Words(value));
        }
        Key& key = keys_[name];
        if (!value.has_value()) {
          key.absent.push_back(&view);
          continue;
        }
        const auto cluster = key.values.find(*value);
        if (cluster == key.values.end()) {
          Blame(name + ": read " + Short(*value) + ", which nobody wrote");
          return;
        }
        cluster->second.Add(view.when);
        if (Before(view.when, cluster->second.write->when)) {
          Blame(name + ": read " + Short(*value) + " at " + Text(view.when) +
                ", before it was written at " + Text(cluster->second.write->when));
        }
      }
    }
  }

  static std::string Short(const std::string& value) { return value.substr(0, 16); }
  static std::string Words(const std::optional<std::string>& value) {
    return value.has_value() ? Short(*value) : "nothing";
  }

  // Gibbons and Korach: no two forward zones overlap, no backward zone lies within a forward one.
  void CheckRegister(const std::string& name, const Key& key) {
    struct Zone {
      uint64_t begin;
      uint64_t end;
      const std::string* value;
    };
    std::vector<Zone> forward;
    std::vector<Zone> backward;
    static const std::string kDeletion = "a deletion";
    for (const auto& [value, cluster] : key.values) {
      if (cluster.is_forward()) {
        forward.push_back({cluster.first_answered, cluster.last_called, &value});
      } else {
        backward.push_back({cluster.last_called, cluster.first_answered, &value});
      }
    }
    for (const WriteEvent* deletion : key.deletions) {
      backward.push_back({deletion->when.called, deletion->when.answered, &kDeletion});
    }
    std::sort(forward.begin(), forward.end(),
              [](const Zone& a, const Zone& b) { return a.begin < b.begin; });
    for (size_t i = 1; i < forward.size(); ++i) {
      if (forward[i].begin >= forward[i - 1].end) continue;
      return Blame(name + ": " + Short(*forward[i - 1].value) + " and " + Short(*forward[i].value) +
                   " were both seen before and after each other");
    }
    for (const Zone& inner : backward) {
      const auto after =
          std::lower_bound(forward.begin(), forward.end(), inner.begin,
                           [](const Zone& zone, uint64_t time) { return zone.begin < time; });
      if (after == forward.begin()) continue;
      const Zone& outer = *(after - 1);
      if (inner.end >= outer.end) continue;
      return Blame(name + ": " + Short(*outer.value) + " was seen before and after " +
                   Short(*inner.value) + " at " + Text({inner.begin, inner.end}));
    }
  }

  void CheckAbsences(const std::string& name, const Key& key) {
    for (const ViewEvent* view : key.absent) {
      // The latest call of a write that for sure came before: an absence that was over by then is
      // no reason.
      uint64_t over = 0;
      for (const auto& [value, cluster] : key.values) {
        if (cluster.first_answered < view->when.called) {
          over = std::max(over, cluster.write->when.called);
        }
      }
      const bool explained =
          over == 0 ||
          std::any_of(key.deletions.begin(), key.deletions.end(), [&](const WriteEvent* deletion) {
            return !Before(view->when, deletion->when) && deletion->when.answered >= over;
          });
      if (explained) continue;
      return Blame(name + ": not found at " + Text(view->when) + ", though it was written at " +
                   std::to_string(over) + " and not deleted since");
    }
  }

  static const std::optional<std::string>* ChangeOf(const WriteEvent& write,
                                                    const std::string& name) {
    for (const auto& [key, value] : write.changes) {
      if (key == name) return &value;
    }
    return nullptr;
  }

  // `view` shows `shown` of a batch, so for `name` what the batch says or what came later.
  void CheckBatch(const ViewEvent& view, const WriteEvent& batch, const std::string& shown,
                  const std::string& name, const std::optional<std::string>& found) {
    const std::optional<std::string>* const change = ChangeOf(batch, name);
    if (change == nullptr || *change == found) return;
    const auto may_be_later = [&](const WriteEvent* other) {
      return other != &batch && !Before(other->when, batch.when) &&
             !Before(view.when, other->when) && ChangeOf(*other, shown) == nullptr;
    };
    const Key& key = keys_[name];
    const bool explained =
        found.has_value() ? may_be_later(key.values.at(*found).write)
                          : std::any_of(key.deletions.begin(), key.deletions.end(), may_be_later);
    if (explained) return;
    Blame("a view at " + Text(view.when) + " shows " + shown + " as the batch at " +
          Text(batch.when) + " wrote it, but " + Words(found) + " for " + name + ", not " +
          Words(*change));
  }

  void CheckBatches(const ViewEvent& view) {
    for (const auto& [shown, value] : view.found) {
      if (!value.has_value()) continue;
      const WriteEvent& batch = *keys_[shown].values.at(*value).write;
      if (batch.changes.size() < 2) continue;
      for (const auto& [name, found] : view.found) {
        if (name != shown) CheckBatch(view, batch, shown, name, found);
      }
    }
  }

  // A view by the writes it shows, in the order of the keys; null: no value, or not read.
  struct Row {
    const ViewEvent* view;
    std::vector<const WriteEvent*> writes;
  };

  Row RowOf(const ViewEvent& view) {
    Row row{&view, std::vector<const WriteEvent*>(keys_.size())};
    for (const auto& [name, value] : view.found) {
      const auto at = keys_.find(name);
      if (!value.has_value()) continue;
      row.writes[static_cast<size_t>(std::distance(keys_.begin(), at))] =
          at->second.values.at(*value).write;
    }
    return row;
  }

  void CheckOrder(const Row& a, const Row& b) {
    bool a_first = false;
    bool b_first = false;
    for (size_t key = 0; key < a.writes.size(); ++key) {
      const WriteEvent* const in_a = a.writes[key];
      const WriteEvent* const in_b = b.writes[key];
      if (in_a == nullptr || in_b == nullptr || in_a == in_b) continue;
      a_first = a_first || Before(in_a->when, in_b->when);
      b_first = b_first || Before(in_b->when, in_a->when);
    }
    if (!a_first || !b_first) return;
    Blame("views at " + Text(a.view->when) + " and " + Text(b.view->when) +
          ": the first is older by one key and newer by another");
  }

  void CheckNumbers() {
    std::vector<const ViewEvent*> numbered;
    for (const ViewEvent& view : history_.views) {
      if (view.number.has_value()) numbered.push_back(&view);
    }
    std::sort(numbered.begin(), numbered.end(),
              [](const ViewEvent* a, const ViewEvent* b) { return *a->number < *b->number; });
    uint64_t last_called = 0;  // of those with smaller numbers
    for (size_t i = 0; i < numbered.size();) {
      size_t end = i;
      std::map<std::string_view, const std::optional<std::string>*> shown;
      uint64_t called = last_called;
      for (; end < numbered.size() && *numbered[end]->number == *numbered[i]->number; ++end) {
        const ViewEvent& view = *numbered[end];
        if (view.when.answered < last_called) {
          return Blame("the snapshot at " + Text(view.when) + " has a larger number than one of " +
                       std::to_string(last_called));
        }
        called = std::max(called, view.when.called);
        for (const auto& [name, value] : view.found) {
          const auto [before, is_new] = shown.emplace(name, &value);
          if (is_new || *before->second == value) continue;
          return Blame(name + ": two snapshots of number " + std::to_string(*view.number) +
                       " show " + Words(*before->second) + " and " + Words(value));
        }
      }
      last_called = called;
      i = end;
    }
  }

  const History& history_;
  std::map<std::string, Key> keys_;
  std::string wrong_;
};

}  // namespace

std::string CheckHistory(const History& history) { return Checker(history).Run(); }

}  // namespace treering::testing
