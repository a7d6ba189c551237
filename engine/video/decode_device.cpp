#include "engine/video/decode_device.h"

#include "engine/base/error.h"
#include "engine/video/ffmpeg_objects.h"
#include "engine/video/group_decoder.h"

#include <fmt/format.h>

#include <variant>

namespace diorama {
namespace {

// Its library writes to standard error where there is none; GPUs that have it have another, too.
constexpr std::string_view kNotByItself = "vdpau";
constexpr int kProbePictures = 3;  // an I picture and some that lean on it

std::vector<std::string> names_of(DecoderOptions& options) {
  return std::get<OptionChoice>(option_fields(options).front().target).names;
}

std::vector<Picture420> first_pictures(const DecodeProbe& probe, const DecodeDevice* device) {
  GroupDecoder decoder(probe.init, probe.segment, probe.name, device);
  if (device != nullptr && !decoder.facts().hardware) {
    fail(ErrorCode::kUnsupported, "{} does not decode {} of {}x{} in 4:2:0", device->name(), decoder.facts().profile,
         decoder.facts().size_px.x, decoder.facts().size_px.y);
  }
  std::vector<Picture420> pictures;
  Picture420 picture;
  while (pictures.size() < kProbePictures && decoder.next(picture)) pictures.push_back(picture);
  return pictures;
}

}  // namespace

DecodeDevice::DecodeDevice(const std::string& name) : name_(name) {
  ffmpeg().av_log_set_level(AV_LOG_QUIET);
  const AVHWDeviceType type = ffmpeg().av_hwdevice_find_type_by_name(name.c_str());
  if (type == AV_HWDEVICE_TYPE_NONE) fail(ErrorCode::kUnsupported, "this FFmpeg knows no devices of {}", name);
  const int result = ffmpeg().av_hwdevice_ctx_create(&context_, type, nullptr, nullptr, 0);
  if (result < 0) fail(ErrorCode::kUnsupported, "no device of {} opens here: {}", name, ffmpeg_reason(result));
}

DecodeDevice::~DecodeDevice() {
  ffmpeg().av_buffer_unref(&context_);
}

std::shared_ptr<const DecodeDevice> choose_decoder(const DecoderOptions& options, std::span<const DecodeProbe> probes,
                                                   const LogSink& log) {
  const auto say = [&](LogLevel level, const std::string& line) {
    if (log) log(level, line);
  };
  DecoderOptions chosen = options;
  const std::vector<std::string> names = names_of(chosen);
  constexpr size_t kAuto = 0, kFirstDevice = 2;
  const auto wanted = static_cast<size_t>(options.decoder);
  std::vector<std::vector<Picture420>> truth;
  for (size_t i = kFirstDevice; i < names.size(); ++i) {
    if (wanted == kAuto ? names[i] == kNotByItself : wanted != i) continue;
    try {
      auto device = std::make_shared<const DecodeDevice>(names[i]);
      for (size_t p = truth.size(); p < probes.size(); ++p) truth.push_back(first_pictures(probes[p], nullptr));
      for (size_t p = 0; p < probes.size(); ++p) {
        if (first_pictures(probes[p], device.get()) != truth[p]) {
          fail(ErrorCode::kUnsupported, "{} decodes {} to other pictures than it has", names[i], probes[p].name);
        }
      }
      say(LogLevel::kInfo, fmt::format("video is decoded by {}", names[i]));
      return device;
    } catch (const Error& error) {
      if (truth.size() < probes.size() && error.code() != ErrorCode::kUnsupported) throw;
      say(wanted == i ? LogLevel::kWarning : LogLevel::kDebug,
          fmt::format("video is not decoded by {}: {}", names[i], error.what()));
    }
  }
  say(LogLevel::kInfo, "video is decoded in software");
  return nullptr;
}

}  // namespace diorama
