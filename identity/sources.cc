#include <array>

#include "identity/boot_file.h"
#include "identity/etc_file.h"
#include "identity/fw_cfg.h"
#include "identity/kernel_cmdline.h"
#include "identity/nocloud.h"
#include "identity/source.h"
#include "identity/systemd_credentials.h"

namespace powernode::identity {
namespace {

constexpr std::array kSources = {
    Source{.name = "kernel-cmdline",
           .where = "on the kernel command line",
           .uuid_key = "powernode.instance_uuid=",
           .url_key = "powernode.platform_url=",
           .ca_key = "powernode.ca_b64=",
           .token_key = "powernode.bootstrap_token=",
           .place = [](const SourceContext& context) { return context.paths.kernel_cmdline; },
           .read = ReadKernelCommandLine},
    Source{.name = "fw-cfg",
           .where = "in QEMU's fw_cfg",
           .uuid_key = "opt/com.powernode/instance_uuid",
           .url_key = "opt/com.powernode/platform_url",
           .ca_key = "opt/com.powernode/ca_pem",
           .token_key = "opt/com.powernode/bootstrap_token",
           .place = [](const SourceContext& context) { return context.paths.fw_cfg; },
           .read = ReadFwCfg},
    Source{.name = "systemd-credentials",
           .where = "as a systemd credential",
           .uuid_key = "powernode.instance_uuid",
           .url_key = "powernode.platform_url",
           .ca_key = "powernode.ca_pem",
           .token_key = "powernode.bootstrap_token",
           .place =
               [](const SourceContext& context) {
                 return context.paths.credentials.empty() ? context.paths.system_credentials
                                                          : context.paths.credentials;
               },
           .read = ReadSystemdCredentials},
    Source{.name = "boot-file",
           .where = "in identity.cfg on the boot partition",
           .uuid_key = "ID=",
           .url_key = "SERVER=",
           .ca_key = "CA_PEM_FILE=",
           .token_key = "KEY=",
           .effort = Effort::kMount,
           .place = [](const SourceContext& context) { return context.paths.boot_identity; },
           .read = ReadBootFile},
    Source{.name = "etc-file",
           .where = "in /etc/identity.cfg",
           .uuid_key = "ID=",
           .url_key = "SERVER=",
           .ca_key = "CA_PEM_FILE=",
           .token_key = "KEY=",
           .place = [](const SourceContext& context) { return context.paths.etc_identity; },
           .read = ReadEtcFile},
    Source{.name = "etc-file",
           .where = "in etc/identity.cfg on the persist partition",
           .uuid_key = "ID=",
           .url_key = "SERVER=",
           .ca_key = "CA_PEM_FILE=",
           .token_key = "KEY=",
           .place = [](const SourceContext& context) { return context.paths.persist_identity; },
           .read = ReadPersistFile},
    Source{.name = "nocloud",
           .where = "in user-data on a disk labelled cidata",
           .uuid_key = "ID=",
           .url_key = "SERVER=",
           .ca_key = "CA_PEM=",
           .token_key = "KEY=",
           .effort = Effort::kMount,
           .place = [](const SourceContext&) { return std::string("disk labelled cidata"); },
           .read = ReadNoCloud},
};

}  // namespace

std::span<const Source> Sources() { return kSources; }

}  // namespace powernode::identity
