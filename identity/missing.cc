#include "identity/missing.h"

namespace powernode::identity {
namespace {

std::string Said(const Reading& reading) {
  std::string text = reading.place + ": ";
  const std::string summary = reading.record.Summary();
  if (!summary.empty())
    text += "has " + summary;
  else if (!reading.record.note.empty())
    text += reading.record.note;
  else if (reading.record.problems.empty())
    text += reading.record.found ? "says nothing" : "not there";
  bool first = summary.empty() && reading.record.note.empty();
  for (const Error& problem : reading.record.problems) {
    if (!first) text += ", ";
    first = false;
    text += problem.message();
  }
  return text;
}

// Only what a person would notice.
std::string Took(std::chrono::milliseconds duration) {
  return duration < std::chrono::milliseconds(100)
             ? ""
             : ", after " + std::to_string(duration.count()) + " ms";
}

std::string LookedAt(std::span<const Reading> readings) {
  std::string text;
  for (const Reading& reading : readings) {
    if (reading.place.empty()) continue;
    if (!text.empty()) text += "; ";
    text += reading.source + " (" + Said(reading) + Took(reading.duration) + ")";
  }
  return text;
}

std::string PutItAt(std::string_view Source::*key) {
  std::string text;
  for (const Source& source : Sources()) {
    if (!text.empty()) text += ", or ";
    text += std::string(source.*key) + " " + std::string(source.where);
  }
  text += ", or in the user data of the cloud";
  return text;
}

Error Missing(std::string code, std::string_view what, std::string_view Source::*key,
              std::span<const Reading> readings) {
  return Error(
      ErrorKind::kNotFound, std::move(code),
      std::string(what) + ". Looked at: " + LookedAt(readings) + ". Put it as " + PutItAt(key));
}

// A location that was given but may not be used explains a missing CA better than its absence does.
const Error* CaLocationProblem(std::span<const Reading> readings) {
  for (const Reading& reading : readings)
    for (const Error& problem : reading.record.problems)
      if (problem.code().starts_with("ca_location_")) return &problem;
  return nullptr;
}

}  // namespace

std::optional<Error> WhatIsMissing(const Draft& draft, std::span<const Reading> readings) {
  if (!draft.instance_uuid)
    return Missing("no_identity",
                   "this node does not know who it is: no source gives an instance id",
                   &Source::uuid_key, readings);
  const std::string who = "instance " + draft.instance_uuid->value;
  if (!draft.platform)
    return Missing("no_platform_url", who + " does not know its platform: no source gives a URL",
                   &Source::url_key, readings);
  if (!draft.ca_pem) {
    if (const Error* location = CaLocationProblem(readings))
      return location->WithContext("no CA for " + who);
    Error error = Missing("no_trust_anchor",
                          who + " has no CA to know " + draft.platform->value.ToString() +
                              " by, and nothing is trusted without",
                          &Source::ca_key, readings);
    return Error(error.kind(), error.code(),
                 error.message() + ", or bake it into the image as /etc/powernode/platform-ca.pem");
  }
  if (!draft.bootstrap_token)
    return Missing("no_token",
                   who + " has no certificate and no bootstrap token to ask " +
                       draft.platform->value.ToString() + " for one with",
                   &Source::token_key, readings);
  return std::nullopt;
}

}  // namespace powernode::identity
