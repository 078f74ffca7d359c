// The reference control plane for a test: starts the program on free loopback ports with a state
// directory of its own, drives it through its command line, and ends it. Header only; link
// powernode_platform_fixture, which says where the program is.
//
//   platform::Fixture plane;                                   // serves from here on
//   const auto node = plane.AddNode("n1");                     // node.id, node.token
//   plane.AddModule(image, {"--name", "nginx", "--priority", "10", "--sign-key", key});
//   plane.Assign("n1", {"nginx"});
//   plane.Fault({"status", "--route", "enroll", "--number", "503", "--count", "1"});
//   ... plane.Url(), plane.CaPem(), plane.Requests(), plane.StatusJson()
//
// A command that fails throws std::runtime_error with its stderr, which fails the test. Only the
// child that was started is ever signalled, and it dies with the test (PR_SET_PDEATHSIG).
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace powernode::platform {

struct FixtureNode {
  std::string id;
  std::string token;
};

class Fixture {
 public:
  using Words = std::vector<std::string>;

  // `serve_words` are further arguments of `serve`, as in {"--ca", "ed25519"}.
  explicit Fixture(Words serve_words = {}) : serve_words_(std::move(serve_words)) {
    char pattern[] = "/tmp/powernode-platform.XXXXXX";
    if (::mkdtemp(pattern) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory_ = pattern;
    Start();
  }
  ~Fixture() {
    End(SIGKILL);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  const std::string& Url() const { return url_; }  // "https://localhost:PORT"
  int Port() const { return std::stoi(url_.substr(url_.rfind(':') + 1)); }
  const std::string& Directory() const { return directory_; }
  std::string CaPath() const { return directory_ + "/ca.pem"; }
  std::string CaPem() const { return ReadAll(CaPath()); }

  FixtureNode AddNode(const std::string& name, Words more = {}) {
    const nlohmann::json made = Verb(Join({"node", "add", name}, std::move(more)));
    return {made.at("instance_uuid"), made.at("bootstrap_token")};
  }
  std::string AddToken(const std::string& node) {
    return Verb({"token", "add", node}).at("bootstrap_token");
  }
  // `words` as on the command line: --name, --priority, and --sign-key KEY (with --blob-only for
  // the bytes alone), --signature FILE or --no-sign.
  nlohmann::json AddModule(const std::string& image, Words words) {
    return Verb(Join({"module", "add", image}, std::move(words)));
  }
  nlohmann::json Assign(const std::string& node, Words modules) {
    return Verb(Join({"assign", node}, std::move(modules)));
  }
  nlohmann::json Unassign(const std::string& node, Words modules) {
    return Verb(Join({"unassign", node}, std::move(modules)));
  }
  nlohmann::json SetTrustPolicy(const std::string& policy_file, const std::string& key_file) {
    return Verb({"trust-policy", "set", policy_file, "--sign-key", key_file});
  }
  nlohmann::json ClearTrustPolicy() { return Verb({"trust-policy", "clear"}); }
  nlohmann::json AddTask(const std::string& node, const std::string& command,
                         const std::string& options = "{}") {
    return Verb({"task", "add", node, command, "--options", options});
  }
  void Advance(std::int64_t seconds) { Verb({"clock", "--advance", std::to_string(seconds)}); }
  // The authority gets a successor; then the successor takes over, and CaPem() is its root.
  void BeginCaRoll() { Verb({"ca", "roll"}); }
  void FinishCaRoll() { Verb({"ca", "roll", "--finish"}); }
  void Fault(Words words) { Verb(Join({"fault", "add"}, std::move(words))); }
  void ClearFaults() { Verb({"fault", "clear"}); }

  nlohmann::json StatusJson() const { return Verb({"status", "--json"}); }
  // The node's entry in StatusJson(); null when there is none.
  nlohmann::json StatusOf(const std::string& node) const {
    const nlohmann::json status = StatusJson();
    for (const nlohmann::json& entry : status.at("nodes")) {
      if (entry.at("name") == node || entry.at("id") == node) return entry;
    }
    return nullptr;
  }

  // The record so far, or the part whose path below the API prefix is `path`.
  std::vector<nlohmann::json> Requests(const std::string& path = "") const {
    std::vector<nlohmann::json> lines;
    std::ifstream record(directory_ + "/requests.jsonl");
    for (std::string line; std::getline(record, line);) {
      nlohmann::json request = nlohmann::json::parse(line);
      if (path.empty() || request.at("path") == path) lines.push_back(std::move(request));
    }
    return lines;
  }

  // Any command, its stdout as text or parsed.
  nlohmann::json Verb(Words words) const { return nlohmann::json::parse(Run(std::move(words))); }
  std::string Run(Words words) const {
    int output[2];
    if (::pipe2(output, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
    const std::string complaint_path = directory_ + "/stderr." + std::to_string(::getpid());
    const pid_t child = Spawn(Join({"--state", directory_}, words), output[1], complaint_path);
    ::close(output[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = ::read(output[0], buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    ::close(output[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status == 0) return text;
    std::string line = "powernode-platform";
    for (const std::string& word : words) line += " " + word;
    throw std::runtime_error(line + ": " + ReadAll(complaint_path) + text);
  }

  // Ends the server in an orderly way; the state stays, commands still work.
  void Stop() { End(SIGTERM); }
  // As a power cut would.
  void Kill() { End(SIGKILL); }
  // Serves again at the same URL.
  void Start() {
    const std::string port = url_.empty() ? "0" : std::to_string(Port());
    int ready[2];
    if (::pipe2(ready, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
    const Words words = Join({"--state", directory_, "serve", "--listen", "127.0.0.1:" + port,
                              "--url", url_, "--ready-fd", "1"},
                             serve_words_);
    server_ = Spawn(url_.empty() ? WithoutUrl(words) : words, ready[1], directory_ + "/server.log");
    ::close(ready[1]);
    std::string line;
    for (char c; ::read(ready[0], &c, 1) == 1 && c != '\n';) line += c;
    ::close(ready[0]);
    if (line.empty())
      throw std::runtime_error("the control plane did not start: " +
                               ReadAll(directory_ + "/server.log"));
    url_ = nlohmann::json::parse(line).at("url");
  }
  void Restart() {
    Stop();
    Start();
  }
  // With other arguments of `serve`, as in {"--mode", "target"}.
  void Restart(Words serve_words) {
    serve_words_ = std::move(serve_words);
    Restart();
  }
  std::string ServerLog() const { return ReadAll(directory_ + "/server.log"); }

 private:
  static Words Join(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  static Words WithoutUrl(Words words) {
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      if (words[i] == "--url") {
        words.erase(words.begin() + static_cast<std::ptrdiff_t>(i),
                    words.begin() + static_cast<std::ptrdiff_t>(i) + 2);
        break;
      }
    }
    return words;
  }

  static std::string ReadAll(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  // stdout goes to `output`, stderr to the file.
  static pid_t Spawn(const Words& words, int output, const std::string& complaint_path) {
    std::vector<std::string> copy = Join({POWERNODE_PLATFORM_PROGRAM}, words);
    std::vector<char*> arguments;
    for (std::string& word : copy) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child > 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int complaints = ::open(complaint_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (::getppid() != parent || ::dup2(output, 1) < 0 || complaints < 0 ||
        ::dup2(complaints, 2) < 0)
      ::_exit(126);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  void End(int signal) {
    if (server_ <= 0) return;
    ::kill(server_, signal);
    ::waitpid(server_, nullptr, 0);
    server_ = -1;
  }

  Words serve_words_;
  std::string directory_;
  std::string url_;
  pid_t server_ = -1;
};

}  // namespace powernode::platform
