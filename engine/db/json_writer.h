// JsonWriter: builds one JSON text, value by value.
//
// Owner: the caller.
// Threads: one at a time.
// Invariants:
//   1. Calls nest as the JSON does: a key before each value of an object, every Begin with its End.
#ifndef TREERING_ENGINE_DB_JSON_WRITER_H_
#define TREERING_ENGINE_DB_JSON_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace treering::db {

class JsonWriter {
 public:
  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(std::string_view name) {
    String(name);
    text_ += ':';
    needs_comma_ = false;
  }
  void Number(uint64_t value) { Raw(std::to_string(value)); }
  void Bool(bool value) { Raw(value ? "true" : "false"); }
  void String(std::string_view value);

  void Field(std::string_view name, uint64_t value) {
    Key(name);
    Number(value);
  }
  void Field(std::string_view name, std::string_view value) {
    Key(name);
    String(value);
  }
  void Flag(std::string_view name, bool value) {
    Key(name);
    Bool(value);
  }

  const std::string& text() const { return text_; }

 private:
  void Comma() {
    if (needs_comma_) text_ += ',';
    needs_comma_ = true;
  }
  void Raw(std::string_view value) {
    Comma();
    text_ += value;
  }
  void Open(char bracket) {
    Comma();
    text_ += bracket;
    needs_comma_ = false;
  }
  void Close(char bracket) {
    text_ += bracket;
    needs_comma_ = true;
  }

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_JSON_WRITER_H_
