// The PKI directory (node-files.md §6): immutable generations `gen-<6 digits>/`, the link
// `current`, and the pending request. A new set is written beside, made durable, renamed into
// place, and then one link is switched: a power cut leaves the old set or the new one, never a mix
// (K1). Every function may run after a crash at any point of another.
//
// Writers take `pki/.lock`; no lock is held while the platform is asked. Load takes none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "enroll/credentials.h"

namespace powernode::enroll {

class PkiStore {
 public:
  // The directory is made when first written to.
  explicit PkiStore(std::string directory) : directory_(std::move(directory)) {}

  struct Loaded {
    CredentialsPtr credentials;   // null: no generation passes the checks of K3
    bool is_current = false;      // false: `current` was passed over; see MakeCurrent
    std::vector<Error> findings;  // why generations were passed over
  };
  // `current`, else the newest other generation that passes. One that has expired is taken only
  // when no other is better; the caller compares the dates. Changes nothing and never fails for
  // what it finds.
  Loaded Load(std::int64_t now_unix) const;

  // The newest generation older than this one that has authenticated and still passes the checks of
  // K3; null when there is none.
  CredentialsPtr LoadProvenBefore(const std::string& generation) const;

  // Writes a new generation, switches to it, removes the request it came of and old generations
  // (K4). On error the old set is still current. Returns the credentials with their generation's
  // name. `origin`: "enroll", "refresh", "move" or "import".
  Result<CredentialsPtr> Save(const Credentials& credentials, std::string_view origin);

  // Another agent's set at the flat names becomes a generation, and current, when its certificate
  // was issued later than the current one's (node-files.md §6.3). Its files stay. True: taken.
  // kRefused "import_other_instance": this node is enrolled as somebody else; otherwise as
  // ReadFlatSet and Save.
  Result<bool> Import(std::int64_t now_unix);

  // Switches `current` to an existing generation: repairs what a crash or a bad disk left.
  Status MakeCurrent(const std::string& generation);

  // The generation has authenticated: it is kept until two newer ones have, too. Cheap when already
  // known.
  Status MarkProven(const std::string& generation);

  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
};

}  // namespace powernode::enroll
