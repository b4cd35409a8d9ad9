// Properties: what GetProperty answers, as text for people and as JSON for programs.
//
// Owner: a function.
// Threads: any.
// Invariants:
//   1. Never keys or values.
//   2. Names are documented at DB::GetProperty; an unknown name is false.
#ifndef TREERING_ENGINE_DB_PROPERTIES_H_
#define TREERING_ENGINE_DB_PROPERTIES_H_

#include <string>
#include <string_view>

#include "engine/db/db_parts.h"

namespace treering::db {

bool ReadProperty(const DbParts& parts, std::string_view name, std::string* value);
std::string_view StateName(DbState state);

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_PROPERTIES_H_
