#include "verify/sigstore/entry_promise.h"

#include "agent/base/encoding.h"
#include "verify/sigstore/refusal.h"
#include "verify/x509/hash.h"

namespace powernode::verify::sigstore {

std::string PromisePayload(const EntryPromise& promise, std::string_view log_id) {
  return R"({"body":")" + Base64Encode(promise.body) + R"(","integratedTime":)" +
         std::to_string(promise.integrated_time) + R"(,"logID":")" + HexEncode(log_id) +
         R"(","logIndex":)" + std::to_string(promise.log_index) + "}";
}

Result<x509::Instant> CheckPromise(const EntryPromise& promise, const x509::LogKey& log) {
  if (!log.key || log.key->type() == x509::KeyType::kEd25519)
    return Unchecked(stage::kLogSet,
                     "log entry: promises by the log's kind of key are not supported");
  if (promise.integrated_time <= 0)
    return Wrong(stage::kLogSet, "log entry: a promise without a time");
  const x509::Instant time{.seconds = promise.integrated_time};
  if (!log.window.Contains(time))
    return Wrong(stage::kLogSet, "log entry: promised when the log's key was not in use");
  const std::string payload = PromisePayload(promise, log.id);
  if (!log.key->VerifyDigestWithoutPss(x509::HashAlgorithm::kSha256,
                                       x509::Digest(x509::HashAlgorithm::kSha256, payload),
                                       promise.signature))
    return Wrong(stage::kLogSet, "log entry: the log's promise does not hold");
  return time;
}

}  // namespace powernode::verify::sigstore
