#pragma once

#include "streaming/byte_source.h"

namespace diorama {

// An asset on a web server and what lies beside it, by libcurl: connections are kept, https is checked against the
// system's certificates, proxies are taken from the environment, redirects stay within http and https. Error
// kInvalidInput: a URL that names no file.
std::unique_ptr<ByteSource> open_http_source(const std::string& url, const HttpOptions& options);

}  // namespace diorama
