#include "reconstruction/splat_video/motion_solver.h"

#include "engine/base/error.h"

#include <Eigen/Sparse>
#include <Eigen/SparseCholesky>

#include <algorithm>

namespace diorama {
namespace {

using Vector3 = Eigen::Vector3d;
using Vector6 = Eigen::Matrix<double, 6, 1>;
using Matrix3 = Eigen::Matrix3d;
using Matrix6 = Eigen::Matrix<double, 6, 6>;
using Matrix36 = Eigen::Matrix<double, 3, 6>;
using Sparse = Eigen::SparseMatrix<double>;

Vector3 eigen(glm::dvec3 v) {
  return {v.x, v.y, v.z};
}

// d p' / d (turn, move) of a node that carries the arm (from node to point, as it is turned now) with a weight.
Matrix36 jacobian_of(glm::dvec3 arm, double weight) {
  Matrix36 j;
  j << 0, weight * arm.z, -weight * arm.y, weight, 0, 0,  //
      -weight * arm.z, 0, weight * arm.x, 0, weight, 0,   //
      weight * arm.y, -weight * arm.x, 0, 0, 0, weight;
  return j;
}

// Of edge (a, b) as node a carries it: where a takes b, less where b is. Zero where the edge moves rigidly with a.
glm::dvec3 edge_residual(const DeformationGraph& graph, const GraphPose& pose, uint32_t a, uint32_t b,
                         glm::dvec3& arm) {
  arm = pose[a].rotation * (graph.nodes[b] - graph.nodes[a]);
  return arm + graph.nodes[a] + pose[a].translation - graph.nodes[b] - pose[b].translation;
}

}  // namespace

double motion_energy(const DeformationGraph& graph, const GraphPose& pose, const MotionTerms& terms) {
  double sum = 0;
  for (const PlaneTerm& term : terms.planes) {
    const GraphSample& sample = graph.samples[term.sample];
    const glm::dvec3 apart = warped(graph, pose, sample.weights, sample.position) - term.target;
    const double along = glm::dot(term.normal, apart);
    sum += term.weight * (along * along + term.slide * glm::dot(apart, apart));
  }
  for (const auto& [a, b] : graph.edges) {
    glm::dvec3 arm;
    const glm::dvec3 by_a = edge_residual(graph, pose, a, b, arm), by_b = edge_residual(graph, pose, b, a, arm);
    sum += terms.rigidity * (glm::dot(by_a, by_a) + glm::dot(by_b, by_b));
  }
  return sum;
}

GraphPose moved(const GraphPose& pose, const std::vector<NodeStep>& step) {
  DIO_CHECK(pose.size() == step.size());
  GraphPose result(pose.size());
  for (size_t j = 0; j < pose.size(); ++j) {
    const double angle = glm::length(step[j].turn);
    const glm::dquat turn = angle > 0 ? glm::angleAxis(angle, step[j].turn / angle) : glm::dquat(1, 0, 0, 0);
    result[j] = {glm::normalize(turn * pose[j].rotation), pose[j].translation + step[j].move};
  }
  return result;
}

// The normal equations' lower triangle in blocks of 6x6: blocks[k] belongs to the pair (column, row) pairs[k].
struct MotionSolver::Impl {
  explicit Impl(const DeformationGraph& of);
  void clear();
  size_t slot(uint32_t column, uint32_t row) const;
  void add_planes(const GraphPose& pose, const MotionTerms& terms);
  void add_edge(const GraphPose& pose, uint32_t a, uint32_t b, double rigidity);
  void linearize(const GraphPose& pose, const MotionTerms& terms);
  void fill_matrix(double damping);

  const DeformationGraph& graph;
  std::vector<std::pair<uint32_t, uint32_t>> pairs;
  std::vector<size_t> columns;                                                              // first pair of each column
  std::vector<std::array<size_t, NodeWeights::kCount * NodeWeights::kCount>> sample_slots;  // of nodes k, l: 4 k + l
  std::vector<Matrix6> blocks;
  std::vector<Vector6> right;
  Sparse matrix;
  Eigen::SimplicialLDLT<Sparse, Eigen::Lower> cholesky;
  bool analysed = false;
};

MotionSolver::Impl::Impl(const DeformationGraph& of) : graph(of) {
  for (uint32_t j = 0; j < graph.nodes.size(); ++j) pairs.emplace_back(j, j);
  for (const auto& edge : graph.edges) pairs.push_back(edge);
  for (const GraphSample& sample : graph.samples) {
    for (const uint32_t a : sample.weights.node) {
      for (const uint32_t b : sample.weights.node) {
        if (a < b) pairs.emplace_back(a, b);
      }
    }
  }
  std::ranges::sort(pairs);
  const auto repeated = std::ranges::unique(pairs);
  pairs.erase(repeated.begin(), repeated.end());
  columns.assign(graph.nodes.size() + 1, 0);
  for (const auto& [column, row] : pairs) ++columns[column + 1];
  for (size_t j = 0; j < graph.nodes.size(); ++j) columns[j + 1] += columns[j];
  for (const GraphSample& sample : graph.samples) {
    auto& slots = sample_slots.emplace_back();
    for (size_t k = 0; k < NodeWeights::kCount; ++k) {
      for (size_t l = 0; l < NodeWeights::kCount; ++l) {
        const uint32_t a = sample.weights.node[k], b = sample.weights.node[l];
        slots[NodeWeights::kCount * k + l] = a <= b ? slot(a, b) : 0;
      }
    }
  }
}

size_t MotionSolver::Impl::slot(uint32_t column, uint32_t row) const {
  const auto begin = pairs.begin() + static_cast<ptrdiff_t>(columns[column]);
  const auto end = pairs.begin() + static_cast<ptrdiff_t>(columns[column + 1]);
  return static_cast<size_t>(std::lower_bound(begin, end, std::pair(column, row)) - pairs.begin());
}

void MotionSolver::Impl::clear() {
  blocks.assign(pairs.size(), Matrix6::Zero());
  right.assign(graph.nodes.size(), Vector6::Zero());
}

void MotionSolver::Impl::add_planes(const GraphPose& pose, const MotionTerms& terms) {
  // All terms of a sample act on one point: their sums are multiplied with its Jacobians once.
  std::vector<Matrix3> pull(graph.samples.size(), Matrix3::Zero());
  std::vector<Vector3> residual(graph.samples.size(), Vector3::Zero());
  for (const PlaneTerm& term : terms.planes) {
    const GraphSample& sample = graph.samples[term.sample];
    const Vector3 n = eigen(term.normal);
    const Matrix3 a = term.weight * (n * n.transpose() + term.slide * Matrix3::Identity());
    pull[term.sample] += a;
    residual[term.sample] += a * eigen(warped(graph, pose, sample.weights, sample.position) - term.target);
  }
  for (size_t s = 0; s < graph.samples.size(); ++s) {
    if (pull[s].isZero(0)) continue;
    const GraphSample& sample = graph.samples[s];
    std::array<Matrix36, NodeWeights::kCount> jacobians;
    for (size_t k = 0; k < NodeWeights::kCount; ++k) {
      const uint32_t j = sample.weights.node[k];
      const glm::dvec3 arm = pose[j].rotation * (sample.position - graph.nodes[j]);
      jacobians[k] = jacobian_of(arm, static_cast<double>(sample.weights.weight[k]));
    }
    for (size_t l = 0; l < NodeWeights::kCount; ++l) {
      const uint32_t b = sample.weights.node[l];
      right[b] += jacobians[l].transpose() * residual[s];
      const Matrix36 pulled = pull[s] * jacobians[l];
      for (size_t k = 0; k < NodeWeights::kCount; ++k) {
        const uint32_t a = sample.weights.node[k];
        // Column b, row a of the lower triangle.
        if (b <= a) blocks[sample_slots[s][NodeWeights::kCount * l + k]] += jacobians[k].transpose() * pulled;
      }
    }
  }
}

void MotionSolver::Impl::add_edge(const GraphPose& pose, uint32_t a, uint32_t b, double rigidity) {
  glm::dvec3 arm;
  const Vector3 residual = eigen(edge_residual(graph, pose, a, b, arm));
  const Matrix36 by_a = jacobian_of(arm, 1.0);
  right[a] += rigidity * by_a.transpose() * residual;
  right[b].tail<3>() -= rigidity * residual;
  blocks[slot(a, a)] += rigidity * by_a.transpose() * by_a;
  blocks[slot(b, b)].bottomRightCorner<3, 3>() += rigidity * Matrix3::Identity();
  Matrix6& between = blocks[slot(std::min(a, b), std::max(a, b))];
  if (a < b) {
    between.bottomRows<3>() -= rigidity * by_a;  // column a, row b
  } else {
    between.rightCols<3>() -= rigidity * by_a.transpose();
  }
}

void MotionSolver::Impl::linearize(const GraphPose& pose, const MotionTerms& terms) {
  clear();
  add_planes(pose, terms);
  for (const auto& [a, b] : graph.edges) {
    add_edge(pose, a, b, terms.rigidity);
    add_edge(pose, b, a, terms.rigidity);
  }
}

void MotionSolver::Impl::fill_matrix(double damping) {
  const auto size = static_cast<Eigen::Index>(6 * graph.nodes.size());
  matrix.resize(size, size);
  matrix.reserve(static_cast<Eigen::Index>(36 * pairs.size()));
  for (uint32_t column = 0; column < graph.nodes.size(); ++column) {
    for (Eigen::Index j = 0; j < 6; ++j) {
      const Eigen::Index at = 6 * static_cast<Eigen::Index>(column) + j;
      matrix.startVec(at);
      for (size_t k = columns[column]; k < columns[column + 1]; ++k) {
        const auto row = 6 * static_cast<Eigen::Index>(pairs[k].second);
        for (Eigen::Index i = 0; i < 6; ++i) {
          if (row + i < at) continue;
          matrix.insertBack(row + i, at) = blocks[k](i, j) + (row + i == at ? damping : 0.0);
        }
      }
    }
  }
  matrix.finalize();
}

MotionSolver::MotionSolver(const DeformationGraph& graph) : impl_(std::make_unique<Impl>(graph)) {}
MotionSolver::~MotionSolver() = default;

std::vector<NodeStep> MotionSolver::gradient(const GraphPose& pose, const MotionTerms& terms) {
  impl_->linearize(pose, terms);
  std::vector<NodeStep> result(pose.size());
  for (size_t j = 0; j < result.size(); ++j) {
    const Vector6& g = impl_->right[j];
    result[j] = {{g[0], g[1], g[2]}, {g[3], g[4], g[5]}};
  }
  return result;
}

std::vector<NodeStep> MotionSolver::step(const GraphPose& pose, const MotionTerms& terms, double damping) {
  Impl& impl = *impl_;
  impl.linearize(pose, terms);
  impl.fill_matrix(damping);
  if (!impl.analysed) impl.cholesky.analyzePattern(impl.matrix);
  impl.analysed = true;
  impl.cholesky.factorize(impl.matrix);
  Eigen::VectorXd right(impl.matrix.rows());
  for (size_t j = 0; j < pose.size(); ++j) right.segment<6>(6 * static_cast<Eigen::Index>(j)) = -impl.right[j];
  const Eigen::VectorXd solved = impl.cholesky.solve(right);
  std::vector<NodeStep> result(pose.size());
  if (impl.cholesky.info() != Eigen::Success || !solved.allFinite()) return result;
  for (size_t j = 0; j < result.size(); ++j) {
    const Vector6 s = solved.segment<6>(6 * static_cast<Eigen::Index>(j));
    result[j] = {{s[0], s[1], s[2]}, {s[3], s[4], s[5]}};
  }
  return result;
}

}  // namespace diorama
