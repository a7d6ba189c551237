#pragma once

#include <glm/glm.hpp>
#include <nanoflann.hpp>

#include <cstdint>
#include <span>

namespace diorama {

// Nearest neighbours among points, which must stay where they are.
class PointTree {
 public:
  explicit PointTree(std::span<const glm::vec3> points) : cloud_{points}, tree_(3, cloud_) {}

  // Fills as many of both spans (of one length) as there are points, nearest first; returns how many.
  size_t nearest(glm::vec3 point, std::span<uint32_t> indices, std::span<float> squared_m) const {
    return tree_.knnSearch(&point.x, indices.size(), indices.data(), squared_m.data());
  }

 private:
  struct Cloud {
    std::span<const glm::vec3> points;
    size_t kdtree_get_point_count() const { return points.size(); }
    float kdtree_get_pt(size_t index, size_t axis) const { return points[index][static_cast<int>(axis)]; }
    template <class Box>
    bool kdtree_get_bbox(Box&) const {
      return false;
    }
  };

  Cloud cloud_;
  nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<float, Cloud>, Cloud, 3> tree_;
};

}  // namespace diorama
