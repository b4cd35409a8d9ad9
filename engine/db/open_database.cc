#include "engine/db/open_database.h"

#include <utility>

#include "engine/db/open_view.h"
#include "engine/db/open_writer.h"
#include "engine/db/opening.h"

namespace treering::db {

Result<std::unique_ptr<DbParts>> OpenDatabase(std::shared_ptr<runtime::RuntimeCore> runtime,
                                              const Options& options, const std::string& path) {
  base::Clock* const clock = runtime->clock();
  const uint64_t started = clock->NowNanos();
  Opening opening(std::move(runtime), options, path);
  if (Status status = opening.Begin(); !status.ok()) return status;
  Status status = options.read_only ? OpenView(&opening) : OpenForWriting(&opening);
  if (!status.ok()) return status;
  opening.parts()->recovery.nanos = clock->NowNanos() - started;
  return opening.Take();
}

}  // namespace treering::db
