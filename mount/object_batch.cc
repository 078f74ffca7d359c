#include "mount/object_batch.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/early_writeback.h"
#include "mount/incoming_directory.h"
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
  struct Pending {
    std::string name;  // in the incoming directory
    std::uint64_t size;
  };

  State(const ObjectStore& of, IncomingDirectory directory, Fd root, Fd for_writeback,
        KernelVerity verity)
      : store(of),
        incoming(std::move(directory)),
        store_directory(std::move(root)),
        writeback(std::move(for_writeback)),
        enable_verity(verity == KernelVerity::kEnable) {}

  Result<bool> Has(const NeededObject& object) {
    {
      const std::lock_guard hold(mutex);
      if (pending.contains(object.digest)) return true;
    }
    ASSIGN_OR_RETURN(const std::optional<std::uint64_t> size, store.SizeOf(object.digest));
    return size == object.size;
  }

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
    return pending.try_emplace(object.digest, Pending{.name = name, .size = object.size}).second;
  }

  Status RenameInto(const std::string& from, const std::string& to, unsigned int flags) const {
    const auto rename = [&] {
      return ::renameat2(incoming.fd().get(), from.c_str(), store_directory.get(), to.c_str(),
                         flags);
    };
    int done = rename();
    if (done < 0 && errno == ENOENT) {  // the first object of these two digits
      const std::string directory = to.substr(0, to.find('/'));
      if (::mkdirat(store_directory.get(), directory.c_str(), 0755) < 0 && errno != EEXIST)
        return SystemError("make directory " + directory, errno);
      done = rename();
    }
    if (done < 0) return SystemError("name an object " + to, errno);
    return Ok();
  }

  // True when the object is new in the store.
  Result<bool> Publish(const verify::ObjectVerity& digest, const Pending& object) const {
    const std::string name = ObjectStore::NameOf(digest);
    Status renamed = RenameInto(object.name, name, RENAME_NOREPLACE);
    if (renamed) return true;
    switch (renamed.error().system_errno()) {
      case EEXIST: {
        ASSIGN_OR_RETURN(const std::optional<std::uint64_t> size, store.SizeOf(digest));
        if (size == object.size) {
          RETURN_IF_ERROR(incoming.Remove(object.name));
          return false;
        }
        break;  // an object that was cut short is no object
      }
      case EINVAL:
        break;  // a file system without RENAME_NOREPLACE: the same bytes take the name
      default:
        return std::move(renamed).error();
    }
    RETURN_IF_ERROR(RenameInto(object.name, name, 0));
    return true;
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

  const ObjectStore& store;
  const IncomingDirectory incoming;
  const Fd store_directory;
  EarlyWriteback writeback;
  std::atomic<bool> enable_verity;
  std::atomic<std::uint64_t> next_name = 0;
  std::mutex mutex;
  std::map<verify::ObjectVerity, Pending> pending;  // held by `mutex` until Commit
};

struct ObjectBatch::Writer::State {
  State(ObjectBatch::State& of, std::string in_incoming, Fd file)
      : batch(of), name(std::move(in_incoming)), fd(std::move(file)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!joined) (void)batch.incoming.Remove(name).ok();
  }

  Status Write(std::span<const std::byte> bytes) {
    if (failure) return *failure;
    if (Status written = WriteAll(fd, bytes); !written) {
      failure = InStore(std::move(written).error(), batch.store);
      return *failure;
    }
    hash.Update(bytes);
    size += bytes.size();
    batch.writeback.Wrote(bytes.size());
    return Ok();
  }

  // Of all that was written; the bytes are at their end.
  Result<NeededObject> Measure() {
    if (failure) return *failure;
    if (size == 0)
      return Error(ErrorKind::kInvalid, "empty_object", "an empty file is not kept as an object");
    return NeededObject{.digest = verify::ObjectVerity(hash.Finish()), .size = size};
  }

  Status Join(const NeededObject& object) {
    fd.Reset();  // fs-verity cannot be enabled while somebody may write
    ASSIGN_OR_RETURN(const bool here, batch.Has(object));
    if (here) return Ok();
    if (Status enabled = batch.EnableVerity(name, object.digest); !enabled)
      return InStore(std::move(enabled).error(), batch.store);
    joined = batch.Join(object, name);
    return Ok();
  }

  ObjectBatch::State& batch;
  const std::string name;  // in the incoming directory
  Fd fd;
  verify::FsVerityHash hash;
  std::uint64_t size = 0;
  std::optional<Error> failure;  // of a Write: the file holds other bytes than were hashed
  bool joined = false;
};

ObjectBatch::Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ObjectBatch::Writer::Writer(Writer&&) noexcept = default;
ObjectBatch::Writer::~Writer() = default;

Status ObjectBatch::Writer::Write(std::span<const std::byte> bytes) { return state_->Write(bytes); }

Result<NeededObject> ObjectBatch::Writer::Finish() && {
  const std::unique_ptr<State> state = std::move(state_);
  ASSIGN_OR_RETURN(const NeededObject object, state->Measure());
  RETURN_IF_ERROR(state->Join(object));
  return object;
}

Status ObjectBatch::Writer::FinishAs(const NeededObject& wanted) && {
  const std::unique_ptr<State> state = std::move(state_);
  ASSIGN_OR_RETURN(const NeededObject object, state->Measure());
  if (object != wanted)
    return Error(ErrorKind::kRefuted, "digest_mismatch",
                 "object " + wanted.digest.ToString() + " of " + std::to_string(wanted.size) +
                     " bytes: what came has " + std::to_string(object.size) + " bytes and " +
                     object.digest.ToString());
  return state->Join(object);
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

Result<ObjectBatch::Writer> ObjectBatch::Open() {
  std::string name = std::to_string(state_->next_name++);
  Result<Fd> fd = OpenAt(state_->incoming.fd(), name, O_WRONLY | O_CREAT | O_EXCL, 0444);
  if (!fd) return InStore(std::move(fd).error(), state_->store);
  auto writer = std::make_unique<Writer::State>(*state_, std::move(name), *std::move(fd));
  if (::fchmod(writer->fd.get(), 0444) < 0)  // past the umask
    return InStore(SystemError("make an object readable", errno), state_->store);
  return Writer(std::move(writer));
}

Result<NeededObject> ObjectBatch::Add(std::span<const std::byte> bytes) {
  verify::FsVerityHash hash;
  hash.Update(bytes);
  const NeededObject object{.digest = verify::ObjectVerity(hash.Finish()), .size = bytes.size()};
  ASSIGN_OR_RETURN(const bool here, state_->Has(object));
  if (here && !bytes.empty()) return object;
  ASSIGN_OR_RETURN(Writer writer, Open());
  RETURN_IF_ERROR(writer.Write(bytes));
  return std::move(writer).Finish();
}

Result<bool> ObjectBatch::Has(const verify::ObjectVerity& digest) const {
  {
    const std::lock_guard hold(state_->mutex);
    if (state_->pending.contains(digest)) return true;
  }
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
  while (!state_->pending.empty()) {
    const auto& [digest, object] = *state_->pending.begin();
    const Result<bool> added = state_->Publish(digest, object);
    if (!added) return InStore(added.error(), state_->store);
    if (*added) {
      ++committed.objects;
      committed.bytes += object.size;
    }
    state_->pending.erase(state_->pending.begin());
  }
  if (Status synced = state_->Sync(); !synced)
    return InStore(std::move(synced).error(), state_->store);
  return committed;
}

}  // namespace powernode::mount
