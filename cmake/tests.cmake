# Every tests/<kind>/test_*.c is one cmocka program; the folder is its label.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
file(GLOB SUPPORT_FILES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/support/*.c)
add_library(hmis_test_support STATIC EXCLUDE_FROM_ALL ${SUPPORT_FILES})
target_include_directories(hmis_test_support PUBLIC ${CMAKE_SOURCE_DIR}/tests/support)
target_compile_definitions(hmis_test_support PUBLIC
  HMIS_SOURCE_DIR="${CMAKE_SOURCE_DIR}" HMIS_BINARY="$<TARGET_FILE:hmis>")
target_link_libraries(hmis_test_support PUBLIC hmis_core PkgConfig::CMOCKA)

foreach(kind unit db http)
  file(GLOB TEST_FILES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${kind}/test_*.c)
  foreach(file ${TEST_FILES})
    get_filename_component(name ${file} NAME_WE)
    add_executable(${name} ${file})
    target_link_libraries(${name} PRIVATE hmis_test_support)
    add_test(NAME ${kind}/${name} COMMAND ${name})
    set_tests_properties(${kind}/${name} PROPERTIES LABELS ${kind} TIMEOUT 600)
    if(NOT kind STREQUAL "unit")
      # They share one cluster: each makes its own database, but two cores are two cores.
      add_dependencies(${name} hmis)
    endif()
  endforeach()
endforeach()

# Parsers of untrusted input: tests/fuzz/fuzz_<name>.c defines LLVMFuzzerTestOneInput. With
# HMIS_FUZZ it is a libFuzzer target; always, a replay program runs its corpus as a test.
file(GLOB FUZZ_FILES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
foreach(file ${FUZZ_FILES})
  get_filename_component(name ${file} NAME_WE)
  string(REPLACE "fuzz_" "" subject ${name})
  if(HMIS_FUZZ)
    add_executable(${name} ${file})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${name} PRIVATE hmis_test_support)
    list(APPEND FUZZ_TARGETS ${name})
  endif()
  add_executable(replay_${subject} ${file} ${CMAKE_SOURCE_DIR}/tests/support/replay/replay.c)
  target_compile_definitions(replay_${subject} PRIVATE
    CORPUS_DIR="${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${subject}")
  target_link_libraries(replay_${subject} PRIVATE hmis_test_support)
  add_test(NAME unit/replay_${subject} COMMAND replay_${subject})
  set_tests_properties(unit/replay_${subject} PROPERTIES LABELS unit TIMEOUT 300)
endforeach()

if(HMIS_FUZZ)
  add_custom_target(fuzz DEPENDS ${FUZZ_TARGETS})
endif()

# The floor db is tested with a closed set of queries of its own, so that the binary carries none
# that only tests need: its objects, compiled against that set, stand before the library.
set(FLOOR ${CMAKE_BINARY_DIR}/gen-floor)
set(FLOOR_QUERIES ${CMAKE_SOURCE_DIR}/src/db/db.sql ${CMAKE_SOURCE_DIR}/tests/db/floor/queries.sql)
file(MAKE_DIRECTORY ${FLOOR})
add_custom_command(OUTPUT ${FLOOR}/queries.h ${FLOOR}/queries.c
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/gen_queries.py ${FLOOR} ${FLOOR_QUERIES}
  DEPENDS ${FLOOR_QUERIES} ${CMAKE_SOURCE_DIR}/tools/gen_queries.py VERBATIM)
file(GLOB FLOOR_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/db/*.c)
add_library(hmis_floor OBJECT ${FLOOR_SOURCES} ${FLOOR}/queries.c ${FLOOR}/queries.h)
target_include_directories(hmis_floor BEFORE PUBLIC ${FLOOR})
target_link_libraries(hmis_floor PUBLIC hmis_test_support)
file(GLOB FLOOR_TESTS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/db/floor/test_*.c)
foreach(file ${FLOOR_TESTS})
  get_filename_component(name ${file} NAME_WE)
  add_executable(${name} ${file})
  target_link_libraries(${name} PRIVATE hmis_floor)
  add_test(NAME db/${name} COMMAND ${name})
  set_tests_properties(db/${name} PROPERTIES LABELS db TIMEOUT 600)
endforeach()
