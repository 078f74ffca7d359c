// The network card a device is claimed by (node-files.md §2.7, ID-9): a physical one, the same at
// every boot. `eth0` when that is physical, else the lowest by its place on the bus; a choice once
// made stands as long as the card is there, whatever else is plugged in.
#pragma once

#include <string>
#include <vector>

#include "agent/base/result.h"

namespace powernode::runtime {

struct NetworkCard {
  std::string interface;
  std::string mac;     // lower case: the permanent one where the driver tells
  std::string device;  // its place on the bus: "pci0000:00/0000:00:03.0"
};

// The permanent address of an interface; empty when the driver does not tell.
using PermanentAddressOf = std::string (*)(const std::string& interface);
std::string AskPermanentAddress(const std::string& interface);  // ethtool's ioctl
std::string NoPermanentAddress(const std::string& interface);

// The physical Ethernet cards of a /sys/class/net, the lowest place on the bus first. Bridges,
// bonds, tunnels and other devices without hardware behind them are none.
std::vector<NetworkCard> PhysicalCards(const std::string& sys_class_net,
                                       PermanentAddressOf permanent);

// `remembered`: the address of the last choice; empty when there was none. kUnavailable
// "no_network_card".
Result<NetworkCard> ChooseCard(const std::vector<NetworkCard>& cards,
                               const std::string& remembered);

}  // namespace powernode::runtime
