// One generation directory of the PKI store: written once, read and checked as a whole.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "enroll/credentials.h"

namespace powernode::enroll {

// Writes every file of the set into `directory`, each durable.
Status WriteGeneration(const std::string& directory, const Credentials& credentials,
                       std::string_view origin);

// Reads the set and checks it (CheckCredentials). The name of the directory becomes
// Credentials::generation.
Result<Credentials> ReadGeneration(const std::string& directory);

}  // namespace powernode::enroll
