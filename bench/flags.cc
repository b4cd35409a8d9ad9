#include "bench/flags.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>

namespace treering::bench {
namespace {

bool ParseBool(std::string text, bool* value) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (const char* word : {"1", "t", "true", "y", "yes"}) {
    if (text == word) return *value = true;
  }
  for (const char* word : {"0", "f", "false", "n", "no"}) {
    if (text == word) {
      *value = false;
      return true;
    }
  }
  return false;
}

template <typename T>
bool ParseInteger(const std::string& text, T* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

bool ParseDouble(const std::string& text, double* value) {
  char* end = nullptr;
  *value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && std::isfinite(*value);
}

// Into `target`, or only checked where it is null.
bool ParseInto(FlagKind kind, const std::string& text, void* target) {
  const auto store = [target](auto value) {
    if (target != nullptr) *static_cast<decltype(value)*>(target) = value;
    return true;
  };
  bool yes = false;
  int32_t i32 = 0;
  int64_t i64 = 0;
  uint64_t u64 = 0;
  double real = 0;
  switch (kind) {
    case FlagKind::kBool:
      return ParseBool(text, &yes) && store(yes);
    case FlagKind::kInt32:
      return ParseInteger(text, &i32) && store(i32);
    case FlagKind::kInt64:
      return ParseInteger(text, &i64) && store(i64);
    case FlagKind::kUint64:
      return ParseInteger(text, &u64) && store(u64);
    case FlagKind::kDouble:
      return ParseDouble(text, &real) && store(real);
    case FlagKind::kText:
      return store(text);
  }
  return false;
}

std::string TextOf(FlagKind kind, const void* target) {
  switch (kind) {
    case FlagKind::kBool:
      return *static_cast<const bool*>(target) ? "true" : "false";
    case FlagKind::kInt32:
      return std::to_string(*static_cast<const int32_t*>(target));
    case FlagKind::kInt64:
      return std::to_string(*static_cast<const int64_t*>(target));
    case FlagKind::kUint64:
      return std::to_string(*static_cast<const uint64_t*>(target));
    case FlagKind::kDouble: {
      std::string text = std::to_string(*static_cast<const double*>(target));
      text.erase(text.find_last_not_of('0') + 1);
      return text.back() == '.' ? text + "0" : text;
    }
    case FlagKind::kText:
      return "\"" + *static_cast<const std::string*>(target) + "\"";
  }
  return "";
}

std::string_view KindWord(FlagKind kind) {
  switch (kind) {
    case FlagKind::kBool:
      return "a bool (true or false)";
    case FlagKind::kInt32:
      return "a 32-bit integer";
    case FlagKind::kInt64:
      return "a 64-bit integer";
    case FlagKind::kUint64:
      return "an unsigned 64-bit integer";
    case FlagKind::kDouble:
      return "a number";
    case FlagKind::kText:
      return "a text";
  }
  return "";
}

struct Word {
  std::string name;
  std::string value;
  bool has_value = false;
};

// Takes "-x=v" and "--x=v" apart; false for what is no flag.
bool SplitFlag(const std::string& argument, Word* word) {
  if (argument.size() < 2 || argument[0] != '-') return false;
  const size_t start = argument[1] == '-' ? 2 : 1;
  const size_t equals = argument.find('=');
  word->has_value = equals != std::string::npos;
  word->name = argument.substr(start, word->has_value ? equals - start : std::string::npos);
  if (word->has_value) word->value = argument.substr(equals + 1);
  return !word->name.empty();
}

// The names that --undefok allows; gflags looks at it before anything else.
std::set<std::string> UndefinedOk(const std::vector<std::string>& arguments) {
  std::set<std::string> names;
  for (size_t i = 0; i < arguments.size(); ++i) {
    Word word;
    if (!SplitFlag(arguments[i], &word) || word.name != "undefok") continue;
    std::string list = word.value;
    if (!word.has_value && i + 1 < arguments.size()) list = arguments[i + 1];
    for (size_t from = 0; from <= list.size();) {
      const size_t comma = std::min(list.find(',', from), list.size());
      names.insert(list.substr(from, comma - from));
      names.insert("no" + list.substr(from, comma - from));
      from = comma + 1;
    }
  }
  return names;
}

}  // namespace

void FlagSet::AddFlag(std::string_view name, FlagKind kind, void* target, std::string_view help) {
  Flag flag;
  flag.kind = kind;
  flag.target = target;
  flag.help = help;
  if (target != nullptr) flag.default_text = TextOf(kind, target);
  flags_.emplace(name, std::move(flag));
}

void FlagSet::Add(std::string_view name, bool* target, std::string_view help) {
  AddFlag(name, FlagKind::kBool, target, help);
}
void FlagSet::Add(std::string_view name, int32_t* target, std::string_view help) {
  AddFlag(name, FlagKind::kInt32, target, help);
}
void FlagSet::Add(std::string_view name, int64_t* target, std::string_view help) {
  AddFlag(name, FlagKind::kInt64, target, help);
}
void FlagSet::Add(std::string_view name, uint64_t* target, std::string_view help) {
  AddFlag(name, FlagKind::kUint64, target, help);
}
void FlagSet::Add(std::string_view name, double* target, std::string_view help) {
  AddFlag(name, FlagKind::kDouble, target, help);
}
void FlagSet::Add(std::string_view name, std::string* target, std::string_view help) {
  AddFlag(name, FlagKind::kText, target, help);
}
void FlagSet::AddForeign(std::string_view name, FlagKind kind) { AddFlag(name, kind, nullptr, ""); }

Status FlagSet::Set(const std::string& name, Flag* flag, const std::string& value) {
  if (!ParseInto(flag->kind, value, flag->target)) {
    return Status::InvalidArgument("--" + name + "=" + value + ": must be " +
                                   std::string(KindWord(flag->kind)));
  }
  if (flag->target == nullptr && !flag->is_set) {
    warnings_.push_back("--" + name + " is a flag of RocksDB's without counterpart; ignored");
  }
  flag->is_set = true;
  return Status::Ok();
}

Status FlagSet::Parse(const std::vector<std::string>& arguments) {
  const std::set<std::string> undefined_ok = UndefinedOk(arguments);
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--" && i + 1 == arguments.size()) break;
    Word word;
    if (!SplitFlag(arguments[i], &word)) {
      return Status::InvalidArgument("'" + arguments[i] + "' is no flag; flags begin with --");
    }
    auto found = flags_.find(word.name);
    if (found == flags_.end() && !word.has_value && word.name.starts_with("no")) {
      found = flags_.find(word.name.substr(2));
      if (found != flags_.end() && found->second.kind == FlagKind::kBool) {
        word.value = "false";
        word.has_value = true;
      } else {
        found = flags_.end();
      }
    }
    if (found == flags_.end()) {
      if (undefined_ok.contains(word.name)) continue;
      return Status::InvalidArgument("unknown flag --" + word.name + "; --help lists them");
    }
    if (!word.has_value) {
      if (found->second.kind == FlagKind::kBool) {
        word.value = "true";
      } else if (i + 1 < arguments.size()) {
        word.value = arguments[++i];
      } else {
        return Status::InvalidArgument("--" + word.name + " needs a value");
      }
    }
    if (Status status = Set(found->first, &found->second, word.value); !status.ok()) return status;
  }
  return Status::Ok();
}

bool FlagSet::IsSet(std::string_view name) const {
  const auto found = flags_.find(name);
  return found != flags_.end() && found->second.is_set;
}

std::string FlagSet::Help() const {
  std::string text;
  for (const auto& [name, flag] : flags_) {
    if (flag.target == nullptr) continue;
    text += "  --" + name + "=" + flag.default_text + "\n        " + flag.help + "\n";
  }
  return text;
}

}  // namespace treering::bench
