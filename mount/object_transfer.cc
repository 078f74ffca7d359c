#include "mount/object_transfer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "mount/transfer_pace.h"

namespace powernode::mount {
namespace {

constexpr std::size_t kMaxParts = 64;  // each is an open file
// Attempts that brought bytes and no whole object, before each object is asked for by itself: only
// there can a piece of one be continued.
constexpr int kBarrenAttempts = 2;

Error SizeMismatch(const NeededObject& object) {
  return Error(ErrorKind::kRefuted, "size_mismatch",
               "object " + object.digest.Hex() + " has " + std::to_string(object.size) +
                   " bytes and the platform serves another number");
}

bool IsWrongBytes(const Status& finished) {
  return !finished && finished.error().code() == "digest_mismatch";
}

// The platform's word that it has no such object, and not a file that is missing here.
bool IsAbsent(const Error& error) {
  return error.kind() == ErrorKind::kNotFound && error.system_errno() == 0;
}

}  // namespace

// Takes the objects of one answer into the batch.
class ObjectTransfer::Receiver : public ObjectReceiver {
 public:
  Receiver(ObjectTransfer& transfer, std::span<const NeededObject> wanted) : transfer_(transfer) {
    for (const NeededObject& object : wanted) wanted_.emplace(object.digest, object.size);
  }
  ~Receiver() override {
    if (current_) transfer_.tools_.meter.TakeBack(current_->received);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  Status Begin(const verify::ObjectVerity& digest, std::uint64_t size) override {
    const auto found = wanted_.find(digest);
    if (current_ || found == wanted_.end())
      return Error(ErrorKind::kRefuted, "bad_object_stream",
                   "object " + digest.Hex() + " was not asked for, or has come before");
    const NeededObject object{.digest = digest, .size = found->second};
    if (size != object.size) return SizeMismatch(object);
    wanted_.erase(found);
    ASSIGN_OR_RETURN(ObjectBatch::Writer writer, transfer_.batch_.Open(object));
    current_.emplace(Current{.object = object, .writer = std::move(writer)});
    return Ok();
  }

  Status Bytes(std::span<const std::byte> bytes) override {
    if (!current_) return OutOfPlace();
    if (bytes.size() > current_->object.size - current_->received)
      return SizeMismatch(current_->object);
    RETURN_IF_ERROR(current_->writer.Write(bytes));
    current_->received += bytes.size();
    moved_ = true;
    transfer_.tools_.meter.AddBytes(bytes.size());
    return Ok();
  }

  Status End() override {
    if (!current_) return OutOfPlace();
    const NeededObject object = current_->object;
    if (current_->received != object.size) return SizeMismatch(object);
    Status finished = std::move(current_->writer).Finish();
    current_.reset();
    if (!finished) transfer_.tools_.meter.TakeBack(object.size);
    if (IsWrongBytes(finished)) return transfer_.NoteWrong(object);
    RETURN_IF_ERROR(std::move(finished));
    transfer_.tools_.meter.AddObject();
    transfer_.brought_.insert(object.digest);
    whole_bytes_ += object.size;
    return Ok();
  }

  bool moved() const { return moved_; }
  std::uint64_t whole_bytes() const { return whole_bytes_; }
  bool HasCome(const verify::ObjectVerity& digest) const { return !wanted_.contains(digest); }

 private:
  struct Current {
    NeededObject object;
    ObjectBatch::Writer writer;
    std::uint64_t received = 0;
  };

  static Error OutOfPlace() {
    return Error(ErrorKind::kRefuted, "bad_object_stream", "bytes came outside of every object");
  }

  ObjectTransfer& transfer_;
  std::map<verify::ObjectVerity, std::uint64_t> wanted_;  // that have not come in this answer
  std::optional<Current> current_;
  std::uint64_t whole_bytes_ = 0;
  bool moved_ = false;
};

Result<ObjectTransfer> ObjectTransfer::Begin(const FetchTools& tools, std::stop_token stop) {
  ASSIGN_OR_RETURN(ObjectBatch batch, ObjectBatch::Begin(tools.store, tools.verity));
  return ObjectTransfer(tools, std::move(batch), std::move(stop));
}

Status ObjectTransfer::FetchTogether(std::span<const NeededObject> objects) {
  std::vector<NeededObject> left(objects.begin(), objects.end());
  TransferPace pace(tools_.clock, tools_.retry_base, 0);
  std::uint64_t whole_bytes = 0;
  int barren = 0;
  while (!left.empty()) {
    Receiver receiver(*this, left);
    Status attempt = tools_.source.FetchMany(left, receiver, stop_);
    whole_bytes += receiver.whole_bytes();
    if (attempt)
      std::copy_if(left.begin(), left.end(), std::back_inserter(absent_),
                   [&](const NeededObject& object) { return !receiver.HasCome(object.digest); });
    std::erase_if(left, [&](const NeededObject& object) {
      return brought_.contains(object.digest) || (attempt && !receiver.HasCome(object.digest));
    });
    if (attempt) continue;  // what is left came with other bytes
    if (stop_.stop_requested()) return TransferStopped();
    if (attempt.error().kind() != ErrorKind::kUnavailable) return attempt;
    if (receiver.moved() && receiver.whole_bytes() == 0 && ++barren == kBarrenAttempts)
      return FetchEach(left);
    RETURN_IF_ERROR(pace.WaitAfter(std::move(attempt).error(), whole_bytes,
                                   tools_.source.AskedToWait(), stop_));
  }
  return Ok();
}

Status ObjectTransfer::FetchEach(std::span<const NeededObject> objects) {
  for (const NeededObject& object : objects) {
    if (brought_.contains(object.digest)) continue;
    RETURN_IF_ERROR(FetchOne(object));
    if (uncommitted_ >= kBatchBytes || parts_.size() >= kMaxParts) RETURN_IF_ERROR(Commit());
  }
  return Ok();
}

Status ObjectTransfer::FetchOne(const NeededObject& object) {
  Result<ObjectPart> opened = ObjectPart::Open(tools_.partial_directory, object);
  if (!opened) return ExplainFullDisk(std::move(opened).error());
  ObjectPart part = *std::move(opened);
  tools_.meter.AddBytes(part.size());
  while (true) {
    Status filled = Fill(part, object);
    if (!filled && IsAbsent(filled.error())) {
      part.Remove();
      absent_.push_back(object);
      return Ok();
    }
    RETURN_IF_ERROR(std::move(filled));
    ASSIGN_OR_RETURN(ObjectBatch::Writer writer, batch_.Open(object));
    RETURN_IF_ERROR(part.CopyTo(writer));
    Status finished = std::move(writer).Finish();
    if (!IsWrongBytes(finished)) {
      RETURN_IF_ERROR(std::move(finished));
      break;
    }
    RETURN_IF_ERROR(StartOver(part));
    if (Status noted = NoteWrong(object); !noted) {
      part.Remove();
      return noted;
    }
  }
  tools_.meter.AddObject();
  uncommitted_ += object.size;
  parts_.push_back(std::move(part));
  return Ok();
}

Status ObjectTransfer::Fill(ObjectPart& part, const NeededObject& object) {
  TransferPace pace(tools_.clock, tools_.retry_base, part.size());
  const auto on_head = [&](std::uint64_t offset) -> Status {
    if (offset == part.size()) return Ok();
    if (offset == 0) return StartOver(part);
    return Error(ErrorKind::kRefuted, "bad_content_range", "the answer begins at the wrong byte");
  };
  const auto sink = [&](std::span<const std::byte> bytes) -> Status {
    if (bytes.size() > object.size - part.size()) return SizeMismatch(object);
    RETURN_IF_ERROR(part.Append(bytes));
    tools_.meter.AddBytes(bytes.size());
    return Ok();
  };
  while (part.size() < object.size) {
    Status attempt =
        tools_.source.FetchOne({.object = object, .offset = part.size()}, on_head, sink, stop_);
    if (attempt && part.size() == object.size) break;
    Error error = attempt ? Error(ErrorKind::kUnavailable, "connection_lost",
                                  "object " + object.digest.Hex() + " ended after " +
                                      std::to_string(part.size()) + " bytes")
                          : std::move(attempt).error();
    if (stop_.stop_requested()) return TransferStopped();
    if (AsksToBeginAgain(error)) {
      RETURN_IF_ERROR(StartOver(part));
    } else if (error.kind() != ErrorKind::kUnavailable) {
      return ExplainFullDisk(std::move(error));
    }
    RETURN_IF_ERROR(
        pace.WaitAfter(std::move(error), part.size(), tools_.source.AskedToWait(), stop_));
  }
  return Ok();
}

Status ObjectTransfer::StartOver(ObjectPart& part) {
  tools_.meter.TakeBack(part.size());
  return part.Clear();
}

Status ObjectTransfer::NoteWrong(const NeededObject& object) {
  if (wrong_.insert(object.digest).second) return Ok();
  return Error(ErrorKind::kRefuted, "digest_mismatch",
               "the platform serves other bytes as object " + object.digest.ToString() + " (" +
                   std::to_string(object.size) + " bytes); fetched twice, thrown away");
}

Status ObjectTransfer::Commit() {
  ASSIGN_OR_RETURN([[maybe_unused]] const ObjectBatch::Committed committed, batch_.Commit());
  for (ObjectPart& part : parts_) part.Remove();
  parts_.clear();
  uncommitted_ = 0;
  return Ok();
}

}  // namespace powernode::mount
