#include "engine/io/sim_storage.h"

#include <map>
#include <utility>

#include "engine/base/check.h"
#include "engine/io/sim_world.h"

namespace treering::io {
namespace {

std::span<const std::byte> BytesOf(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string TextOf(const SimImage& image) {
  std::string text(image.size(), '\0');
  image.Read(0, std::as_writable_bytes(std::span(text.data(), text.size())));
  return text;
}

SimNode* FileAt(SimWorld* world, const std::string& path) {
  const std::shared_ptr<SimNode> node = world->names().Find(path);
  TREERING_CHECK(node != nullptr &&
                 !node->directory);  // the test asked for a file that is not there
  return node.get();
}

}  // namespace

SimStorage::SimStorage(SimStorageOptions options) : world_(std::make_shared<SimWorld>(options)) {}

SimStorage::SimStorage(std::shared_ptr<SimWorld> world) : world_(std::move(world)) {}

SimStorage::~SimStorage() = default;

std::unique_ptr<SimStorage> SimStorage::Clone() const {
  SimGuard guard(&world_->core());
  return std::unique_ptr<SimStorage>(new SimStorage(world_->Clone()));
}

void SimStorage::CrashAt(uint64_t io_index, CrashSide side) {
  SimGuard guard(&world_->core());
  world_->core().CrashAt(io_index, side);
}

void SimStorage::CrashAtStore(uint64_t store_index) {
  SimGuard guard(&world_->core());
  world_->core().CrashAtStore(store_index);
}

void SimStorage::CrashNow() {
  SimGuard guard(&world_->core());
  world_->core().Crash();
}

bool SimStorage::crashed() const {
  SimGuard guard(&world_->core());
  return world_->core().crashed();
}

uint64_t SimStorage::io_count() const {
  SimGuard guard(&world_->core());
  return world_->core().io_count();
}

uint64_t SimStorage::store_count() const {
  SimGuard guard(&world_->core());
  return world_->core().store_count();
}

uint64_t SimStorage::volatile_count() const {
  SimGuard guard(&world_->core());
  return world_->VolatileSequences().size() + world_->requests().abandoned().size() +
         world_->requests().late().size();
}

void SimStorage::Restart(CrashKind kind, PowerLoss power, uint64_t seed) {
  SimGuard guard(&world_->core());
  world_->Restart(kind, power, seed);
}

SimFaultPlan* SimStorage::faults() { return &world_->core().faults(); }

void SimStorage::SetQuota(uint64_t bytes) {
  SimGuard guard(&world_->core());
  world_->core().set_quota(bytes);
}

uint64_t SimStorage::used_bytes() const {
  SimGuard guard(&world_->core());
  return world_->core().UsedBytes();
}

void SimStorage::HoldLock(const std::string& path, uint64_t nanos) {
  SimGuard guard(&world_->core());
  FileAt(world_.get(), path)->lock.held_until = world_->core().Now() + nanos;
}

bool SimStorage::Exists(const std::string& path) const {
  SimGuard guard(&world_->core());
  return world_->names().Find(path) != nullptr;
}

std::vector<std::string> SimStorage::ListFiles() const {
  SimGuard guard(&world_->core());
  std::vector<std::string> paths;
  world_->names().ForEachFile(
      [&](const std::string& path, const std::shared_ptr<SimNode>&) { paths.push_back(path); });
  return paths;
}

std::string SimStorage::ReadFile(const std::string& path) const {
  SimGuard guard(&world_->core());
  const std::shared_ptr<SimNode> node = world_->names().Find(path);
  return node == nullptr ? "" : TextOf(node->content.current());
}

void SimStorage::OverwriteFile(const std::string& path, uint64_t offset, std::string_view bytes) {
  SimGuard guard(&world_->core());
  SimNode* const node = FileAt(world_.get(), path);
  const uint64_t size = node->content.current().size();
  TREERING_CHECK(offset <= size && bytes.size() <= size - offset);
  node->content.Overwrite(offset, BytesOf(bytes));
}

void SimStorage::FlipBit(const std::string& path, uint64_t bit) {
  SimGuard guard(&world_->core());
  SimNode* const node = FileAt(world_.get(), path);
  std::byte b{0};
  TREERING_CHECK(node->content.current().Read(bit / 8, std::span(&b, 1)) == 1);
  b ^= static_cast<std::byte>(1u << (bit % 8));
  node->content.Overwrite(bit / 8, std::span(&b, 1));
}

void SimStorage::ResizeFile(const std::string& path, uint64_t size) {
  SimGuard guard(&world_->core());
  SimNode* const node = FileAt(world_.get(), path);
  SimImage image = node->content.current();
  image.Resize(size);
  node->content.Adopt(std::move(image));
  world_->core().NoteContent(*node);
}

void SimStorage::RemoveFile(const std::string& path) {
  SimGuard guard(&world_->core());
  FileAt(world_.get(), path);
  world_->names().RemoveAtOnce(path);
}

void SimStorage::PutFile(const std::string& path, std::string_view content) {
  SimGuard guard(&world_->core());
  const std::shared_ptr<SimNode> node = world_->names().Provide(path, /*directory=*/false);
  TREERING_CHECK(!node->directory);
  SimImage image;
  image.Write(0, BytesOf(content));
  node->content.Adopt(std::move(image));
  world_->core().NoteContent(*node);
}

void SimStorage::PutDirectory(const std::string& path) {
  SimGuard guard(&world_->core());
  TREERING_CHECK(world_->names().Provide(path, /*directory=*/true)->directory);
}

std::string SimStorage::DifferenceFrom(const SimStorage& other) const {
  using Images = std::map<std::string, SimImage>;
  const auto images_of = [](const SimStorage& storage) {
    SimGuard guard(&storage.world_->core());
    Images images;
    storage.world_->names().ForEachFile(
        [&](const std::string& path, const std::shared_ptr<SimNode>& node) {
          images.emplace(path, node->content.current());
        });
    return images;
  };
  const Images mine = images_of(*this);
  const Images theirs = images_of(other);
  for (const auto& [path, image] : mine) {
    const auto it = theirs.find(path);
    if (it == theirs.end()) return path + " is only in the first";
    if (image == it->second) continue;
    if (image.size() != it->second.size()) {
      return path + " has " + std::to_string(image.size()) + " bytes and " +
             std::to_string(it->second.size());
    }
    const std::string a = TextOf(image);
    const std::string b = TextOf(it->second);
    size_t at = 0;
    while (a[at] == b[at]) ++at;
    return path + " differs at byte " + std::to_string(at);
  }
  for (const auto& [path, image] : theirs) {
    if (!mine.contains(path)) return path + " is only in the second";
  }
  return "";
}

bool SimStorage::DurableAt(const std::string& path, uint64_t io_index) const {
  SimGuard guard(&world_->core());
  return world_->core().durability().DurableAt(io_index, world_->names().root()->number,
                                               SimComponents(path));
}

bool SimStorage::DurableNow(const std::string& path) const { return DurableAt(path, io_count()); }

uint64_t SimStorage::trace_hash() const {
  SimGuard guard(&world_->core());
  return world_->core().trace_hash();
}

std::string SimStorage::TraceText() const {
  SimGuard guard(&world_->core());
  return world_->core().trace_text();
}

}  // namespace treering::io
