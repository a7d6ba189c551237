# cmake -DTEXT=page.css -DHEADER=page.css.h -DCONSTANT=kPageCss -DSOURCE=tools/eval/page.css -P embed_text.cmake
file(READ ${TEXT} text)
file(WRITE ${HEADER} "#pragma once  // made from ${SOURCE}

#include <string_view>

namespace diorama {
inline constexpr std::string_view ${CONSTANT} = R\"EMBEDDED(${text})EMBEDDED\";
}  // namespace diorama
")
