#include "tests/streaming/nginx.h"

#include "engine/base/error.h"
#include "engine/base/file.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace diorama {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrograms[] = {"/usr/sbin/nginx", "/usr/local/sbin/nginx"};

const char* program() {
  for (const char* path : kPrograms) {
    if (::access(path, X_OK) == 0) return path;
  }
  return nullptr;
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  DIO_CHECK(socket >= 0 && ::bind(socket, plain, size) == 0 && ::getsockname(socket, plain, &size) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

bool answers(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(socket);
  return connected;
}

}  // namespace

bool Nginx::installed() {
  return program() != nullptr;
}

Nginx::Nginx(const fs::path& folder, const std::string& settings) : port_(free_port()) {
  std::string name = (fs::temp_directory_path() / "diorama-nginx-XXXXXX").string();
  files_ = ::mkdtemp(name.data());
  const std::string here = files_.string();
  write_file(files_ / "nginx.conf",
             fmt::format("daemon off;\nmaster_process off;\npid {0}/pid;\nerror_log {0}/error.log;\n"
                         "events {{ worker_connections 64; }}\n"
                         "http {{\n  access_log off;\n  client_body_temp_path {0}/a;\n  proxy_temp_path {0}/b;\n"
                         "  fastcgi_temp_path {0}/c;\n  uwsgi_temp_path {0}/d;\n  scgi_temp_path {0}/e;\n"
                         "  server {{\n    listen 127.0.0.1:{1};\n    root {2};\n    location / {{ {3} }}\n  }}\n}}\n",
                         here, port_, folder.string(), settings));
  start();
}

Nginx::~Nginx() {
  stop();
  std::error_code ignored;
  fs::remove_all(files_, ignored);
}

std::string Nginx::url(const std::string& file) const {
  return fmt::format("http://127.0.0.1:{}/{}", port_, file);
}

void Nginx::start() {
  const std::string prefix = files_.string(), conf = (files_ / "nginx.conf").string(),
                    log = (files_ / "error.log").string();
  const char* const path = program();
  DIO_CHECK(path != nullptr && pid_ == 0);
  pid_ = ::fork();
  DIO_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (int stream = 0; stream < 3; ++stream) ::dup2(nowhere, stream);
    ::execl(path, path, "-p", prefix.c_str(), "-c", conf.c_str(), "-e", log.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  for (int i = 0; i < 3000 && !answers(port_); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  DIO_CHECK(answers(port_));
}

void Nginx::stop() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

}  // namespace diorama
