// Identity from a NoCloud seed disk: the file `user-data` on the file system labelled cidata, which
// is mounted read-only for the moment of reading. Provisioning tools attach such a disk to machines
// without a metadata service.
#pragma once

#include "identity/record.h"
#include "identity/source.h"

namespace powernode::identity {

Record ReadNoCloud(const SourceContext& context);

}  // namespace powernode::identity
