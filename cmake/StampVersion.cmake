# Writes version.cc from version.cc.in; leaves the file alone when nothing changed, so that nothing is rebuilt.
#
# Run by every build as `cmake -DSOURCE=... -DOUTPUT=... -DVERSION=... -DSTAMP_COMMIT=ON|OFF -P StampVersion.cmake`.
# Without STAMP_COMMIT (the dev preset) a commit does not relink every test.

set(COMMIT "unknown")
set(BUILD_TIME 0)

if(STAMP_COMMIT)
  execute_process(
    COMMAND git -C ${SOURCE} log -1 --abbrev=12 "--format=%h %ct"
    OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(head MATCHES "^([0-9a-f]+) ([0-9]+)$")
    set(COMMIT ${CMAKE_MATCH_1})
    set(BUILD_TIME ${CMAKE_MATCH_2})
    execute_process(
      COMMAND git -C ${SOURCE} status --porcelain --untracked-files=no
      OUTPUT_VARIABLE changes OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(changes)
      string(APPEND COMMIT "-dirty")
    endif()
  endif()
endif()
if(NOT "$ENV{SOURCE_DATE_EPOCH}" STREQUAL "")
  set(BUILD_TIME $ENV{SOURCE_DATE_EPOCH})
endif()

configure_file(${SOURCE}/agent/base/version.cc.in ${OUTPUT} @ONLY)
