#include "engine/compaction/flush_job.h"

#include <utility>

#include "engine/compaction/drop_rule.h"
#include "engine/key/merging_iterator.h"

namespace treering::compaction {

Result<std::vector<manifest::TableMeta>> RunFlush(const JobEnv& env, io::Queue* queue,
                                                  FlushInput input) {
  const auto merge = key::NewMergingIterator(env.order, std::move(input.runs));
  DropRule drop(std::move(input.snapshots), env.order, nullptr);
  OutputWriter out(env, queue, 0, input.data_bytes + input.data_bytes / 8);
  for (merge->SeekToFirst(); merge->Valid(); merge->Next()) {
    if (drop.Drop(merge->key())) continue;
    if (Status status = out.Add(merge->key(), merge->value()); !status.ok()) return status;
  }
  if (!merge->status().ok()) return merge->status();
  return out.Finish();
}

}  // namespace treering::compaction
