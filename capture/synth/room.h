#pragma once

#include "capture/synth/geometry.h"

namespace diorama {

// The furnished room: inside of [-2.3, 2.3] x [0, 2.5] x [-1.9, 1.9], window to the west (-x), door to the south (+z).
SynthGeometry make_room();

// Its parts, each built where it belongs.
inline constexpr glm::vec3 kRoomMin{-2.3f, 0.0f, -1.9f}, kRoomMax{2.3f, 2.5f, 1.9f};
void add_room_shell(SynthGeometry& geometry);
void add_window(SynthGeometry& geometry);
void add_seats(SynthGeometry& geometry);   // sofa, chair
void add_tables(SynthGeometry& geometry);  // desk, coffee table, sideboard
void add_bookshelf(SynthGeometry& geometry);
void add_plant(SynthGeometry& geometry);
void add_lamps(SynthGeometry& geometry);  // desk lamp with its cable, floor lamp, pendant
void add_small_things(SynthGeometry& geometry);

}  // namespace diorama
