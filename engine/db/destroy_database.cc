#include "engine/db/destroy_database.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/file_names.h"
#include "engine/db/directory_check.h"
#include "engine/db/lock_file.h"
#include "engine/manifest/current.h"
#include "engine/manifest/directory_names.h"
#include "engine/runtime/open_registry.h"

namespace treering::db {
namespace {

// In which order a database's files go, each group durably before the next: without CURRENT there
// is no database; a manifest, then the lock, says whose the rest is.
int DestroyRank(const std::string& name) {
  switch (base::ParseFileName(name).kind) {
    case base::FileKind::kCurrent:
      return 0;
    case base::FileKind::kManifest:
      return 2;
    case base::FileKind::kLock:
      return 3;
    default:
      return 1;
  }
}
constexpr int kDestroyRanks = 4;

Status DestroyFiles(io::Directory* directory, const std::vector<std::string>& names) {
  for (int rank = 0; rank < kDestroyRanks; ++rank) {
    Status first_error;
    bool any = false;
    for (const std::string& name : names) {
      if (!IsOurName(name) || DestroyRank(name) != rank) continue;
      any = true;
      const Status status = directory->Unlink(name);
      if (first_error.ok()) first_error = status;
    }
    if (first_error.ok() && any) first_error = directory->Sync();
    if (!first_error.ok()) return first_error;
  }
  return Status::Ok();
}

// Whether a directory holds a database or what is left of one. Tables, or a lock beside them, do
// not say so: other engines use the same names.
bool HoldsOurs(const std::vector<std::string>& names) {
  if (manifest::LooksLikeOurs(names)) return true;
  if (names.size() == 1 && base::ParseFileName(names[0]).kind == base::FileKind::kLock) return true;
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    const base::FileKind kind = base::ParseFileName(name).kind;
    return kind == base::FileKind::kSegment || kind == base::FileKind::kTail ||
           name == manifest::kCurrentTemporaryName;
  });
}

}  // namespace

Status DestroyDatabase(runtime::RuntimeCore* runtime, const std::string& path) {
  if (Status status = runtime->CheckProcess(); !status.ok()) return status;
  auto opened = runtime->disk()->OpenDirectory(path, false);
  if (!opened.ok()) return opened.status().IsNotFound() ? Status::Ok() : opened.status();
  const std::unique_ptr<io::Directory> directory = *std::move(opened);
  auto names = directory->List();
  if (!names.ok()) return names.status();
  if (Status status = CheckDirectory(path, *names, true); !status.ok()) return status;
  if (!HoldsOurs(*names)) return Status::Ok();
  auto claim = runtime::OpenRegistry::Claim(directory->device(), directory->inode(), path);
  if (!claim.ok()) return claim.status();
  auto lease = runtime->LeaseQueue();
  if (!lease.ok()) return lease.status();
  auto lock = LockDirectory(directory.get(), lease->queue(), true);
  if (!lock.ok()) return lock.status();
  names = directory->List();  // with the lock that may just have been made
  if (!names.ok()) return names.status();
  if (Status status = DestroyFiles(directory.get(), *names); !status.ok()) return status;
  (void)runtime->disk()->RemoveDirectory(path);  // other people's files may be in it
  return Status::Ok();
}

}  // namespace treering::db
