# third_party::{mbedtls,sodium,curl,libmount,zstd,cli11,json,doctest}, built from the sources of third-party.lock.
#
# They are built once for a compiler and a set of flags into the cache directory
# (${POWERNODE_CACHE}, else ${XDG_CACHE_HOME}/powernode-agent, else ~/.cache/powernode-agent) and found there by
# every later build directory; the first time needs the network, later ones do not.

if(DEFINED ENV{POWERNODE_CACHE})
  set(cache $ENV{POWERNODE_CACHE})
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(cache $ENV{XDG_CACHE_HOME}/powernode-agent)
else()
  set(cache $ENV{HOME}/.cache/powernode-agent)
endif()

# Sanitizers and fuzzers look at our code, not at theirs: Dev and fuzz builds share one plain build by gcc.
# No exception crosses these libraries' C, so nothing would read its unwind tables.
set(flags -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong -fno-asynchronous-unwind-tables
  -fno-unwind-tables)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  list(APPEND flags -O2 -D_FORTIFY_SOURCE=2)
else()
  list(APPEND flags -O2 -g1)
endif()
if(POWERNODE_LTO)
  list(APPEND flags -flto=auto -fno-fat-lto-objects)
endif()
string(JOIN " " flags ${flags})

if(CMAKE_CROSSCOMPILING)
  set(host ${CMAKE_C_COMPILER_TARGET_TRIPLET})
else()
  set(host "")
endif()
find_program(POWERNODE_THIRD_PARTY_CC NAMES ${host}-gcc gcc REQUIRED)
string(REGEX REPLACE "gcc$" "gcc-ar" ar ${POWERNODE_THIRD_PARTY_CC})
string(REGEX REPLACE "gcc$" "gcc-ranlib" ranlib ${POWERNODE_THIRD_PARTY_CC})
string(REGEX REPLACE "gcc$" "gcc-nm" nm ${POWERNODE_THIRD_PARTY_CC})
execute_process(COMMAND ${POWERNODE_THIRD_PARTY_CC} --version OUTPUT_VARIABLE compiler COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${POWERNODE_THIRD_PARTY_CC} -dumpmachine OUTPUT_VARIABLE machine
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

set(recipe ${compiler} ${flags})
foreach(file third-party.lock third-party/build.sh third-party/mbedtls_config.h third-party/c_ares_no_services.h
    third-party/cli11_text_stream.h third-party/cli11_text_stream.sed)
  set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/${file})
  file(SHA256 ${CMAKE_CURRENT_LIST_DIR}/${file} digest)
  list(APPEND recipe ${digest})
endforeach()
string(SHA256 key "${recipe}")
string(SUBSTRING ${key} 0 16 key)
set(POWERNODE_THIRD_PARTY ${cache}/third-party/${machine}-${key})

if(NOT EXISTS ${POWERNODE_THIRD_PARTY}/complete)
  cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
  execute_process(
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/third-party/fetch.sh ${CMAKE_CURRENT_LIST_DIR}/third-party.lock ${cache}/sources
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env CC=${POWERNODE_THIRD_PARTY_CC} AR=${ar} RANLIB=${ranlib} NM=${nm} "CFLAGS=${flags}"
      HOST=${host} JOBS=${cores}
      ${CMAKE_CURRENT_LIST_DIR}/third-party/build.sh ${cache}/sources ${POWERNODE_THIRD_PARTY}
    COMMAND_ERROR_IS_FATAL ANY)
endif()

# The compiler sees the libraries at a place that does not change with the recipe: a change of the recipe that leaves
# the headers as they are leaves every object of ours in the compiler's cache.
file(CREATE_LINK ${POWERNODE_THIRD_PARTY} ${CMAKE_BINARY_DIR}/third-party SYMBOLIC)

find_package(Threads REQUIRED)

# An imported target of archives in link order, headers as system headers.
function(third_party name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "ARCHIVES;DEPS")
  add_library(third_party::${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(third_party::${name} SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/third-party/include)
  list(TRANSFORM arg_ARCHIVES PREPEND ${CMAKE_BINARY_DIR}/third-party/lib/)
  target_link_libraries(third_party::${name} INTERFACE ${arg_ARCHIVES} ${arg_DEPS})
endfunction()

third_party(mbedtls ARCHIVES libmbedtls.a libmbedx509.a libmbedcrypto.a DEPS Threads::Threads)
third_party(sodium ARCHIVES libsodium.a)
third_party(cares ARCHIVES libcares.a DEPS Threads::Threads)
third_party(curl ARCHIVES libcurl.a DEPS third_party::cares third_party::mbedtls)
third_party(libmount ARCHIVES libmount.a libblkid.a)
third_party(zstd ARCHIVES libzstd.a DEPS Threads::Threads)
third_party(cli11)
third_party(json)
third_party(doctest)

target_compile_definitions(third_party::cli11 INTERFACE CLI11_HAS_FILESYSTEM=0) # for is-there checks alone it costs 40 KiB
# What it takes for granted is still checked in what ships, without the texts: they name files, and these otherwise with
# a compiler cache than without one.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(third_party::json INTERFACE "-DJSON_ASSERT(x)=((x)?void():__builtin_abort())")
endif()
target_compile_definitions(third_party::sodium INTERFACE SODIUM_STATIC=1)
target_compile_definitions(third_party::curl INTERFACE CURL_STATICLIB)
target_compile_definitions(third_party::cares INTERFACE CARES_STATICLIB)
