// Status: whether an operation succeeded and, if not, why, where and what to do next.
//
// Owner: a value; a copy shares the immutable message.
// Threads: as a plain value: const use from many threads, changes from one.
// Invariants:
//   1. OK carries no message; it and what takes no message cost no allocation.
//   2. The message names what failed and where (file, offset, option) in words a user can act on.
//   3. Messages never hold keys or values.
#ifndef TREERING_API_STATUS_H_
#define TREERING_API_STATUS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace treering {

class [[nodiscard]] Status {
 public:
  // Numbers are part of the C interface: append only.
  enum class Code : uint8_t {
    kOk = 0,
    kNotFound = 1,         // no such key, file or property
    kCorruption = 2,       // stored bytes are not what was written
    kNotSupported = 3,     // a format or feature this build does not know
    kInvalidArgument = 4,  // the caller asked for something that cannot be
    kIoError = 5,          // the operating system refused or failed
    kBusy = 6,             // somebody else holds it (a lock, a resource)
    kTimedOut = 7,
    kAborted = 8,  // the handle's database was closed, or the view is too old
    kNoSpace = 9,  // disk or quota is full; writing resumes by itself when there is room
    kOutOfMemory = 10,
    kReadOnly = 11,  // the database was opened read-only, or a durability file failed
    kFailed = 12,    // an invariant is broken; every call answers the first cause
  };

  Status() = default;
  Status(Code code, std::string message)
      : code_(code),
        message_(code == Code::kOk ? nullptr
                                   : std::make_shared<const std::string>(std::move(message))) {}

  static Status Ok() { return Status(); }
  static Status NotFound(std::string m = "") { return Status(Code::kNotFound, std::move(m)); }
  static Status Corruption(std::string m) { return Status(Code::kCorruption, std::move(m)); }
  static Status NotSupported(std::string m) { return Status(Code::kNotSupported, std::move(m)); }
  static Status InvalidArgument(std::string m) {
    return Status(Code::kInvalidArgument, std::move(m));
  }
  static Status IoError(std::string m) { return Status(Code::kIoError, std::move(m)); }
  static Status Busy(std::string m) { return Status(Code::kBusy, std::move(m)); }
  static Status TimedOut(std::string m) { return Status(Code::kTimedOut, std::move(m)); }
  static Status Aborted(std::string m) { return Status(Code::kAborted, std::move(m)); }
  static Status NoSpace(std::string m) { return Status(Code::kNoSpace, std::move(m)); }
  static Status OutOfMemory(std::string m) { return Status(Code::kOutOfMemory, std::move(m)); }
  // The heap of the program refused memory.
  static Status OutOfMemory() { return Status(Code::kOutOfMemory); }
  // Code of the program that the engine called (a comparator, a callback) threw an exception.
  static Status ForeignException() { return Status(Code::kFailed); }
  // For the way of an error itself, when there is no memory for words.
  static Status WithoutWords(Code code) { return Status(code); }
  static Status ReadOnly(std::string m) { return Status(Code::kReadOnly, std::move(m)); }
  static Status Failed(std::string m) { return Status(Code::kFailed, std::move(m)); }

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  bool IsNotFound() const { return code_ == Code::kNotFound; }
  bool IsCorruption() const { return code_ == Code::kCorruption; }
  bool IsNotSupported() const { return code_ == Code::kNotSupported; }
  bool IsInvalidArgument() const { return code_ == Code::kInvalidArgument; }
  bool IsIoError() const { return code_ == Code::kIoError; }
  bool IsBusy() const { return code_ == Code::kBusy; }
  bool IsTimedOut() const { return code_ == Code::kTimedOut; }
  bool IsAborted() const { return code_ == Code::kAborted; }
  bool IsNoSpace() const { return code_ == Code::kNoSpace; }
  bool IsOutOfMemory() const { return code_ == Code::kOutOfMemory; }
  bool IsReadOnly() const { return code_ == Code::kReadOnly; }
  bool IsFailed() const { return code_ == Code::kFailed; }

  std::string_view message() const {
    return message_ == nullptr ? MessageOfCode(code_) : std::string_view(*message_);
  }
  // The name of the code, then ": " and the message where there is one; "OK" for success.
  std::string ToString() const;

 private:
  explicit Status(Code code) : code_(code) {}
  // What is said without a message of its own.
  static std::string_view MessageOfCode(Code code);

  Code code_ = Code::kOk;
  std::shared_ptr<const std::string> message_;
};

// The stable word for a code, such as "Corruption".
std::string_view StatusCodeName(Status::Code code);

}  // namespace treering

#endif  // TREERING_API_STATUS_H_
