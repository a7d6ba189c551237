#!/usr/bin/env python3
"""Decodes one frame of a splat video, written from docs/splat_video.md alone. Needs numpy and the ffmpeg program.

usage: decode_splat_video.py coded.glb REPRESENTATION FRAME OUT.txt

OUT.txt gets a line a splat: position (3), scales (3), rotation x y z w (4), opacity, colour of SH degree 0 (3).
"""
import json
import os
import struct
import subprocess
import sys

import numpy as np


def extension(path):
    with open(path, "rb") as file:
        magic, _, _, length, kind = struct.unpack("<4sIII4s", file.read(20))
        assert magic == b"glTF" and kind == b"JSON"
        return json.loads(file.read(length))["extensions"]["DIORAMA_splat_video"]


def pictures(folder, track, segment, count):
    """Planes (luma, cb, cr) of the first `count` pictures of a segment."""
    with open(os.path.join(folder, track["file"]), "rb") as file:
        file.seek(track["initOffset"])
        data = file.read(track["initBytes"])
        file.seek(segment[0])
        data += file.read(segment[1])
    width, height = track["size"]
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", "pipe:0", "-fps_mode", "passthrough", "-pix_fmt", "yuvj420p",
                          "-f", "rawvideo", "pipe:1"], input=data, stdout=subprocess.PIPE, check=True).stdout
    size, half = width * height, (width // 2) * (height // 2)
    result = []
    for i in range(count):
        planes = np.frombuffer(raw, np.uint8, size + 2 * half, i * (size + 2 * half))
        result.append((planes[:size].reshape(height, width),
                       planes[size:size + half].reshape(height // 2, width // 2),
                       planes[size + half:].reshape(height // 2, width // 2)))
    return result


def tile(plane, track, index, splats):
    tile_width, tile_height = track["tile"]
    columns = plane.shape[1] // tile_width
    x0, y0 = index % columns * tile_width, index // columns * tile_height
    i = np.arange(splats)
    block, m = i // 256, i % 256
    x = block % (tile_width // 16) * 16
    y = block // (tile_width // 16) * 16
    for bit in range(4):
        x = x + ((m >> 2 * bit & 1) << bit)
        y = y + ((m >> 2 * bit + 1 & 1) << bit)
    return plane[y0 + y, x0 + x].astype(np.float64)


def with_w(v):
    w = np.sqrt(np.maximum(0, 1 - (v * v).sum(-1)))
    q = np.concatenate([v, w[..., None]], -1)
    return q / np.linalg.norm(q, axis=-1, keepdims=True)


def product(a, b):
    u, v = a[..., :3], b[..., :3]
    vector = a[..., 3:] * v + b[..., 3:] * u + np.cross(u, v)
    return np.concatenate([vector, a[..., 3:] * b[..., 3:] - (u * v).sum(-1, keepdims=True)], -1)


def rotate(q, p):
    t = 2 * np.cross(q[..., :3], p)
    return p + q[..., 3:] * t + np.cross(q[..., :3], t)


def predict(base, rotations, shifts):
    nodes = len(rotations)
    if nodes == 0:
        return base, np.tile([0.0, 0, 0, 1], (len(base), 1))
    places = base[:nodes]
    distances = np.linalg.norm(base[:, None] - places[None], axis=-1)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :5]
    d = np.take_along_axis(distances, nearest, 1)
    w = (1 - d[:, :4] / (d[:, 4:] + 1e-9)) ** 2
    w /= w.sum(1, keepdims=True)
    place, turn = 0, 0
    first = rotations[nearest[:, 0]]
    for k in range(4):
        node = nearest[:, k]
        moved = rotate(rotations[node], base - places[node]) + places[node] + shifts[node]
        place = place + w[:, k:k + 1] * moved
        sign = np.where((rotations[node] * first).sum(1, keepdims=True) < 0, -1, 1)
        turn = turn + sign * w[:, k:k + 1] * rotations[node]
    return place, turn / np.linalg.norm(turn, axis=1, keepdims=True)


def decode(path, representation, frame):
    video = extension(path)
    assert video["version"] == 1
    index = 0
    while frame >= video["groups"][index]["frames"]:
        frame -= video["groups"][index]["frames"]
        index += 1
    group, one = video["groups"][index], [r for r in video["representations"] if r["id"] == representation][0]
    folder, n = os.path.dirname(os.path.abspath(path)), group["splats"]
    exact = pictures(folder, video["exact"], video["exactSegments"][index], frame + 1)[frame][0]
    lossy = pictures(folder, one["lossy"], one["segments"][index], frame + 1)[frame]

    code = np.stack([tile(exact, video["exact"], axis, n) for axis in range(3)], 1)
    if group["baseLowBits"] > 0:
        low = np.stack([tile(exact, video["exact"], 3 + axis, n) for axis in range(3)], 1)
        code = code * 2 ** group["baseLowBits"] + low
    base = np.array(group["baseLow"]) + group["baseStep"] * code
    extra = exact[exact.shape[0] - video["exact"]["extraRows"]:].ravel().astype(np.float64)
    extra = extra[:12 * group["nodes"]].reshape(-1, 6, 2)
    values = (extra[..., 0] * 256 + extra[..., 1]) / 32767.5 - 1
    place, turn = predict(base, with_w(values[:, :3]), group["nodeShift"] * values[:, 3:])

    places = {10: (1, 0), 11: (1, 1), 12: (2, 0)}
    scalars = []
    for s, (low, high, levels) in enumerate(group["scalars"]):
        plane, at = places.get(s, (0, s if s < 10 else s - 3))
        codes = np.minimum(tile(lossy[plane], one["lossy"], at, n), levels)
        scalars.append(low + (high - low) * codes / levels)
    scalars = np.stack(scalars, 1)
    y, co, opacity, cg = scalars[:, 9], scalars[:, 10], np.clip(scalars[:, 11], 0, 1), scalars[:, 12]
    color = np.stack([y - cg / 2 + co / 2, y + cg / 2, y - cg / 2 - co / 2], 1)
    rotation = product(turn, with_w(scalars[:, 3:6]))
    return np.concatenate([place + scalars[:, :3], np.exp(scalars[:, 6:9]), rotation, opacity[:, None], color], 1)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    np.savetxt(sys.argv[4], decode(sys.argv[1], sys.argv[2], int(sys.argv[3])), fmt="%.7g")
