#include "engine/base/error.h"
#include "engine/nn/node.h"

namespace diorama {
namespace {

class GridNode : public NetworkNode {
 public:
  GridNode(const GridOptions& options, TensorShape input) : grid_(options) {
    in = out = input;
    out.channels = static_cast<int>(grid_.width());
    parameter_count = grid_.table_size();
  }
  // Of the interpolation; the weights of the corners are not counted.
  uint64_t macs() const override {
    return uint64_t{in.pixels()} * grid_.reads() * static_cast<uint64_t>(grid_.options().features);
  }
  // Mueller et al. 2022, section 4.
  void initialise(std::span<float> parameters, Random& random) const override {
    for (float& value : parameters) value = random.uniform(-1e-4f, 1e-4f);
  }
  bool backward_by_rows() const override { return false; }
  bool writes_whole_gradient() const override { return true; }

  void forward_rows(const NodeCall& call) const override {
    grid_.encode(call.parameters, call.in, call.rows, call.out);
  }

  // A table's entries are anybody's: a level's gradient is summed by one thread, row after row.
  void backward_batch(const NodeCall& call, const SliceRunner& runner) const override {
    const auto add_level = [&](size_t level, size_t) {
      grid_.accumulate_table(level, call.in, call.out_gradient, call.rows, call.parameter_gradient);
    };
    runner.pool.parallel_for(grid_.level_count(), 1, std::ref(add_level));
    if (!call.in_gradient) return;
    const auto from = static_cast<size_t>(in.channels), to = static_cast<size_t>(out.channels);
    runner.for_slices(call.rows, [&](size_t, size_t begin, size_t end) {
      grid_.differentiate_positions(call.parameters, call.in + begin * from, call.out_gradient + begin * to,
                                    end - begin, call.accumulate_in, call.in_gradient + begin * from);
    });
  }

 private:
  GridEncoding grid_;
};

}  // namespace

std::unique_ptr<NetworkNode> make_grid_node(const LayerOptions& layer, TensorShape in) {
  if (in.channels != layer.grid.axes) {
    fail(ErrorCode::kInvalidInput, "a grid of {} axes is given {} channels; both must be the same", layer.grid.axes,
         in.channels);
  }
  return std::make_unique<GridNode>(layer.grid, in);
}

}  // namespace diorama
