#include "verify/kernel_fsverity.h"

#include <doctest/doctest.h>
#include <linux/fsverity.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <string>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"
#include "verify/fsverity_measure.h"

namespace powernode::verify::kernel_fsverity_test {
namespace {

// A kernel that answers FS_IOC_ENABLE_VERITY with a row of errnos (the last one for ever), and
// FS_IOC_MEASURE_VERITY as the file system in `measure` would.
struct ScriptedKernel {
  std::deque<int> enable{0};
  int measure = ENODATA;
  std::uint16_t algorithm = FS_VERITY_HASH_ALG_SHA256;
  std::uint16_t digest_size = 32;

  int enables = 0;
  fsverity_enable_arg asked{};
  std::string salt;

  VerityIoctl ioctl() {
    return [this](const Fd&, unsigned long request, void* argument) {
      return request == FS_IOC_ENABLE_VERITY ? Enable(argument) : Measure(request, argument);
    };
  }

 private:
  int Enable(void* argument) {
    ++enables;
    std::memcpy(&asked, argument, sizeof asked);
    salt.assign(reinterpret_cast<const char*>(asked.salt_ptr), asked.salt_size);
    const int answer = enable.front();
    if (enable.size() > 1) enable.pop_front();
    return answer;
  }

  int Measure(unsigned long request, void* argument) const {
    REQUIRE(request == FS_IOC_MEASURE_VERITY);
    if (measure != 0) return measure;
    auto* answer = static_cast<fsverity_digest*>(argument);
    REQUIRE(answer->digest_size == 64);
    answer->digest_algorithm = algorithm;
    answer->digest_size = digest_size;
    std::memset(static_cast<char*>(argument) + sizeof(fsverity_digest), 0xab,
                std::min<std::size_t>(digest_size, 64));
    return 0;
  }
};

struct SleepCounter : Clock {
  std::int64_t UnixSeconds() const override { return 0; }
  std::chrono::milliseconds Monotonic() const override { return {}; }
  bool Sleep(std::chrono::milliseconds duration, std::stop_token) override {
    slept += duration;
    return true;
  }
  std::chrono::milliseconds slept{};
};

const std::string kMeasured = "sha256:" + [] {
  std::string digits;
  for (int i = 0; i < 32; ++i) digits += "ab";
  return digits;
}();

}  // namespace

TEST_SUITE_BEGIN("kernel fsverity");

TEST_CASE("the kernel's digest is reported with its algorithm") {
  ScriptedKernel kernel{.measure = 0};
  CHECK(MeasureVerity({}, kernel.ioctl())->ToString() == kMeasured);
  kernel.algorithm = FS_VERITY_HASH_ALG_SHA512;
  kernel.digest_size = 64;
  CHECK(MeasureVerity({}, kernel.ioctl())->algorithm() == FsVerityAlgorithm::kSha512);
}

TEST_CASE("an answer that makes no sense is not a digest") {
  struct Row {
    std::uint16_t algorithm;
    std::uint16_t digest_size;
  };
  for (const Row& row :
       {Row{3, 32}, Row{0, 32}, Row{1, 64}, Row{2, 32}, Row{1, 0}, Row{2, 65535}}) {
    ScriptedKernel kernel{.measure = 0, .algorithm = row.algorithm, .digest_size = row.digest_size};
    const Result<FsVerityDigest> digest = MeasureVerity({}, kernel.ioctl());
    REQUIRE_FALSE(digest.ok());
    CHECK(digest.error().kind() == ErrorKind::kCannotTell);
  }
}

TEST_CASE("not supported, not enabled and another digest are three answers") {
  struct Row {
    int failed;
    ErrorKind kind;
    const char* code;
  };
  const FsVerityDigest wanted = FsVerityDigest::Parse(std::string(64, '1')).value();
  for (const Row& row : {
           Row{ENOTTY, ErrorKind::kUnsupported, "fsverity_unsupported"},
           Row{EOPNOTSUPP, ErrorKind::kUnsupported, "fsverity_unsupported"},
           Row{ENODATA, ErrorKind::kNotFound, "fsverity_not_enabled"},
           Row{0, ErrorKind::kRefuted, "fsverity_mismatch"},
           Row{EIO, ErrorKind::kSystem, "system_error"},
       }) {
    ScriptedKernel kernel{.measure = row.failed};
    const Status status = RequireVerity({}, wanted, kernel.ioctl());
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().kind() == row.kind);
    CHECK(status.error().code() == row.code);
  }
  ScriptedKernel kernel{.measure = 0};
  CHECK(RequireVerity({}, FsVerityDigest::Parse(kMeasured).value(), kernel.ioctl()).ok());
}

TEST_CASE("enabling hands the parameters over; a file that has it already is fine") {
  ScriptedKernel kernel;
  REQUIRE(EnableVerity({},
                       {.algorithm = FsVerityAlgorithm::kSha512,
                        .salt = FsVeritySalt::Of(AsBytes("salt")).value()},
                       SystemClock(), kernel.ioctl())
              .ok());
  CHECK(kernel.asked.version == 1);
  CHECK(kernel.asked.hash_algorithm == FS_VERITY_HASH_ALG_SHA512);
  CHECK(kernel.asked.block_size == 4096);
  CHECK(kernel.asked.sig_size == 0);
  CHECK(kernel.salt == "salt");
  kernel.enable = {EEXIST};
  CHECK(EnableVerity({}, {}, SystemClock(), kernel.ioctl()).ok());
}

TEST_CASE("a writer that goes away is waited for, one that stays is named after two seconds") {
  SleepCounter clock;
  ScriptedKernel kernel{.enable = {ETXTBSY, EBUSY, ETXTBSY, 0}};
  CHECK(EnableVerity({}, {}, clock, kernel.ioctl()).ok());
  CHECK(kernel.enables == 4);

  ScriptedKernel stays{.enable = {ETXTBSY}};
  clock.slept = {};
  const Status status = EnableVerity({}, {}, clock, stays.ioctl());
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().kind() == ErrorKind::kBusy);
  CHECK(status.error().code() == "fsverity_writer");
  CHECK(clock.slept > std::chrono::seconds(1));
  CHECK(clock.slept <= std::chrono::seconds(2));
}

TEST_CASE("what cannot be enabled is told at once, and apart from what failed") {
  SleepCounter clock;
  for (const int failed : {ENOTTY, EOPNOTSUPP, EINVAL, ENOPKG, ENOSPC, EROFS, EIO}) {
    ScriptedKernel kernel{.enable = {failed}};
    const Status status = EnableVerity({}, {}, clock, kernel.ioctl());
    REQUIRE_FALSE(status.ok());
    const bool lacking =
        failed == ENOTTY || failed == EOPNOTSUPP || failed == EINVAL || failed == ENOPKG;
    CHECK((status.error().code() == "fsverity_unsupported") == lacking);
    CHECK(status.error().system_errno() == failed);
    CHECK(kernel.enables == 1);
  }
  CHECK(clock.slept.count() == 0);
}

TEST_CASE("a file is measured by the kernel where it can, by reading where it cannot") {
  const testing::TemporaryDirectory directory;
  REQUIRE(WriteFile(directory / "file", "text", 0600).ok());
  const Result<Fd> fd = Open(directory / "file", O_RDONLY);
  REQUIRE(fd.ok());
  ScriptedKernel kernel{.measure = 0};
  const Result<MeasuredFile> enforced = MeasureFile(*fd, {}, {}, kernel.ioctl());
  REQUIRE(enforced.ok());
  CHECK(enforced->source == FsVeritySource::kKernel);
  CHECK(enforced->digest.ToString() == kMeasured);

  for (const int failed : {ENOTTY, EOPNOTSUPP, ENODATA}) {
    kernel.measure = failed;
    const Result<MeasuredFile> computed = MeasureFile(*fd, {}, {}, kernel.ioctl());
    REQUIRE(computed.ok());
    CHECK(computed->source == FsVeritySource::kComputed);
    CHECK(computed->digest == ComputeFsVerity(*fd).value());
  }
  // A kernel that has a digest and does not give it is no reason to trust what was read.
  kernel.measure = EIO;
  CHECK_FALSE(MeasureFile(*fd, {}, {}, kernel.ioctl()).ok());
}

TEST_SUITE_END();

}  // namespace powernode::verify::kernel_fsverity_test
