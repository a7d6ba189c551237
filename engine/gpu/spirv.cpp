#include "engine/gpu/spirv.h"

#include "engine/base/error.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace diorama {
namespace {

// Numbers of the SPIR-V specification 1.3.
constexpr uint32_t kMagic = 0x07230203, kHeaderWords = 5, kMostIds = 1u << 20;
enum Op : uint32_t {
  kOpName = 5,
  kOpMemberName = 6,
  kOpEntryPoint = 15,
  kOpExecutionMode = 16,
  kOpCapability = 17,
  kOpTypeBool = 20,
  kOpTypeInt = 21,
  kOpTypeFloat = 22,
  kOpTypeVector = 23,
  kOpTypeMatrix = 24,
  kOpTypeImage = 25,
  kOpTypeSampler = 26,
  kOpTypeSampledImage = 27,
  kOpTypeArray = 28,
  kOpTypeRuntimeArray = 29,
  kOpTypeStruct = 30,
  kOpTypePointer = 32,
  kOpConstant = 43,
  kOpConstantComposite = 44,
  kOpSpecConstant = 50,
  kOpSpecConstantComposite = 51,
  kOpVariable = 59,
  kOpDecorate = 71,
  kOpMemberDecorate = 72,
};
enum Decoration : uint32_t {
  kBufferBlock = 3,
  kArrayStride = 6,
  kMatrixStride = 7,
  kBuiltIn = 11,
  kNonWritable = 24,
  kLocation = 30,
  kBinding = 33,
  kDescriptorSet = 34,
  kOffset = 35,
};
enum Storage : uint32_t {
  kUniformConstant = 0,
  kInput = 1,
  kUniform = 2,
  kOutput = 3,
  kWorkgroup = 4,
  kPushConstant = 9,
  kStorageBuffer = 12,
};
constexpr uint32_t kModelVertex = 0, kModelFragment = 4, kModelCompute = 5, kModeLocalSize = 17, kWorkgroupSize = 25;
constexpr uint32_t kDimBuffer = 5, kDimSubpass = 6;
constexpr int kMaxTypeDepth = 16;

struct Type {
  uint32_t op = 0;
  std::vector<uint32_t> operands;  // those after the id
};

struct Variable {
  uint32_t id, pointer_type, storage;
};

class Parser {
 public:
  Parser(std::span<const uint32_t> words, std::string_view name) : words_(words), name_(name) {}

  SpirvModule parse() {
    if (words_.size() < kHeaderWords || words_[0] != kMagic) bad("it does not begin as SPIR-V does");
    if (words_[3] == 0 || words_[3] > kMostIds) bad("its count of ids is out of range");
    for (size_t at = kHeaderWords; at < words_.size();) {
      const uint32_t count = words_[at] >> 16;
      if (count == 0 || count > words_.size() - at) bad("an instruction reaches past its end");
      read(words_[at] & 0xffff, words_.subspan(at + 1, count - 1));
      at += count;
    }
    if (!has_entry_) bad("it has no entry point of a vertex, fragment or compute shader");
    for (const Variable& variable : variables_) add_variable(variable);
    add_local_size();
    add_structs();
    return std::move(module_);
  }

 private:
  [[noreturn]] void bad(std::string_view what) const {
    fail(ErrorCode::kInvalidInput, "shader {}: {}; build it again", name_, what);
  }

  static std::string text(std::span<const uint32_t> words) {
    std::string result;
    for (const uint32_t word : words) {
      for (int byte = 0; byte < 4; ++byte) {
        const char c = static_cast<char>(word >> (8 * byte));
        if (c == '\0') return result;
        result += c;
      }
    }
    return result;
  }

  // `args`: the operands of the instruction.
  void read(uint32_t op, std::span<const uint32_t> args) {
    const auto need = [&](size_t count) {
      if (args.size() < count) bad("an instruction is too short");
    };
    switch (op) {
      case kOpName:
        need(2);
        names_[args[0]] = text(args.subspan(1));
        break;
      case kOpMemberName:
        need(3);
        member_names_[{args[0], args[1]}] = text(args.subspan(2));
        break;
      case kOpEntryPoint:
        need(3);
        set_stage(args[0]);
        break;
      case kOpExecutionMode:
        need(2);
        read_mode(args);
        break;
      case kOpCapability:
        need(1);
        module_.capabilities.push_back(args[0]);
        break;
      case kOpConstant:
      case kOpSpecConstant:
        need(3);
        constants_[args[1]] = args[2];
        break;
      case kOpConstantComposite:
      case kOpSpecConstantComposite:
        need(2);
        composites_[args[1]] = {args.begin() + 2, args.end()};
        break;
      case kOpVariable:
        need(3);
        variables_.push_back({args[1], args[0], args[2]});
        break;
      case kOpDecorate:
        need(2);
        decorations_[{args[0], args[1]}] = args.size() > 2 ? args[2] : 1;
        break;
      case kOpMemberDecorate:
        need(3);
        member_decorations_[{args[0], args[1], args[2]}] = args.size() > 3 ? args[3] : 1;
        break;
      default:
        if (op < kOpTypeBool || op > kOpTypePointer) return;
        need(1);
        types_[args[0]] = {op, {args.begin() + 1, args.end()}};
    }
  }

  void set_stage(uint32_t model) {
    if (has_entry_) bad("it has more than one entry point");
    has_entry_ = true;
    switch (model) {
      case kModelVertex:
        module_.stage = VK_SHADER_STAGE_VERTEX_BIT;
        break;
      case kModelFragment:
        module_.stage = VK_SHADER_STAGE_FRAGMENT_BIT;
        break;
      case kModelCompute:
        module_.stage = VK_SHADER_STAGE_COMPUTE_BIT;
        break;
      default:
        bad("its stage is none of vertex, fragment and compute");
    }
  }

  void read_mode(std::span<const uint32_t> args) {
    if (args[1] != kModeLocalSize) return;
    if (args.size() < 5) bad("an instruction is too short");
    std::copy_n(args.begin() + 2, 3, module_.local_size.begin());
  }

  const Type& type(uint32_t id, size_t least_operands = 0) const {
    const auto found = types_.find(id);
    if (found == types_.end() || found->second.operands.size() < least_operands) bad("a type is missing");
    return found->second;
  }

  uint32_t constant(uint32_t id) const {
    const auto found = constants_.find(id);
    if (found == constants_.end()) bad("a constant is missing");
    return found->second;
  }

  std::optional<uint32_t> decoration(uint32_t id, uint32_t kind) const {
    const auto found = decorations_.find({id, kind});
    return found == decorations_.end() ? std::nullopt : std::optional(found->second);
  }

  std::optional<uint32_t> member_decoration(uint32_t id, uint32_t member, uint32_t kind) const {
    const auto found = member_decorations_.find({id, member, kind});
    return found == member_decorations_.end() ? std::nullopt : std::optional(found->second);
  }

  // Bytes of a type as laid out (or packed, where it has no layout); a runtime array counts 0.
  uint64_t size_of(uint32_t id, int depth = 0) const {
    if (depth > kMaxTypeDepth) bad("its types are nested too deep");
    const Type& t = type(id);
    const auto inner = [&](size_t i) { return size_of(type(id, i + 1).operands[i], depth + 1); };
    switch (t.op) {
      case kOpTypeBool:
        return 4;
      case kOpTypeInt:
      case kOpTypeFloat:
        return type(id, 1).operands[0] / 8;
      case kOpTypeVector:
      case kOpTypeMatrix:
        return inner(0) * type(id, 2).operands[1];
      case kOpTypeArray:
        return constant(type(id, 2).operands[1]) *
               uint64_t{decoration(id, kArrayStride)
                            .value_or(static_cast<uint32_t>(std::min<uint64_t>(inner(0), 1u << 30)))};
      case kOpTypeStruct:
        return size_of_struct(id, t, depth);
      default:
        return 0;
    }
  }

  uint64_t size_of_struct(uint32_t id, const Type& t, int depth) const {
    uint64_t packed = 0, end = 0;
    for (uint32_t i = 0; i < t.operands.size(); ++i) {
      uint64_t bytes = size_of(t.operands[i], depth + 1);
      const Type& member = type(t.operands[i]);
      if (const auto stride = member_decoration(id, i, kMatrixStride); stride && member.op == kOpTypeMatrix) {
        bytes = uint64_t{*stride} * type(t.operands[i], 2).operands[1];
      }
      packed += bytes;
      end = std::max(end, member_decoration(id, i, kOffset).value_or(0) + bytes);
    }
    return member_decoration(id, 0, kOffset) ? end : packed;
  }

  uint32_t locations_of(uint32_t id, int depth = 0) const {
    if (depth > kMaxTypeDepth) bad("its types are nested too deep");
    const Type& t = type(id);
    if (t.op == kOpTypeMatrix) return type(id, 2).operands[1];
    if (t.op == kOpTypeArray) {
      return std::min(constant(type(id, 2).operands[1]), 1u << 16) * locations_of(t.operands[0], depth + 1);
    }
    return 1;
  }

  void add_variable(const Variable& variable) {
    const uint32_t target = type(variable.pointer_type, 2).operands[1];
    switch (variable.storage) {
      case kWorkgroup:
        module_.shared_bytes += size_of(target);
        break;
      case kPushConstant:
        module_.push_constant_bytes = static_cast<uint32_t>(std::min<uint64_t>(size_of(target), UINT32_MAX));
        break;
      case kInput:
        if (decoration(variable.id, kLocation)) module_.input_components += 4 * locations_of(target);
        break;
      case kOutput:
        if (decoration(variable.id, kLocation)) module_.output_components += 4 * locations_of(target);
        break;
      case kUniformConstant:
      case kUniform:
      case kStorageBuffer:
        add_binding(variable, target);
        break;
      default:
        break;
    }
  }

  void add_binding(const Variable& variable, uint32_t target) {
    SpirvBinding result;
    result.set = decoration(variable.id, kDescriptorSet).value_or(0);
    result.binding = decoration(variable.id, kBinding).value_or(0);
    if (type(target).op == kOpTypeArray) {
      result.count = constant(type(target, 2).operands[1]);
      target = type(target).operands[0];
    }
    const Type& t = type(target);
    const bool storage_block = variable.storage == kStorageBuffer || decoration(target, kBufferBlock).has_value();
    if (t.op == kOpTypeStruct) {
      result.type = storage_block ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER : VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER;
      result.writable = storage_block && !decoration(variable.id, kNonWritable) && !all_members_readonly(target);
    } else {
      result.type = image_type(t, target);
      result.writable = result.type == VK_DESCRIPTOR_TYPE_STORAGE_IMAGE && !decoration(variable.id, kNonWritable);
    }
    module_.bindings.push_back(result);
  }

  bool all_members_readonly(uint32_t block) const {
    for (uint32_t i = 0; i < type(block).operands.size(); ++i) {
      if (!member_decoration(block, i, kNonWritable)) return false;
    }
    return true;
  }

  VkDescriptorType image_type(const Type& t, uint32_t id) const {
    if (t.op == kOpTypeSampler) return VK_DESCRIPTOR_TYPE_SAMPLER;
    if (t.op == kOpTypeSampledImage) return VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
    if (t.op != kOpTypeImage) bad("a binding is neither buffer nor image");
    const auto& operands = type(id, 7).operands;
    const bool sampled = operands[5] == 1;
    if (operands[1] == kDimSubpass) return VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT;
    if (operands[1] == kDimBuffer) {
      return sampled ? VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER : VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER;
    }
    return sampled ? VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE : VK_DESCRIPTOR_TYPE_STORAGE_IMAGE;
  }

  // layout(local_size_x_id = ...) leaves the size in the built-in constant.
  void add_local_size() {
    for (const auto& [id, parts] : composites_) {
      if (decoration(id, kBuiltIn) != kWorkgroupSize || parts.size() != 3) continue;
      for (size_t i = 0; i < 3; ++i) module_.local_size[i] = constant(parts[i]);
    }
  }

  void add_structs() {
    for (const auto& [id, t] : types_) {
      if (t.op != kOpTypeStruct || !member_decoration(id, 0, kOffset)) continue;
      SpirvStruct result{names_[id], {}};
      for (uint32_t i = 0; i < t.operands.size(); ++i) {
        result.members.push_back({member_names_[{id, i}], member_decoration(id, i, kOffset).value_or(0)});
      }
      module_.structs.push_back(std::move(result));
    }
  }

  std::span<const uint32_t> words_;
  std::string_view name_;
  SpirvModule module_;
  bool has_entry_ = false;
  std::map<uint32_t, Type> types_;
  std::map<uint32_t, uint32_t> constants_;
  std::map<uint32_t, std::vector<uint32_t>> composites_;
  std::map<uint32_t, std::string> names_;
  std::map<std::pair<uint32_t, uint32_t>, std::string> member_names_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> decorations_;
  std::map<std::array<uint32_t, 3>, uint32_t> member_decorations_;
  std::vector<Variable> variables_;
};

}  // namespace

SpirvModule parse_spirv(std::span<const uint32_t> words, std::string_view name) {
  return Parser(words, name).parse();
}

}  // namespace diorama
