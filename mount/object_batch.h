// Adds many objects to a store with few syncs. Each object is written into a directory of the
// batch's own while it is hashed; Commit makes all of them durable with one syncfs(2), only then
// moves them to the store's names, and makes the names durable with another. Cut anywhere, no
// object's bytes differ from its name: a name appears in the store after its bytes are on the disk.
//
// The directory is inside the store, and the batch keeps it locked (flock(2)): a batch that lives
// keeps its files, and those of one that died go with the next Begin.
//
// A full disk is kNoSpace "no_space"; objects that were finished before stay in the batch.
//
// Thread rule: Open, Add, Has and each Writer from any thread; Commit and the destructor alone, and
// after the last Writer. What was not committed is removed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "agent/base/result.h"
#include "mount/object_store.h"
#include "mount/publish_objects.h"

namespace powernode::mount {

enum class KernelVerity {
  kEnable,  // fs-verity on each new object, where kernel and file system have it
  kLeave,
};

class ObjectBatch {
 public:
  // `store` outlives the batch. Removes what a batch that was cut off has left.
  static Result<ObjectBatch> Begin(const ObjectStore& store, KernelVerity verity);

  ObjectBatch(ObjectBatch&&) noexcept;
  ObjectBatch& operator=(ObjectBatch&&) = delete;
  ~ObjectBatch();

  // One object being written; given up unless finished.
  class Writer {
   public:
    Writer(Writer&&) noexcept;
    ~Writer();
    Status Write(std::span<const std::byte> bytes);
    // The object joins the batch. One that the store or the batch has already is not kept twice.
    // kRefuted "digest_mismatch" when the bytes are others than those wanted; nothing joins.
    Status Finish() &&;

   private:
    friend class ObjectBatch;
    struct State;
    explicit Writer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };
  // kInvalid "empty_object" for one without a byte; Add as well.
  Result<Writer> Open(const NeededObject& wanted);
  // A whole object from memory, hashed here.
  Result<NeededObject> Add(std::span<const std::byte> bytes);
  // Is it in the store, or in this batch already?
  Result<bool> Has(const verify::ObjectVerity& digest) const;

  using Committed = PublishedObjects;
  // The batch is empty afterwards and can be filled again. When the disk fails to take the bytes,
  // the whole batch is given up; when only names are missing, another Commit goes on with them.
  Result<Committed> Commit();

 private:
  struct State;
  explicit ObjectBatch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace powernode::mount
