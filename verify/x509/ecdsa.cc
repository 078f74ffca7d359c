#include "verify/x509/ecdsa.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/ecp.h>

#include <optional>

#include "verify/x509/der.h"
#include "verify/x509/octets.h"

namespace powernode::verify::x509 {
namespace {

mbedtls_ecp_group_id GroupOf(Curve curve) {
  switch (curve) {
    case Curve::kP256:
      return MBEDTLS_ECP_DP_SECP256R1;
    case Curve::kP384:
      return MBEDTLS_ECP_DP_SECP384R1;
    case Curve::kP521:
      return MBEDTLS_ECP_DP_SECP521R1;
  }
  return MBEDTLS_ECP_DP_NONE;
}

class Integer {
 public:
  Integer() { mbedtls_mpi_init(&value_); }
  ~Integer() { mbedtls_mpi_free(&value_); }
  Integer(const Integer&) = delete;
  Integer& operator=(const Integer&) = delete;

  bool Read(std::string_view big_endian) {
    return mbedtls_mpi_read_binary(&value_, Octets(big_endian), big_endian.size()) == 0;
  }
  const mbedtls_mpi* get() const { return &value_; }

 private:
  mbedtls_mpi value_;
};

// A group and a point of it. The library writes to the group while it verifies, so it is not
// shared; loading one costs a thousandth of a verification.
class CurvePoint {
 public:
  CurvePoint() {
    mbedtls_ecp_group_init(&group_);
    mbedtls_ecp_point_init(&point_);
  }
  ~CurvePoint() {
    mbedtls_ecp_point_free(&point_);
    mbedtls_ecp_group_free(&group_);
  }
  CurvePoint(const CurvePoint&) = delete;
  CurvePoint& operator=(const CurvePoint&) = delete;

  bool Read(Curve curve, std::string_view point) {
    return point.starts_with('\x04') && mbedtls_ecp_group_load(&group_, GroupOf(curve)) == 0 &&
           mbedtls_ecp_point_read_binary(&group_, &point_, Octets(point), point.size()) == 0 &&
           mbedtls_ecp_check_pubkey(&group_, &point_) == 0;
  }

  bool Verify(std::string_view digest, const Integer& r, const Integer& s) {
    return mbedtls_ecdsa_verify(&group_, Octets(digest), digest.size(), &point_, r.get(),
                                s.get()) == 0;
  }

 private:
  mbedtls_ecp_group group_;
  mbedtls_ecp_point point_;
};

struct EcdsaSignature {
  std::string_view r;
  std::string_view s;
};

Result<EcdsaSignature> ParseSignature(std::string_view der) {
  ASSIGN_OR_RETURN(const DerElement sequence, ReadOnlyElement(der, kDerSequence));
  DerReader reader(sequence.contents);
  EcdsaSignature signature;
  ASSIGN_OR_RETURN(signature.r, reader.ReadUnsigned());
  ASSIGN_OR_RETURN(signature.s, reader.ReadUnsigned());
  RETURN_IF_ERROR(reader.End());
  return signature;
}

}  // namespace

bool IsPointOf(Curve curve, std::string_view point) { return CurvePoint().Read(curve, point); }

bool IsEcdsaSignatureDer(std::string_view signature) { return ParseSignature(signature).ok(); }

bool VerifyEcdsa(Curve curve, std::string_view point, std::string_view digest,
                 std::string_view signature) {
  const Result<EcdsaSignature> parsed = ParseSignature(signature);
  if (!parsed) return false;
  Integer r;
  Integer s;
  if (!r.Read(parsed->r) || !s.Read(parsed->s)) return false;
  CurvePoint key;
  return key.Read(curve, point) && key.Verify(digest, r, s);
}

}  // namespace powernode::verify::x509
