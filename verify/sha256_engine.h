// Which kernels hash: chosen once, when the first hash begins, by what the processor has. The
// environment variable POWERNODE_CPU forces a choice, for tests and measurements:
//
//   portable   plain C++, whatever the processor has
//   shani      SHA extensions, two blocks at a time
//   avx2       eight blocks at a time
//   avx512     sixteen blocks at a time
//   armv8      ARMv8 cryptographic extension, two blocks at a time
//
// The word says how many equal blocks are hashed at once; one stream cannot be spread over lanes,
// and uses SHA instructions whenever the processor has them, save with "portable".
//
// A word that is unknown, or that this processor cannot obey, never keeps a node from hashing: the
// default engine is then what it is without the word, and ForcedSha256Engine says why. Whoever acts
// on a person's order (a command, a test, a measurement) asks it and reports the error.
#pragma once

#include <string_view>

#include "agent/base/result.h"
#include "verify/cpu_features.h"
#include "verify/sha256_kernels.h"

namespace powernode::verify {

struct Sha256Engine {
  std::string_view name;   // the words above
  Sha256Compress* stream;  // 1 lane
  Sha256Compress* many;    // `lanes` lanes
  std::size_t lanes;
  std::size_t fewest;  // from this many blocks on, `many` with idle lanes beats `stream`
};

// The best engine for the processor, or with a word the one it names. kInvalid "bad_cpu_word";
// kUnsupported "cpu_lacks" when the processor has not got the instructions.
Result<Sha256Engine> ChooseSha256Engine(const CpuFeatures& cpu, std::string_view word = {});

// What POWERNODE_CPU makes of this processor; the error is its own, see above.
Result<Sha256Engine> ForcedSha256Engine();

const Sha256Engine& DefaultSha256Engine();

}  // namespace powernode::verify
