// The record of every request, one JSON line each in DIR/requests.jsonl: who, what, with which
// headers, and what was answered. Written before the answer leaves, so that whoever has the answer
// finds the line. Secrets are not in it: bearer headers and the members of bodies that hold
// credentials are blanked, while digests of the body and of an enrolment's key stay, so that a test
// can say "exactly one key was seen".
#pragma once

#include <mutex>
#include <string>

#include "agent/base/result.h"
#include "tests/platform/clock.h"
#include "tests/platform/fault.h"
#include "tests/platform/message.h"

namespace powernode::platform {

json RecordLine(const Request& request, const Answer& answer, const std::vector<Fault>& faults,
                Seconds now);

// Appends to one file; threads may share it.
class Recorder {
 public:
  explicit Recorder(std::string path) : path_(std::move(path)) {}
  Status Write(const json& line);

 private:
  std::string path_;
  std::mutex mutex_;
};

}  // namespace powernode::platform
