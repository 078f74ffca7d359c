#include "identity/cloud_providers.h"

#include <algorithm>
#include <cctype>

#include "agent/base/files.h"
#include "identity/aws.h"
#include "identity/record.h"

namespace powernode::identity {
namespace {

constexpr std::size_t kMaxAttribute = 4096;
constexpr std::string_view kLinkLocal = "169.254.169.254";

constexpr std::array kProviders = {
    CloudProvider{.name = "aws",
                  .dmi = {{{"sys_vendor", "Amazon EC2"}, {"product_uuid", "ec2"}, {}}},
                  .hosts = {kLinkLocal, "[fd00:ec2::254]"},
                  .path = "/latest/user-data",
                  .header = "",
                  .ask = AskAws},
    CloudProvider{.name = "gcp",
                  .dmi = {{{"product_name", "Google Compute Engine"}, {}, {}}},
                  .hosts = {kLinkLocal, ""},
                  .path = "/computeMetadata/v1/instance/attributes/user-data",
                  .header = "Metadata-Flavor: Google",
                  .ask = nullptr},
    CloudProvider{.name = "azure",
                  .dmi = {{{"chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77"}, {}, {}}},
                  .hosts = {kLinkLocal, ""},
                  .path = "/metadata/instance/compute/userData?api-version=2021-01-01&format=text",
                  .header = "Metadata: true",
                  .ask = nullptr},
    CloudProvider{.name = "digitalocean",
                  .dmi = {{{"sys_vendor", "DigitalOcean"}, {}, {}}},
                  .hosts = {kLinkLocal, ""},
                  .path = "/metadata/v1/user-data",
                  .header = "",
                  .ask = nullptr},
    CloudProvider{.name = "hetzner",
                  .dmi = {{{"sys_vendor", "Hetzner"}, {}, {}}},
                  .hosts = {kLinkLocal, ""},
                  .path = "/hetzner/v1/userdata",
                  .header = "",
                  .ask = nullptr},
    CloudProvider{.name = "openstack",
                  .dmi = {{{"product_name", "OpenStack Nova"},
                           {"product_name", "OpenStack Compute"},
                           {"chassis_asset_tag", "OpenTelekomCloud"}}},
                  .hosts = {kLinkLocal, ""},
                  .path = "/openstack/latest/user_data",
                  .header = "",
                  .ask = nullptr},
};

// In either case: Xen writes the uuid of an EC2 machine in lower case, KVM in upper case.
bool Begins(std::string_view text, std::string_view begin) {
  return text.size() >= begin.size() &&
         std::equal(begin.begin(), begin.end(), text.begin(), [](unsigned char a, unsigned char b) {
           return std::tolower(a) == std::tolower(b);
         });
}

}  // namespace

std::span<const CloudProvider> CloudProviders() { return kProviders; }

const CloudProvider* DetectCloud(const std::string& dmi_directory) {
  for (const CloudProvider& provider : kProviders)
    for (const DmiMatch& match : provider.dmi) {
      if (match.attribute.empty()) break;
      const Result<std::string> value =
          ReadFile(JoinPath(dmi_directory, match.attribute), kMaxAttribute);
      if (value && Begins(TrimSpace(*value), match.begin)) return &provider;
    }
  return nullptr;
}

bool IsCloudChoice(std::string_view text) {
  return text == "auto" || text == "none" || text == "probe" ||
         std::any_of(kProviders.begin(), kProviders.end(),
                     [text](const CloudProvider& provider) { return provider.name == text; });
}

}  // namespace powernode::identity
