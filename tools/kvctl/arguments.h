// Arguments: what a command takes from the command line, declared once for parsing and for help.
//
// Owner: each command declares its own; what they are bound to outlives the parsing.
// Threads: one.
// Invariants:
//   1. A value that cannot be taken is said with its reason, never guessed.
//   2. Positionals are taken in the order of their declaration; a list comes last.
#ifndef TREERING_TOOLS_KVCTL_ARGUMENTS_H_
#define TREERING_TOOLS_KVCTL_ARGUMENTS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/durability.h"
#include "api/options.h"
#include "api/status.h"
#include "tools/kvctl/encoding.h"
#include "tools/kvctl/record_writer.h"

namespace treering::kvctl {

struct Argument {
  enum class Kind { kPositional, kList, kOption, kFlag };

  Kind kind = Kind::kOption;
  std::string names;       // "KEY" of a positional; "-o,--output" of an option
  std::string value_name;  // of an option: "FORMAT"
  std::string help;
  bool required = false;
  // Called once per value; a flag gets an empty one.
  std::function<Status(const std::string& value)> take;
};

class Arguments {
 public:
  void Required(std::string name, std::string help, std::string* into);
  void Positional(std::string name, std::string help, std::optional<std::string>* into);
  void List(std::string name, std::string help, std::vector<std::string>* into);  // one or more

  void Flag(std::string names, std::string help, bool* into);
  void Option(std::string names, std::string value_name, std::string help, std::string* into);
  void Option(std::string names, std::string value_name, std::string help,
              std::optional<std::string>* into);
  void Number(std::string names, std::string help, std::optional<uint64_t>* into);
  void ByteSize(std::string names, std::string help, uint64_t* into);
  void Form(std::string names, std::string help, TextForm* into);
  void Format(std::string names, std::string help, OutputFormat* into);
  void Backend(std::string names, std::string help, IoBackend* into);
  void DurabilityOf(std::string names, std::string help, Durability* into);

  const std::vector<Argument>& all() const { return all_; }

 private:
  void Add(Argument::Kind kind, std::string names, std::string value_name, std::string help,
           bool required, std::function<Status(const std::string&)> take);

  std::vector<Argument> all_;
};

std::string_view FormatName(OutputFormat format);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_ARGUMENTS_H_
