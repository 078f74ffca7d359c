// Objects for the control plane's own tests: files of random bytes under their digests, published
// with an image that names nothing; and the reading of answers with many objects.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/platform/fixture.h"

namespace powernode::platform {

class TestStore {
 public:
  explicit TestStore(Fixture& plane);

  // Returns the new object's digest, 64 hexadecimal digits.
  std::string Add(std::size_t size);
  std::string AddHole(std::uint64_t size);  // zeros that take no space
  void Forget(const std::string& digest);
  const std::string& Bytes(const std::string& digest) const { return bytes_.at(digest); }
  const std::string& directory() const { return directory_; }

  // The next version of the module: a new image, with what the store holds now.
  void Publish(const std::string& module);

 private:
  std::string Keep(const std::string& temporary);

  Fixture& plane_;
  std::string directory_;
  std::map<std::string, std::string> bytes_;
  int images_ = 0;
};

struct ReceivedObjects {
  std::map<std::string, std::string> objects;  // by digest
  bool ended = false;                          // with the record of zeros, and nothing after it
};
// As much as is whole.
ReceivedObjects ParseRecords(const std::string& body);

}  // namespace powernode::platform
