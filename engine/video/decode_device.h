#pragma once

#include "engine/base/log.h"
#include "engine/base/options.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct AVBufferRef;

namespace diorama {

// Which of FFmpeg's hardware devices decodes, if any.
struct DecoderOptions {
  int decoder = 0;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("decoder", decoder, {"auto", "software", "cuda", "vaapi", "vdpau", "videotoolbox", "d3d11va"},
           "what decodes video: auto takes the first piece of hardware that decodes this video to the bit");
  }
};

// An open hardware decoder of this machine. Shared by the streams that it decodes, from any thread.
class DecodeDevice {
 public:
  // `name` as above. Error kUnsupported: FFmpeg was built without it, or there is no such device here; kNotFound: no
  // FFmpeg.
  explicit DecodeDevice(const std::string& name);
  ~DecodeDevice();
  DecodeDevice(const DecodeDevice&) = delete;

  const std::string& name() const { return name_; }
  AVBufferRef* context() const { return context_; }  // FFmpeg's AVHWDeviceContext

 private:
  std::string name_;
  AVBufferRef* context_ = nullptr;
};

// A group of pictures to try a device on: one that the streams to be played have.
struct DecodeProbe {
  std::span<const std::byte> init, segment;
  std::string name;  // of the file, for messages
};

// The device of the options that decodes every probe's first pictures to the same bits as software does, or null:
// software. Says in the log what was chosen and, where the options name a device that will not do, why not. Error: what
// software refuses in a probe.
std::shared_ptr<const DecodeDevice> choose_decoder(const DecoderOptions& options, std::span<const DecodeProbe> probes,
                                                   const LogSink& log);

}  // namespace diorama
