#include "tools/kvctl/command_line.h"

#include <gtest/gtest.h>

#include "tools/kvctl/help.h"

namespace treering::kvctl {
namespace {

class Get : public Command {
 public:
  std::string_view name() const override { return "get"; }
  std::string_view summary() const override { return "summary of get"; }
  std::string_view examples() const override { return "  kvctl get k\n"; }
  void Declare(Arguments* arguments) override {
    arguments->Required("KEY", "the key", &key);
    arguments->Positional("OTHER", "another", &other);
    arguments->Option("--from", "KEY", "the start", &from);
    arguments->Number("--limit", "at most N", &limit);
    arguments->Flag("--reverse", "backwards", &reverse);
  }
  int Run(const Context&) override { return kExitOk; }

  std::string key;
  std::optional<std::string> other;
  std::optional<std::string> from;
  std::optional<uint64_t> limit;
  bool reverse = false;
};

class Del : public Command {
 public:
  std::string_view name() const override { return "del"; }
  std::string_view summary() const override { return "summary of del"; }
  std::string_view examples() const override { return "  kvctl del k\n"; }
  void Declare(Arguments* arguments) override { arguments->List("KEY", "the keys", &keys); }
  int Run(const Context&) override { return kExitOk; }

  std::vector<std::string> keys;
};

class CommandLineTest : public testing::Test {
 protected:
  CommandLine Parse(const std::vector<std::string>& words) {
    commands_.clear();
    globals_ = GlobalOptions();
    commands_.push_back(std::make_unique<Get>());
    get_ = static_cast<Get*>(commands_.back().get());
    commands_.push_back(std::make_unique<Del>());
    del_ = static_cast<Del*>(commands_.back().get());
    return ParseCommandLine(words, commands_, &globals_);
  }
  // The message of a usage error, "" when there is none.
  std::string Wrong(const std::vector<std::string>& words) {
    const CommandLine line = Parse(words);
    EXPECT_EQ(line.action == CommandLine::Action::kUsageError, !line.message.empty());
    return line.message;
  }

  CommandList commands_;
  GlobalOptions globals_;
  Get* get_ = nullptr;
  Del* del_ = nullptr;
};

TEST_F(CommandLineTest, GlobalOptionsBeforeAndBehindTheCommand) {
  EXPECT_EQ(Wrong({"--db", "d", "-o", "json", "get", "k", "--io=posix", "-y"}), "");
  EXPECT_EQ(globals_.db, "d");
  EXPECT_EQ(globals_.output, OutputFormat::kJson);
  EXPECT_EQ(globals_.io, IoBackend::kPosix);
  EXPECT_TRUE(globals_.yes);
  EXPECT_EQ(Wrong({"get", "k", "--db=d2", "--memory-budget", "16MiB", "-ohex"}), "");
  EXPECT_EQ(globals_.db, "d2");
  EXPECT_EQ(globals_.output, OutputFormat::kHex);
  EXPECT_EQ(globals_.memory_budget, 16u << 20);
  EXPECT_EQ(Wrong({"--db", "first", "get", "k", "--db", "last"}), "");
  EXPECT_EQ(globals_.db, "last");
}

TEST_F(CommandLineTest, KeysArriveByteForByte) {
  const std::vector<std::string> keys = {"",     "[a,b]", "{}",  "%%",  "\"q\"",        "'q'", "-",
                                         "a b",  "get",   "del", "a=b", "/x",           "{k",  "[",
                                         "\x01", "\x01[", "é",   "++",  "{\"a\":[1,2]}"};
  for (const std::string& key : keys) {
    EXPECT_EQ(Wrong({"get", key}), "") << key;
    EXPECT_EQ(get_->key, key);
    EXPECT_EQ(Wrong({"get", "k", key, "--from", key}), "") << key;
    EXPECT_EQ(get_->other, key);
    EXPECT_EQ(get_->from, key);
    EXPECT_EQ(Wrong({"get", "k", "--from=" + key}), "") << key;
    EXPECT_EQ(get_->from, key);
    EXPECT_FALSE(get_->other.has_value());
  }
  EXPECT_EQ(Wrong([&] {
              std::vector<std::string> words = {"del"};
              words.insert(words.end(), keys.begin(), keys.end());
              return words;
            }()),
            "");
  EXPECT_EQ(del_->keys, keys);
}

TEST_F(CommandLineTest, BehindDashesNothingIsAnOption) {
  EXPECT_EQ(Wrong({"get", "--", "-x"}), "");
  EXPECT_EQ(get_->key, "-x");
  EXPECT_EQ(Wrong({"get", "-5"}), "");  // a number is none either way
  EXPECT_EQ(get_->key, "-5");
  EXPECT_EQ(Wrong({"get", "--reverse", "--", "--reverse", "--db=x"}), "");
  EXPECT_EQ(get_->key, "--reverse");
  EXPECT_EQ(get_->other, "--db=x");
  EXPECT_TRUE(get_->reverse);
  EXPECT_EQ(Wrong({"del", "--", "-a", "[b]", ""}), "");
  EXPECT_EQ(del_->keys, (std::vector<std::string>{"-a", "[b]", ""}));
}

TEST_F(CommandLineTest, WhatIsUnknownIsNamedWithTheNearOne) {
  EXPECT_EQ(Wrong({"gett", "k"}), "unknown command 'gett'; did you mean 'get'?");
  EXPECT_EQ(Wrong({"frobnicate"}), "unknown command 'frobnicate'");
  EXPECT_EQ(Wrong({"get", "k", "--limt", "3"}), "unknown option '--limt'; did you mean '--limit'?");
  EXPECT_EQ(Wrong({"get", "k", "--memory-bugdet=1"}),
            "unknown option '--memory-bugdet'; did you mean '--memory-budget'?");
  EXPECT_EQ(Wrong({"--dbb", "x", "get", "k"}), "unknown option '--dbb'; did you mean '--db'?");
  EXPECT_EQ(Wrong({"get", "-x"}),
            "unknown option '-x'; if it is a key or a value, write -- before it");
}

TEST_F(CommandLineTest, WhatIsMissingOrTooMuchIsNamed) {
  EXPECT_EQ(Wrong({}), "which command?");
  EXPECT_EQ(Wrong({"--db", "d"}), "which command?");
  EXPECT_EQ(Wrong({"get"}), "KEY is missing");
  EXPECT_EQ(Wrong({"del"}), "KEY is missing");
  EXPECT_EQ(Wrong({"get", "a", "b", "c"}), "one word too many: 'c'");
  EXPECT_EQ(Wrong({"get", "a", "b", "--", "-c"}), "one word too many: '-c'");
  EXPECT_NE(Wrong({"get", "k", "--from"}).find("--from"), std::string::npos);
}

TEST_F(CommandLineTest, BadValuesAreNamedWithTheirOption) {
  EXPECT_EQ(Wrong({"get", "k", "--limit", "many"}), "--limit: 'many' is not a whole number");
  EXPECT_EQ(Wrong({"get", "k", "--limit", "-1"}), "--limit: '-1' is not a whole number");
  EXPECT_EQ(Wrong({"get", "k", "-o", "xml"}),
            "-o,--output: 'xml' is none of text, json, ndjson, csv, hex, raw");
  EXPECT_EQ(Wrong({"--io", "epoll", "get", "k"}), "--io: 'epoll' is none of auto, uring, posix");
  EXPECT_EQ(Wrong({"get", "k", "--memory-budget", "lots"}),
            "--memory-budget: 'lots' is not a size; write it as 16MiB, 1GiB or 4096");
}

TEST_F(CommandLineTest, HelpAndVersion) {
  EXPECT_EQ(Parse({"--help"}).action, CommandLine::Action::kHelp);
  EXPECT_EQ(Parse({"--help"}).command, nullptr);
  EXPECT_EQ(Parse({"--version"}).action, CommandLine::Action::kVersion);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"get", "--help"}, {"get", "-h"}, {"get", "k", "--help"}}) {
    const CommandLine line = Parse(words);
    EXPECT_EQ(line.action, CommandLine::Action::kHelp);
    EXPECT_EQ(line.command, get_);
  }
}

TEST_F(CommandLineTest, HelpShowsExamplesFirstAndEveryArgument) {
  Parse({"get", "k"});
  const std::string main_help = MainHelp(commands_, false);
  EXPECT_LT(main_help.find("Examples"), main_help.find("Commands"));
  EXPECT_NE(main_help.find("summary of del"), std::string::npos);
  const std::string help = CommandHelp(get_, false);
  EXPECT_LT(help.find("Examples"), help.find("Usage"));
  EXPECT_NE(help.find("kvctl get KEY [OTHER] [options]"), std::string::npos);
  for (const char* word : {"--from KEY", "--limit N", "--reverse", "--db DIR", "-o, --output"}) {
    EXPECT_NE(help.find(word), std::string::npos) << word;
  }
  EXPECT_EQ(UsageLine(del_), "kvctl del KEY...");
}

}  // namespace
}  // namespace treering::kvctl
