// ECDSA verification over the three NIST curves (FIPS 186-5 §6.4.2), by mbedTLS.
#pragma once

#include <string_view>

namespace powernode::verify::x509 {

enum class Curve { kP256, kP384, kP521 };

// Whether `point` is 04 ‖ x ‖ y, with coordinates below the field's prime, on the curve.
bool IsPointOf(Curve curve, std::string_view point);

// `signature` is SEQUENCE { INTEGER r, INTEGER s } in strict DER with 1 <= r, s < the group's
// order; s and order - s are both good. A digest longer than the order counts with its leftmost
// bits.
bool VerifyEcdsa(Curve curve, std::string_view point, std::string_view digest,
                 std::string_view signature);

// Whether `signature` is such a SEQUENCE; the range of r and s is not looked at.
bool IsEcdsaSignatureDer(std::string_view signature);

}  // namespace powernode::verify::x509
