# The two ways a target is made here: diorama_library(NAME ...) and diorama_test(NAME ...).

add_library(diorama_flags INTERFACE)
target_compile_options(diorama_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wcast-align=strict -Wunused -Woverloaded-virtual
  -ffp-contract=off) # the same bits whatever the compiler thinks of fused multiply-add
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(diorama_flags INTERFACE -Wno-cast-align)
endif()
if(DIORAMA_WARNINGS_AS_ERRORS)
  target_compile_options(diorama_flags INTERFACE -Werror)
endif()
if(DIORAMA_SANITIZE)
  target_compile_options(diorama_flags INTERFACE -fsanitize=${DIORAMA_SANITIZE} -fno-omit-frame-pointer -g1)
  target_link_options(diorama_flags INTERFACE -fsanitize=${DIORAMA_SANITIZE})
  if(DIORAMA_SANITIZE MATCHES "undefined")
    target_compile_options(diorama_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
if(DIORAMA_BUILD_FUZZERS)
  target_compile_options(diorama_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# diorama_library(NAME SOURCES a.cpp ... [PUBLIC lib ...] [PRIVATE lib ...])
# Makes the library diorama_NAME with the alias diorama::NAME; headers are included by their path from the root.
function(diorama_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(diorama_${name} STATIC ${ARG_SOURCES})
  add_library(diorama::${name} ALIAS diorama_${name})
  target_include_directories(diorama_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(diorama_${name} PUBLIC ${ARG_PUBLIC} PRIVATE diorama_flags ${ARG_PRIVATE})
endfunction()

# diorama_test(NAME SOURCES a_test.cpp ... [LIBS lib ...] [LABELS unit|data|e2e|...] [TIMEOUT s])
# One GoogleTest program; each case is a ctest of its own.
function(diorama_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE diorama_flags ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
endfunction()
