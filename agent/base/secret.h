// A value that must not be seen: bootstrap tokens, private keys, bearers. It wipes its memory, has
// no stream operator and no implicit conversion, so that it cannot end up in a log or an error by
// accident.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace powernode {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string&& value) : value_(std::move(value)) { Wipe(value); }
  explicit Secret(const std::string& value) : value_(value) {}
  Secret(const Secret& other) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      Wipe(value_);
      value_ = other.value_;
    }
    return *this;
  }
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { Wipe(other.value_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      Wipe(value_);
      value_ = std::move(other.value_);
      Wipe(other.value_);
    }
    return *this;
  }
  ~Secret() { Wipe(value_); }

  // The only way in. Name the reason at the call: it goes into a request, a key parser, a file.
  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

  // "*** (43 characters, sha256 1a2b3c4d)": enough to compare two, not enough to use one.
  std::string Masked() const;

  static void Wipe(std::string& text);

 private:
  std::string value_;
};

// Compares without a branch on the content.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace powernode
