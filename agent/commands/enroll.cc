#include "enroll/enroll.h"

#include <unistd.h>

#include "agent/base/files.h"
#include "agent/commands/command.h"
#include "agent/commands/signals.h"
#include "runtime/join.h"

namespace powernode::commands {
namespace {

constexpr std::size_t kMaxToken = 1024;
constexpr std::size_t kMaxCa = 256 * 1024;

struct EnrollFlags {
  std::string platform_url;
  std::string token_file;
  std::string ca_file;
  std::string subject;
};

// "-" is standard input, so that a token never has to stand on a command line.
Result<std::string> ReadToken(const std::string& file) {
  if (file != "-") return ReadFile(file, kMaxToken);
  const Fd input(::dup(STDIN_FILENO));
  return ReadFd(input, kMaxToken);
}

Result<std::optional<identity::Record>> RecordOf(const EnrollFlags& flags) {
  identity::Record record;
  if (!flags.subject.empty()) identity::SetInstanceUuid(record, "--subject", flags.subject);
  if (!flags.platform_url.empty())
    identity::SetPlatformUrl(record, "--platform-url", flags.platform_url);
  if (!flags.token_file.empty()) {
    ASSIGN_OR_RETURN_CONTEXT(std::string token, ReadToken(flags.token_file), "--token-file");
    identity::SetBootstrapToken(record, "--token-file", Secret(std::move(token)));
  }
  if (!flags.ca_file.empty()) {
    ASSIGN_OR_RETURN_CONTEXT(const std::string pem, ReadFile(flags.ca_file, kMaxCa), "--ca");
    identity::SetCaPem(record, "--ca", pem);
  }
  if (!record.problems.empty()) return record.problems.front();
  record.found = !flags.subject.empty() || !flags.platform_url.empty() ||
                 !flags.token_file.empty() || !flags.ca_file.empty();
  return record.found ? std::optional(std::move(record)) : std::nullopt;
}

// The platform's own wish about the next attempt belongs to what went wrong.
Error WithWish(const runtime::JoinAttempt& failed) {
  const Error& error = failed.outcome.error();
  if (!failed.enroll || !failed.enroll->retry_after) return error;
  return Error(error.kind(), error.code(),
               error.message() + "; it asks to wait " +
                   std::to_string(failed.enroll->retry_after->count()) +
                   " s before the next attempt");
}

}  // namespace

std::function<Outcome(const Context&)> ConfigureEnroll(CLI::App& app) {
  auto flags = std::make_shared<EnrollFlags>();
  app.add_option("--platform-url", flags->platform_url, "https://host[:port]");
  app.add_option("--token-file", flags->token_file,
                 "file with the bootstrap token; - reads standard input");
  app.add_option("--ca", flags->ca_file, "PEM file with the platform's certificate authority");
  app.add_option("--subject", flags->subject, "this node's instance id");
  return [flags](const Context& context) {
    const StopOnSignal signals;
    Result<std::optional<identity::Record>> given = RecordOf(*flags);
    if (!given) return Outcome::Failed("identity", given.error());
    runtime::JoinAttempt attempt = runtime::JoinOnce(
        {.paths = context.paths(), .given = *std::move(given)}, context.clock, signals.token());
    if (!attempt.outcome) return Outcome::Failed(attempt.stage, WithWish(attempt));
    const runtime::Joined& joined = *attempt.outcome;
    if (joined.refused_change)
      return Outcome::Failed("enroll", joined.refused_change->WithContext(
                                           "this node stays " + joined.credentials->instance_id));
    if (!joined.saved)
      return Outcome::Failed(attempt.stage, joined.findings.back());  // and gone with this process
    Outcome outcome;
    if (joined.by == runtime::JoinedBy::kStored) outcome.status = "noop";
    outcome.stage = attempt.stage;
    outcome.details["instance_id"] = joined.credentials->instance_id;
    outcome.details["subject"] = joined.credentials->mtls_subject;
    outcome.details["not_after"] = FormatTime(joined.credentials->not_after);
    outcome.details["generation"] = joined.credentials->generation;
    outcome.details["enrolled"] = joined.by == runtime::JoinedBy::kEnrolled ? "now" : "before";
    for (const Error& finding : joined.findings)
      outcome.details["findings"].push_back(finding.message());
    return outcome;
  };
}

}  // namespace powernode::commands
