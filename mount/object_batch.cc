#include "mount/object_batch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/early_writeback.h"
#include "mount/incoming_directory.h"
#include "mount/publish_objects.h"
#include "verify/fsverity_hash.h"
#include "verify/kernel_fsverity.h"

namespace powernode::mount {
namespace {

Error InStore(Error error, const ObjectStore& store) {
  const bool full = error.kind() == ErrorKind::kNoSpace;
  error = std::move(error).WithContext("add to the object store " + store.directory());
  if (!full) return error;
  return Error(ErrorKind::kNoSpace, "no_space",
               error.message() + "; what it holds is kept, make room and try again")
      .set_system_errno(error.system_errno());
}

}  // namespace

struct ObjectBatch::State {
  State(const ObjectStore& of, IncomingDirectory directory, Fd root, Fd for_writeback,
        KernelVerity verity)
      : store(of),
        incoming(std::move(directory)),
        store_directory(std::move(root)),
        writeback(std::move(for_writeback)),
        enable_verity(verity == KernelVerity::kEnable) {}

  bool IsPending(const verify::ObjectVerity& digest) {
    const std::lock_guard hold(mutex);
    return pending.contains(digest);
  }

  Result<bool> Has(const NeededObject& object) {
    if (IsPending(object.digest)) return true;
    ASSIGN_OR_RETURN(const std::optional<std::uint64_t> size, store.SizeOf(object.digest));
    return size == object.size;
  }

  Result<Fd> Create(const std::string& name) const {
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL;
    Result<Fd> fd = OpenAt(incoming.fd(), name, kFlags, kMode);
    if (fd || fd.error().kind() != ErrorKind::kNotFound) return fd;
    const std::string directory = DirectoryOf(name);  // this is its first object
    if (::mkdirat(incoming.fd().get(), directory.c_str(), 0755) < 0 && errno != EEXIST)
      return SystemError("make directory " + directory, errno);
    return OpenAt(incoming.fd(), name, kFlags, kMode);
  }

  // The name is the one that it gets in the store, unless somebody else is writing the same object.
  Result<std::unique_ptr<Writer::State>> Open(const NeededObject& wanted);

  // The kernel reads the file and must come to the same digest, so that what it will enforce is
  // what was hashed.
  Status EnableVerity(const std::string& name, const verify::ObjectVerity& digest) {
    if (!enable_verity.load(std::memory_order_relaxed)) return Ok();
    ASSIGN_OR_RETURN(const Fd fd, OpenAt(incoming.fd(), name, O_RDONLY | O_NOFOLLOW));
    if (Status enabled = verify::EnableVerity(fd); !enabled) {
      if (enabled.error().kind() != ErrorKind::kUnsupported) return enabled;
      enable_verity = false;  // asked once for all of them
      return Ok();
    }
    return verify::RequireVerity(fd, digest.digest());
  }

  // False when another thread has brought the same object.
  bool Join(const NeededObject& object, const std::string& name) {
    const std::lock_guard hold(mutex);
    return pending.try_emplace(object.digest, PendingObject{.name = name, .size = object.size})
        .second;
  }

  // The descriptor is as old as the batch: syncfs(2) reports every failed write since it was opened
  // (Linux 5.8).
  Status Sync() const {
    if (::syncfs(store_directory.get()) < 0) return SystemError("sync the file system", errno);
    return Ok();
  }

  void GiveUp() {
    for (const auto& [digest, object] : pending) (void)incoming.Remove(object.name).ok();
    pending.clear();
  }

  static constexpr mode_t kMode = 0444;

  const ObjectStore& store;
  const IncomingDirectory incoming;
  const Fd store_directory;
  EarlyWriteback writeback;
  std::atomic<bool> enable_verity;
  std::atomic<std::uint64_t> next_name = 0;
  std::mutex mutex;
  PendingObjects pending;  // held by `mutex` until Commit
};

struct ObjectBatch::Writer::State {
  State(ObjectBatch::State& of, const NeededObject& what, std::string in_incoming, Fd file)
      : batch(of), wanted(what), name(std::move(in_incoming)), fd(std::move(file)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!joined) (void)batch.incoming.Remove(name).ok();
  }

  Status Write(std::span<const std::byte> bytes) {
    if (failure) return *failure;
    RETURN_IF_ERROR(WriteHashed(bytes));
    hash.Update(bytes);
    return Ok();
  }

  // Of bytes that were hashed elsewhere.
  Status WriteHashed(std::span<const std::byte> bytes) {
    if (Status written = WriteAll(fd, bytes); !written) {
      failure = InStore(std::move(written).error(), batch.store);
      return *failure;
    }
    size += bytes.size();
    batch.writeback.Wrote(bytes.size());
    return Ok();
  }

  // Are all bytes here, and those that were wanted?
  Status Check() {
    if (failure) return *failure;
    const NeededObject came{.digest = verify::ObjectVerity(hash.Finish()), .size = size};
    if (came == wanted) return Ok();
    return Error(ErrorKind::kRefuted, "digest_mismatch",
                 "object " + wanted.digest.ToString() + " of " + std::to_string(wanted.size) +
                     " bytes: what came has " + std::to_string(came.size) + " bytes and " +
                     came.digest.ToString());
  }

  Status Join() {
    fd.Reset();  // fs-verity cannot be enabled while somebody may write
    if (Status enabled = batch.EnableVerity(name, wanted.digest); !enabled)
      return InStore(std::move(enabled).error(), batch.store);
    joined = batch.Join(wanted, name);
    return Ok();
  }

  ObjectBatch::State& batch;
  const NeededObject wanted;
  const std::string name;  // in the incoming directory
  Fd fd;
  verify::FsVerityHash hash;
  std::uint64_t size = 0;
  std::optional<Error> failure;  // of a Write: the file holds other bytes than were hashed
  bool joined = false;
};

Result<std::unique_ptr<ObjectBatch::Writer::State>> ObjectBatch::State::Open(
    const NeededObject& wanted) {
  if (wanted.size == 0)
    return Error(ErrorKind::kInvalid, "empty_object", "an empty file is not kept as an object");
  std::string name = ObjectStore::NameOf(wanted.digest);
  Result<Fd> fd = Create(name);
  if (!fd && fd.error().system_errno() == EEXIST) {
    name += "-" + std::to_string(next_name++);
    fd = Create(name);
  }
  if (!fd) return InStore(std::move(fd).error(), store);
  auto writer = std::make_unique<Writer::State>(*this, wanted, std::move(name), *std::move(fd));
  ASSIGN_OR_RETURN(const struct stat made, Fstat(writer->fd));
  if ((made.st_mode & 07777) != kMode && ::fchmod(writer->fd.get(), kMode) < 0)  // past the umask
    return InStore(SystemError("make an object readable", errno), store);
  return writer;
}

ObjectBatch::Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ObjectBatch::Writer::Writer(Writer&&) noexcept = default;
ObjectBatch::Writer::~Writer() = default;

Status ObjectBatch::Writer::Write(std::span<const std::byte> bytes) { return state_->Write(bytes); }

Status ObjectBatch::Writer::Finish() && {
  const std::unique_ptr<State> state = std::move(state_);
  RETURN_IF_ERROR(state->Check());
  ASSIGN_OR_RETURN(const bool here, state->batch.Has(state->wanted));
  return here ? Ok() : state->Join();
}

ObjectBatch::ObjectBatch(std::unique_ptr<State> state) : state_(std::move(state)) {}
ObjectBatch::ObjectBatch(ObjectBatch&&) noexcept = default;
ObjectBatch::~ObjectBatch() = default;

Result<ObjectBatch> ObjectBatch::Begin(const ObjectStore& store, KernelVerity verity) {
  RETURN_IF_ERROR(store.Prepare());
  Result<Fd> directory = powernode::Open(store.directory(), O_RDONLY | O_DIRECTORY);
  if (!directory) return InStore(std::move(directory).error(), store);
  Result<Fd> for_writeback = powernode::Open(store.directory(), O_RDONLY | O_DIRECTORY);
  if (!for_writeback) return InStore(std::move(for_writeback).error(), store);
  IncomingDirectory::RemoveAbandoned(store);
  Result<IncomingDirectory> incoming = IncomingDirectory::Make(store);
  if (!incoming) return InStore(std::move(incoming).error(), store);
  return ObjectBatch(std::make_unique<State>(store, *std::move(incoming), *std::move(directory),
                                             *std::move(for_writeback), verity));
}

Result<ObjectBatch::Writer> ObjectBatch::Open(const NeededObject& wanted) {
  ASSIGN_OR_RETURN(std::unique_ptr<Writer::State> writer, state_->Open(wanted));
  return Writer(std::move(writer));
}

Result<NeededObject> ObjectBatch::Add(std::span<const std::byte> bytes) {
  verify::FsVerityHash hash;
  hash.Update(bytes);
  const NeededObject object{.digest = verify::ObjectVerity(hash.Finish()), .size = bytes.size()};
  ASSIGN_OR_RETURN(const bool here, state_->Has(object));
  if (here) return object;
  ASSIGN_OR_RETURN(const std::unique_ptr<Writer::State> writer, state_->Open(object));
  RETURN_IF_ERROR(writer->WriteHashed(bytes));
  RETURN_IF_ERROR(writer->Join());
  return object;
}

Result<bool> ObjectBatch::Has(const verify::ObjectVerity& digest) const {
  if (state_->IsPending(digest)) return true;
  return state_->store.Has(digest);
}

Result<ObjectBatch::Committed> ObjectBatch::Commit() {
  Committed committed;
  if (state_->pending.empty()) return committed;
  if (Status synced = state_->Sync(); !synced) {
    // A second sync would find the pages clean and report success.
    state_->GiveUp();
    return InStore(std::move(synced).error(), state_->store);
  }
  if (Status named = PublishObjects(state_->store, state_->store_directory, state_->incoming,
                                    state_->pending, committed);
      !named)
    return InStore(std::move(named).error(), state_->store);
  if (Status synced = state_->Sync(); !synced)
    return InStore(std::move(synced).error(), state_->store);
  return committed;
}

}  // namespace powernode::mount
