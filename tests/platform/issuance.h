// What every generation's enrolment is made of (node-api.md §7): the certificate request that was
// sent, the token's owner, and the row and the answer of a new certificate.
#pragma once

#include <string>
#include <variant>

#include "tests/platform/call.h"
#include "tests/platform/certificates.h"

namespace powernode::platform {

struct Applicant {
  SigningRequest request;
  std::string key_sha256;

  EVP_PKEY* key() const { return ::X509_REQ_get0_pubkey(request.get()); }
};

// The request in the body, which its own key must have signed, or the refusal.
std::variant<Applicant, Answer> ReadApplicant(Call& call);

struct TokenOwner {
  Node* node = nullptr;  // null: nobody has such a token
  Token* token = nullptr;
};

TokenOwner FindToken(State& state, const std::string& token);

// A leaf for the applicant with the node's id as its name; not yet among the node's certificates.
Result<CertificateRow> NewRow(Call& call, const Node& node, const Applicant& applicant);

// The members of `data` that every generation answers with.
json CertificateMembers(const Call& call, const Node& node, const CertificateRow& row);

Answer Unprocessable(std::string_view text, std::string_view code = "VALIDATION_ERROR");

}  // namespace powernode::platform
