#include "tests/platform/fault_certificates.h"

namespace powernode::platform {
namespace {

using nlohmann::json;

void ReplaceLeaf(const Fault& fault, const LeafMaker& maker, json& data) {
  const Result<LeafFlaw> flaw = LeafFlawFromName(fault.text);
  const Result<Certificate> good = CertificateFromPem(data["cert_pem"].get<std::string>());
  if (!flaw || !good) return;
  const Result<Certificate> bad = maker.authority.IssueFlawedLeaf(
      *flaw, ::X509_get0_pubkey(good->get()), CommonName(good->get()), maker.now, maker.lifetime);
  if (!bad) return;
  if (const Result<std::string> pem = CertificatePem(bad->get()); pem) data["cert_pem"] = *pem;
}

std::string ForeignRoot(const LeafMaker& maker) {
  const Result<Authority> foreign =
      Authority::Make("Foreign authority", KeyKind::kEcdsaP256, maker.now);
  return foreign ? foreign->root_pem() : std::string();
}

}  // namespace

void ChangeCertificates(const Fault& fault, const LeafMaker& maker, json& body) {
  const auto data = body.find("data");
  if (data == body.end() || !data->is_object() || !data->contains("cert_pem")) return;
  if (fault.kind == "flawed-leaf") ReplaceLeaf(fault, maker, *data);
  if (fault.kind == "foreign-chain") (*data)["ca_chain_pem"] = ForeignRoot(maker);
  if (fault.kind == "empty-chain") (*data)["ca_chain_pem"] = "";
  if (fault.kind == "foreign-roots") (*data)["platform_ca_pem"] = ForeignRoot(maker);
}

}  // namespace powernode::platform
