// Bytes as text: hex, base64, escapes, JSON strings, and back.
//
// Owner: values.
// Threads: any.
// Invariants:
//   1. Decoding gives exactly the bytes that were encoded, or InvalidArgument saying what is wrong
//      and at which column (counted from 1).
#ifndef TREERING_TOOLS_KVCTL_ENCODING_H_
#define TREERING_TOOLS_KVCTL_ENCODING_H_

#include <string>
#include <string_view>

#include "api/result.h"

namespace treering::kvctl {

// How keys and values are written on the command line and printed.
enum class TextForm { kAuto, kText, kHex, kBase64 };

// Lower case, no prefix; both cases are read.
void AppendHex(std::string_view bytes, std::string* text);
Result<std::string> DecodeHex(std::string_view text);

// RFC 4648, padded.
void AppendBase64(std::string_view bytes, std::string* text);
Result<std::string> DecodeBase64(std::string_view text);

// Whether it is well-formed UTF-8: no overlong forms, no surrogates.
bool IsUtf8(std::string_view bytes);

// For people: printable UTF-8 as it is, everything else as \n, \t, \r, \\ or \xHH. One line, and
// nothing a terminal would act on.
void AppendEscaped(std::string_view bytes, std::string* text);

// A JSON string with its quotes; `bytes` must be UTF-8.
void AppendJsonString(std::string_view bytes, std::string* text);

// An argument of the command line in the given form, as bytes; kAuto is kText.
Result<std::string> DecodeArgument(std::string_view argument, TextForm form);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_ENCODING_H_
