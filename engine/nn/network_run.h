#pragma once

#include "engine/base/thread_pool.h"
#include "engine/nn/network.h"

#include <span>
#include <vector>

namespace diorama {

struct NodeCall;
struct SliceRunner;

struct NetworkRunOptions {
  size_t max_items = 1;
  bool training = false;        // keeps every tensor and takes gradients
  bool input_gradient = false;  // backward goes down to the input
};

// Memory to run a network in; several may share a network. Nothing is allocated after the constructor. Layers that work
// pixel by pixel are run one after another on blocks of rows, so that what passes between them stays in the cache.
// The work is divided the same way for any number of threads: so are the bits.
class NetworkRun {
 public:
  // The network must outlive the run.
  NetworkRun(Network& network, const NetworkRunOptions& options);

  // Where `items` inputs are to be written (at most max_items).
  std::span<float> input(size_t items);

  // What the network makes of them: items x output. Training reads the parameters anew and, with batch normalisation,
  // moves the running statistics; otherwise they are as refresh() found them.
  std::span<const float> forward(size_t items, ThreadPool& pool);
  void refresh();

  // Of the last forward(), in training: write dL/d(output), call backward(), read the others.
  std::span<float> output_gradient();
  void backward(ThreadPool& pool);
  std::span<const float> gradient() const { return gradient_; }  // of Network::parameters()
  std::span<const float> input_gradient() const;

 private:
  // Layers [begin, end) that one pass over the rows runs, or one layer that takes the whole batch.
  struct Segment {
    size_t begin = 0, end = 0;
    bool by_rows = false;
  };

  std::vector<Segment> segments(bool backward) const;
  void place_tensors();
  void place_within(const Segment& segment);
  bool stays_within(size_t tensor, const Segment& segment) const;
  void place_gradients();
  float* tensor_rows(size_t tensor, size_t slice, size_t row);
  float* gradient_rows(size_t tensor, size_t row);
  NodeCall call_of(size_t layer, size_t slice, size_t row);
  void add_backward(size_t layer, size_t slice, size_t row, NodeCall& call);
  void forward_segment(const Segment& segment, const SliceRunner& runner);
  void backward_segment(const Segment& segment, const SliceRunner& runner);
  void sum_slices(ThreadPool& pool);
  SliceRunner runner(ThreadPool& pool);
  size_t rows_of(size_t tensor) const { return items_ * network_.shape(tensor).pixels(); }

  Network& network_;
  NetworkRunOptions options_;
  size_t slices_ = 0, items_ = 0;
  std::vector<Segment> forward_, backward_;
  std::vector<AlignedVector<float>> tensors_, tensor_gradients_;  // empty: within a block, or not wanted
  std::vector<size_t> local_offsets_;                             // of tensors within a block; floats
  std::vector<bool> accumulate_in_, accumulate_other_;            // by layer
  std::vector<size_t> packed_offsets_, saved_offsets_, slice_offsets_;
  AlignedVector<float> packed_, saved_, scratch_, local_, slice_gradients_, gradient_;
  size_t scratch_stride_ = 0, local_stride_ = 0, slice_stride_ = 0;
};

}  // namespace diorama
