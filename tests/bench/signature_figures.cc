// One verification, parsing included, with the policy and the trusted root read before: what a node
// spends on each module. The material is that of the shared vectors.

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "agent/base/files.h"
#include "tests/bench/figure.h"
#include "verify/sigstore/policy_key.h"
#include "verify/sigstore/verifier.h"

namespace powernode::bench {
namespace {

namespace sigstore = verify::sigstore;

constexpr int kRounds = 51;

template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}

std::string Vector(const std::string& name) {
  return Must(ReadFile(std::string(POWERNODE_SHARED) + "/vectors/sigstore/" + name, 1024 * 1024));
}

// The median, in milliseconds.
double MedianOf(const std::string& artifact, const std::string& material,
                const sigstore::Requirements& requirements) {
  std::vector<double> took;
  for (int round = 0; round < kRounds; ++round) {
    sigstore::Report report;
    took.push_back(Timed([&] {
                     report = sigstore::Verify(sigstore::Artifact(artifact),
                                               sigstore::GuessBundleKind(material), material,
                                               requirements);
                   }).count());
    if (report.verdict != sigstore::Verdict::kOk) throw std::runtime_error(report.message);
  }
  std::nth_element(took.begin(), took.begin() + kRounds / 2, took.end());
  return took[kRounds / 2];
}

Figure Line(const std::string& name, double milliseconds, double bar) {
  return {name, Text(milliseconds, "ms"), Text(bar, "ms"), "cosign: a 70 MB program start",
          milliseconds <= bar};
}

}  // namespace

std::vector<Figure> SignatureFigures() {
  const auto by_key =
      sigstore::Requirements::ForKeys({Must(sigstore::ParsePolicyKey(Vector("keys/keyA.pub")))});
  const double key =
      MedianOf(Vector("blobs/mod-a.bin"), Vector("keyed/mod-a-c250-legacy.legacy.bundle"), by_key);

  const auto root = std::make_shared<const sigstore::TrustedRoot>(
      Must(sigstore::ParseTrustedRoot(Vector("roots/lab-default.json"))));
  const auto by_identity = sigstore::Requirements::ForIdentities(
      {{Must(sigstore::TextRule::Exact(
            "https://ci.lab.example.test/org/mod/.ci/release.yml@refs/tags/v1.2.0")),
        Must(sigstore::TextRule::Exact("https://token.lab.example.test"))}},
      root);
  const double keyless =
      MedianOf(Vector("blobs/lab-module.bin"), Vector("lab/ok-v1-uri.sigstore.json"), by_identity);
  return {Line("one signature, static key", key, 4), Line("one signature, keyless", keyless, 15)};
}

}  // namespace powernode::bench
