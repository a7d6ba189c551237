#include "tests/streaming/web_server.h"

#include "engine/base/error.h"
#include "engine/base/file.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <sstream>

namespace diorama {
namespace {

WebRequest parse_request(const std::string& head) {
  WebRequest request;
  std::istringstream lines(head);
  std::string line, method;
  std::getline(lines, line);
  std::istringstream(line) >> method >> request.path;
  while (std::getline(lines, line) && line.size() > 1) {
    const size_t colon = line.find(':');
    if (colon == line.npos) continue;
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    request.headers[name] = line.substr(colon + 2, line.size() - colon - 3);
  }
  return request;
}

}  // namespace

WebServer::WebServer(Answer answer) : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  DIO_CHECK(listener_ >= 0 && ::bind(listener_, plain, size) == 0 && ::listen(listener_, 16) == 0);
  DIO_CHECK(::getsockname(listener_, plain, &size) == 0);
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

WebServer::~WebServer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  stopped_.notify_all();
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
}

std::string WebServer::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

void WebServer::accept_all() {
  while (!stop_) {
    const int socket = ::accept(listener_, nullptr, nullptr);
    if (socket < 0) continue;
    ++connections_;
    const int at_once = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
    const std::lock_guard lock(mutex_);
    if (stop_) {
      ::close(socket);
      return;
    }
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void WebServer::serve(int socket) {
  std::string head;
  char buffer[4096];
  bool open = true;
  while (open && !stop_) {
    const ssize_t count = ::recv(socket, buffer, sizeof(buffer), 0);
    if (count <= 0) break;
    head.append(buffer, static_cast<size_t>(count));
    const size_t end = head.find("\r\n\r\n");
    if (end == head.npos) continue;
    open = reply_to(socket, head.substr(0, end + 2));
    head.erase(0, end + 4);
  }
  const std::lock_guard lock(mutex_);
  sockets_.remove(socket);
  ::close(socket);
}

bool WebServer::reply_to(int socket, const std::string& head) {
  WebReply reply;
  {
    const std::lock_guard lock(answer_mutex_);
    reply = answer_(parse_request(head));
  }
  if (reply.silent) pause(60);
  if (reply.delay_s > 0) pause(reply.delay_s);
  const std::string answer =
      fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n{}\r\n", reply.status, reply.body.size(), reply.headers);
  const size_t count = std::min(reply.cut_after.value_or(reply.body.size()), reply.body.size());
  return send(socket, answer, 0) && send(socket, std::string_view(reply.body).substr(0, count), reply.bytes_per_s) &&
         !reply.cut_after;
}

bool WebServer::send(int socket, std::string_view bytes, double bytes_per_s) {
  constexpr size_t kPiece = 2048;
  while (!bytes.empty() && !stop_) {
    const ssize_t sent =
        ::send(socket, bytes.data(), bytes_per_s > 0 ? std::min(kPiece, bytes.size()) : bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
    if (bytes_per_s > 0) pause(static_cast<double>(sent) / bytes_per_s);
  }
  return bytes.empty();
}

void WebServer::pause(double seconds) {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return stop_.load(); });
}

WebReply file_reply(const std::filesystem::path& folder, const WebRequest& request) {
  const std::filesystem::path path = folder / request.path.substr(1);
  if (!std::filesystem::is_regular_file(path)) return {.status = 404, .body = "no such file"};
  WebReply reply{.body = read_text_file(path)};
  const auto range = request.headers.find("range");
  if (range == request.headers.end()) return reply;
  size_t first = 0, last = 0;
  if (std::sscanf(range->second.c_str(), "bytes=%zu-%zu", &first, &last) != 2 || first >= reply.body.size()) {
    return {.status = 416};
  }
  last = std::min(last, reply.body.size() - 1);
  reply.status = 206;
  reply.headers = fmt::format("Content-Range: bytes {}-{}/{}\r\n", first, last, reply.body.size());
  reply.body = reply.body.substr(first, last - first + 1);
  return reply;
}

}  // namespace diorama
