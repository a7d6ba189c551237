#pragma once

#include <chrono>
#include <vector>

namespace diorama {

// What benchmarks share.

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  double milliseconds() const { return 1e3 * seconds(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// Of at least one value; of an even number the mean of the two in the middle.
double median(std::vector<double> values);

// Of the process so far: MiB at its peak, and the CPU time of all its threads.
double peak_memory_mb();
double process_cpu_seconds();

}  // namespace diorama
