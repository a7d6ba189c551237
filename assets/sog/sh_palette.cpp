#include "assets/sog/sh_palette.h"

#include "assets/sog/nearest_rows.h"
#include "engine/base/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diorama {
namespace {

constexpr size_t kMostCoarse = 256;
constexpr size_t kCoarseSample = size_t{1} << 15;  // rows that the coarse clusters are found from
constexpr size_t kMostFine = 1024;                 // centroids of one coarse cluster: its rows are compared with all
constexpr int kIterations = 8;
constexpr size_t kGrain = 4096;
// Of the squared distances in a cluster: the best share of centroids is sum^(d / (d + 2)) in d dimensions, and SH vary
// in about eight of theirs.
constexpr double kSharePower = 0.8;

struct Clustering {
  std::vector<float> centroids;
  std::vector<uint32_t> labels;
};

// Means of the rows of each label; a centroid without rows stays.
void move_to_means(Clustering& clusters, std::span<const float> rows, size_t dims) {
  std::vector<double> sums(clusters.centroids.size());
  std::vector<size_t> counts(clusters.centroids.size() / dims);
  for (size_t i = 0; i < clusters.labels.size(); ++i) {
    const size_t label = clusters.labels[i];
    ++counts[label];
    for (size_t k = 0; k < dims; ++k) sums[label * dims + k] += static_cast<double>(rows[i * dims + k]);
  }
  for (size_t label = 0; label < counts.size(); ++label) {
    if (counts[label] == 0) continue;
    for (size_t k = 0; k < dims; ++k) {
      clusters.centroids[label * dims + k] =
          static_cast<float>(sums[label * dims + k] / static_cast<double>(counts[label]));
    }
  }
}

// Lloyd's algorithm from rows that are evenly spread over the input.
Clustering cluster(std::span<const float> rows, size_t dims, size_t count) {
  const size_t row_count = rows.size() / dims;
  count = std::min(count, row_count);
  Clustering result;
  result.labels.resize(row_count);
  for (size_t k = 0; k < count; ++k) {
    const auto row = rows.subspan((2 * k + 1) * row_count / (2 * count) * dims, dims);
    result.centroids.insert(result.centroids.end(), row.begin(), row.end());
  }
  if (count == row_count) {
    std::iota(result.labels.begin(), result.labels.end(), 0u);
    return result;
  }
  for (int i = 0; i < kIterations; ++i) {
    find_nearest(RowSet(result.centroids, dims), rows.data(), result.labels);
    move_to_means(result, rows, dims);
  }
  find_nearest(RowSet(result.centroids, dims), rows.data(), result.labels);
  return result;
}

std::vector<float> gathered_rows(std::span<const float> rows, size_t dims, std::span<const uint32_t> indices) {
  std::vector<float> result;
  result.reserve(indices.size() * dims);
  for (const uint32_t i : indices) {
    const auto row = rows.subspan(size_t{i} * dims, dims);
    result.insert(result.end(), row.begin(), row.end());
  }
  return result;
}

// Every row's coarse cluster; the clusters are found from a sample.
Clustering coarse_clusters(std::span<const float> rows, size_t dims, size_t count, ThreadPool& pool) {
  const size_t row_count = rows.size() / dims, sample = std::min(row_count, kCoarseSample);
  std::vector<uint32_t> chosen(sample);
  for (size_t i = 0; i < sample; ++i) chosen[i] = static_cast<uint32_t>(i * row_count / sample);
  Clustering result = cluster(gathered_rows(rows, dims, chosen), dims, count);
  result.labels.resize(row_count);
  const RowSet set(result.centroids, dims);
  pool.parallel_for(row_count, kGrain, [&](size_t begin, size_t end) {
    find_nearest(set, rows.data() + begin * dims, std::span(result.labels).subspan(begin, end - begin));
  });
  return result;
}

std::vector<std::vector<uint32_t>> members_of(const Clustering& clusters, size_t count) {
  std::vector<std::vector<uint32_t>> members(count);
  for (size_t i = 0; i < clusters.labels.size(); ++i) members[clusters.labels[i]].push_back(static_cast<uint32_t>(i));
  return members;
}

double spread_of(std::span<const float> rows, size_t dims, std::span<const uint32_t> members, const float* centre) {
  double sum = 0;
  for (const uint32_t i : members) {
    for (size_t k = 0; k < dims; ++k) {
      const double off = static_cast<double>(rows[size_t{i} * dims + k]) - static_cast<double>(centre[k]);
      sum += off * off;
    }
  }
  return sum;
}

// How many centroids each coarse cluster gets: at least one where it has rows, `size` at most in all.
std::vector<size_t> shares_of(const std::vector<double>& spreads, const std::vector<std::vector<uint32_t>>& members,
                              size_t size) {
  double sum = 0;
  size_t occupied = 0;
  for (size_t c = 0; c < members.size(); ++c) {
    sum += std::pow(spreads[c], kSharePower);
    occupied += !members[c].empty();
  }
  const double free = static_cast<double>(size - std::min(occupied, size));
  std::vector<size_t> shares(members.size());
  for (size_t c = 0; c < members.size(); ++c) {
    if (members[c].empty()) continue;
    const double extra = sum > 0 ? free * std::pow(spreads[c], kSharePower) / sum : 0.0;
    shares[c] = std::min({1 + static_cast<size_t>(extra), members[c].size(), kMostFine});
  }
  return shares;
}

}  // namespace

ShPalette make_palette(std::span<const float> rows, size_t dims, size_t size, ThreadPool& pool) {
  DIO_CHECK(dims > 0 && !rows.empty() && size >= 1 && size <= 65536);
  const auto root = static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(size))));
  const Clustering coarse = coarse_clusters(rows, dims, std::min(root, kMostCoarse), pool);
  const size_t coarse_count = coarse.centroids.size() / dims;
  const std::vector<std::vector<uint32_t>> members = members_of(coarse, coarse_count);
  std::vector<double> spreads(coarse_count);
  pool.parallel_for(coarse_count, 1, [&](size_t begin, size_t end) {
    for (size_t c = begin; c < end; ++c) {
      spreads[c] = spread_of(rows, dims, members[c], coarse.centroids.data() + c * dims);
    }
  });
  const std::vector<size_t> shares = shares_of(spreads, members, size);
  std::vector<Clustering> fine(coarse_count);
  pool.parallel_for(coarse_count, 1, [&](size_t begin, size_t end) {
    for (size_t c = begin; c < end; ++c) {
      if (!members[c].empty()) fine[c] = cluster(gathered_rows(rows, dims, members[c]), dims, shares[c]);
    }
  });
  ShPalette palette{.dims = dims, .labels = std::vector<uint16_t>(rows.size() / dims)};
  for (size_t c = 0; c < coarse_count; ++c) {
    const size_t first = palette.size();
    palette.centroids.insert(palette.centroids.end(), fine[c].centroids.begin(), fine[c].centroids.end());
    for (size_t i = 0; i < members[c].size(); ++i) {
      palette.labels[members[c][i]] = static_cast<uint16_t>(first + fine[c].labels[i]);
    }
  }
  return palette;
}

}  // namespace diorama
