// The bytes that a DSSE signature is made over (Dead Simple Signing Envelope, protocol version 1).
#pragma once

#include <string>
#include <string_view>

namespace powernode::verify::sigstore {

// "DSSEv1" and then type and payload, each after its length in bytes. `payload` is decoded.
std::string PreAuthenticationEncoding(std::string_view payload_type, std::string_view payload);

}  // namespace powernode::verify::sigstore
