// A small HTTP server at a given address and port 80: what a metadata service says, byte for byte.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/base/fd.h"

namespace powernode::identity::testing {

class MetadataServer {
 public:
  // Answers each "METHOD /path" with the bytes given for it; an empty answer keeps the connection
  // and says nothing; what is not listed gets 404. Throws std::system_error when it cannot listen.
  MetadataServer(const std::string& address, std::map<std::string, std::string> answers);
  MetadataServer(const MetadataServer&) = delete;
  MetadataServer& operator=(const MetadataServer&) = delete;
  ~MetadataServer();

  // The head of each request so far.
  std::vector<std::string> Requests() const;

 private:
  void Serve(std::stop_token stop);

  std::map<std::string, std::string> answers_;
  Fd listener_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::jthread thread_;
};

std::string HttpAnswer(const std::string& status, const std::string& body,
                       const std::string& headers = "");

}  // namespace powernode::identity::testing
