#include "tools/bench/bench_nn.h"

#include "engine/base/measure.h"
#include "engine/base/random.h"
#include "engine/nn/adamw.h"
#include "engine/nn/gemm.h"
#include "engine/nn/network_run.h"
#include "tools/bench/eigen_product.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace diorama {
namespace {

constexpr size_t kBlock = 192;  // rows at a time, as NetworkRun works

// What layers multiply by: the published light field's head, body and tail (phases of k4 s2, its residual blocks), and
// the narrow decoders of grids.
constexpr std::pair<int, int> kShapes[] = {{312, 256}, {256, 256}, {1024, 64}, {256, 64}, {64, 64},
                                           {64, 16},   {32, 32},   {32, 16},   {16, 16}};

AlignedVector<float> random_values(size_t count, uint64_t seed) {
  Random random(seed);
  AlignedVector<float> values(count);
  for (float& value : values) value = random.uniform(-1, 1);
  return values;
}

template <class Body>
double cpu_seconds(Body&& body) {
  const double before = process_cpu_seconds();
  body();
  return process_cpu_seconds() - before;
}

// Matrices of one shape, for our products and Eigen's.
class ProductBench {
 public:
  ProductBench(size_t rows, size_t k, size_t n)
      : rows_(rows),
        k_(k),
        n_(n),
        a_(random_values(rows * k, 1)),
        b_(random_values(k * n, 2)),
        c_(rows * n),
        g_(k * n),
        packed_(packed_weights_size(k, n)),
        scratch_(outer_scratch_size(kBlock, k, n)) {}

  void multiply() {
    pack_weights({b_.data(), k_, n_, n_, 1}, 0, k_, packed_.data());
    pack_bias(nullptr, k_, n_, packed_.data());
    for (size_t r = 0; r < rows_; r += kBlock) {
      multiply_rows(a_.data() + r * k_, k_, std::min(kBlock, rows_ - r), {packed_.data(), k_, n_}, false,
                    c_.data() + r * n_, n_);
    }
  }
  void outer() {
    std::fill(g_.begin(), g_.end(), 0.0f);
    for (size_t r = 0; r < rows_; r += kBlock) {
      accumulate_outer(a_.data() + r * k_, k_, k_, c_.data() + r * n_, n_, n_, std::min(kBlock, rows_ - r), g_.data(),
                       scratch_.data());
    }
  }
  void eigen_multiply() {
    best_eigen_products().multiply(a_.data(), b_.data(), c_.data(), signed_size(rows_), signed_size(k_),
                                   signed_size(n_));
  }
  void eigen_outer() {
    best_eigen_products().outer(a_.data(), c_.data(), g_.data(), signed_size(rows_), signed_size(k_), signed_size(n_));
  }
  double flops() const { return 2.0 * static_cast<double>(rows_ * k_ * n_); }

 private:
  static ptrdiff_t signed_size(size_t size) { return static_cast<ptrdiff_t>(size); }
  size_t rows_, k_, n_;
  AlignedVector<float> a_, b_, c_, g_, packed_, scratch_;
};

NnBench::Product bench_product(const NnBenchOptions& options, std::pair<int, int> shape, JobContext& job) {
  const auto [k, n] = shape;
  ProductBench bench(static_cast<size_t>(options.rows), static_cast<size_t>(k), static_cast<size_t>(n));
  // The small ones many times in a run: the CPU clock is coarse.
  const int repeats = std::max(1, static_cast<int>(2e8 / bench.flops()));
  NnBench::Product best{k, n};
  const auto rate = [&](double& rate_so_far, auto&& body) {
    const double seconds = cpu_seconds([&] {
      for (int i = 0; i < repeats; ++i) body();
    });
    rate_so_far = std::max(rate_so_far, 1e-9 * bench.flops() * repeats / std::max(seconds, 1e-9));
  };
  for (int round = 0; round < options.rounds; ++round) {
    rate(best.multiply, [&] { bench.multiply(); });
    rate(best.eigen_multiply, [&] { bench.eigen_multiply(); });
    rate(best.outer, [&] { bench.outer(); });
    rate(best.eigen_outer, [&] { bench.eigen_outer(); });
    job.advance();
  }
  return best;
}

struct NamedNetwork {
  std::string name;
  NetworkOptions options;
  size_t items;
};

NetworkOptions residual_blocks(TensorShape input, int width, int blocks) {
  NetworkOptions network{input, {linear_layer(width), activation_layer(Activation::kGelu)}};
  for (int i = 0; i < blocks; ++i) {
    const int from = static_cast<int>(network.layers.size());
    for (const LayerOptions& layer :
         {linear_layer(width), activation_layer(Activation::kGelu), linear_layer(width), add_layer(from)}) {
      network.layers.push_back(layer);
    }
  }
  return network;
}

std::vector<NamedNetwork> bench_networks(int rows) {
  std::vector<NamedNetwork> networks;
  const auto items = static_cast<size_t>(rows);
  networks.push_back({"4 residual blocks of 256 on 312 channels", residual_blocks({312}, 256, 4), items});
  networks.push_back({"4 residual blocks of 64 on 32 channels", residual_blocks({32}, 64, 4), items});
  NetworkOptions tail{{64, 63, 84}, {}};
  for (const LayerOptions& layer : {transposed_convolution_layer(64, 4, 2, 1), activation_layer(Activation::kGelu),
                                    transposed_convolution_layer(16, 3, 3, 0), linear_layer(3)}) {
    tail.layers.push_back(layer);
  }
  networks.push_back({"enlarging 84 x 63 of 64 channels 6 times", tail, 1});
  const GridOptions grid{
      .axes = 3, .levels = 8, .features = 2, .log2_table = 17, .cells = {16, 16, 16}, .growth = {1.5f, 1.5f, 1.5f}};
  networks.push_back(
      {"hash grid of 8 levels, then 16 and 16 wide",
       {{3}, {grid_layer(grid), linear_layer(16), activation_layer(Activation::kRelu), linear_layer(16)}},
       items});
  return networks;
}

NnBench::Layers bench_network(const NnBenchOptions& options, const NamedNetwork& named, JobContext& job) {
  Network network(named.options, 1);
  NetworkRun inference(network, {.max_items = named.items}),
      training(network, {.max_items = named.items, .training = true});
  AdamW optimiser(network.parameters().size());
  ThreadPool one(1);
  Random random(3);
  for (float& value : inference.input(named.items)) value = random.uniform();
  for (float& value : training.input(named.items)) value = random.uniform();
  NnBench::Layers best{named.name, static_cast<double>(network.macs())};
  const double flops = 2 * best.macs * static_cast<double>(named.items);
  for (int round = 1; round <= options.rounds; ++round) {
    const double forward_s = cpu_seconds([&] { inference.forward(named.items, one); });
    const double training_s = cpu_seconds([&] {
      training.forward(named.items, one);
      std::ranges::fill(training.output_gradient(), 1e-3f);
      training.backward(one);
      optimiser.update({.skip_zero = true}, static_cast<uint64_t>(round), 0, training.gradient(), network.parameters(),
                       one);
    });
    best.forward = std::max(best.forward, 1e-9 * flops / std::max(forward_s, 1e-9));
    best.training = std::max(best.training, 3e-9 * flops / std::max(training_s, 1e-9));
    job.advance();
  }
  return best;
}

}  // namespace

NnBench bench_nn(const NnBenchOptions& options, JobContext& job) {
  NnBench bench{best_eigen_products().instructions, options.rows, {}, {}};
  const std::vector<NamedNetwork> networks = bench_networks(options.rows);
  job.begin_stage("multiplying", (std::size(kShapes) + networks.size()) * static_cast<size_t>(options.rounds));
  for (const auto& shape : kShapes) bench.products.push_back(bench_product(options, shape, job));
  for (const NamedNetwork& network : networks) bench.networks.push_back(bench_network(options, network, job));
  return bench;
}

std::string to_json(const NnBench& bench) {
  nlohmann::ordered_json products = nlohmann::ordered_json::array(), networks = nlohmann::ordered_json::array();
  for (const NnBench::Product& product : bench.products) {
    products.push_back({{"k", product.k},
                        {"n", product.n},
                        {"multiply_gflops", product.multiply},
                        {"eigen_multiply_gflops", product.eigen_multiply},
                        {"outer_gflops", product.outer},
                        {"eigen_outer_gflops", product.eigen_outer}});
  }
  for (const NnBench::Layers& network : bench.networks) {
    networks.push_back({{"name", network.name},
                        {"macs", network.macs},
                        {"forward_gflops", network.forward},
                        {"training_gflops", network.training}});
  }
  const nlohmann::ordered_json json = {{"eigen_instructions", bench.eigen_instructions},
                                       {"rows", bench.rows},
                                       {"products", std::move(products)},
                                       {"networks", std::move(networks)}};
  return json.dump(2);
}

std::string to_text(const NnBench& bench) {
  std::string text = fmt::format("GFLOP/s of one thread's CPU time, {} rows; beside Eigen compiled for {}\n",
                                 bench.rows, bench.eigen_instructions);
  for (const NnBench::Product& product : bench.products) {
    text += fmt::format(
        "{:4} x {:3}: multiply {:5.1f}, {:.2f} times Eigen's {:5.1f}; outer {:5.1f}, {:.2f} times {:5.1f}\n", product.k,
        product.n, product.multiply, product.multiply / product.eigen_multiply, product.eigen_multiply, product.outer,
        product.outer / product.eigen_outer, product.eigen_outer);
  }
  for (const NnBench::Layers& network : bench.networks) {
    text += fmt::format("{} ({:.3g} MAC): forward {:.1f}, training {:.1f}\n", network.name, network.macs,
                        network.forward, network.training);
  }
  return text;
}

}  // namespace diorama
