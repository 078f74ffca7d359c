// Makes composefs modules for tests: the image from a tree that is spelt out, its files' bytes as
// objects of a store, however small they are.
#pragma once

#include <string>
#include <vector>

#include "mount/composefs/tree.h"
#include "mount/object_batch.h"
#include "mount/object_store.h"

namespace powernode::testing {

class ComposefsModule {
 public:
  // `store` is prepared and outlives the module.
  explicit ComposefsModule(const mount::ObjectStore& store);

  // Directories above are made on the way. A name that exists already is a failure of the test.
  ComposefsModule& File(const std::string& path, const std::string& content,
                        const std::vector<mount::composefs::Attribute>& attributes = {});
  ComposefsModule& Directory(const std::string& path);
  ComposefsModule& Link(const std::string& path, const std::string& target);
  ComposefsModule& Whiteout(const std::string& path);
  ComposefsModule& Symlink(const std::string& path, const std::string& target);

  // Of what is there already.
  ComposefsModule& Own(const std::string& path, std::uint32_t uid, std::uint32_t gid);
  ComposefsModule& Set(const std::string& path, const std::string& attribute,
                       const std::string& value);

  // Adds the objects to the store and writes the image to a new file at `path`.
  void Write(const std::string& path);

 private:
  mount::composefs::NodeId Above(const std::string& path);
  mount::composefs::NodeId At(
      const std::string& path) const;  // fails the test when it is not there
  void Add(const std::string& path, mount::composefs::Node node);

  mount::ObjectBatch batch_;
  mount::composefs::Tree tree_;
};

}  // namespace powernode::testing
