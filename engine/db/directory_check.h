// DirectoryCheck: whose files a directory holds, before anything is opened, made or deleted there.
//
// Owner: functions.
// Threads: any.
// Invariants:
//   1. A directory with anything in it that is not ours is refused, with the name of what it is.
#ifndef TREERING_ENGINE_DB_DIRECTORY_CHECK_H_
#define TREERING_ENGINE_DB_DIRECTORY_CHECK_H_

#include <string>
#include <vector>

#include "api/status.h"

namespace treering::db {

// NotFound for a path without a database.
Status NotThere(const std::string& path);

// Whether it is a name that our files have.
bool IsOurName(const std::string& name);

// Whether `names`, what is in the directory, may be opened, or a database made among them.
// InvalidArgument names what is foreign.
Status CheckDirectory(const std::string& path, const std::vector<std::string>& names, bool create);

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_DIRECTORY_CHECK_H_
