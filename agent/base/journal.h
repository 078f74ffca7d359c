// The journal's native protocol (systemd, "Native Journal Protocol"): one datagram an entry, with
// fields that can be searched for:
//
//   journalctl -t powernode-agent POWERNODE_CODE=digest_mismatch
//   journalctl MESSAGE_ID=…                                        # runtime/message_ids.h
//
// A log field "module" becomes POWERNODE_MODULE=, "error_code" POWERNODE_CODE=, "message_id"
// MESSAGE_ID=, any other name POWERNODE_<NAME>=; the stage is POWERNODE_STAGE=. A journal that does
// not take entries costs 100 ms an entry at most, and the entry: nobody waits for its disk.
#pragma once

#include <string>

#include "agent/base/fd.h"
#include "agent/base/log.h"
#include "agent/base/result.h"

namespace powernode {

class Journal : public LogSink {
 public:
  // The socket is /run/systemd/journal/socket below `root`.
  static Result<Journal> Open(const std::string& root);

  bool Take(LogLevel level, std::string_view stage, std::string_view text,
            const LogFields& fields) override;

 private:
  explicit Journal(Fd socket) : socket_(std::move(socket)) {}

  Fd socket_;
};

}  // namespace powernode
