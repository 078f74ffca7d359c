# The few functions that the rooms' CMakeLists.txt are written in.

# powernode_library(<room> SOURCES a.cc ... [DEPS target...]): the static library powernode_<room>.
function(powernode_library room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  add_library(powernode_${room} STATIC ${arg_SOURCES})
  target_include_directories(powernode_${room} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(powernode_${room} PUBLIC ${arg_DEPS})
endfunction()

# powernode_static(<program>): links it so that it opens no shared object, where the preset ships static programs.
function(powernode_static program)
  if(POWERNODE_STATIC)
    target_link_options(${program} PRIVATE -static-pie)
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
      target_link_options(${program} PRIVATE -Wl,-z,pack-relative-relocs) # 0.1 MiB less; glibc 2.36 reads them
    else()
      # For arm64 only LLVM's linker packs them, and it keeps functions with one body, constants with one value and strings
      # with one end once: together 0.4 MiB less. Nothing here tells functions or constants apart by their addresses.
      find_program(POWERNODE_LLD ld.lld REQUIRED)
      file(REAL_PATH ${POWERNODE_LLD} lld)
      cmake_path(GET lld PARENT_PATH lld_directory) # where the cross compiler finds it as ld.lld
      target_link_options(${program} PRIVATE
        -fuse-ld=lld -B${lld_directory} -Wl,-O2,--pack-dyn-relocs=relr,--icf=all,--ignore-data-address-equality)
    endif()
  endif()
endfunction()

# powernode_test(<name> SOURCES a_test.cc ... [DEPS target...] [PRIVILEGED] [CRASH] [NATIVE] [TIMEOUT seconds]
#                [LABELS label...])
#
# A doctest program and its ctest entry; main() comes from tests/support.  PRIVILEGED tests need root: they run in
# a private mount namespace, and skip loudly (with CI=true: fail) without it.  CRASH: for `make test-crash` alone.
# NATIVE: of thousands of objects or random trees, which takes too long emulated; like the other two kinds it is not
# built for another processor.
function(powernode_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "PRIVILEGED;CRASH;NATIVE" "TIMEOUT" "SOURCES;DEPS;LABELS")
  if(NOT POWERNODE_UNIT_TESTS OR (CMAKE_CROSSCOMPILING AND (arg_PRIVILEGED OR arg_CRASH OR arg_NATIVE)))
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  if(arg_PRIVILEGED)
    target_link_libraries(${name} PRIVATE powernode_privileged_test_main ${arg_DEPS})
    list(APPEND arg_LABELS privileged)
  else()
    target_link_libraries(${name} PRIVATE powernode_test_main ${arg_DEPS})
    list(APPEND arg_LABELS unit)
  endif()
  if(CMAKE_CROSSCOMPILING)
    powernode_static(${name}) # qemu-user finds no loader and no libraries of the target here
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300) # emulated and under load, not in earnest
  endif()
  if(arg_CRASH) # `make test-crash`
    add_test(NAME ${name} COMMAND ${name} CONFIGURATIONS crash)
  else()
    add_test(NAME ${name} COMMAND ${name})
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}" SKIP_RETURN_CODE 77)
endfunction()

# powernode_fuzz(<name> SOURCES a_fuzz.cc [DEPS target...] [VECTOR_SEEDS])
#
# A fuzz target (LLVMFuzzerTestOneInput) with its seeds in tests/fuzz/corpus/<name>/.  The fuzz preset links
# libFuzzer; the dev preset replays the seeds and a fixed number of mutations of them as a test.  VECTOR_SEEDS:
# tests/fuzz/vector-seeds takes more of them out of the vectors, before the test runs.
function(powernode_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "VECTOR_SEEDS" "" "SOURCES;DEPS")
  if(NOT POWERNODE_FUZZ AND NOT (POWERNODE_UNIT_TESTS AND NOT CMAKE_CROSSCOMPILING))
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  set(seeds "")
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  if(EXISTS ${corpus})
    list(APPEND seeds ${corpus})
  endif()
  if(arg_VECTOR_SEEDS)
    list(APPEND seeds ${CMAKE_BINARY_DIR}/vector-seeds/${name})
  endif()
  if(POWERNODE_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${name} PRIVATE ${arg_DEPS})
    set(scratch ${CMAKE_CURRENT_BINARY_DIR}/${name}-corpus)
    file(MAKE_DIRECTORY ${scratch})
    add_test(NAME ${name} COMMAND ${name} -runs=50000 -max_total_time=60 ${scratch} ${seeds})
  else()
    target_link_libraries(${name} PRIVATE powernode_fuzz_replay_main ${arg_DEPS})
    add_test(NAME ${name} COMMAND ${name} ${seeds})
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS fuzz)
  if(arg_VECTOR_SEEDS)
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED vector_seeds)
  endif()
endfunction()

# The target powernode_version: agent/base/version.h, stamped at build time.
function(powernode_version)
  set(stamp_commit ON)
  if(CMAKE_BUILD_TYPE STREQUAL "Dev")
    set(stamp_commit OFF)
  endif()
  set(source ${CMAKE_BINARY_DIR}/version.cc)
  add_custom_target(stamp_version
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUTPUT=${source} -DVERSION=${PROJECT_VERSION}
      -DSTAMP_COMMIT=${stamp_commit} -P ${CMAKE_SOURCE_DIR}/cmake/StampVersion.cmake
    BYPRODUCTS ${source} COMMENT "" VERBATIM)
  add_library(powernode_version STATIC ${source})
  target_include_directories(powernode_version PUBLIC ${CMAKE_SOURCE_DIR})
  add_dependencies(powernode_version stamp_version)
endfunction()
