#include "tools/kvctl/io_trial.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

namespace treering::kvctl {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() = default;
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  Status Make() {
    std::error_code error;
    const std::filesystem::path base = std::filesystem::temp_directory_path(error);
    if (error) return Status::IoError("the folder for temporary files: " + error.message());
    std::string name = (base / "kvctl-doctor.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      return Status::IoError("create a folder in " + base.string() + ": " + std::strerror(errno));
    }
    path_ = name;
    return Status::Ok();
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Stores a record, writes it to a table, and reads it back.
Status StoreAndRead(DB* db) {
  if (Status status = db->Put("key", "value"); !status.ok()) return status;
  if (Status status = db->Flush(); !status.ok()) return status;
  PinnedValue value;
  return db->Get("key", &value);
}

Status Run(const std::shared_ptr<Runtime>& runtime, IoTrial* trial) {
  TemporaryFolder folder;
  if (Status status = folder.Make(); !status.ok()) return status;
  Options options;
  options.runtime = runtime;
  options.create_if_missing = true;
  Result<std::unique_ptr<DB>> db = DB::Open(options, folder.path());
  if (!db.ok()) return db.status();
  if (Status status = StoreAndRead(db->get()); !status.ok()) return status;
  std::string text;
  (*db)->GetProperty("treering.stats.json", &text);
  const auto stats = nlohmann::json::parse(text, nullptr, false);
  if (stats.is_object() && stats.contains("io")) {
    trial->requests = stats["io"].value("requests", uint64_t{0});
    trial->with_registration = stats["io"].value("registered_ops", uint64_t{0});
  }
  return (*db)->Close();
}

}  // namespace

IoTrial TryIo(const std::shared_ptr<Runtime>& runtime) {
  IoTrial trial;
  if (const Status status = Run(runtime, &trial); !status.ok()) trial.error = status.ToString();
  return trial;
}

}  // namespace treering::kvctl
