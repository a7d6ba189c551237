#include "engine/base/measure.h"

#include "engine/base/error.h"

#include <sys/resource.h>

#include <algorithm>

namespace diorama {
namespace {

rusage usage_of_process() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage;
}

}  // namespace

double median(std::vector<double> values) {
  DIO_CHECK(!values.empty());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return values.size() % 2 == 1 ? *middle : (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double peak_memory_mb() {
  return static_cast<double>(usage_of_process().ru_maxrss) / 1024;  // Linux counts KiB
}

double process_cpu_seconds() {
  const rusage usage = usage_of_process();
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace diorama
