#include <cstdio>

#include "api/db.h"

int main(int argc, char** argv) {
  treering::Options options;
  options.create_if_missing = true;
  auto db = treering::DB::Open(options, argc > 1 ? argv[1] : "/var/tmp/quickstart");
  if (!db.ok()) return std::fprintf(stderr, "%s\n", db.status().ToString().c_str()), 1;

  treering::WriteBatch batch;  // both or neither
  batch.Put("apple", "red");
  batch.Put("banana", "yellow");
  treering::Status status = (*db)->Write(batch, {treering::Durability::kDisk});
  if (!status.ok()) return std::fprintf(stderr, "%s\n", status.ToString().c_str()), 1;

  treering::PinnedValue value;
  if ((*db)->Get("apple", &value).ok()) std::printf("apple is %s\n", value.ToString().c_str());
  auto it = (*db)->NewIterator();
  for (it->SeekToFirst(); it->Valid(); it->Next())
    std::printf("%s\n", it->key().ToString().c_str());
  return it->status().ok() ? 0 : 1;
}
