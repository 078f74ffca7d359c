// A platform with an IPv6 and an IPv4 address of which one is dead, in a network namespace where
// that is true.
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "agent/base/clock.h"
#include "agent/base/curl_transport.h"
#include "agent/base/files.h"
#include "tests/base/certificate_authority.h"
#include "tests/base/tls_server.h"
#include "tests/support/temporary_directory.h"

namespace powernode::address_race_test {
namespace {

using testing::CertificateAuthority;
using testing::TemporaryDirectory;
using testing::TlsServer;

// This thread's, and so its children's, until the end of the program.
void EnterEmptyNetwork() {
  REQUIRE(::unshare(CLONE_NEWNET) == 0);
  REQUIRE(std::system("ip link set lo up && ip link add cut0 type veth peer name cut1 && "
                      "ip link set cut0 up && ip link set cut1 up && "
                      "ip -6 address add fd00:dead::2/64 dev cut0 nodad && "
                      "ip address add 192.0.2.2/24 dev cut0") == 0);
}

TEST_CASE("of an IPv6 and an IPv4 address the living one is used, without waiting for the dead") {
  EnterEmptyNetwork();
  const TemporaryDirectory root;
  const std::string hosts = root / "hosts";
  REQUIRE(WriteFile(hosts,
                    "127.0.0.1 localhost\n"
                    "fd00:dead::1 dead6.test\n127.0.0.6 dead6.test\n"
                    "::1 dead4.test\n192.0.2.1 dead4.test\n",
                    0644));
  REQUIRE(::mount(hosts.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) == 0);
  const CertificateAuthority authority("CA");
  for (const auto& [name, alive] :
       {std::pair("dead6.test", "127.0.0.6"), std::pair("dead4.test", "::1")}) {
    CAPTURE(name);
    const TlsServer server(authority.Issue({.dns_name = name}), {.listen = alive});
    auto transport = CurlTransport::Create({.ca_pem = authority.pem()});
    const auto start = SystemClock().Monotonic();
    const Result<HttpResponse> response =
        (*transport)->Perform({.url = server.Url("ok", name)}, {});
    CHECK_MESSAGE(response.ok(), (response ? "" : response.error().message()));
    CHECK(SystemClock().Monotonic() - start < std::chrono::milliseconds(2'500));
  }
  REQUIRE(::umount2("/etc/hosts", 0) == 0);
}

}  // namespace
}  // namespace powernode::address_race_test
