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

std::string Status::ToString() const {
  std::string text(StatusCodeName(code_));
  if (message_ != nullptr && !message_->empty()) {
    text += ": ";
    text += *message_;
  }
  return text;
}

}  // namespace treering
