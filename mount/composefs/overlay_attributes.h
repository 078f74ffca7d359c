// The extended attributes by which an image speaks to the kernel's overlay (spec "composefs image",
// section 5; kernel document filesystems/overlayfs.rst). What a tree itself has of them is escaped,
// so that a further overlay on top of the mounted image sees it.
#pragma once

#include <array>
#include <string_view>

#include "verify/verity_identity.h"

namespace powernode::mount::composefs {

inline constexpr std::string_view kOverlayPrefix = "trusted.overlay.";
inline constexpr std::string_view kEscapedPrefix = "trusted.overlay.overlay.";

inline constexpr std::string_view kMetacopy = "trusted.overlay.metacopy";
inline constexpr std::string_view kRedirect = "trusted.overlay.redirect";
inline constexpr std::string_view kOpaque = "trusted.overlay.opaque";

// A whiteout is stored as an empty file with these, all with empty values.
inline constexpr std::array<std::string_view, 2> kWhiteoutNames = {
    "trusted.overlay.overlay.whiteout", "user.overlay.whiteout"};
// Its directory has these; and in format version 1, those that say so to the kernel, value "x".
inline constexpr std::array<std::string_view, 2> kHoldsWhiteoutsNames = {
    "trusted.overlay.overlay.whiteouts", "user.overlay.whiteouts"};
inline constexpr std::array<std::string_view, 2> kOpaqueWithWhiteouts = {
    "trusted.overlay.overlay.opaque", "user.overlay.opaque"};

inline constexpr std::string_view kSelinux = "security.selinux";
inline constexpr std::string_view kAclAccess = "system.posix_acl_access";
inline constexpr std::string_view kAclDefault = "system.posix_acl_default";

// A metacopy value: version 0, its own length, no flags, SHA-256; then the digest.
inline constexpr std::string_view kMetacopyHead("\x00\x24\x00\x01", 4);
inline constexpr std::size_t kMetacopyBytes = 36;

// Is the redirect "/xx/yyyy...", where the object store keeps what has this digest (section 3.1)?
bool RedirectsTo(std::string_view redirect, const verify::ObjectVerity& digest);

}  // namespace powernode::mount::composefs
