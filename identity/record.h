// What one source says about this machine: any part of an identity, each value already parsed, and
// the problems met on the way. A value that cannot be used is a problem, not a value, and never
// hides the same value in a lower source (node-files.md §2.2, I5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/error.h"
#include "agent/base/secret.h"
#include "agent/base/url.h"

namespace powernode::identity {

// A CA that is named by a place to fetch it from.
struct CaLocation {
  std::string key;     // that named it: "powernode.ca_url"
  std::string url;     // as written
  std::string sha256;  // of the bytes that lie there, as written; empty: not given
};

struct Record {
  bool found = false;                        // the source is there at all
  std::optional<std::string> instance_uuid;  // lower case
  std::optional<Origin> platform;
  std::optional<std::string> ca_pem;
  std::optional<CaLocation> ca_location;  // only without ca_pem
  std::optional<Secret> bootstrap_token;
  std::optional<std::string> instance_name;  // a host name
  std::vector<Error> problems;               // never contain the token
  std::vector<Error> weaknesses;             // allowed by the image, and used
  std::string note;                          // why it says nothing, when that is no problem

  // "instance id, platform URL": what it gives, for people; empty when nothing.
  std::string Summary() const;
};

// Each checks one raw value (white space around it is ignored; an empty one says nothing) and
// either sets the field or adds a problem that begins with `key`, the name the operator used.
void SetInstanceUuid(Record& record, std::string_view key, std::string_view value);
void SetPlatformUrl(Record& record, std::string_view key, std::string_view value);
void SetBootstrapToken(Record& record, std::string_view key, const Secret& value);
void SetInstanceName(Record& record, std::string_view key, std::string_view value);
// PEM text; the two characters `\n` count as a line end, because a command line cannot carry a real
// one.
void SetCaPem(Record& record, std::string_view key, std::string_view value);
// Base64 of PEM or of one DER certificate.
void SetCaBase64(Record& record, std::string_view key, std::string_view value);

std::string_view TrimSpace(std::string_view text);

}  // namespace powernode::identity
