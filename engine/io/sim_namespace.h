// SimNamespace: the names of the simulated storage, and the operations on them.
//
// Owner: the SimWorld.
// Threads: as SimStorage: under a SimGuard.
// Invariants:
//   1. Every call answers 0 or a positive errno, and changes nothing when it is not 0, except after
//      a crash within it.
//   2. Paths are absolute or taken from the root; "." and ".." have no meaning.
#ifndef TREERING_ENGINE_IO_SIM_NAMESPACE_H_
#define TREERING_ENGINE_IO_SIM_NAMESPACE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/io/disk.h"
#include "engine/io/sim_core.h"
#include "engine/io/sim_node.h"
#include "engine/io/sim_requests.h"

namespace treering::io {

// A store that a crash cut: what it was about to write over what.
struct SimTornStore {
  std::shared_ptr<SimNode> node = {};
  uint64_t offset = 0;
  std::vector<std::byte> before = {};
  std::vector<std::byte> after = {};
};

class SimNamespace {
 public:
  explicit SimNamespace(SimCore* core);

  // Null when there is none.
  std::shared_ptr<SimNode> Find(const std::string& path) const;
  const std::shared_ptr<SimNode>& root() const { return root_; }

  // --- Operations; `directory` is open in `generation` ---
  int MakeDirectory(const std::string& path, uint64_t generation);
  int RemoveDirectory(const std::string& path, uint64_t generation);
  int OpenFile(const SimHandle& directory, const std::string& name, OpenFlags flags,
               SimHandle* handle);
  int Lock(SimHandle* handle);
  void Close(const SimHandle& handle);
  int List(const SimHandle& directory, std::vector<std::string>* names);
  int Stat(const SimHandle& directory, const std::string& name, FileInfo* info);
  int Rename(const SimHandle& directory, const std::string& from, const std::string& to);
  int Unlink(const SimHandle& directory, const std::string& name);
  int Link(const SimHandle& directory, const std::string& name, const SimHandle& target,
           const std::string& new_name);
  // `mark`: the last name operation when the sync was submitted.
  int SyncDirectory(const SimHandle& directory, uint64_t mark);
  // Whether an operation may begin: the error it meets, else 0; `fault` gets what a sync is to
  // suffer.
  int Gate(Action action, const std::string& path, uint64_t generation,
           const SimFault** fault = nullptr);

  // The file's first `size` bytes as memory that follows every change.
  std::shared_ptr<std::vector<std::byte>> Map(SimNode* node, uint64_t size);
  // Writes through a mapping. False when a crash keeps it from the storage.
  bool Store(const SimHandle& handle, uint64_t offset, std::span<const std::byte> bytes);
  const SimTornStore& torn_store() const { return torn_store_; }
  void ForgetTornStore() { torn_store_ = {}; }

  // --- For restarts, tests and copies ---
  // Makes a durable directory or file where it is missing.
  std::shared_ptr<SimNode> Provide(const std::string& path, bool directory);
  void RemoveAtOnce(const std::string& path);
  // Calls `visit` for every node that names lead to, now or on the medium, once.
  void ForEachNode(const std::function<void(const std::shared_ptr<SimNode>&)>& visit) const;
  // Every file by path, in order.
  void ForEachFile(
      const std::function<void(const std::string&, const std::shared_ptr<SimNode>&)>& visit) const;
  void RecountLinks();
  std::map<uint64_t, std::shared_ptr<SimNode>> CopyFrom(const SimNamespace& other);

 private:
  std::shared_ptr<SimNode> Child(const SimNode& directory, const std::string& name) const;
  void Do(SimNode* directory, SimNameOp op);
  int Counted(const std::function<void()>& effect);
  void TraceName(Action action, const std::string& path, int error);

  SimCore* const core_;
  std::shared_ptr<SimNode> root_;
  SimTornStore torn_store_;
};

// "/a//b/" as {"a", "b"}.
std::vector<std::string> SimComponents(const std::string& path);

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_NAMESPACE_H_
