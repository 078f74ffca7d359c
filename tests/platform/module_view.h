// Modules as a node sees them (node-api.md §10): which ones, in which order, and with which
// members.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/platform/state.h"

namespace powernode::platform {

// The node's enabled modules and their enabled dependencies, dependencies first, each once.
std::vector<const Module*> ModulesOf(State& state, const Node& node);

json ModuleListEntry(const Module& module);  // §10.1
json ModuleView(const Module& module);       // §10.2, flat
// What is signed of a version: "statement", "blob-only" or "none".
std::string_view SignatureForm(const ModuleVersion& version);
// The revision its statement gives; null when there is none.
json RevisionOf(const ModuleVersion& version);
// §10.4: the same bytes for the same version.
std::string ManifestBytes(const Module& module);

// The modules that the node is or was assigned.
std::vector<const Module*> FetchableModules(State& state, const Node& node);
// The digests of the blobs that it may fetch, sorted: every version of those, and what it runs.
std::vector<std::string> FetchableBlobs(State& state, const Node& node);
bool MayFetchBlob(State& state, const Node& node, const std::string& digest);

}  // namespace powernode::platform
