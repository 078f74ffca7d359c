// Invariant: any answer is data or an error of one printable line; a wait that is asked for is
// bounded; and a blob's head is accepted only where the bytes begin where they were asked for, or
// at 0.
#include "enroll/answer.h"

#include <string>

#include "enroll/blob_answer.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  std::string_view rest = fuzz::TextOf(data, size);
  HttpResponse response;
  if (!rest.empty()) {
    response.status = 100 + static_cast<unsigned char>(rest.front()) * 2 + 1;
    for (const int status : {200, 206, 404, 416, 429, 503})
      if (static_cast<unsigned char>(rest.front()) == status % 256) response.status = status;
    rest.remove_prefix(1);
  }
  for (const char* name : {"retry-after", "content-type", "content-range", "content-length", "etag",
                           "x-module-digest"})
    if (const std::string_view value = fuzz::TakePart(rest); !value.empty())
      response.headers.push_back({.name = name, .value = std::string(value)});
  response.body = rest;

  const Result<Json> answer = enroll::DataOf(response);
  if (answer)
    fuzz::Require(answer->is_object() && response.status / 100 == 2,
                  "data is an object of a good answer");
  else
    fuzz::Require(!fuzz::HasControl(answer.error().message()), "the message is one line");
  if (const auto wait = enroll::RetryAfterOf(response))
    fuzz::Require(wait->count() >= 0 && *wait <= enroll::kMaxRetryAfter, "a wait is bounded");
  (void)enroll::CodeOf(response);

  constexpr std::uint64_t kOffset = 1000;
  const Result<enroll::BlobHead> head =
      enroll::ReadBlobHead(response, kOffset, std::string(64, 'a'));
  if (head) {
    fuzz::Require(head->offset == kOffset || head->offset == 0,
                  "the bytes begin where they can be used");
    if (head->total)
      fuzz::Require(*head->total >= head->offset, "the whole is not shorter than its part");
  } else {
    fuzz::Require(!fuzz::HasControl(head.error().message()), "the message is one line");
  }
  return 0;
}
