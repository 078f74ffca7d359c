// One request while it is being answered: what a route may read and change. The dispatcher holds
// the store's lock for as long as a Call exists, so a route is a plain function over plain values,
// and a compare-and-set is an `if`.
#pragma once

#include <algorithm>
#include <string>

#include "tests/platform/authorities.h"
#include "tests/platform/message.h"
#include "tests/platform/state.h"
#include "tests/platform/state_directory.h"

namespace powernode::platform {

struct Personality;

struct Call {
  const Request& request;
  State& state;
  const Authorities& authorities;
  const StateDirectory& directory;
  const Personality& personality;
  const json& features;  // what it offers (§21)
  Seconds now = 0;
  Node* node = nullptr;                   // set on routes that need an instance
  CertificateRow* certificate = nullptr;  // the row of the presented certificate, likewise
  json body = nullptr;                    // the request's JSON object, {} when there was none
  bool changed = false;                   // the state must be saved
  bool blameless = false;                 // a refusal tells what is so; the caller did no wrong

  // Who is calling, for people: the node's name, else the address.
  std::string Caller() const { return node != nullptr ? node->name : request.peer.address; }

  bool Offers(const char* feature) const {
    return std::find(features.begin(), features.end(), feature) != features.end();
  }

  // The body's member when it is a string, else "".
  std::string Text(const char* member) const {
    const auto found = body.find(member);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
  }

  // Notes that the client broke the contract.
  void Complain(const std::string& what) {
    state.Complain(Caller(), request.method + " " + request.path + ": " + what);
    changed = true;
  }
};

using Handler = Answer (*)(Call&);

}  // namespace powernode::platform
