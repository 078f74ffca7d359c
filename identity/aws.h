// Amazon's instance metadata service in its second version (IMDSv2): nothing is answered without a
// session token, which a PUT gives. There is no falling back to the first version: a proxy on the
// machine could be made to ask that.
#pragma once

#include "identity/metadata_call.h"

namespace powernode::identity {

// `request` is the GET of the user data. An answer of the token's own is handed on when it is not
// 200. kInvalid "bad_metadata": a token that cannot stand in a header.
Result<HttpResponse> AskAws(const MetadataCall& call, HttpRequest request);

}  // namespace powernode::identity
