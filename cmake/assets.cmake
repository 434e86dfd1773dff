# web/dist (made by web/build) is packed pre-compressed into assets.S; without it, or with
# HMIS_WEB=OFF, a one-page stub is embedded so that the C loop needs no Node.
file(GLOB_RECURSE WEB_DIST CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/dist/*)
file(GLOB_RECURSE VOICE_FILES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/voice/*)
set(ASSET_SOURCES ${GEN}/assets.S ${GEN}/assets.c)
add_custom_command(OUTPUT ${ASSET_SOURCES}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/gen_assets.py ${GEN}
    --web "$<IF:$<BOOL:${HMIS_WEB}>,${CMAKE_SOURCE_DIR}/web/dist,>"
    --voice ${CMAKE_SOURCE_DIR}/data/voice
  DEPENDS ${WEB_DIST} ${VOICE_FILES} ${CMAKE_SOURCE_DIR}/tools/gen_assets.py VERBATIM)
set_source_files_properties(${GEN}/assets.S PROPERTIES OBJECT_DEPENDS "${WEB_DIST};${VOICE_FILES}")
