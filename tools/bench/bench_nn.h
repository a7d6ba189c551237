#pragma once

#include "engine/base/job.h"
#include "engine/nn/network.h"

#include <string>
#include <vector>

namespace diorama {

struct NnBenchOptions {
  int rows = 5292, rounds = 7;  // 84 x 63, a frame of the published light field before its tail
  template <class Visitor>
  void visit(Visitor&& option) {
    option("rows", rows, {1, 1 << 20}, "rows of the products: pixels or samples of a batch");
    option("rounds", rounds, {1, 1000}, "runs of each; the best counts");
  }
};

// Rates in GFLOP/s of CPU time on one thread; a multiply-add is two.
struct NnBench {
  std::string eigen_instructions;
  int rows = 0;
  struct Product {
    int k = 0, n = 0;
    double multiply = 0, eigen_multiply = 0;  // rows x k times k x n
    double outer = 0, eigen_outer = 0;        // its weights' gradient
  };
  std::vector<Product> products;
  struct Layers {
    std::string name;
    double macs = 0;                   // of an item
    double forward = 0, training = 0;  // training: forward, backward and AdamW, three times the multiply-adds
  };
  std::vector<Layers> networks;
};

NnBench bench_nn(const NnBenchOptions& options, JobContext& job);

std::string to_json(const NnBench& bench);
std::string to_text(const NnBench& bench);

}  // namespace diorama
