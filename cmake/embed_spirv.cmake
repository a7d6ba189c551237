# cmake -DMODULE=a.spv -DHEADER=a.spv.h -DCONSTANT=kA -DSOURCE=a.glsl -P embed_spirv.cmake
file(READ ${MODULE} hex HEX)
string(REGEX REPLACE "(..)(..)(..)(..)" "0x\\4\\3\\2\\1," words "${hex}") # words are little-endian
string(REGEX REPLACE "(0x........,0x........,0x........,0x........,0x........,0x........,0x........,0x........,)" "\\1\n"
  words "${words}")
file(WRITE ${HEADER} "#pragma once  // made from ${SOURCE}

#include <cstdint>

namespace diorama {
inline constexpr uint32_t ${CONSTANT}[] = {
${words}
};
}  // namespace diorama
")
