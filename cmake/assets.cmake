# web/dist (made by web/build) is packed pre-compressed into assets.S; without it, or with
# HMIS_WEB=OFF, a one-page stub is embedded so that the C loop needs no Node.
file(GLOB_RECURSE WEB_DIST CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/dist/*)
set(ASSET_SOURCES ${GEN}/assets.S ${GEN}/assets.c)
add_custom_command(OUTPUT ${ASSET_SOURCES}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/gen_assets.py ${GEN}
    --web "$<IF:$<BOOL:${HMIS_WEB}>,${CMAKE_SOURCE_DIR}/web/dist,>"
  DEPENDS ${WEB_DIST} ${CMAKE_SOURCE_DIR}/tools/gen_assets.py VERBATIM)
set_source_files_properties(${GEN}/assets.S PROPERTIES OBJECT_DEPENDS "${WEB_DIST}")

# The spoken digits of the captcha.
file(GLOB_RECURSE VOICE_FILES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/voice/*.wav)
add_custom_command(OUTPUT ${GEN}/voice.S ${GEN}/voice.c
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/gen_voice.py ${GEN} ${CMAKE_SOURCE_DIR}/data/voice
  DEPENDS ${VOICE_FILES} ${CMAKE_SOURCE_DIR}/tools/gen_voice.py VERBATIM)
set_source_files_properties(${GEN}/voice.S PROPERTIES OBJECT_DEPENDS "${VOICE_FILES}")
set_source_files_properties(${GEN}/voice.c PROPERTIES INCLUDE_DIRECTORIES ${CMAKE_SOURCE_DIR}/src/captcha)
list(APPEND ASSET_SOURCES ${GEN}/voice.S ${GEN}/voice.c)
