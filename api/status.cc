#include "api/status.h"

namespace treering {

std::string_view StatusCodeName(Status::Code code) {
  switch (code) {
    case Status::Code::kOk:
      return "OK";
    case Status::Code::kNotFound:
      return "NotFound";
    case Status::Code::kCorruption:
      return "Corruption";
    case Status::Code::kNotSupported:
      return "NotSupported";
    case Status::Code::kInvalidArgument:
      return "InvalidArgument";
    case Status::Code::kIoError:
      return "IO error";
    case Status::Code::kBusy:
      return "Busy";
    case Status::Code::kTimedOut:
      return "TimedOut";
    case Status::Code::kAborted:
      return "Aborted";
    case Status::Code::kNoSpace:
      return "NoSpace";
    case Status::Code::kOutOfMemory:
      return "OutOfMemory";
    case Status::Code::kReadOnly:
      return "ReadOnly";
    case Status::Code::kFailed:
      return "Failed";
  }
  return "Unknown";
}

std::string_view Status::MessageOfCode(Code code) {
  switch (code) {
    case Code::kOutOfMemory:
      return "the program has no memory left (a heap allocation was refused); give some back and "
             "try again";
    case Code::kFailed:
      return "code of the program that the engine called (a comparator or a callback) threw an "
             "exception; it must not";
    default:
      return "";
  }
}

std::string Status::ToString() const {
  std::string text(StatusCodeName(code_));
  if (!message().empty()) {
    text += ": ";
    text += message();
  }
  return text;
}

}  // namespace treering
