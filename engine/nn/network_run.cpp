#include "engine/nn/network_run.h"

#include "engine/base/error.h"
#include "engine/nn/node.h"

namespace diorama {
namespace {

constexpr size_t kSlices = 16;
constexpr size_t kFewSlices = 8;  // of networks whose gradients take much memory
constexpr size_t kManyParameters = size_t{1} << 20;
constexpr size_t kCacheLine = 16;  // floats

size_t whole_lines(size_t floats) {
  return (floats + kCacheLine - 1) / kCacheLine * kCacheLine;
}

void set_zero(std::span<float> values, ThreadPool& pool) {
  const auto set = [&](size_t begin, size_t end) { std::fill(values.data() + begin, values.data() + end, 0.0f); };
  pool.parallel_for(values.size(), 65536, std::ref(set));
}

}  // namespace

NetworkRun::NetworkRun(Network& network, const NetworkRunOptions& options) : network_(network), options_(options) {
  DIO_CHECK(options.max_items > 0);
  size_t packed = 0, saved = 0;
  for (size_t i = 0; i < network.layer_count(); ++i) {
    const NetworkNode& node = network.node(i);
    packed_offsets_.push_back(packed), packed += whole_lines(node.packed_count);
    saved_offsets_.push_back(saved), saved += whole_lines(node.saved_count);
    slice_offsets_.push_back(slice_stride_);
    if (!node.writes_whole_gradient()) slice_stride_ += whole_lines(node.parameter_count);
    scratch_stride_ = std::max(scratch_stride_, whole_lines(node.scratch_count));
  }
  slices_ = slice_stride_ > kManyParameters ? kFewSlices : kSlices;
  packed_.resize(packed), saved_.resize(saved), scratch_.resize(scratch_stride_ * slices_);
  forward_ = segments(false);
  place_tensors();
  if (options.training) {
    backward_ = segments(true);
    place_gradients();
  }
  refresh();
}

std::vector<NetworkRun::Segment> NetworkRun::segments(bool backward) const {
  std::vector<Segment> found;
  for (size_t i = 0; i < network_.layer_count(); ++i) {
    const NetworkNode& node = network_.node(i);
    const bool by_rows = backward ? node.backward_by_rows() : node.forward_by_rows();
    if (by_rows && !found.empty() && found.back().by_rows) {
      found.back().end = i + 1;
    } else {
      found.push_back({i, i + 1, by_rows});
    }
  }
  return found;
}

// Whether only layers of the segment that makes a tensor read it.
bool NetworkRun::stays_within(size_t tensor, const Segment& segment) const {
  if (tensor >= segment.end) return false;
  for (size_t i = segment.end; i < network_.layer_count(); ++i) {
    const LayerOptions& layer = network_.options().layers[i];
    if (layer.kind == LayerKind::kAdd && static_cast<size_t>(layer.from) == tensor) return false;
  }
  return true;
}

// Gives the tensors that stay within a segment places in a block's memory; a place is used again after its last reader.
void NetworkRun::place_within(const Segment& segment) {
  struct Place {
    size_t channels = 0, free_after = 0;  // the layer that reads it last
    std::vector<size_t> tensors;
  };
  std::vector<Place> places;
  for (size_t i = segment.begin; i < segment.end; ++i) {
    const size_t tensor = i + 1;
    if (!stays_within(tensor, segment)) continue;
    size_t last_reader = tensor;
    for (size_t reader = tensor; reader < segment.end; ++reader) {
      const LayerOptions& layer = network_.options().layers[reader];
      if (layer.kind == LayerKind::kAdd && static_cast<size_t>(layer.from) == tensor) last_reader = reader;
    }
    auto place = std::ranges::find_if(places, [&](const Place& p) { return p.free_after < i; });
    if (place == places.end()) place = places.insert(places.end(), Place{});
    place->channels = std::max(place->channels, static_cast<size_t>(network_.shape(tensor).channels));
    place->free_after = last_reader;
    place->tensors.push_back(tensor);
  }
  size_t offset = 0;
  for (const Place& place : places) {
    for (const size_t tensor : place.tensors) local_offsets_[tensor] = offset;
    offset += whole_lines(place.channels * kRowBlock);
  }
  local_stride_ = std::max(local_stride_, offset);
}

void NetworkRun::place_tensors() {
  const size_t count = network_.layer_count() + 1;
  tensors_.resize(count);
  local_offsets_.assign(count, 0);
  std::vector<bool> local(count, false);
  for (const Segment& segment : forward_) {
    if (options_.training || !segment.by_rows) continue;
    for (size_t t = segment.begin + 1; t < segment.end; ++t) local[t] = stays_within(t, segment);
    place_within(segment);
  }
  local_.resize(local_stride_ * slices_);
  for (size_t t = 0; t < count; ++t) {
    if (!local[t]) tensors_[t].resize(options_.max_items * network_.shape(t).size());
  }
}

void NetworkRun::place_gradients() {
  const size_t layers = network_.layer_count();
  tensor_gradients_.resize(layers + 1);
  for (size_t t = options_.input_gradient ? 0 : 1; t <= layers; ++t) {
    tensor_gradients_[t].resize(options_.max_items * network_.shape(t).size());
  }
  // Of a tensor with several readers the last layer sets the gradient and the earlier ones add to it.
  std::vector<bool> written(layers + 1, false);
  accumulate_in_.resize(layers), accumulate_other_.resize(layers);
  for (size_t i = layers; i-- > 0;) {
    accumulate_in_[i] = written[i];
    written[i] = true;
    const LayerOptions& layer = network_.options().layers[i];
    if (layer.kind != LayerKind::kAdd) continue;
    const auto other = static_cast<size_t>(layer.from);
    accumulate_other_[i] = written[other];
    written[other] = true;
  }
  slice_gradients_.resize(slice_stride_ * slices_);
  gradient_.resize(network_.parameters().size());
}

void NetworkRun::refresh() {
  const std::span<const float> parameters = network_.parameters();
  for (size_t i = 0; i < network_.layer_count(); ++i) {
    network_.node(i).pack(parameters.data() + network_.parameter_offset(i), packed_.data() + packed_offsets_[i]);
  }
}

SliceRunner NetworkRun::runner(ThreadPool& pool) {
  return {pool, slices_, scratch_.data(), scratch_stride_};
}

float* NetworkRun::tensor_rows(size_t tensor, size_t slice, size_t row) {
  if (tensors_[tensor].empty()) return local_.data() + slice * local_stride_ + local_offsets_[tensor];
  return tensors_[tensor].data() + row * static_cast<size_t>(network_.shape(tensor).channels);
}

float* NetworkRun::gradient_rows(size_t tensor, size_t row) {
  if (tensor_gradients_[tensor].empty()) return nullptr;
  return tensor_gradients_[tensor].data() + row * static_cast<size_t>(network_.shape(tensor).channels);
}

NodeCall NetworkRun::call_of(size_t layer, size_t slice, size_t row) {
  const LayerOptions& options = network_.options().layers[layer];
  NodeCall call;
  call.in = tensor_rows(layer, slice, row);
  if (options.kind == LayerKind::kAdd) call.other = tensor_rows(static_cast<size_t>(options.from), slice, row);
  call.out = tensor_rows(layer + 1, slice, row);
  call.parameters = network_.parameters().data() + network_.parameter_offset(layer);
  call.packed = packed_.data() + packed_offsets_[layer];
  call.rows = rows_of(layer);
  call.items = items_;
  call.training = options_.training;
  call.state = network_.state().data() + network_.state_offset(layer);
  call.saved = saved_.data() + saved_offsets_[layer];
  return call;
}

void NetworkRun::add_backward(size_t layer, size_t slice, size_t row, NodeCall& call) {
  const LayerOptions& options = network_.options().layers[layer];
  call.out_gradient = gradient_rows(layer + 1, row);
  call.in_gradient = gradient_rows(layer, row);
  call.accumulate_in = accumulate_in_[layer];
  if (options.kind == LayerKind::kAdd) {
    call.other_gradient = gradient_rows(static_cast<size_t>(options.from), row);
    call.accumulate_other = accumulate_other_[layer];
  }
  call.slice_gradients = slice_gradients_.data() + slice_offsets_[layer];
  call.slice_gradients_stride = slice_stride_;
  call.parameter_gradient = network_.node(layer).writes_whole_gradient()
                                ? gradient_.data() + network_.parameter_offset(layer)
                                : call.slice_gradients + slice * slice_stride_;
  call.scratch = scratch_.data() + slice * scratch_stride_;
}

std::span<float> NetworkRun::input(size_t items) {
  DIO_CHECK(items <= options_.max_items);
  return std::span(tensors_.front()).first(items * network_.input_shape().size());
}

std::span<const float> NetworkRun::forward(size_t items, ThreadPool& pool) {
  DIO_CHECK(items <= options_.max_items);
  items_ = items;
  if (options_.training) refresh();
  for (const Segment& segment : forward_) forward_segment(segment, runner(pool));
  return std::span(tensors_.back()).first(items * network_.output_shape().size());
}

void NetworkRun::forward_segment(const Segment& segment, const SliceRunner& runner) {
  if (!segment.by_rows) {
    network_.node(segment.begin).forward_batch(call_of(segment.begin, 0, 0), runner);
    return;
  }
  const size_t rows = rows_of(segment.begin);
  runner.for_slices((rows + kRowBlock - 1) / kRowBlock, [&](size_t slice, size_t begin, size_t end) {
    for (size_t first = begin * kRowBlock; first < std::min(rows, end * kRowBlock); first += kRowBlock) {
      for (size_t layer = segment.begin; layer < segment.end; ++layer) {
        NodeCall call = call_of(layer, slice, first);
        call.rows = std::min(kRowBlock, rows - first);
        network_.node(layer).forward_rows(call);
      }
    }
  });
}

std::span<float> NetworkRun::output_gradient() {
  DIO_CHECK(options_.training);
  return std::span(tensor_gradients_.back()).first(items_ * network_.output_shape().size());
}

std::span<const float> NetworkRun::input_gradient() const {
  DIO_CHECK(options_.training && options_.input_gradient);
  return std::span(tensor_gradients_.front()).first(items_ * network_.input_shape().size());
}

void NetworkRun::backward(ThreadPool& pool) {
  DIO_CHECK(options_.training && items_ > 0);
  set_zero(slice_gradients_, pool);
  set_zero(gradient_, pool);
  for (size_t i = backward_.size(); i-- > 0;) backward_segment(backward_[i], runner(pool));
  sum_slices(pool);
}

void NetworkRun::backward_segment(const Segment& segment, const SliceRunner& runner) {
  if (!segment.by_rows) {
    NodeCall call = call_of(segment.begin, 0, 0);
    add_backward(segment.begin, 0, 0, call);
    network_.node(segment.begin).backward_batch(call, runner);
    return;
  }
  const size_t rows = rows_of(segment.begin);
  runner.for_slices((rows + kRowBlock - 1) / kRowBlock, [&](size_t slice, size_t begin, size_t end) {
    for (size_t first = begin * kRowBlock; first < std::min(rows, end * kRowBlock); first += kRowBlock) {
      for (size_t layer = segment.end; layer-- > segment.begin;) {
        NodeCall call = call_of(layer, slice, first);
        add_backward(layer, slice, first, call);
        call.rows = std::min(kRowBlock, rows - first);
        network_.node(layer).backward_rows(call);
      }
    }
  });
}

void NetworkRun::sum_slices(ThreadPool& pool) {
  for (size_t layer = 0; layer < network_.layer_count(); ++layer) {
    const NetworkNode& node = network_.node(layer);
    if (node.writes_whole_gradient()) continue;
    const auto add_up = [&](size_t begin, size_t end) {
      float* const sum = gradient_.data() + network_.parameter_offset(layer);
      for (size_t slice = 0; slice < slices_; ++slice) {
        const float* const term = slice_gradients_.data() + slice * slice_stride_ + slice_offsets_[layer];
        for (size_t i = begin; i < end; ++i) sum[i] += term[i];
      }
    };
    pool.parallel_for(node.parameter_count, 16384, std::ref(add_up));
  }
}

}  // namespace diorama
