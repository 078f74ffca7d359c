// The clouds whose metadata services this agent knows, in one table (node-files.md §2.6): how DMI
// names each, and what to ask it for. A provider that takes more than one GET has a file of its
// own.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "agent/base/http.h"
#include "identity/metadata_call.h"

namespace powernode::identity {

// A file of /sys/class/dmi/id and what it begins with. No attribute: never matches.
struct DmiMatch {
  std::string_view attribute;
  std::string_view begin;
};

struct CloudProvider {
  std::string_view name;
  std::array<DmiMatch, 3> dmi;            // any of them
  std::array<std::string_view, 2> hosts;  // asked in turn; the second may be empty
  std::string_view path;                  // of the user data
  std::string_view header;                // "Name: value" or empty
  // Asks for the user data when a plain GET of it does not do; nullptr: it does.
  Result<HttpResponse> (*ask)(const MetadataCall& call, HttpRequest request);
};

std::span<const CloudProvider> CloudProviders();

// The provider that DMI names, or nullptr.
const CloudProvider* DetectCloud(const std::string& dmi_directory);

// "auto" (whom DMI names), "none", "probe" (all of them) or the name of a provider.
bool IsCloudChoice(std::string_view text);

}  // namespace powernode::identity
