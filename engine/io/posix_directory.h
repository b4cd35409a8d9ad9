// PosixDirectory: a directory of a real file system, for both real drivers.
//
// Owner: as Directory.
// Threads: as Directory.
// Invariants:
//   1. The directory is opened once; everything in it is reached from that descriptor, by single
//      names, without following links.
//   2. Opening with `create` ends with the parent synced, also when the directory was there: who
//      made it may have died before that. A create that fails leaves no file.
//   3. Files are opened without waiting for anybody (a planted pipe cannot stop us) and looked at
//      before they are used.
#ifndef TREERING_ENGINE_IO_POSIX_DIRECTORY_H_
#define TREERING_ENGINE_IO_POSIX_DIRECTORY_H_

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/disk.h"
#include "engine/io/fallbacks.h"
#include "engine/io/posix_file.h"

namespace treering::io {

class PosixDirectory final : public Directory {
 public:
  // As Disk::OpenDirectory and Disk::RemoveDirectory. `fallbacks` hear of files that could not be
  // opened for direct I/O.
  static Result<std::unique_ptr<Directory>> Open(const std::string& path, bool create,
                                                 Fallbacks* fallbacks);
  static Status Remove(const std::string& path);

  const std::string& path() const override { return path_; }
  uint64_t device() const override { return device_; }
  uint64_t inode() const override { return inode_; }

  Result<std::unique_ptr<File>> Open(const std::string& name, OpenFlags flags) override;
  Result<std::unique_ptr<MappedFile>> Map(const std::string& name, uint64_t size,
                                          bool lock) override;
  Result<FileInfo> Stat(const std::string& name) override;
  Result<std::vector<std::string>> List() override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Unlink(const std::string& name) override;
  Status Link(const std::string& name, Directory* target, const std::string& new_name) override;
  Status Sync() override;
  Result<uint64_t> FreeBytes() override;
  bool KeepsMappings() const override;
  bool OthersMayWrite() const override;

 private:
  PosixDirectory(std::string path, Descriptor fd, uint64_t device, uint64_t inode,
                 Fallbacks* fallbacks);

  struct Opened {
    Descriptor fd;
    bool direct = false;
    uint64_t size = 0;
  };
  Status CheckName(const std::string& name) const;
  std::string PathOf(const std::string& name) const { return path_ + "/" + name; }
  Result<Opened> OpenChecked(const std::string& name, OpenFlags flags);
  Result<Opened> CheckOpened(Descriptor fd, const std::string& path, OpenFlags flags);
  Result<bool> MakeDirect(int fd, const std::string& path, const struct statx& info);

  const std::string path_;
  const Descriptor fd_;
  const uint64_t device_;
  const uint64_t inode_;
  Fallbacks* const fallbacks_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_POSIX_DIRECTORY_H_
