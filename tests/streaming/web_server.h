#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace diorama {

struct WebRequest {
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
};

struct WebReply {
  int status = 200;
  std::string headers;  // lines with \r\n; Content-Length comes by itself
  std::string body;
  std::optional<size_t> cut_after;  // bytes of the body, then the connection ends
  double delay_s = 0;               // before the answer
  double bytes_per_s = 0;           // 0: at once
  bool silent = false;              // never answers
};

// A web server on loopback that answers as a test wants it, wrongly too. A thread a connection.
class WebServer {
 public:
  using Answer = std::function<WebReply(const WebRequest&)>;  // called from any thread, one call at a time
  explicit WebServer(Answer answer);
  ~WebServer();

  std::string url(const std::string& path) const;
  int connections() const { return connections_; }

 private:
  void accept_all();
  void serve(int socket);
  bool reply_to(int socket, const std::string& head);
  bool send(int socket, std::string_view bytes, double bytes_per_s);
  void pause(double seconds);

  Answer answer_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<int> connections_{0};
  std::mutex answer_mutex_, mutex_;
  std::condition_variable stopped_;
  std::list<int> sockets_;
  std::list<std::thread> threads_;
  std::thread accepting_;
};

// A file of a folder as a web server answers: 404, 200, or 206 for a range.
WebReply file_reply(const std::filesystem::path& folder, const WebRequest& request);

}  // namespace diorama
