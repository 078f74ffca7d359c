// The devices that asked who they are (node-api.md §6), one row for each hardware address and a day
// from its last poll, and the pace at which one address may ask.
//
// A code belongs to the key that was announced with it: whoever confirms a code confirms the device
// that shows it, and not another one that sends the same hardware address (field-lessons ID-11).
#pragma once

#include <optional>
#include <string>

#include "tests/platform/call.h"

namespace powernode::platform {

// Notes the poll in the row of the body's `mac`, which is made when there is none.
Claim& NoteClaim(Call& call, const std::string& mac);

// The code of the device with that key ("" for one that announces none); the same at each poll.
const std::string& ClaimCode(Claim& claim, const std::string& device_key);

// 429 with a hint when the address has asked too often within a minute.
std::optional<Answer> ThrottleClaim(Call& call);

// Records a bootstrap token of a claim, good for an hour.
void AddClaimToken(const Call& call, Node& node, const std::string& token,
                   const std::string& device_key);

}  // namespace powernode::platform
