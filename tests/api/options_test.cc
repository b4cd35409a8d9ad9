// What the header of the options promises: few of them, and each with words of its own.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace treering {
namespace {

struct Field {
  std::string name;
  std::string comment;  // the lines above it
};

// The members of `struct <name>`, one per line that ends in a semicolon.
std::vector<Field> FieldsOf(const std::string& name) {
  std::ifstream header("api/options.h");
  std::vector<Field> fields;
  std::string line;
  std::string comment;
  bool inside = false;
  while (std::getline(header, line)) {
    if (line == "struct " + name + " {") inside = true;
    if (!inside) continue;
    if (line == "};") return fields;
    const size_t text = line.find_first_not_of(' ');
    if (text != std::string::npos && line.compare(text, 2, "//") == 0) {
      comment += line.substr(text + 2);
    } else if (line.ends_with(';')) {
      const size_t end = line.find(" =") == std::string::npos ? line.size() - 1 : line.find(" =");
      fields.push_back(
          {line.substr(line.rfind(' ', end - 1) + 1, end - line.rfind(' ', end - 1) - 1), comment});
      comment.clear();
    }
  }
  ADD_FAILURE() << "no struct " << name;
  return fields;
}

TEST(Options, AreTwentyFiveAtMost) {
  const size_t count = FieldsOf("RuntimeOptions").size() + FieldsOf("Options").size();
  EXPECT_GE(count, 20u);  // or the count is wrong
  EXPECT_LE(count, 25u);
}

TEST(Options, EachSaysWhatItIsAndWhomItIsFor) {
  for (const char* name : {"RuntimeOptions", "Options"}) {
    for (const Field& field : FieldsOf(name)) {
      EXPECT_GT(field.comment.size(), 40u) << name << "::" << field.name;
      const bool has_user = field.comment.find("For ") != std::string::npos ||
                            field.comment.find("To turn off") != std::string::npos ||
                            field.comment.find("for ") != std::string::npos;
      EXPECT_TRUE(has_user) << name << "::" << field.name << ":" << field.comment;
    }
  }
}

}  // namespace
}  // namespace treering
