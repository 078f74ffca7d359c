#include "tests/base/tls_server.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::testing {
namespace {

void Put(const std::string& path, const std::string& content) {
  if (!WriteFile(path, content, 0600)) throw std::runtime_error("cannot write " + path);
}

std::array<Fd, 2> Pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) throw std::runtime_error("pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

TlsServer::TlsServer(const KeyPair& pair, const Options& options) {
  Put(files_ / "certificate.pem", pair.certificate_pem);
  Put(files_ / "key.pem", pair.key_pem);
  std::vector<std::string> words{
      POWERNODE_PYTHON,   POWERNODE_TLS_SERVER, files_ / "certificate.pem",
      files_ / "key.pem", "--listen",           options.listen};
  if (options.tls12_only) words.insert(words.end(), {"--maximum", "1.2"});
  if (options.handshake_delay > 0)
    words.insert(words.end(), {"--handshake-delay", std::to_string(options.handshake_delay)});
  if (!options.client_ca_pem.empty()) {
    Put(files_ / "client-ca.pem", options.client_ca_pem);
    words.insert(words.end(), {"--client-ca", files_ / "client-ca.pem"});
  }

  auto [child_input, input] = Pipe();
  auto [output, child_output] = Pipe();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, child_input.get(), 0);
  ::posix_spawn_file_actions_adddup2(&actions, child_output.get(), 1);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int problem =
      ::posix_spawn(&process_, arguments.front(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw std::runtime_error("cannot start " + words.front());
  child_output.Reset();
  input_ = std::move(input);

  const Result<std::string> line = [&output]() -> Result<std::string> {
    std::string text;
    std::array<std::byte, 1> byte;
    for (;;) {
      ASSIGN_OR_RETURN(const std::size_t count, Read(output, byte));
      if (count == 0 || byte[0] == std::byte{'\n'}) return text;
      text.push_back(static_cast<char>(byte[0]));
    }
  }();
  port_ = line ? std::atoi(line->c_str()) : 0;
  if (port_ == 0) throw std::runtime_error("the TLS server did not start");
}

TlsServer::~TlsServer() {
  input_.Reset();
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

std::string TlsServer::Url(const std::string& path, const std::string& host) const {
  return "https://" + host + ":" + std::to_string(port_) + "/" + path;
}

}  // namespace powernode::testing
