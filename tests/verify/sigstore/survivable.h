// Which alterations of good material may leave it good (signatures.md, section 18): those of what
// nobody signs and no rule reads. Everything else that survives an alteration is a hole.
#pragma once

#include <string>
#include <string_view>

#include "tests/verify/sigstore/vector_case.h"

namespace powernode::testing {

// Where `altered` differs from the material of `vector`, when that is a place that may differ; an
// empty string when it is not. Precondition: both are good.
std::string SurvivablePlace(const VectorCase& vector, std::string_view altered);

}  // namespace powernode::testing
