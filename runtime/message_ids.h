// The journal's MESSAGE_ID of each message that somebody may want to wait for or search by. An id
// is never given to another meaning; runtime/README.md lists them for operators.
#pragma once

namespace powernode::runtime {

// The service begins its work.
inline constexpr char kAgentStarted[] = "6342dbd7fe9545b585bd221c4e677773";
// A set of modules runs as assigned: at the service's start and after each change.
inline constexpr char kComposed[] = "e8623e0cc7ac4f85ab1ae1026403e484";
// The running set passed the health gate and is the last known good one.
inline constexpr char kPromoted[] = "5bcba80b6701461ca3ec69c2cb4a228a";
// The same of the last known good set, which runs instead of what is assigned.
inline constexpr char kFellBack[] = "1a01b69ad6a74393aa15a110d7dc5c83";
// A module is wrong: digest, signature, revision or policy; the running set stays.
inline constexpr char kModuleRefused[] = "b9e0637b15154f98aef3fac5c207d1b8";
// The node has a new certificate, and it works.
inline constexpr char kCertificateRenewed[] = "f9e3ff1fa8714b8cb3ce0e570b357f5b";
// Something is amiss, or its detail has changed.
inline constexpr char kFindingRaised[] = "a894cbb86ba3440080568847d5c7d7d3";
// Its cause is gone.
inline constexpr char kFindingCleared[] = "05dbb461dced4ec38e0e3780cd7afc0d";
// A loop of the service does not come back; the watchdog is no longer fed.
inline constexpr char kLoopStuck[] = "80fd166aaed94460b35284a22a72af53";

}  // namespace powernode::runtime
