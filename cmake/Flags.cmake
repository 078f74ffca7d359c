# The compiler's and the linker's flags: warnings, hardening, sanitizers, reproducibility.
#
# Two build types: Dev (debuggable, sanitized) and Release (what ships).  The POWERNODE_* options below are what
# the presets switch.

option(POWERNODE_STATIC "Link the agent as static-pie, with nothing to load at run time" OFF)
option(POWERNODE_LTO "Optimize across files and libraries when linking" OFF)
option(POWERNODE_UNIT_TESTS "Build the unit tests" OFF)
option(POWERNODE_FUZZ "Build the fuzz targets with libFuzzer (Clang)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF) # -fPIE below; nothing here is a shared object

# Objects name no absolute path (see below), so that one cache serves every clone and build directory.
find_program(POWERNODE_CCACHE ccache)
if(POWERNODE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true ${POWERNODE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers -Werror
  -fPIE -fstack-protector-strong -fstack-clash-protection -ffunction-sections -fdata-sections)
add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections)
add_compile_definitions(_GNU_SOURCE _FILE_OFFSET_BITS=64)

# One source and one compiler give the same bytes, wherever the source and the build directory lie.
add_compile_options(-ffile-prefix-map=${CMAKE_BINARY_DIR}=build -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)

# Unoptimized: with both sanitizers the optimizer takes longer than everything else together.
set(CMAKE_CXX_FLAGS_DEV "-O0 -g1 -fno-omit-frame-pointer -D_GLIBCXX_ASSERTIONS" CACHE STRING "" FORCE)
set(CMAKE_C_FLAGS_DEV "${CMAKE_CXX_FLAGS_DEV}" CACHE STRING "" FORCE)
# Size is what an initramfs pays for; what is hot (digests, ciphers) is in the libraries, which are built with -O2.
# Unwind tables hold at calls, where exceptions come from, and not between any two instructions.
set(CMAKE_CXX_FLAGS_RELEASE "-Os -fno-asynchronous-unwind-tables -D_FORTIFY_SOURCE=2" CACHE STRING "" FORCE)
set(CMAKE_C_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}" CACHE STRING "" FORCE)

if(CMAKE_BUILD_TYPE STREQUAL "Dev")
  set(sanitizers address,undefined)
  if(POWERNODE_FUZZ)
    string(APPEND sanitizers ,fuzzer-no-link)
  endif()
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${sanitizers})
  find_program(POWERNODE_LLD ld.lld)
  if(POWERNODE_LLD)
    add_link_options(-fuse-ld=lld)
  endif()
endif()
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ${POWERNODE_LTO})

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
  add_compile_options(-fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  add_compile_options(-mbranch-protection=standard)
endif()
