// The body of a log entry, and whether it speaks of this signature (signatures.md, sections 10.1
// and 10.6). An entry proves nothing about an artifact until digest, signature and signer in its
// body are those that were just verified.
#pragma once

#include <string_view>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "verify/sigstore/bundle.h"
#include "verify/sigstore/signed_content.h"

namespace powernode::verify::sigstore {

enum class EntryKind {
  kHashedRekord001,
  kDsse001,
  kIntoto002,
  kHashedRekord002,  // Rekor v2, for messages and envelopes
};

enum class ContentKind { kMessage, kEnvelope };

// Logs of the second generation issue entries of one kind only, and no promises.
constexpr bool IsRekorV2(EntryKind kind) { return kind == EntryKind::kHashedRekord002; }

struct EntryBody {
  EntryKind kind = EntryKind::kHashedRekord001;
  Json spec;
};

// Kind and version must be those that the entry names, and must suit the content. kRefuted
// "tlog-body"; kCannotTell "tlog-body": a kind that is not supported.
Result<EntryBody> ReadEntryBody(std::string_view body, std::string_view kind,
                                std::string_view version, ContentKind content);

// kRefuted "tlog-body"; kCannotTell "tlog-body": a digest that is not known, or a key that the
// entry's kind has no name for.
Status CheckEntryBody(const EntryBody& entry, std::string_view body, const SignedContent& content);

}  // namespace powernode::verify::sigstore
