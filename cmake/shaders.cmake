# diorama_shaders(TARGET [BEYOND_BASELINE] a.comp.glsl b.vert.glsl ...)
# Compiles GLSL to SPIR-V for Vulkan 1.1 (optimised, validated, names kept) and embeds each module as a header of the same
# path: renderers/mesh/mesh.vert.glsl becomes "renderers/mesh/mesh.vert.spv.h" with `diorama::kMeshVertSpirv`.
# Every module of the build is in the global property DIORAMA_SPIRV_MODULES, for the test that holds them against the
# limits of Android Baseline 2022, and TARGET_shaders, which builds them, in DIORAMA_SPIRV_TARGETS; those that are
# BEYOND_BASELINE are not.

find_program(DIORAMA_GLSLC glslc)
find_program(DIORAMA_SPIRV_OPT spirv-opt)
find_program(DIORAMA_SPIRV_VAL spirv-val)
if(NOT DIORAMA_GLSLC OR NOT DIORAMA_SPIRV_OPT OR NOT DIORAMA_SPIRV_VAL)
  message(FATAL_ERROR "glslc, spirv-opt and spirv-val are needed to build the shaders: install glslc and spirv-tools")
endif()

set(DIORAMA_GENERATED_DIR ${PROJECT_BINARY_DIR}/generated)

# mesh.vert -> kMeshVertSpirv
function(diorama_shader_constant name result)
  string(REGEX REPLACE "[._]" ";" words ${name})
  set(constant k)
  foreach(word ${words})
    string(SUBSTRING ${word} 0 1 first)
    string(SUBSTRING ${word} 1 -1 rest)
    string(TOUPPER ${first} first)
    string(APPEND constant ${first}${rest})
  endforeach()
  set(${result} ${constant}Spirv PARENT_SCOPE)
endfunction()

function(diorama_shaders target)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(out ${DIORAMA_GENERATED_DIR}/${folder})
  file(MAKE_DIRECTORY ${out})
  cmake_parse_arguments(ARG "BEYOND_BASELINE" "" "" ${ARGN})
  set(headers)
  foreach(source ${ARG_UNPARSED_ARGUMENTS})
    string(REGEX REPLACE "\\.glsl$" "" name ${source})
    string(REGEX REPLACE "^.*\\.([a-z]+)$" "\\1" stage ${name})
    diorama_shader_constant(${name} constant)
    set(plain ${out}/${name}.plain.spv)
    set(module ${out}/${name}.spv)
    set(header ${out}/${name}.spv.h)
    add_custom_command(OUTPUT ${module} ${header} BYPRODUCTS ${plain}
      COMMAND ${DIORAMA_GLSLC} -fshader-stage=${stage} --target-env=vulkan1.1 -O0 -Werror -I ${PROJECT_SOURCE_DIR}
        -MD -MF ${module}.d -MT ${module} -o ${plain} ${CMAKE_CURRENT_SOURCE_DIR}/${source}
      COMMAND ${DIORAMA_SPIRV_OPT} -O --target-env=vulkan1.1 ${plain} -o ${module}
      COMMAND ${DIORAMA_SPIRV_VAL} --target-env vulkan1.1 ${module}
      COMMAND ${CMAKE_COMMAND} -DMODULE=${module} -DHEADER=${header} -DCONSTANT=${constant} -DSOURCE=${folder}/${source}
        -P ${PROJECT_SOURCE_DIR}/cmake/embed_spirv.cmake
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source} ${PROJECT_SOURCE_DIR}/cmake/embed_spirv.cmake
      DEPFILE ${module}.d
      COMMENT "Compiling shader ${folder}/${source}"
      VERBATIM)
    list(APPEND headers ${header})
    if(NOT ARG_BEYOND_BASELINE)
      set_property(GLOBAL APPEND PROPERTY DIORAMA_SPIRV_MODULES ${module})
    endif()
  endforeach()
  set(shaders ${target}_shaders)
  if(ARG_BEYOND_BASELINE)
    string(APPEND shaders _beyond_baseline)
  else()
    set_property(GLOBAL APPEND PROPERTY DIORAMA_SPIRV_TARGETS ${shaders})
  endif()
  add_custom_target(${shaders} DEPENDS ${headers})
  add_dependencies(${target} ${shaders})
  target_include_directories(${target} PRIVATE ${DIORAMA_GENERATED_DIR})
endfunction()
