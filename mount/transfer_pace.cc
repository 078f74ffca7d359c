#include "mount/transfer_pace.h"

#include <string>
#include <utility>

namespace powernode::mount {
namespace {

constexpr int kFruitlessAttempts = 6;
constexpr std::chrono::seconds kRetryCap{60};

}  // namespace

TransferPace::TransferPace(Clock& clock, std::chrono::milliseconds base, std::uint64_t furthest)
    : clock_(clock), backoff_(base, kRetryCap), furthest_(furthest) {}

Status TransferPace::WaitAfter(Error error, std::uint64_t position, std::chrono::milliseconds asked,
                               const std::stop_token& stop) {
  if (position > furthest_) {
    furthest_ = position;
    fruitless_ = 0;
    backoff_.Reset();
  } else if (++fruitless_ >= kFruitlessAttempts) {
    return std::move(error).WithContext("given up after " + std::to_string(fruitless_) +
                                        " attempts without progress, " + std::to_string(position) +
                                        " bytes are kept");
  }
  if (!clock_.Sleep(asked.count() > 0 ? asked : backoff_.Next(), stop)) return TransferStopped();
  return Ok();
}

Error TransferStopped() {
  return Error(ErrorKind::kUnavailable, "cancelled",
               "the download was stopped; what has arrived is kept");
}

Error ExplainFullDisk(Error error) {
  if (error.kind() != ErrorKind::kNoSpace || error.system_errno() == 0) return error;
  return Error(ErrorKind::kNoSpace, "no_space", error.message() + "; what has arrived is kept");
}

bool AsksToBeginAgain(const Error& error) {
  return error.code() == "range_not_satisfiable" || error.code() == "bad_content_range";
}

}  // namespace powernode::mount
