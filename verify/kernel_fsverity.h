// The kernel's own fs-verity (Linux 5.4; kernel document filesystems/fsverity.rst): once enabled, a
// file cannot change, and every read of it is checked against the digest measured here.
//
// "This file system or kernel cannot" and "this file has none" are answers of their own, apart from
// "its digest is another one":
//   kUnsupported "fsverity_unsupported"   ENOTTY, EOPNOTSUPP: the kernel, the file system or its
//                                         settings have no fs-verity; EINVAL, ENOPKG on enabling:
//                                         not this block size or algorithm
//   kNotFound    "fsverity_not_enabled"   ENODATA: it could, and nobody asked it to
//   kRefuted     "fsverity_mismatch"      the kernel measured another digest
//   kBusy        "fsverity_writer"        ETXTBSY to the end: somebody has the file open for
//   writing
#pragma once

#include <functional>

#include "agent/base/clock.h"
#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "verify/fsverity_digest.h"

namespace powernode::verify {

// ioctl(2), as a seam: 0, or the errno that it failed with.
using VerityIoctl = std::function<int(const Fd& fd, unsigned long request, void* argument)>;
int SystemVerityIoctl(const Fd& fd, unsigned long request, void* argument);

// FS_IOC_MEASURE_VERITY: the digest that the kernel enforces on reads of the file. Takes no time.
Result<FsVerityDigest> MeasureVerity(const Fd& fd, const VerityIoctl& ioctl = SystemVerityIoctl);

// FS_IOC_ENABLE_VERITY through a read-only descriptor; the kernel reads the whole file. Already
// enabled is fine, with whatever parameters: follow with RequireVerity. A writer that is about to
// close its descriptor (ETXTBSY) or another enabler (EBUSY) is waited for, two seconds at most.
Status EnableVerity(const Fd& fd, const FsVerityParameters& parameters = {},
                    Clock& clock = SystemClock(), const VerityIoctl& ioctl = SystemVerityIoctl);

// OK exactly when the kernel enforces `wanted` on the file.
Status RequireVerity(const Fd& fd, const FsVerityDigest& wanted,
                     const VerityIoctl& ioctl = SystemVerityIoctl);

}  // namespace powernode::verify
