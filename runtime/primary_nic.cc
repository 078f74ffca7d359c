#include "runtime/primary_nic.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "agent/base/encoding.h"
#include "agent/base/fd.h"
#include "agent/base/files.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kAddressBytes = 6;
constexpr std::size_t kMaxAddressBytes = 32;  // the kernel's MAX_ADDR_LEN
constexpr std::size_t kMaxAttribute = 4096;
constexpr std::string_view kFirstName = "eth0";

std::string Attribute(const std::string& card, std::string_view name) {
  const Result<std::string> text = ReadFile(JoinPath(card, name), kMaxAttribute);
  return text ? text->substr(0, text->find('\n')) : "";
}

// "52:54:00:12:34:56" in lower case; empty for anything else and for the address that is none.
std::string CheckedAddress(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool separator = i % 3 == 2;
    if (separator != (text[i] == ':')) return {};
    if (!separator) digits.push_back(text[i]);
  }
  if (!IsLowerHex(digits, 2 * kAddressBytes)) return {};
  return digits.find_first_not_of('0') == std::string::npos ? "" : text;
}

// What the device link leads to, without the path of the tree it stands in; empty: no hardware.
std::string PlaceOnBus(const std::string& card) {
  std::array<char, PATH_MAX> resolved{};
  if (::realpath(JoinPath(card, "device").c_str(), resolved.data()) == nullptr) return {};
  const std::string path = resolved.data();
  constexpr std::string_view kDevices = "/devices/";
  const std::size_t found = path.find(kDevices);
  return found == std::string::npos ? path : path.substr(found + kDevices.size());
}

// Hardware may stand behind one of these, and it is still not a card of its own.
bool IsComposite(const std::string& card) {
  return Exists(JoinPath(card, "bridge")) || Exists(JoinPath(card, "bonding")) ||
         Exists(JoinPath(card, "tun_flags"));
}

}  // namespace

std::string AskPermanentAddress(const std::string& interface) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid() || interface.size() >= IFNAMSIZ) return {};
  // struct ethtool_perm_addr: command, size, then so many bytes.
  std::array<std::uint32_t, 2 + kMaxAddressBytes / 4> question = {ETHTOOL_GPERMADDR,
                                                                  kMaxAddressBytes};
  ifreq request{};
  std::memcpy(request.ifr_name, interface.data(), interface.size());
  request.ifr_data = reinterpret_cast<char*>(question.data());
  if (::ioctl(socket.get(), SIOCETHTOOL, &request) < 0 || question[1] != kAddressBytes) return {};
  const std::string digits =
      HexEncode({reinterpret_cast<const char*>(&question[2]), kAddressBytes});
  std::string text;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    text += (i == 0 ? "" : ":") + digits.substr(i, 2);
  return text;
}

std::string NoPermanentAddress(const std::string&) { return {}; }

std::vector<NetworkCard> PhysicalCards(const std::string& sys_class_net,
                                       PermanentAddressOf permanent) {
  std::vector<NetworkCard> cards;
  const Result<std::vector<std::string>> names = ListDirectory(sys_class_net);
  if (!names) return cards;
  for (const std::string& name : *names) {
    const std::string card = JoinPath(sys_class_net, name);
    NetworkCard found{.interface = name, .mac = {}, .device = PlaceOnBus(card)};
    if (found.device.empty() || IsComposite(card) ||
        Attribute(card, "type") != std::to_string(ARPHRD_ETHER))
      continue;
    found.mac = CheckedAddress(permanent(name));
    if (found.mac.empty()) found.mac = CheckedAddress(Attribute(card, "address"));
    if (!found.mac.empty()) cards.push_back(std::move(found));
  }
  std::stable_sort(cards.begin(), cards.end(),
                   [](const NetworkCard& a, const NetworkCard& b) { return a.device < b.device; });
  return cards;
}

Result<NetworkCard> ChooseCard(const std::vector<NetworkCard>& cards,
                               const std::string& remembered) {
  auto find = [&cards](auto is_it) { return std::find_if(cards.begin(), cards.end(), is_it); };
  auto chosen = find([&](const NetworkCard& card) { return card.mac == remembered; });
  if (chosen == cards.end())
    chosen = find([](const NetworkCard& card) { return card.interface == kFirstName; });
  if (chosen == cards.end()) chosen = cards.begin();
  if (chosen == cards.end())
    return Error(ErrorKind::kUnavailable, "no_network_card",
                 "this node has no physical network card that could name it: load its driver");
  return *chosen;
}

}  // namespace powernode::runtime
