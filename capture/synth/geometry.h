#pragma once

#include <glm/glm.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace diorama {

// What a surface looks like at a point; see textures.h.
enum class SynthTexture : uint8_t {
  kPlain,
  kPlaster,
  kWallpaper,
  kPlanks,
  kRug,
  kWood,
  kWeave,
  kStripes,
  kLandscape,
  kGeometric,
  kBookSpine,
  kPages,
  kLeaf,
  kTerracotta,
  kSoil,
  kBall,
  kOutside,
  kBrushedMetal,
  kStage,
  kFigure,
};

struct SynthMaterial {
  SynthTexture texture = SynthTexture::kPlain;
  glm::vec3 color_a{0.5f}, color_b{0.5f};  // linear reflectance; what b is depends on the texture
  glm::vec3 emission{0.0f};                // linear radiance, times the texture's colour for kOutside
  glm::vec3 reflectance{0.0f};             // mirror reflection at normal incidence (0: a matt surface)
  float roughness = 0.3f;                  // of that reflection, tangent of the lobe's half angle
};

struct SynthVertex {
  glm::vec3 position{0.0f}, normal{0.0f};
  // Metres along the patch's two directions and a number of the patch's own; of a free mesh: position at rest.
  glm::vec3 texture{0.0f};
};

// A piece of surface with one material: a regular grid of vertices over [0, size_m] (light is stored on a raster over
// it), or a free mesh (size_m zero; light is stored at its vertices).
struct SynthPatch {
  uint32_t material = 0;
  uint16_t thing = 0;
  bool two_sided = false;        // both sides are seen, and lit differently
  float light_texel_m = 0.025f;  // of the raster on which direct light is stored, at most
  glm::vec2 size_m{0.0f};
  glm::ivec2 grid{0};  // vertices along the two directions
  uint32_t first_vertex = 0, vertex_count = 0;
};

struct SynthTriangle {
  glm::uvec3 vertices{0};
  uint32_t patch = 0;
};

// Light sources. All are sampled by area; a panel shines to the side of cross(half_u, half_v).
struct SynthPanelLight {
  glm::vec3 center{0.0f}, half_u{0.0f}, half_v{0.0f}, radiance{0.0f};
};
struct SynthBulbLight {
  glm::vec3 center{0.0f};
  float radius_m = 0.03f;
  glm::vec3 radiance{0.0f};
};
// Parallel light that comes in through an opening, the window's pane.
struct SynthSun {
  glm::vec3 pane_center{0.0f}, pane_half_u{0.0f}, pane_half_v{0.0f};
  glm::vec3 towards_sun{0, 1, 0};
  glm::vec3 irradiance{0.0f};  // on a surface that faces it
  float spread = 0.01f;        // tangent of the disc's half angle
};

struct SynthGeometry {
  std::vector<SynthVertex> vertices;
  std::vector<SynthTriangle> triangles;
  std::vector<SynthPatch> patches;
  std::vector<SynthMaterial> materials;
  std::vector<std::string> things{"nothing"};
  std::vector<SynthPanelLight> panels;
  std::vector<SynthBulbLight> bulbs;
  SynthSun sun;
  std::vector<int> bounce_rays{32, 112};  // a texel, for each bounce of light

  uint32_t add_material(const SynthMaterial& material);
  uint16_t add_thing(const std::string& name);
};

// Builds shapes into a geometry. Sizes in metres; `frame` places what is built next.
class SynthBuilder {
 public:
  using Surface = std::function<glm::vec3(float u, float v)>;

  explicit SynthBuilder(SynthGeometry& geometry) : geometry_(geometry) {}

  void thing(const std::string& name) { thing_ = geometry_.add_thing(name); }
  void material(const SynthMaterial& material) { material_ = geometry_.add_material(material); }
  void light_texel(float texel_m) { light_texel_m_ = texel_m; }
  void place(glm::vec3 origin, float turn_degrees = 0);  // turned about +Y
  void place(const glm::mat4& world_from_local) { frame_ = world_from_local; }

  // Surface over [0, 1]^2 in columns x rows cells; its outside is where cross(d/du, d/dv) points. `surface` must go on
  // smoothly a little beyond the square: normals are central differences.
  void grid(int columns, int rows, const Surface& surface, bool two_sided = false);
  // Parallelogram corner + u * edge_u + v * edge_v.
  void quad(glm::vec3 corner, glm::vec3 edge_u, glm::vec3 edge_v, bool two_sided = false);
  void box(glm::vec3 min, glm::vec3 max);
  void rounded_box(glm::vec3 min, glm::vec3 max, float radius, float bulge = 0);
  void sphere(glm::vec3 center, float radius);
  // Turned about +Y through `center`: pairs of radius and height from bottom to top; edges stay sharp.
  void lathe(glm::vec3 center, const std::vector<glm::vec2>& profile, int sides = 28);
  // The same, smooth along the profile (a Catmull-Rom curve through the points).
  void smooth_lathe(glm::vec3 center, const std::vector<glm::vec2>& profile, int sides = 28, int rows = 12);
  // Round bar with flat ends.
  void bar(glm::vec3 from, glm::vec3 to, float radius_from, float radius_to, int sides = 14);
  // Tube along a Catmull-Rom curve through the points.
  void tube(const std::vector<glm::vec3>& points, float radius, int columns, int sides = 10);

 private:
  SynthGeometry& geometry_;
  uint16_t thing_ = 0;
  uint32_t material_ = 0;
  float light_texel_m_ = 0.025f;
  glm::mat4 frame_{1.0f};
};

// Point of the Catmull-Rom curve through the points, s in [0, 1] (clamped a little outside by straight lines).
glm::vec3 curve_point(const std::vector<glm::vec3>& points, float s);

}  // namespace diorama
