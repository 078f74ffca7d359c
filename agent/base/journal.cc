#include "agent/base/journal.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

#include "agent/base/error.h"
#include "agent/base/printable.h"
#include "agent/base/unix_address.h"

namespace powernode {
namespace {

constexpr timeval kPatience{.tv_sec = 0, .tv_usec = 100'000};

// One line: what is made printable has no line break.
void AddField(std::string& entry, std::string_view name, std::string_view value) {
  entry.append(name).append("=").append(Printable(value)).append("\n");
}

// Capital letters, digits and underscores; anything else becomes an underscore.
std::string FieldName(std::string_view key) {
  if (key == "message_id") return "MESSAGE_ID";
  if (key == "error_code") key = "code";
  std::string name = "POWERNODE_";
  for (const char c : key) {
    if (c >= 'a' && c <= 'z')
      name += static_cast<char>(c - 'a' + 'A');
    else
      name += (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
  }
  return name;
}

}  // namespace

Result<Journal> Journal::Open(const std::string& root) {
  const std::string path = root + "/run/systemd/journal/socket";
  ASSIGN_OR_RETURN(const sockaddr_un address, UnixAddress(path));
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid() ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience)) < 0 ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0)
    return SystemError("open the journal at " + path, errno);
  return Journal(std::move(socket));
}

bool Journal::Take(LogLevel level, std::string_view stage, std::string_view text,
                   const LogFields& fields) {
  std::string entry = "SYSLOG_IDENTIFIER=powernode-agent\n";
  AddField(entry, "PRIORITY", std::to_string(SyslogPriority(level)));
  AddField(entry, "MESSAGE", std::string(stage) + ": " + std::string(text));
  AddField(entry, "POWERNODE_STAGE", stage);
  for (const auto& [key, value] : fields) AddField(entry, FieldName(key), value);
  if (::send(socket_.get(), entry.data(), entry.size(), MSG_NOSIGNAL) >= 0) return true;
  return errno == EAGAIN;  // a full journal: the descriptor leads to the same one, and would wait
}

}  // namespace powernode
