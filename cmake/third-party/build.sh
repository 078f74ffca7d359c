#!/bin/sh
# Builds the libraries of cmake/third-party.lock from proven sources into one static prefix.
#
# The result is named by its key (lock file, recipe, compiler, flags), so that each build directory and each
# clone on this machine that asks for the same thing shares it.  A prefix appears whole, by one rename; two
# builds of the same key wait for each other.
#
# usage: build.sh SOURCES PREFIX
# environment: CC AR RANLIB NM (absolute paths), CFLAGS, HOST (GNU triplet when cross-compiling, else empty), JOBS
set -eu

sources=$1
prefix=$2
here=$(cd "$(dirname "$0")" && pwd)
lock=$here/../third-party.lock

mkdir -p "$(dirname "$prefix")"
exec 9>"$prefix.lock"
flock 9
[ ! -e "$prefix/complete" ] || exit 0

work=$prefix.work
stage=$prefix.stage
rm -rf "$work" "$stage" "$prefix"
mkdir -p "$work" "$stage/include" "$stage/lib"
log=$prefix.log
: >"$log"

say() { printf '%s\n' "third-party: $*" >&2; }
failed() {
  tail -n 40 "$log" >&2
  say "$1 did not build; the whole log is $log"
  exit 1
}

# The same bytes wherever the cache lives: no path and no time of this machine gets into an object.
CFLAGS="$CFLAGS -ffile-prefix-map=$work=third-party -ffile-prefix-map=$stage=third-party"
SOURCE_DATE_EPOCH=0 ZERO_AR_DATE=1
export CC AR RANLIB NM CFLAGS SOURCE_DATE_EPOCH ZERO_AR_DATE
unset LDFLAGS CPPFLAGS CXXFLAGS || true

unpack() { # name
  version=$(awk -v name="$1" '$1 == name { print $2 }' "$lock")
  mkdir -p "$work/$1"
  tar -x -f "$sources/$1-$version.tar" -C "$work/$1" --strip-components=1 --no-same-owner
}

with_cmake() { # name [directory of its CMakeLists.txt] options...
  name=$1 source=$2
  shift 2
  cmake -G Ninja -S "$work/$source" -B "$work/$name-build" \
    -DCMAKE_BUILD_TYPE=None -DCMAKE_C_COMPILER="$CC" -DCMAKE_AR="$AR" -DCMAKE_RANLIB="$RANLIB" \
    -DCMAKE_C_FLAGS="$CFLAGS" ${HOST:+-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="${HOST%%-*}"} \
    -DCMAKE_FIND_ROOT_PATH="$stage" -DCMAKE_PREFIX_PATH="$stage" -DCMAKE_INSTALL_PREFIX="$stage" \
    -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=OFF "$@" &&
    cmake --build "$work/$name-build" --parallel "$JOBS" &&
    cmake --install "$work/$name-build"
}

# What waits for the network or the kernel is built for size; what computes for speed.
build_mbedtls() {
  unpack mbedtls
  cp "$here/mbedtls_config.h" "$work/mbedtls/include/mbedtls/mbedtls_config.h"
  (cd "$work/mbedtls/library" &&
    printf 'set_source_files_properties(%s PROPERTIES COMPILE_OPTIONS -O2)\n' \
      "$(echo bignum*.c ecp*.c ecdsa.c rsa.c sha*.c aes*.c gcm.c ccm.c chacha*.c poly1305.c constant_time.c)" >>CMakeLists.txt)
  CFLAGS="$CFLAGS -Os"
  with_cmake mbedtls mbedtls -DENABLE_PROGRAMS=OFF -DENABLE_TESTING=OFF -DGEN_FILES=OFF -DCMAKE_DISABLE_FIND_PACKAGE_Python3=ON \
    -DUSE_STATIC_MBEDTLS_LIBRARY=ON -DUSE_SHARED_MBEDTLS_LIBRARY=OFF -DMBEDTLS_FATAL_WARNINGS=OFF
}

# Only Ed25519 verification: its six sources, none of which asks the machine anything at run time. The rest of
# utils.c wants the library's random numbers and goes when the linker drops what nobody calls.
build_libsodium() {
  unpack libsodium
  cd "$work/libsodium/src/libsodium"
  cp ../../builds/msvc/version.h include/sodium/
  objects=
  for source in crypto_core/ed25519/ref10/ed25519_ref10 crypto_hash/sha512/cp/hash_sha512_cp \
    crypto_sign/ed25519/ref10/open crypto_sign/ed25519/ref10/sign crypto_verify/sodium/verify sodium/utils; do
    # The defines are what its configure finds on both of our machines.
    "$CC" $CFLAGS -DCONFIGURED=1 -DNATIVE_LITTLE_ENDIAN=1 -DHAVE_TI_MODE=1 -DSODIUM_STATIC=1 \
      -Iinclude -Iinclude/sodium -c "$source.c" -o "${source##*/}.o" || return 1
    objects="$objects ${source##*/}.o"
  done
  "$AR" crs "$stage/lib/libsodium.a" $objects &&
    mkdir -p "$stage/include/sodium" &&
    (cd include/sodium && cp crypto_hash_sha512.h crypto_sign_ed25519.h export.h "$stage/include/sodium/")
}

build_c_ares() {
  unpack c-ares
  cp "$here/c_ares_no_services.h" "$work/c-ares/"
  CFLAGS="$CFLAGS -Os -include $work/c-ares/c_ares_no_services.h"
  with_cmake c-ares c-ares -DCARES_STATIC=ON -DCARES_SHARED=OFF -DCARES_BUILD_TOOLS=OFF -DCARES_BUILD_TESTS=OFF
}

build_zstd() {
  unpack zstd
  with_cmake zstd zstd/build/cmake -DZSTD_BUILD_PROGRAMS=OFF -DZSTD_BUILD_TESTS=OFF -DZSTD_BUILD_SHARED=OFF \
    -DZSTD_BUILD_STATIC=ON -DZSTD_LEGACY_SUPPORT=OFF -DZSTD_BUILD_DICTBUILDER=OFF
}

build_curl() {
  unpack curl
  CFLAGS="$CFLAGS -Os"
  with_cmake curl curl -DHTTP_ONLY=ON -DCURL_ENABLE_SSL=ON -DCURL_USE_MBEDTLS=ON -DENABLE_ARES=ON \
    -DBUILD_CURL_EXE=OFF -DBUILD_STATIC_LIBS=ON -DBUILD_TESTING=OFF -DBUILD_EXAMPLES=OFF \
    -DBUILD_LIBCURL_DOCS=OFF -DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF -DCURL_USE_PKGCONFIG=OFF \
    -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF -DUSE_LIBIDN2=OFF \
    -DUSE_NGHTTP2=OFF -DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DENABLE_UNIX_SOCKETS=ON \
    -DCURL_DISABLE_ALTSVC=ON -DCURL_DISABLE_AWS=ON -DCURL_DISABLE_COOKIES=ON -DCURL_DISABLE_DOH=ON \
    -DCURL_DISABLE_HSTS=ON -DCURL_DISABLE_HTTP_AUTH=ON -DCURL_DISABLE_MIME=ON -DCURL_DISABLE_NETRC=ON -DCURL_DISABLE_NTLM=ON \
    -DCURL_DISABLE_SHA512_256=ON -DCURL_DISABLE_SRP=ON -DCURL_DISABLE_WEBSOCKETS=ON -DCURL_DISABLE_RTSP=ON \
    -DCURL_DISABLE_IPFS=ON -DCURL_DISABLE_BINDLOCAL=ON -DCURL_DISABLE_GETOPTIONS=ON -DCURL_DISABLE_VERBOSE_STRINGS=ON \
    -DCURL_DISABLE_HEADERS_API=ON -DCURL_DISABLE_FORM_API=ON -DCURL_DISABLE_PARSEDATE=ON -DCURL_DISABLE_SHUFFLE_DNS=ON
}

build_util_linux() {
  unpack util-linux
  CFLAGS="$CFLAGS -Os"
  cd "$work/util-linux"
  ./configure ${HOST:+--host="$HOST"} --prefix=/ --libdir=/lib --includedir=/include \
    --disable-all-programs --enable-libblkid --enable-libmount --enable-static --disable-shared \
    --disable-nls --disable-asciidoc --disable-bash-completion --disable-pylibmount --disable-gtk-doc \
    --without-selinux --without-audit --without-udev --without-cryptsetup --without-systemd --without-econf \
    --without-python --without-ncursesw --without-tinfo --without-readline --without-cap-ng --without-libz \
    --without-libmagic --without-user --without-btrfs --without-util --disable-dependency-tracking &&
    make -j"$JOBS" libblkid.la libmount.la &&
    cp .libs/libblkid.a .libs/libmount.a "$stage/lib/" &&
    mkdir -p "$stage/include/libmount" "$stage/include/blkid" &&
    cp libmount/src/libmount.h "$stage/include/libmount/" &&
    cp libblkid/src/blkid.h "$stage/include/blkid/"
}

headers_only() {
  unpack cli11
  unpack json
  unpack doctest
  sed -i -f "$here/cli11_text_stream.sed" "$work"/cli11/include/CLI/*.hpp "$work"/cli11/include/CLI/impl/*.hpp
  cp "$here/cli11_text_stream.h" "$work/cli11/include/CLI/TextStream.hpp"
  cp -R "$work/cli11/include/CLI" "$work/json/include/nlohmann" "$work/doctest/doctest" "$stage/include/"
}

# autoconf's hundreds of small questions leave one core idle: util-linux runs beside the cmake builds.
start=$(date +%s)
say "building for ${HOST:-this machine} with $CC (log: $log)"
(build_util_linux) >"$log.util-linux" 2>&1 &
util_linux=$!
for library in mbedtls libsodium c_ares zstd curl headers; do
  case $library in
    headers) (headers_only) >>"$log" 2>&1 || failed "$library" ;;
    *) ("build_$library") >>"$log" 2>&1 || failed "$library" ;;
  esac
done
wait "$util_linux" || {
  cat "$log.util-linux" >>"$log"
  failed util-linux
}
cat "$log.util-linux" >>"$log"
rm -rf "$log.util-linux" "${stage:?}/bin" "$stage/share" "$stage/lib/pkgconfig" "$stage/lib/cmake"
: >"$stage/complete"
mv "$stage" "$prefix"
rm -rf "$work"
say "built in $(($(date +%s) - start)) s"
