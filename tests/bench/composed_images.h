// Images to compose, made with mkfs.erofs and verified; and the short way out of a bench that
// cannot go on.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "mount/compose.h"

namespace powernode::bench {

template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}
void Must(Status status);

// Through the shell; throws when it fails.
void Run(const std::string& command);

// An image below `directory` whose tree has one file more than that of the last call.
std::string MakeImage(const std::string& directory, int number);

// Layers "m0", "m1" and so on, from lowest to highest.
std::vector<mount::LayerRequest> Verified(const std::vector<std::string>& images);

}  // namespace powernode::bench
