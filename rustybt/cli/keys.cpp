// Commands about the keys of data sources: keys set, list, remove. Values are typed or piped in, never words of a
// command line, and never shown.

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "rustybt/cli/actions.hpp"
#include "rustybt/data/bundles/core.hpp"

namespace rustybt::cli {

namespace {

using Json = nlohmann::ordered_json;
using utils::Secret;

std::string read_line(int input) {
  std::string line;
  for (char c = 0; ::read(input, &c, 1) == 1 && c != '\n';) line += c;
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

/// A line typed at the terminal without echo; nullopt when there is no terminal.
std::optional<Secret> ask_at_terminal(const std::string& prompt) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return std::nullopt;
  termios before{};
  const bool has_modes = ::tcgetattr(terminal, &before) == 0;
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (has_modes) ::tcsetattr(terminal, TCSAFLUSH, &silent);
  static_cast<void>(!::write(terminal, prompt.data(), prompt.size()));
  Secret answer(read_line(terminal));
  if (has_modes) ::tcsetattr(terminal, TCSAFLUSH, &before);
  static_cast<void>(!::write(terminal, "\n", 1));
  ::close(terminal);
  return answer;
}

std::filesystem::path store_file() { return data::default_root() / "credentials"; }

utils::CredentialStore open_store() { return {store_file(), terminal_passphrase()}; }

}  // namespace

utils::PassphraseSource terminal_passphrase() {
  const auto given = std::make_shared<std::optional<Secret>>();  // asked for once per command
  return utils::default_passphrase([given]() -> std::optional<Secret> {
    if (*given) return *given;
    const bool is_new = !std::filesystem::exists(store_file());
    *given = ask_at_terminal(is_new ? "new passphrase for the keys: " : "passphrase of the keys: ");
    if (*given && is_new) {
      const std::optional<Secret> again = ask_at_terminal("the same again: ");
      if (!again || again->reveal() != (*given)->reveal())
        throw Error(ErrorCode::WrongPassphrase, "the two passphrases differ", "type the same one twice");
    }
    return *given;
  });
}

std::optional<Secret> find_key(const std::string& name, const utils::PassphraseSource& passphrase) {
  return utils::find_credential(name, {store_file(), passphrase});
}

int set_key(Invocation& invocation, const std::string& name) {
  std::optional<Secret> value;
  if (::isatty(STDIN_FILENO) == 1) {
    value = ask_at_terminal(fmt::format("value of {}: ", name));
  } else {
    value = Secret(read_line(STDIN_FILENO));
  }
  if (!value || value->empty()) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("no value for the key {}", name),
                fmt::format("type it at the prompt, or pipe it in: rustybt keys set {} < FILE", name));
  }
  utils::CredentialStore store = open_store();
  store.set(name, *value);
  invocation.console.print(fmt::format("stored {} in {}\n", name, store_file().string()));
  invocation.console.print_json(Json({{"name", name}, {"file", store_file().string()}}).dump(2));
  return 0;
}

int list_keys(Invocation& invocation) {
  const std::vector<std::string> names = open_store().names();
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  invocation.console.print(names.empty() ? "no keys are stored; `rustybt keys set NAME` stores one\n" : text);
  invocation.console.print_json(Json({{"keys", names}}).dump(2));
  return 0;
}

int remove_key(Invocation& invocation, const std::string& name) {
  utils::CredentialStore store = open_store();
  if (!store.remove(name)) {
    throw Error(ErrorCode::MissingKey, fmt::format("there is no key named {}", name),
                "`rustybt keys list` shows the names");
  }
  invocation.console.print(fmt::format("removed {}\n", name));
  invocation.console.print_json(Json({{"removed", name}}).dump(2));
  return 0;
}

}  // namespace rustybt::cli
