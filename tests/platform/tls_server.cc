#include "tests/platform/tls_server.h"

namespace powernode::platform {
namespace {

constexpr unsigned char kSessionContext[] = "powernode-platform";

// The control plane's clock may differ from the machine's, so that the dates are judged by the rows
// instead.
int AllowDates(int ok, X509_STORE_CTX* context) {
  const int error = ::X509_STORE_CTX_get_error(context);
  if (ok == 0 && (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID)) {
    ::X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
  }
  return ok;
}

Status AskForClientCertificates(SSL_CTX* context, const std::vector<Certificate>& roots) {
  for (const Certificate& root : roots) {
    if (::X509_STORE_add_cert(::SSL_CTX_get_cert_store(context), root.get()) != 1 ||
        ::SSL_CTX_add_client_CA(context, root.get()) != 1)
      return OpenSslError("trust an authority for leaves");
  }
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &AllowDates);
  return Ok();
}

}  // namespace

Result<Tls> TlsServer::NewConnection(const ConnectionPlan& plan) {
  const std::scoped_lock lock(mutex_);
  if (made_for_ != plan.authorities) RETURN_IF_ERROR(MakeContext(plan));
  Tls tls(::SSL_new(context_.get()));
  if (!tls) return OpenSslError("begin a connection");
  if (plan.flaw) {
    ASSIGN_OR_RETURN(const ServerCertificate shown, IssueServer(plan, *plan.flaw));
    if (::SSL_use_certificate(tls.get(), shown.certificate.get()) != 1 ||
        ::SSL_use_PrivateKey(tls.get(), shown.key.get()) != 1)
      return OpenSslError("show another certificate");
  }
  if (plan.tls12_only) ::SSL_set_max_proto_version(tls.get(), TLS1_2_VERSION);
  return tls;
}

Result<ServerCertificate> TlsServer::IssueServer(const ConnectionPlan& plan,
                                                 ServerFlaw flaw) const {
  return plan.authorities->server().IssueServer(settings_.dns_names, settings_.addresses, flaw,
                                                plan.now);
}

Status TlsServer::MakeContext(const ConnectionPlan& plan) {
  const Authorities& authorities = *plan.authorities;
  ASSIGN_OR_RETURN(const ServerCertificate shown, IssueServer(plan, settings_.flaw));
  TlsContext context(::SSL_CTX_new(::TLS_server_method()));
  if (!context) return OpenSslError("make TLS context");
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  if (::SSL_CTX_use_certificate(context.get(), shown.certificate.get()) != 1 ||
      ::SSL_CTX_use_PrivateKey(context.get(), shown.key.get()) != 1 ||
      ::SSL_CTX_set_session_id_context(context.get(), kSessionContext,
                                       sizeof kSessionContext - 1) != 1)
    return OpenSslError("set up TLS context");
  for (const Certificate& certificate : authorities.server_chain()) {
    if (::SSL_CTX_add1_chain_cert(context.get(), certificate.get()) != 1)
      return OpenSslError("set up the server's certificate chain");
  }
  if (settings_.asks_for_certificates)
    RETURN_IF_ERROR(AskForClientCertificates(context.get(), authorities.client_roots()));
  context_ = std::move(context);
  made_for_ = plan.authorities;
  return Ok();
}

}  // namespace powernode::platform
