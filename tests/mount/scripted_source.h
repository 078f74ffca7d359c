// A blob source that serves from memory and fails as told: each attempt takes the next step of the
// script, and after the last step attempts succeed.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "mount/blob_source.h"

namespace powernode::testing {

struct Attempt {
  std::optional<std::size_t> cut_after;  // bytes of this answer, then connection_lost
  std::optional<Error> refuse;           // instead of an answer
  bool ignore_range = false;             // 200 instead of 206
  bool clean_end = false;                // the cut looks like the regular end
};

class ScriptedSource : public mount::BlobSource {
 public:
  explicit ScriptedSource(std::string blob) : content(std::move(blob)) {}

  Status FetchBlob(const mount::BlobWish& wish,
                   const std::function<Status(const mount::BlobHead&)>& on_head,
                   const std::function<Status(std::span<const std::byte>)>& sink,
                   std::stop_token stop) override;
  Result<std::optional<std::string>> FetchSignature(const std::string& module_id,
                                                    std::stop_token stop) override;
  std::chrono::milliseconds AskedToWait() const override { return asked_to_wait; }

  std::string content;
  std::string etag = "\"v1\"";
  bool announce_total = true;
  std::deque<Attempt> script;
  std::optional<std::string> signature;
  std::optional<Error> signature_error;
  std::chrono::milliseconds asked_to_wait{0};

  // What was asked.
  std::vector<mount::BlobWish> wishes;
  std::uint64_t bytes_served = 0;
  int signatures_asked = 0;
};

}  // namespace powernode::testing
