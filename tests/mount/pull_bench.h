// A store, a source that fails as told, a signer and a clock in which time passes only by sleeping:
// all that a pull needs, with the content known.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/paths.h"
#include "mount/puller.h"
#include "tests/mount/scripted_source.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/signer.h"

namespace powernode::testing {

// Time passes only when somebody sleeps.
class SleepCounter : public Clock {
 public:
  std::int64_t UnixSeconds() const override { return 1'800'000'000; }
  std::chrono::milliseconds Monotonic() const override { return now_; }
  bool Sleep(std::chrono::milliseconds duration, std::stop_token stop) override {
    slept.push_back(duration);
    now_ += duration;
    return !stop.stop_requested();
  }
  std::vector<std::chrono::milliseconds> slept;

 private:
  std::chrono::milliseconds now_{1'000'000};
};

inline std::string Blob(std::size_t size) {
  std::string content(size, '\0');
  for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 7 + i / 4096);
  return content;
}

inline Error Lost() { return Error(ErrorKind::kUnavailable, "connect_failed", "nobody home"); }

class PullBench {
 public:
  explicit PullBench(std::string content = Blob(1'000'000))
      : content_(std::move(content)),
        paths_(Paths::Below(directory_.path().string())),
        store(paths_, 0),
        source(content_),
        verifier(signer.Policy()) {
    source.signature = signer.Sign(digest());
  }

  verify::BlobDigest digest() const { return verify::BlobDigest::Of(content_); }
  mount::ModuleBlob Module() const {
    return {.module_id = "m1",
            .name = "nginx",
            .digest = digest(),
            .size = content_.size(),
            .signature = {}};
  }
  mount::Puller Make(mount::BlobSource* from) {
    return mount::Puller(store, verifier, from, clock, options);
  }
  Result<verify::VerifiedImage> Pull() { return Make(&source).Pull(Module(), stop.get_token()); }
  std::string Stored() const {
    const Result<std::string> text = ReadFile(store.PathOf(digest()), 100'000'000);
    return text ? *text : "";
  }
  bool HasPart() const { return Exists(store.PartPathOf(digest())); }
  const std::string& content() const { return content_; }

 private:
  std::string content_;
  TemporaryDirectory directory_;
  Paths paths_;

 public:
  Signer signer;
  mount::BlobStore store;
  ScriptedSource source;
  SleepCounter clock;
  verify::ImageVerifier verifier;
  mount::Puller::Options options{.download = {}, .lock_patience = std::chrono::milliseconds(0)};
  std::stop_source stop;
};

}  // namespace powernode::testing
