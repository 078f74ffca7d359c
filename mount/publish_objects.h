// Gives the finished objects of a batch the names of their digests. Where the store has no
// directory of two digits yet, the batch's own takes the name, with all that is in it: a first pull
// then costs a rename for each of 256 directories, not one for each object.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "mount/incoming_directory.h"
#include "mount/object_store.h"

namespace powernode::mount {

struct PendingObject {
  std::string name;  // in the incoming directory
  std::uint64_t size = 0;
};
using PendingObjects = std::map<verify::ObjectVerity, PendingObject>;

struct PublishedObjects {
  std::uint64_t objects = 0;  // new in the store
  std::uint64_t bytes = 0;
};

// Their bytes are durable already; the names are not when this returns. An object that has its name
// leaves `pending`, also when a later one fails. `directory` is the store's.
Status PublishObjects(const ObjectStore& store, const Fd& directory,
                      const IncomingDirectory& incoming, PendingObjects& pending,
                      PublishedObjects& published);

}  // namespace powernode::mount
