#include "tools/kvctl/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "tools/kvctl/suggest.h"

namespace treering::kvctl {
namespace {

// CLI11 gives "[a,b]", "{}", "++" and empty words a meaning of its own. So every word that is
// neither an option nor a command travels behind this mark, and means nothing to it.
constexpr char kMark = '\x01';

std::string Shield(const std::string& word) { return kMark + word; }

bool IsShielded(const std::string& word) { return !word.empty() && word[0] == kMark; }

std::string Unshield(const std::string& word) { return IsShielded(word) ? word.substr(1) : word; }

// CLI11 wants them in reverse.
std::vector<std::string> ShieldedReversed(const std::vector<std::string>& words,
                                          const CommandList& commands) {
  const auto is_command = [&commands](const std::string& word) {
    return std::any_of(commands.begin(), commands.end(),
                       [&word](const auto& command) { return command->name() == word; });
  };
  std::vector<std::string> shielded;
  bool is_behind_dashes = false;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (!is_behind_dashes && word == "--") {
      is_behind_dashes = true;
    } else if (!is_behind_dashes && word.starts_with("--") && equals != std::string::npos) {
      // As two words: of "--from=" alone CLI11 would take the next word for the value.
      shielded.push_back(word.substr(0, equals));
      shielded.push_back(Shield(word.substr(equals + 1)));
    } else if (!is_behind_dashes &&
               (is_command(word) || (word.size() > 1 && word.starts_with('-')))) {
      shielded.push_back(word);
    } else {
      shielded.push_back(Shield(word));
    }
  }
  std::reverse(shielded.begin(), shielded.end());
  return shielded;
}

// The declarations of one command (or of the globals), as options of a CLI::App.
class Binding {
 public:
  Binding(CLI::App* app, const Arguments& arguments, std::string* error)
      : app_(app), arguments_(arguments), error_(error) {
    for (const Argument& argument : arguments_.all()) Bind(argument);
  }

  // The first required argument that was not given; null when all were.
  const Argument* Missing() const {
    for (size_t i = 0; i < options_.size(); ++i) {
      if (arguments_.all()[i].required && options_[i]->count() == 0) return &arguments_.all()[i];
    }
    return nullptr;
  }

  // "--db", "-o", ...
  void AddNames(std::vector<std::string>* names) const {
    for (const Argument& argument : arguments_.all()) {
      if (argument.kind == Argument::Kind::kPositional || argument.kind == Argument::Kind::kList) {
        continue;
      }
      const size_t comma = argument.names.find(',');
      names->push_back(argument.names.substr(comma == std::string::npos ? 0 : comma + 1));
      if (comma != std::string::npos) names->push_back(argument.names.substr(0, comma));
    }
  }

 private:
  void Bind(const Argument& argument) {
    const auto take = [this, &argument](const std::string& value) {
      const Status status = argument.take(value);
      if (!status.ok() && error_->empty()) {
        *error_ = argument.names + ": " + std::string(status.message());
      }
    };
    if (argument.kind == Argument::Kind::kFlag) {
      options_.push_back(app_->add_flag_callback(argument.names, [take] { take(""); }));
      return;
    }
    CLI::Option* option = app_->add_option(argument.names, [take](const CLI::results_t& values) {
      for (const std::string& value : values) take(Unshield(value));
      return true;
    });
    option->type_size(1);
    if (argument.kind == Argument::Kind::kList) {
      option->expected(1, CLI::detail::expected_max_vector_size);
      option->allow_extra_args();
    } else {
      option->expected(1);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    options_.push_back(option);
  }

  CLI::App* const app_;
  const Arguments arguments_;
  std::string* const error_;
  std::vector<CLI::Option*> options_;
};

std::string DidYouMean(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = Suggest(word, known);
  return near.empty() ? "" : "; did you mean '" + near + "'?";
}

class Parser {
 public:
  Parser(const CommandList& commands, GlobalOptions* globals) : commands_(commands) {
    Arguments shared;
    globals->Declare(&shared);
    app_.set_help_flag("-h,--help");
    app_.require_subcommand(1);
    app_.add_flag("--version", wants_version_);
    bindings_.push_back(std::make_unique<Binding>(&app_, shared, &value_error_));
    for (const auto& command : commands_) {
      CLI::App* app = app_.add_subcommand(std::string(command->name()));
      Arguments own;
      command->Declare(&own);
      bindings_.push_back(std::make_unique<Binding>(app, own, &value_error_));
      shared_bindings_.push_back(std::make_unique<Binding>(app, shared, &value_error_));
    }
  }

  CommandLine Parse(const std::vector<std::string>& words) {
    CommandLine result;
    std::string failure;
    bool wants_help = false;
    try {
      app_.parse(ShieldedReversed(words, commands_));
    } catch (const CLI::CallForHelp&) {
      wants_help = true;
    } catch (const CLI::ParseError& error) {
      failure = error.what();
    }
    const size_t index = CommandIndex();
    if (index < commands_.size()) result.command = commands_[index].get();
    result.message = Unexpected(index);
    if (result.message.empty() && wants_help) {
      result.action = CommandLine::Action::kHelp;
      return result;
    }
    if (result.message.empty() && wants_version_) {
      result.action = CommandLine::Action::kVersion;
      return result;
    }
    if (result.message.empty()) result.message = value_error_;
    if (result.message.empty()) result.message = Incomplete(index);
    if (result.message.empty()) result.message = failure;
    if (!result.message.empty()) result.action = CommandLine::Action::kUsageError;
    return result;
  }

 private:
  size_t CommandIndex() const {
    const std::vector<CLI::App*> parsed = app_.get_subcommands();
    if (parsed.empty()) return commands_.size();
    for (size_t i = 0; i < commands_.size(); ++i) {
      if (commands_[i]->name() == parsed[0]->get_name()) return i;
    }
    return commands_.size();
  }

  // The first word that nothing wanted, and what was probably meant.
  std::string Unexpected(size_t index) const {
    for (const std::string& word : app_.remaining()) {
      if (!IsShielded(word)) return UnknownOption(word, index);
      return UnknownCommand(Unshield(word), commands_);
    }
    if (index == commands_.size()) return "";
    for (const std::string& word : app_.get_subcommands()[0]->remaining()) {
      if (!IsShielded(word)) return UnknownOption(word, index);
      return "one word too many: '" + Unshield(word) + "'";
    }
    return "";
  }

  std::string UnknownOption(const std::string& word, size_t index) const {
    std::vector<std::string> known = {"--help"};
    if (index < commands_.size()) bindings_[index + 1]->AddNames(&known);
    bindings_[0]->AddNames(&known);
    std::string hint = word.size() > 2 ? DidYouMean(word, known) : "";  // every letter is near "-o"
    if (hint.empty() && index < commands_.size()) {
      hint = "; if it is a key or a value, write -- before it";
    }
    return "unknown option '" + word + "'" + hint;
  }

  std::string Incomplete(size_t index) const {
    if (index == commands_.size()) return "which command?";
    const Argument* missing = bindings_[index + 1]->Missing();
    return missing == nullptr ? "" : missing->names + " is missing";
  }

  const CommandList& commands_;
  CLI::App app_;
  bool wants_version_ = false;
  std::string value_error_;
  std::vector<std::unique_ptr<Binding>> bindings_;  // [0] the globals, [i + 1] command i
  std::vector<std::unique_ptr<Binding>> shared_bindings_;
};

}  // namespace

std::string UnknownCommand(const std::string& word, const CommandList& commands) {
  std::vector<std::string> known;
  for (const auto& command : commands) known.emplace_back(command->name());
  return "unknown command '" + word + "'" + DidYouMean(word, known);
}

CommandLine ParseCommandLine(const std::vector<std::string>& words, const CommandList& commands,
                             GlobalOptions* globals) {
  return Parser(commands, globals).Parse(words);
}

}  // namespace treering::kvctl
