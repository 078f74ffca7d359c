#include "verify/sha256_engine.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>

#include "verify/quoted.h"

namespace powernode::verify {
namespace {

struct Choice {
  Sha256Engine engine;
  bool CpuFeatures::*needs;  // nullptr: nothing
};

// Best first. `stream` and `fewest` are those of a processor without SHA instructions.
constexpr Choice kChoices[] = {
#if defined(__x86_64__)
    {{"avx512", CompressPortable, CompressAvx512, 16, 2}, &CpuFeatures::avx512},
    {{"shani", CompressShaNi, CompressShaNiPair, 2, 2}, &CpuFeatures::sha_ni},
    {{"avx2", CompressPortable, CompressAvx2, 8, 2}, &CpuFeatures::avx2},
#elif defined(__aarch64__)
    {{"armv8", CompressArmv8, CompressArmv8Pair, 2, 2}, &CpuFeatures::armv8_sha2},
#endif
    {{"portable", CompressPortable, CompressPortable, 1, 1}, nullptr},
};

constexpr std::string_view kWords[] = {"portable", "shani", "avx2", "avx512", "armv8"};

// With SHA instructions one stream is about half as fast as all lanes together.
Sha256Engine WithBestStream(Sha256Engine engine, [[maybe_unused]] const CpuFeatures& cpu) {
#if defined(__x86_64__)
  if (cpu.sha_ni && engine.lanes > 2) {
    engine.stream = CompressShaNi;
    engine.fewest = engine.lanes / 2;
  }
#endif
  return engine;
}

}  // namespace

Result<Sha256Engine> ChooseSha256Engine(const CpuFeatures& cpu, std::string_view word) {
  if (!word.empty() && std::find(std::begin(kWords), std::end(kWords), word) == std::end(kWords))
    return Error(ErrorKind::kInvalid, "bad_cpu_word",
                 "POWERNODE_CPU is portable, shani, avx2, avx512 or armv8, not \"" +
                     std::string(word.substr(0, kQuotedAtMost)) + "\"");
  for (const Choice& choice : kChoices) {
    if (!word.empty() && choice.engine.name != word) continue;
    if (choice.needs == nullptr || cpu.*choice.needs) return WithBestStream(choice.engine, cpu);
  }
  return Error(ErrorKind::kUnsupported, "cpu_lacks",
               "POWERNODE_CPU=" + std::string(word) +
                   ": this processor, or the kernel, has no such instructions");
}

Result<Sha256Engine> ForcedSha256Engine() {
  const char* word = std::getenv("POWERNODE_CPU");
  return ChooseSha256Engine(DetectCpu(), word == nullptr ? "" : word);
}

const Sha256Engine& DefaultSha256Engine() {
  static const Sha256Engine engine = [] {
    const Result<Sha256Engine> forced = ForcedSha256Engine();
    return forced ? *forced : ChooseSha256Engine(DetectCpu()).value();
  }();
  return engine;
}

}  // namespace powernode::verify
