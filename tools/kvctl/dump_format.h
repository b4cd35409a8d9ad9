// The dump format: the text format of Berkeley DB's db_dump and LMDB's mdb_dump, read and written.
//
//   VERSION=3
//   format=bytevalue
//   type=btree
//   HEADER=END
//    6b6579            a space, then the key in hex
//    76616c7565        a space, then its value in hex
//   DATA=END
//
// Owner: the command that loads or dumps.
// Threads: one at a time.
// Invariants:
//   1. What is written here loads with db_load and mdb_load, and the reverse.
//   2. Input without DATA=END is an error: it was cut off.
//   3. Unknown headers are ignored; those that change the meaning of the data (keys=0) are errors.
#ifndef TREERING_TOOLS_KVCTL_DUMP_FORMAT_H_
#define TREERING_TOOLS_KVCTL_DUMP_FORMAT_H_

#include <string>
#include <string_view>

#include "tools/kvctl/line_reader.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/record.h"

namespace treering::kvctl {

inline constexpr std::string_view kDumpFirstLine = "VERSION=";

class DumpReader : public RecordSource {
 public:
  // `lines` outlives the reader and stands at the first line of the header.
  explicit DumpReader(LineReader* lines) : lines_(lines) {}
  Result<bool> Next(Record* record) override;

 private:
  Status ReadHeader();
  Status CheckHeader() const;
  Status CheckEnd();
  // A line of data; false at DATA=END.
  Result<bool> ReadDatum(std::string_view what, std::string* bytes);

  LineReader* const lines_;
  bool has_header_ = false;
  bool is_print_ = false;
  bool at_end_ = false;
  std::string type_ = "btree";
  std::string keys_;  // the value of "keys=", empty without
};

// Text of format=print: printable characters as they are, \hh for the others, \\ for a backslash.
Result<std::string> DecodeDumpPrint(std::string_view text);

// False as Output::Write: nobody wants more.
bool WriteDumpHeader(Output* out);
bool WriteDumpRecord(std::string_view key, std::string_view value, Output* out);
bool WriteDumpEnd(Output* out);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_DUMP_FORMAT_H_
