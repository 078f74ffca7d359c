#include "runtime/identity_sources.h"

#include "agent/base/curl_transport.h"
#include "runtime/boot_partition.h"
#include "runtime/nocloud_disk.h"

namespace powernode::runtime {

identity::SourceContext SourcesOf(const Paths& paths, const identity::SourceSettings& settings,
                                  const enroll::CredentialsPtr& credentials, Clock& clock,
                                  std::stop_token stop) {
  identity::SourceContext context{.paths = paths, .clock = &clock, .stop = std::move(stop)};
  context.settings = settings;
  if (!settings.ca_file.empty()) context.settings.ca_file = paths.root + settings.ca_file;
  context.plain_http = []() -> Result<std::unique_ptr<HttpTransport>> {
    ASSIGN_OR_RETURN(std::unique_ptr<CurlTransport> transport, CurlTransport::Create({}));
    return std::unique_ptr<HttpTransport>(std::move(transport));
  };
  if (credentials)
    context.stored =
        identity::StoredIdentity{.instance_uuid = credentials->instance_id,
                                 .platform = credentials->platform,
                                 .ca_pem = credentials->ca_pem,
                                 .usable = credentials->not_after > clock.UnixSeconds()};
  if (paths.root.empty()) {  // another machine's disks are not ours to look into
    context.boot_partition = BootPartitionOf(paths);
    context.nocloud_disk = NoCloudDiskOf(paths);
  }
  return context;
}

}  // namespace powernode::runtime
