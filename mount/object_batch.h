// Adds many objects to a store with few syncs. Each object is written under a temporary name while
// it is hashed; Commit makes all of them durable with one syncfs(2), only then renames them to the
// names of their digests, and makes the names durable with another. Cut anywhere, no object's bytes
// differ from its name: a name appears after its bytes are on the disk.
//
// The temporary names are in a directory of the batch's own inside the store, which it keeps locked
// (flock(2)): a batch that lives keeps its files, and those of one that died go with the next
// Begin.
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
    // The object joins the batch. An object that the store or the batch has already is not kept
    // twice. kInvalid "empty_object" without a byte.
    Result<NeededObject> Finish() &&;
    // kRefuted "digest_mismatch" when the bytes are others; nothing joins.
    Status FinishAs(const NeededObject& wanted) &&;

   private:
    friend class ObjectBatch;
    struct State;
    explicit Writer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };
  Result<Writer> Open();
  // A whole object from memory, hashed here.
  Result<NeededObject> Add(std::span<const std::byte> bytes);
  // Is it in the store, or in this batch already?
  Result<bool> Has(const verify::ObjectVerity& digest) const;

  struct Committed {
    std::uint64_t objects = 0;  // new in the store
    std::uint64_t bytes = 0;
  };
  // The batch is empty afterwards and can be filled again. When the disk fails to take the bytes,
  // the whole batch is given up; when only names are missing, another Commit goes on with them.
  Result<Committed> Commit();

 private:
  struct State;
  explicit ObjectBatch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace powernode::mount
