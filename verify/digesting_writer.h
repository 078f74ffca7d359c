// Writes a stream to a file and takes both its digests in the same pass: bytes are read once, from
// the network, and never again from the disk. The caller's thread only copies into a bounded ring;
// one thread hashes and one writes, so that the whole takes as long as the slowest of receiving,
// hashing and writing, in a few MiB of memory.
//
// Resumable: Open hashes what the file already holds, so the digest is that of the whole file. A
// failure of the disk is reported by the next Write, Flush or Finish, and the bytes written before
// it stay.
//
// Thread rule: one caller; the two threads are private and end with the object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "verify/digested_file.h"

namespace powernode::verify {

class DigestingWriter {
 public:
  // Two descriptors of one regular file: `out` writes, `in` (O_RDONLY) is what the DigestedFile
  // will hold, so that no writable descriptor outlives the download (fs-verity refuses a file that
  // has one). kInvalid "not_a_file" when they differ; kUnavailable "cancelled" while hashing the
  // part.
  static Result<DigestingWriter> Open(Fd out, Fd in, std::stop_token stop = {});

  DigestingWriter(DigestingWriter&&) noexcept;
  DigestingWriter& operator=(DigestingWriter&&) noexcept;
  ~DigestingWriter();

  // Appends; blocks while the ring is full.
  Status Write(std::span<const std::byte> bytes);
  // Waits until all that was given is hashed and handed to the kernel.
  Status Flush();
  // Forgets everything and truncates the file: the stream begins again at byte 0.
  Status Restart();
  // Bytes in the file once Flush has returned.
  std::uint64_t size() const;

  // Flushes, makes the file durable (fsync) and ends the writer.
  Result<DigestedFile> Finish() &&;

 private:
  class Pipeline;
  explicit DigestingWriter(std::unique_ptr<Pipeline> pipeline);

  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace powernode::verify
