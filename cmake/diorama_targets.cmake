# The ways a target is made here: diorama_library(NAME ...), diorama_test(NAME ...) and diorama_fuzzer(NAME ...).

add_library(diorama_flags INTERFACE)
target_compile_options(diorama_flags INTERFACE
  -Wall -Wextra -Wno-missing-field-initializers -Wpedantic -Wshadow -Wnon-virtual-dtor -Wunused -Woverloaded-virtual
  -ffp-contract=off) # the same bits whatever the compiler thinks of fused multiply-add
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(diorama_flags INTERFACE -Wcast-align=strict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(diorama_flags INTERFACE -Wno-restrict) # wrong on "text" + std::string, GCC bug 105651
endif()
if(DIORAMA_WARNINGS_AS_ERRORS)
  target_compile_options(diorama_flags INTERFACE -Werror)
endif()
if(DIORAMA_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(diorama_flags INTERFACE -Wno-maybe-uninitialized) # GCC 12 finds it in <regex> under ASan
endif()
if(DIORAMA_SANITIZE)
  target_compile_options(diorama_flags INTERFACE -fsanitize=${DIORAMA_SANITIZE} -fno-omit-frame-pointer -g1)
  target_link_options(diorama_flags INTERFACE -fsanitize=${DIORAMA_SANITIZE})
  if(DIORAMA_SANITIZE MATCHES "undefined")
    target_compile_options(diorama_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
if(DIORAMA_COVERAGE)
  target_compile_options(diorama_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(diorama_flags INTERFACE -fprofile-instr-generate)
endif()
if(DIORAMA_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "DIORAMA_BUILD_FUZZERS needs clang (libFuzzer); use `cmake --preset fuzz`")
  endif()
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

add_custom_target(unit_tests) # every test program of the label unit

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
  set_property(GLOBAL APPEND PROPERTY DIORAMA_TEST_PROGRAMS ${name})
  if("unit" IN_LIST ARG_LABELS)
    add_dependencies(unit_tests ${name})
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
endfunction()

# diorama_fuzzer(NAME SOURCES a_fuzz.cpp ... [LIBS lib ...] [SEEDS folder] [MAX_BYTES n])
# A libFuzzer program (LLVMFuzzerTestOneInput) and a ctest of the label `fuzz` that runs it for DIORAMA_FUZZ_SECONDS.
# New inputs are kept in the build folder; SEEDS, relative to the caller, is read only.
function(diorama_fuzzer name)
  if(NOT DIORAMA_BUILD_FUZZERS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "SEEDS;MAX_BYTES" "SOURCES;LIBS" ${ARGN})
  if(NOT ARG_MAX_BYTES)
    set(ARG_MAX_BYTES 65536)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE diorama_flags ${ARG_LIBS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set(corpus ${CMAKE_CURRENT_BINARY_DIR}/corpus/${name})
  file(MAKE_DIRECTORY ${corpus})
  if(ARG_SEEDS)
    list(APPEND corpus ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_SEEDS})
  endif()
  math(EXPR timeout "${DIORAMA_FUZZ_SECONDS} * 2 + 60")
  add_test(NAME fuzz.${name} COMMAND ${name} -max_total_time=${DIORAMA_FUZZ_SECONDS} -max_len=${ARG_MAX_BYTES}
    -timeout=20 -rss_limit_mb=4096 -artifact_prefix=${CMAKE_CURRENT_BINARY_DIR}/ -print_final_stats=1 ${corpus})
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT ${timeout})
endfunction()
