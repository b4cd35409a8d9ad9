#include "engine/db/directory_check.h"

#include <string_view>

#include "engine/base/file_names.h"
#include "engine/manifest/current.h"
#include "engine/manifest/directory_names.h"

namespace treering::db {

Status NotThere(const std::string& path) {
  return Status::NotFound("no database at " + path +
                          "; check the path, or set create_if_missing to make one there");
}

bool IsOurName(const std::string& name) {
  return base::ParseFileName(name).kind != base::FileKind::kUnknown ||
         name == manifest::kCurrentTemporaryName;
}

Status CheckDirectory(const std::string& path, const std::vector<std::string>& names, bool create) {
  if (manifest::LooksLikeOurs(names)) return Status::Ok();
  const std::string_view foreign = manifest::RecogniseForeign(names);
  if (!foreign.empty()) {
    return Status::InvalidArgument(
        path + " holds a " + std::string(foreign) +
        " database, not one of treering's; dump it with its own tools and load the "
        "dump with 'kvctl load' into a new directory");
  }
  for (const std::string& name : names) {
    // A creation or a destruction that was cut short may leave any of ours.
    if (IsOurName(name)) continue;
    return Status::InvalidArgument(path + " holds files that are not treering's, such as '" + name +
                                   "'; name an empty or a new directory");
  }
  return create ? Status::Ok() : NotThere(path);
}

}  // namespace treering::db
