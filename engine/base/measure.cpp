#include "engine/base/measure.h"

#include "engine/base/error.h"

#include <sys/resource.h>

#include <algorithm>

namespace diorama {

double median(std::vector<double> values) {
  DIO_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double peak_memory_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;  // Linux counts KiB
}

}  // namespace diorama
