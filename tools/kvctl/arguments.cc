#include "tools/kvctl/arguments.h"

#include <array>
#include <utility>

#include "tools/kvctl/byte_size.h"

namespace treering::kvctl {
namespace {

template <typename T>
struct Choice {
  std::string_view name;
  T value;
};

constexpr std::array<Choice<TextForm>, 4> kForms = {{{"auto", TextForm::kAuto},
                                                     {"text", TextForm::kText},
                                                     {"hex", TextForm::kHex},
                                                     {"base64", TextForm::kBase64}}};
constexpr std::array<Choice<OutputFormat>, 6> kFormats = {{{"text", OutputFormat::kText},
                                                           {"json", OutputFormat::kJson},
                                                           {"ndjson", OutputFormat::kNdjson},
                                                           {"csv", OutputFormat::kCsv},
                                                           {"hex", OutputFormat::kHex},
                                                           {"raw", OutputFormat::kRaw}}};
constexpr std::array<Choice<IoBackend>, 3> kBackends = {
    {{"auto", IoBackend::kAuto}, {"uring", IoBackend::kUring}, {"posix", IoBackend::kPosix}}};
constexpr std::array<Choice<Durability>, 3> kDurabilities = {{{"memory", Durability::kMemory},
                                                              {"process", Durability::kProcess},
                                                              {"disk", Durability::kDisk}}};

template <typename T, size_t N>
std::function<Status(const std::string&)> Choose(const std::array<Choice<T>, N>& choices, T* into) {
  return [&choices, into](const std::string& value) {
    std::string known;
    for (const Choice<T>& choice : choices) {
      if (choice.name == value) {
        *into = choice.value;
        return Status::Ok();
      }
      known += (known.empty() ? "" : ", ") + std::string(choice.name);
    }
    return Status::InvalidArgument("'" + value + "' is none of " + known);
  };
}

template <typename T, size_t N>
std::string Names(const std::array<Choice<T>, N>& choices) {
  std::string names;
  for (const Choice<T>& choice : choices)
    names += (names.empty() ? "" : "|") + std::string(choice.name);
  return names;
}

template <typename T>
std::function<Status(const std::string&)> Assign(T* into) {
  return [into](const std::string& value) {
    *into = value;
    return Status::Ok();
  };
}

}  // namespace

std::string_view FormatName(OutputFormat format) {
  for (const Choice<OutputFormat>& choice : kFormats) {
    if (choice.value == format) return choice.name;
  }
  return "text";
}

void Arguments::Add(Argument::Kind kind, std::string names, std::string value_name,
                    std::string help, bool required,
                    std::function<Status(const std::string&)> take) {
  all_.push_back(Argument{kind, std::move(names), std::move(value_name), std::move(help), required,
                          std::move(take)});
}

void Arguments::Required(std::string name, std::string help, std::string* into) {
  Add(Argument::Kind::kPositional, std::move(name), "", std::move(help), true, Assign(into));
}

void Arguments::Positional(std::string name, std::string help, std::optional<std::string>* into) {
  Add(Argument::Kind::kPositional, std::move(name), "", std::move(help), false, Assign(into));
}

void Arguments::List(std::string name, std::string help, std::vector<std::string>* into) {
  Add(Argument::Kind::kList, std::move(name), "", std::move(help), true,
      [into](const std::string& value) {
        into->push_back(value);
        return Status::Ok();
      });
}

void Arguments::Flag(std::string names, std::string help, bool* into) {
  Add(Argument::Kind::kFlag, std::move(names), "", std::move(help), false,
      [into](const std::string&) {
        *into = true;
        return Status::Ok();
      });
}

void Arguments::Option(std::string names, std::string value_name, std::string help,
                       std::string* into) {
  Add(Argument::Kind::kOption, std::move(names), std::move(value_name), std::move(help), false,
      Assign(into));
}

void Arguments::Option(std::string names, std::string value_name, std::string help,
                       std::optional<std::string>* into) {
  Add(Argument::Kind::kOption, std::move(names), std::move(value_name), std::move(help), false,
      Assign(into));
}

void Arguments::Number(std::string names, std::string help, std::optional<uint64_t>* into) {
  Add(Argument::Kind::kOption, std::move(names), "N", std::move(help), false,
      [into](const std::string& value) {
        const Result<uint64_t> number = ParseNumber(value);
        if (!number.ok()) return number.status();
        *into = *number;
        return Status::Ok();
      });
}

void Arguments::ByteSize(std::string names, std::string help, uint64_t* into) {
  Add(Argument::Kind::kOption, std::move(names), "SIZE", std::move(help), false,
      [into](const std::string& value) {
        const Result<uint64_t> size = ParseByteSize(value);
        if (!size.ok()) return size.status();
        *into = *size;
        return Status::Ok();
      });
}

void Arguments::Form(std::string names, std::string help, TextForm* into) {
  Add(Argument::Kind::kOption, std::move(names), Names(kForms), std::move(help), false,
      Choose(kForms, into));
}

void Arguments::Format(std::string names, std::string help, OutputFormat* into) {
  Add(Argument::Kind::kOption, std::move(names), "FORMAT", std::move(help) + ": " + Names(kFormats),
      false, Choose(kFormats, into));
}

void Arguments::Backend(std::string names, std::string help, IoBackend* into) {
  Add(Argument::Kind::kOption, std::move(names), Names(kBackends), std::move(help), false,
      Choose(kBackends, into));
}

void Arguments::DurabilityOf(std::string names, std::string help, Durability* into) {
  Add(Argument::Kind::kOption, std::move(names), Names(kDurabilities), std::move(help), false,
      Choose(kDurabilities, into));
}

}  // namespace treering::kvctl
