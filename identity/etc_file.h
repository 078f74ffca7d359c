// Identity from /etc/identity.cfg and, below it, from etc/identity.cfg on the persist partition.
#pragma once

#include "identity/record.h"
#include "identity/source.h"

namespace powernode::identity {

Record ReadEtcFile(const SourceContext& context);
Record ReadPersistFile(const SourceContext& context);

}  // namespace powernode::identity
