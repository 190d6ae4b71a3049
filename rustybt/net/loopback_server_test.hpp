#pragma once
// A server on 127.0.0.1 inside the test: takes one connection after another, reads requests, writes the bytes that the
// test's function gives for each. What it writes need not be HTTP.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace rustybt::net {

class LoopbackServer {
 public:
  /// @param answer  called with "GET /path?query" and the whole head; returns the bytes to send. Empty: send nothing
  /// and keep the connection open until the client closes it.
  using Answer = std::function<std::string(const std::string& line, const std::string& head)>;

  explicit LoopbackServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] std::vector<std::string> heads() const {
    const std::lock_guard lock(mutex_);
    return heads_;
  }
  [[nodiscard]] int connections() const { return connections_; }

  /// A whole response; `more` are further header lines, each ending in \r\n.
  [[nodiscard]] static std::string response(int status, std::string_view body, std::string_view more = {}) {
    std::string out = "HTTP/1.1 " + std::to_string(status) + " Text\r\nContent-Length: ";
    out += std::to_string(body.size()) + "\r\nContent-Type: application/json\r\n";
    out.append(more).append("\r\n").append(body);
    return out;
  }

 private:
  void serve() {
    while (!stopping_) {
      const int peer = ::accept(listener_, nullptr, nullptr);
      if (peer < 0) return;
      ++connections_;
      std::string input;
      char chunk[4096];
      for (ssize_t n = 0; (n = ::recv(peer, chunk, sizeof chunk, 0)) > 0;) {
        input.append(chunk, static_cast<std::size_t>(n));
        const std::size_t end = input.find("\r\n\r\n");
        if (end == std::string::npos) continue;
        const std::string head = input.substr(0, end);
        input.erase(0, end + 4);
        const std::string line = head.substr(0, head.find(" HTTP/"));
        {
          const std::lock_guard lock(mutex_);
          requests_.push_back(line);
          heads_.push_back(head);
        }
        const std::string out = answer_(line, head);
        ::send(peer, out.data(), out.size(), MSG_NOSIGNAL);
        // "Connection: close" and bytes that are no response end the connection; so does a body that is cut
        if (!out.empty() && (!out.starts_with("HTTP/1.1") || out.find("Connection: close") != std::string::npos)) break;
      }
      ::close(peer);
    }
  }

  Answer answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::string> heads_;
  std::thread thread_;
};

}  // namespace rustybt::net
