// The body of POST objects/fetch (node-api.md §11.4): records of a 32-byte digest, a little-endian
// 64-bit length and that many bytes, then one of zeros. Each object is read from its file when its
// turn comes, so that an answer of 256 MiB takes one buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/base/fd.h"
#include "agent/base/result.h"

namespace powernode::platform {

struct ObjectRecord {
  std::string digest;  // 64 hexadecimal digits
  std::string path;
  std::uint64_t size = 0;  // bytes that follow the head
  // Faults: what the head says too much, and a byte that is sent wrong.
  std::int64_t add_to_length = 0;
  std::optional<std::uint64_t> inverted_byte{};
};

struct ObjectRecords {
  std::vector<ObjectRecord> records;
  bool ended = true;  // has the record of zeros
};

// Bytes of the body.
std::uint64_t WireSize(const ObjectRecords& records);

// Inverts `byte` of a file where `bytes`, from `offset` of that file on, hold it.
void InvertByte(std::span<std::byte> bytes, std::uint64_t offset,
                std::optional<std::uint64_t> byte);

class ObjectRecordReader {
 public:
  explicit ObjectRecordReader(ObjectRecords records);

  // The next bytes of the body, at most buffer.size(); 0 at its end. An error when a file is gone
  // or has become shorter.
  Result<std::size_t> Read(std::span<std::byte> buffer);

 private:
  Result<std::size_t> ReadObject(std::span<std::byte> buffer);
  void BeginRecord();

  ObjectRecords records_;
  std::size_t next_ = 0;  // record that begins next
  std::string head_;      // bytes of a head that have not been read
  const ObjectRecord* current_ = nullptr;
  Fd file_;
  std::uint64_t offset_ = 0;  // in the file
};

}  // namespace powernode::platform
