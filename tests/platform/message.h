// A request and its answer as the control plane's own logic sees them: plain values, without a
// socket. The TLS listener makes the one and sends the other; every route is a function between
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/fd.h"
#include "tests/platform/object_records.h"

namespace powernode::platform {

using json = nlohmann::json;
using Headers = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::string_view kApiPrefix = "/api/v1/system/node_api/";

// What the TLS layer proved about the other end.
struct Peer {
  bool certificate_presented = false;
  std::string common_name;
  std::string serial;
  std::string fingerprint;
  std::string address;
  std::string tls_version;  // "TLSv1.3"
};

struct Request {
  std::string method;
  std::string target;  // as sent
  std::string path;    // below kApiPrefix, decoded; the whole target when it is elsewhere
  std::vector<std::string> segments;  // of path
  Headers headers;
  std::string body;
  Peer peer;

  // The first value of that name in any case; nullptr when it is absent.
  const std::string* Header(std::string_view name) const;
  // Of the query, decoded; nullopt when it has no such parameter.
  std::optional<std::string> QueryValue(std::string_view name) const;
};

// Splits a request target into path and segments.
void SetTarget(Request& request, const std::string& target);

// Bytes [offset, offset + length) of an open file.
struct FileSlice {
  std::shared_ptr<const Fd> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::optional<std::uint64_t> inverted_byte{};  // a fault: this byte of the file is sent wrong
};

// A body of white space that goes on until the reader has had enough.
struct EndlessBody {};

struct Answer {
  int status = 200;
  Headers headers;
  std::string content_type = "application/json; charset=utf-8";
  std::variant<json, std::string, FileSlice, ObjectRecords, EndlessBody> body;

  void SetHeader(std::string_view name, std::string value);  // replaces
  void RemoveHeader(std::string_view name);
  std::string* Header(std::string_view name);
};

bool SameHeaderName(std::string_view a, std::string_view b);

// The envelopes of node-api.md §3.1.
Answer Success(json data);
Answer Failure(int status, std::string_view text, std::string_view code = {},
               json details = nullptr);
Answer List(std::string_view plural, json elements);

}  // namespace powernode::platform
