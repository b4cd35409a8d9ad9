#include "engine/io/sim_power_loss.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"

namespace treering::io {
namespace {

// The pages that a store touches: [first, last].
std::pair<uint64_t, uint64_t> PagesOf(const SimDataOp& store) {
  return {store.offset / kPageBytes, (store.offset + store.bytes->size() - 1) / kPageBytes};
}

bool IsStore(const SimDataOp& op) { return op.kind == SimDataKind::kStore; }

}  // namespace

SimPowerLoss::SimPowerLoss(const PowerLoss& power, uint64_t seed, std::vector<uint64_t> sequences)
    : power_(power), prng_(seed), sequences_(std::move(sequences)) {
  const uint64_t kept = prng_.Uniform(sequences_.size() + 1);
  cut_ = kept == 0 ? 0 : sequences_[kept - 1];
  names_kept_ = prng_.OneIn(2);
}

bool SimPowerLoss::InSubset(uint64_t sequence) const {
  const auto it = std::lower_bound(sequences_.begin(), sequences_.end(), sequence);
  const auto bit = static_cast<uint64_t>(it - sequences_.begin());
  return bit < 64 && (power_.subset >> bit & 1) != 0;
}

SimPowerLoss::Fate SimPowerLoss::FateOf(uint64_t sequence, bool newest) {
  bool applied = false;
  switch (power_.policy) {
    case PowerPolicy::kDropAll:
      break;
    case PowerPolicy::kKeepAll:
      applied = true;
      break;
    case PowerPolicy::kPrefix:
      applied = sequence <= cut_;
      break;
    case PowerPolicy::kNewestOnly:
      applied = newest;
      break;
    case PowerPolicy::kSubset:
      applied = InSubset(sequence);
      break;
    case PowerPolicy::kRandom:
      if (Percent(power_.percent)) return Fate::kApplied;
      return prng_.OneIn(2) ? Fate::kTorn : Fate::kDropped;
  }
  return applied ? Fate::kApplied : Fate::kDropped;
}

bool SimPowerLoss::NameHappened(uint64_t sequence) {
  if (power_.policy == PowerPolicy::kNewestOnly) return names_kept_;
  if (power_.policy == PowerPolicy::kRandom) return Percent(power_.percent);
  return FateOf(sequence, false) == Fate::kApplied;
}

uint64_t SimPowerLoss::StoresKept(uint64_t count, uint64_t until_cut) {
  switch (power_.policy) {
    case PowerPolicy::kDropAll:
      return 0;
    case PowerPolicy::kKeepAll:
      return count;
    case PowerPolicy::kPrefix:
      return until_cut;
    default:
      return prng_.Uniform(count + 1);
  }
}

// Of each page with stores: how many of them its surviving version has seen.
std::map<uint64_t, uint64_t> SimPowerLoss::PageVersions(const SimContent& content) {
  std::map<uint64_t, std::pair<uint64_t, uint64_t>> counts;  // all, until the cut
  for (const SimDataOp& op : content.volatile_ops()) {
    if (!IsStore(op) || op.bytes->empty()) continue;
    const auto [first, last] = PagesOf(op);
    for (uint64_t page = first; page <= last; ++page) {
      ++counts[page].first;
      if (op.sequence <= cut_) ++counts[page].second;
    }
  }
  std::map<uint64_t, uint64_t> versions;
  for (const auto& [page, count] : counts) versions[page] = StoresKept(count.first, count.second);
  return versions;
}

void SimPowerLoss::Tear(const SimDataOp& write, SimImage* image) {
  const std::span<const std::byte> bytes = *write.bytes;
  std::vector<std::byte> sector;
  for (uint64_t at = 0; at < bytes.size();) {
    // Sectors lie at multiples of their size in the file, whatever the write's offset.
    const uint64_t offset = write.offset + at;
    const uint64_t within = offset % base::kSectorBytes;
    const uint64_t length = std::min<uint64_t>(base::kSectorBytes - within, bytes.size() - at);
    const uint64_t fate = prng_.Uniform(10);
    if (fate < 4) {
      image->WriteWithin(offset, bytes.subspan(at, length));
    } else if (fate < 6) {
      sector.assign(length, std::byte{0});
      if (fate == 5) {
        for (std::byte& b : sector) b = static_cast<std::byte>(prng_.Next());
      }
      image->WriteWithin(offset, sector);
    }
    at += length;
  }
}

SimImage SimPowerLoss::ContentAfter(const SimContent& content) {
  std::map<uint64_t, uint64_t> versions = PageVersions(content);
  uint64_t newest = 0;
  for (const SimDataOp& op : content.volatile_ops()) {
    if (!IsStore(op)) newest = op.sequence;
  }
  SimImage image = content.stable();
  for (const SimDataOp& op : content.volatile_ops()) {
    if (IsStore(op)) {
      if (op.bytes->empty()) continue;
      const auto [first, last] = PagesOf(op);
      for (uint64_t page = first; page <= last; ++page) {
        if (versions[page] == 0) continue;
        --versions[page];
        const uint64_t from = std::max(op.offset, page * kPageBytes);
        const uint64_t to = std::min(op.offset + op.bytes->size(), (page + 1) * kPageBytes);
        image.WriteWithin(from, std::span(*op.bytes).subspan(from - op.offset, to - from));
      }
      continue;
    }
    const Fate fate = FateOf(op.sequence, op.sequence == newest);
    if (fate == Fate::kApplied && power_.policy != PowerPolicy::kRandom) {
      op.ApplyTo(&image);
    } else if (op.kind != SimDataKind::kWrite) {
      if (fate == Fate::kApplied) op.ApplyTo(&image);
    } else if (power_.policy == PowerPolicy::kRandom) {
      // The size is written apart from the content: either may be lost without the other.
      const uint64_t end = op.offset + op.bytes->size();
      if (end > image.size() && Percent(power_.percent)) image.Resize(end);
      if (fate == Fate::kApplied) image.WriteWithin(op.offset, *op.bytes);
      if (fate == Fate::kTorn) Tear(op, &image);
    }
  }
  return image;
}

SimNames SimPowerLoss::NamesAfter(const SimEntries& entries) {
  SimNames names = entries.stable();
  for (const SimNameOp& op : entries.volatile_ops()) {
    if (NameHappened(op.sequence)) op.ApplyTo(&names);
  }
  return names;
}

}  // namespace treering::io
