#include "runtime/primary_nic.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::primary_nic_test {
namespace {

using powernode::testing::TemporaryDirectory;

// A /sys with the interfaces of a test, hardware behind a link as the kernel lays it.
class Machine {
 public:
  // `place`: below /sys/devices; empty: nothing behind it.
  void Add(const std::string& name, const std::string& mac, const std::string& place,
           const std::string& type = "1") {
    const std::string home = Sys("devices/" + (place.empty() ? "virtual" : place) + "/net/" + name);
    REQUIRE(MakeDirectories(home, 0755));
    REQUIRE(MakeDirectories(Sys("class/net"), 0755));
    REQUIRE(WriteFile(home + "/address", mac + "\n", 0644));
    REQUIRE(WriteFile(home + "/type", type + "\n", 0644));
    if (!place.empty()) REQUIRE(Symlink("../..", home + "/device"));
    REQUIRE(Symlink(home, Net() + "/" + name));
  }
  void Remove(const std::string& name) { REQUIRE(Unlink(Net() + "/" + name)); }
  std::string Net() const { return Sys("class/net"); }
  std::string Sys(const std::string& path) const { return (root_ / "sys" / path).string(); }

  std::vector<NetworkCard> Cards() const { return PhysicalCards(Net(), NoPermanentAddress); }
  NetworkCard Chosen(const std::string& remembered = "") const {
    const Result<NetworkCard> card = ChooseCard(Cards(), remembered);
    REQUIRE(card.ok());
    return *card;
  }

 private:
  TemporaryDirectory root_;
};

TEST_SUITE("primary nic") {
  TEST_CASE("only a card with hardware of its own counts") {
    Machine machine;
    machine.Add("lo", "00:00:00:00:00:00", "", "772");
    machine.Add("docker0", "02:42:00:00:00:01", "");
    machine.Add("veth1", "02:42:00:00:00:02", "");
    machine.Add("wg0", "", "", "65534");
    machine.Add("dummy0", "02:42:00:00:00:03", "");
    machine.Add("bond0", "52:54:00:00:00:01", "pci0000:00/0000:00:01.0");
    REQUIRE(MakeDirectories(machine.Net() + "/bond0/bonding", 0755));
    machine.Add("br0", "52:54:00:00:00:02", "pci0000:00/0000:00:01.1");
    REQUIRE(MakeDirectories(machine.Net() + "/br0/bridge", 0755));
    machine.Add("ib0", "52:54:00:00:00:03", "pci0000:00/0000:00:01.2", "32");
    machine.Add("none0", "00:00:00:00:00:00", "pci0000:00/0000:00:01.3");
    CHECK(machine.Cards().empty());
    const Result<NetworkCard> none = ChooseCard(machine.Cards(), "");
    REQUIRE_FALSE(none.ok());
    CHECK(none.error().code() == "no_network_card");
    machine.Add("enp1s0", "52:54:00:AB:CD:EF", "pci0000:00/0000:00:02.0");
    REQUIRE(machine.Cards().size() == 1);
    CHECK(machine.Cards()[0].mac == "52:54:00:ab:cd:ef");
    CHECK(machine.Cards()[0].device == "pci0000:00/0000:00:02.0");
  }

  TEST_CASE("eth0 is taken when it is physical, else the lowest place on the bus") {
    Machine machine;
    machine.Add("ens9", "52:54:00:00:00:09", "pci0000:00/0000:00:03.0");
    machine.Add("ens1", "52:54:00:00:00:01", "pci0000:00/0000:00:1f.0");
    CHECK(machine.Chosen().interface == "ens9");
    machine.Add("eth0", "52:54:00:00:00:0a", "");
    CHECK(machine.Chosen().interface == "ens9");
    machine.Remove("eth0");
    machine.Add("eth0", "52:54:00:00:00:0b", "pci0000:00/0000:00:1f.6");
    CHECK(machine.Chosen().interface == "eth0");
  }

  TEST_CASE("a card that was chosen once stays the one as long as it is there") {
    Machine machine;
    machine.Add("ens9", "52:54:00:00:00:09", "pci0000:00/0000:00:09.0");
    const std::string remembered = machine.Chosen().mac;
    machine.Add("ens1", "52:54:00:00:00:01", "pci0000:00/0000:00:01.0");
    machine.Add("eth0", "52:54:00:00:00:02", "pci0000:00/0000:00:02.0");
    CHECK(machine.Chosen(remembered).interface == "ens9");
    machine.Remove("ens9");
    CHECK(machine.Chosen(remembered).interface == "eth0");
  }

  TEST_CASE("the permanent address comes before the one in use, when the driver tells it") {
    Machine machine;
    machine.Add("ens1", "02:00:00:00:00:01", "pci0000:00/0000:00:01.0");
    const auto permanent = [](const std::string&) { return std::string("52:54:00:00:00:FF"); };
    CHECK(PhysicalCards(machine.Net(), permanent)[0].mac == "52:54:00:00:00:ff");
    const auto nonsense = [](const std::string&) { return std::string("00:00:00:00:00:00"); };
    CHECK(PhysicalCards(machine.Net(), nonsense)[0].mac == "02:00:00:00:00:01");
  }

  TEST_CASE("an interface that does not exist has no permanent address") {
    CHECK(AskPermanentAddress("no-such-card0").empty());
    CHECK(AskPermanentAddress("a-name-that-is-too-long-for-one").empty());
  }

  TEST_CASE("a machine without /sys has no cards") {
    const TemporaryDirectory root;
    CHECK(PhysicalCards((root / "nowhere").string(), NoPermanentAddress).empty());
  }
}

}  // namespace
}  // namespace powernode::runtime::primary_nic_test
