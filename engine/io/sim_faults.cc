#include "engine/io/sim_faults.h"

#include <utility>

#include "engine/base/check.h"

namespace treering::io {

bool SimNameMatches(std::string_view pattern, std::string_view name) {
  // The classic walk: on a mismatch go back to the last star and let it eat one character more.
  size_t p = 0;
  size_t n = 0;
  size_t star = std::string_view::npos;
  size_t star_n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_n = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_n;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

size_t SimFaultPlan::Add(SimFault fault) {
  TREERING_CHECK(fault.nth >= 1);
  entries_.push_back(Entry{.fault = std::move(fault)});
  return entries_.size() - 1;
}

void SimFaultPlan::Remove(size_t number) {
  TREERING_CHECK(number < entries_.size());
  entries_[number].removed = true;
}

void SimFaultPlan::Clear() {
  for (Entry& entry : entries_) entry.removed = true;
}

uint64_t SimFaultPlan::Hits(size_t number) const {
  TREERING_CHECK(number < entries_.size());
  return entries_[number].hits;
}

const SimFault* SimFaultPlan::Meet(Action action, std::string_view name) {
  Entry* met = nullptr;
  for (Entry& entry : entries_) {
    const SimFault& fault = entry.fault;
    if (entry.removed || (fault.action.has_value() && *fault.action != action) ||
        !SimNameMatches(fault.name, name)) {
      continue;
    }
    ++entry.matched;
    const bool due = fault.sticky ? entry.matched >= fault.nth : entry.matched == fault.nth;
    if (due && met == nullptr) met = &entry;
  }
  if (met == nullptr) return nullptr;
  ++met->hits;
  return &met->fault;
}

}  // namespace treering::io
