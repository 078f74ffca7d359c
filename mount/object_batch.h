// Adds many objects to a store with few syncs (issue: durability). Each object is written under a
// temporary name while it is hashed; Commit makes all of them durable with one syncfs(2), only then
// renames them to the names of their digests, and makes the names durable. Cut anywhere, no
// object's bytes differ from its name: a name appears after its bytes are on the disk.
//
// Thread rule: Add and Open from any thread; Commit and the destructor alone. What was not
// committed is removed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "mount/object_store.h"

namespace powernode::mount {

enum class KernelVerity {
  kEnable,
  kLeave
};  // kEnable: fs-verity on each object where the file system has it

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
    // twice.
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
  // The batch is empty afterwards and can be filled again.
  Result<Committed> Commit();

 private:
  struct State;
  explicit ObjectBatch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace powernode::mount
