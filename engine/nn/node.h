#pragma once

#include "engine/base/random.h"
#include "engine/base/thread_pool.h"
#include "engine/nn/layer.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace diorama {

// Rows of a pass that are worked on at a time: the activations of a 64-wide layer stay in the first caches.
constexpr size_t kRowBlock = 192;

// Divides work into a fixed number of slices, each with its own memory, whatever the number of threads.
struct SliceRunner {
  ThreadPool& pool;
  size_t slices = 1;
  float* scratch = nullptr;  // of slice 0
  size_t scratch_stride = 0;

  float* scratch_of(size_t slice) const { return scratch + slice * scratch_stride; }

  // Calls body(slice, begin, end) for the slices of [0, count) that are not empty.
  template <class Body>
  void for_slices(size_t count, Body&& body) const {
    const auto run_slice = [&](size_t slice, size_t) {
      const size_t begin = slice * count / slices, end = (slice + 1) * count / slices;
      if (begin < end) body(slice, begin, end);
    };
    pool.parallel_for(slices, 1, std::ref(run_slice));  // a reference: std::function then allocates nothing
  }
};

// What forward and backward of a node are given. Of a block of rows all pointers lead to its first row; null where a
// thing is not wanted or does not exist.
struct NodeCall {
  const float *in = nullptr, *other = nullptr;
  float* out = nullptr;
  const float *parameters = nullptr, *packed = nullptr;
  size_t rows = 0;   // pixels, of a block or of the batch
  size_t items = 0;  // of the batch; for calls of the whole batch

  // Backward.
  const float* out_gradient = nullptr;
  float *in_gradient = nullptr, *other_gradient = nullptr;
  bool accumulate_in = false, accumulate_other = false;
  float* parameter_gradient = nullptr;  // is added to: of a slice; of the batch where writes_whole_gradient()

  // Calls of the whole batch.
  bool training = false;
  float *state = nullptr, *saved = nullptr;
  float* slice_gradients = nullptr;  // parameter gradients of slice 0
  size_t slice_gradients_stride = 0;
  float* scratch = nullptr;  // of a block of rows
};

// One layer that has been checked. A node works either on any block of rows (pixels) by itself, or on the whole batch;
// then it divides its work itself.
class NetworkNode {
 public:
  virtual ~NetworkNode() = default;

  TensorShape in, out;
  size_t parameter_count = 0;
  size_t state_count = 0;  // what training changes besides: running statistics
  size_t packed_count = 0;
  size_t scratch_count = 0;  // of a slice
  size_t saved_count = 0;    // floats that forward leaves for backward besides the tensors, and working memory

  virtual uint64_t macs() const { return 0; }  // of an item
  virtual void initialise(std::span<float>, Random&) const {}
  virtual void initialise_state(std::span<float>) const {}
  virtual void pack(const float* /*parameters*/, float* /*packed*/) const {}

  virtual bool forward_by_rows() const { return true; }
  virtual bool backward_by_rows() const { return true; }
  // The parameters' gradient is written once, by backward_batch(), not by slices.
  virtual bool writes_whole_gradient() const { return false; }

  virtual void forward_rows(const NodeCall&) const { DIO_CHECK(false); }
  virtual void backward_rows(const NodeCall&) const { DIO_CHECK(false); }
  virtual void forward_batch(const NodeCall&, const SliceRunner&) const { DIO_CHECK(false); }
  virtual void backward_batch(const NodeCall&, const SliceRunner&) const { DIO_CHECK(false); }
};

// Weights uniform with variance 1 / inputs, so that signals neither grow nor fade from layer to layer; biases zero.
void initialise_weights(std::span<float> weights, size_t inputs, Random& random);

// The node of a layer whose input (and, for kAdd, `other`) is known. Error kInvalidInput: shapes that do not chain,
// options out of range.
std::unique_ptr<NetworkNode> make_node(const LayerOptions& layer, TensorShape in, TensorShape other);

// Of the kinds that have files of their own.
std::unique_ptr<NetworkNode> make_convolution_node(const LayerOptions& layer, TensorShape in);
std::unique_ptr<NetworkNode> make_depthwise_node(const LayerOptions& layer, TensorShape in);
std::unique_ptr<NetworkNode> make_batch_norm_node(TensorShape in);
std::unique_ptr<NetworkNode> make_grid_node(const LayerOptions& layer, TensorShape in);

}  // namespace diorama
