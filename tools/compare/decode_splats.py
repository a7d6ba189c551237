#!/usr/bin/env python3
"""Decodes SOG (version 2, .sog or folder) and SPZ (version 4) by the formats' own descriptions, without a line of
Diorama, and compares them with the 3DGS PLY of the same cloud.

    /usr/bin/python3 tools/compare/decode_splats.py cloud.ply cloud.sog [cloud.spz ...]

Needs numpy, Pillow (WebP) and zstandard. Splats are matched by their centres. Prints the largest and mean differences,
and ends with 1 where one is beyond what the format's bits explain.
"""
import io
import json
import os
import struct
import sys
import zipfile

import numpy as np
from PIL import Image

SH_COUNTS = {0: 0, 1: 3, 2: 8, 3: 15}


class Cloud:
    """Rows a splat: position, scale (ln), rotation (w x y z, unit), opacity (0..1), dc, rest [coefficient][channel]."""

    def __init__(self, position, log_scale, rotation, opacity, dc, rest):
        self.position = np.asarray(position, np.float64)
        self.log_scale = np.asarray(log_scale, np.float64)
        rotation = np.asarray(rotation, np.float64)
        self.rotation = rotation / np.linalg.norm(rotation, axis=1, keepdims=True)
        self.opacity = np.asarray(opacity, np.float64)
        self.dc = np.asarray(dc, np.float64)
        self.rest = np.asarray(rest, np.float64)

    def turned(self, motion):
        """By a row-major 4x4 rigid motion. SH of degree 1 and more would have to turn too; they are left out."""
        rotation = motion[:3, :3]
        position = self.position @ rotation.T + motion[:3, 3]
        w = np.sqrt(max(0.0, 1 + np.trace(rotation))) / 2
        if w > 1e-6:
            q = np.array([w, (rotation[2, 1] - rotation[1, 2]) / (4 * w), (rotation[0, 2] - rotation[2, 0]) / (4 * w),
                          (rotation[1, 0] - rotation[0, 1]) / (4 * w)])
        else:
            axis = np.sqrt(np.maximum(0, (np.diag(rotation) + 1) / 2))
            k = int(np.argmax(axis))
            for i in range(3):
                if i != k and rotation[k, i] < 0:
                    axis[i] = -axis[i]
            q = np.concatenate([[0.0], axis])
        return Cloud(position, self.log_scale, quaternion_product(q, self.rotation), self.opacity, self.dc,
                     np.zeros((len(position), 0, 3)))


def quaternion_product(a, b):
    w, x, y, z = a
    bw, bx, by, bz = b.T
    return np.stack([w * bw - x * bx - y * by - z * bz, w * bx + x * bw + y * bz - z * by,
                     w * by - x * bz + y * bw + z * bx, w * bz + x * by - y * bx + z * bw], axis=1)


def read_ply(path):
    """The cloud, and the motion of Diorama's record (the identity where there is none)."""
    with open(path, "rb") as file:
        data = file.read()
    end = data.index(b"end_header\n") + len(b"end_header\n")
    lines = data[:end].decode().splitlines()
    names = [line.split()[2] for line in lines if line.startswith("property float ")]
    count = next(int(line.split()[2]) for line in lines if line.startswith("element vertex "))
    rows = np.frombuffer(data, "<f4", count * len(names), end).reshape(count, len(names)).astype(np.float64)
    column = {name: rows[:, i] for i, name in enumerate(names)}
    pick = lambda *keys: np.stack([column[key] for key in keys], axis=1)
    rest_count = sum(name.startswith("f_rest_") for name in names) // 3
    rest = np.zeros((count, rest_count, 3))
    for channel in range(3):
        for k in range(rest_count):
            rest[:, k, channel] = column[f"f_rest_{channel * rest_count + k}"]
    record = "".join(line[len("comment diorama_record "):] for line in data[:end].decode().split("\n")
                     if line.startswith("comment diorama_record "))
    motion = np.array(json.loads(record)["asset_from_capture"]).reshape(4, 4) if record else np.eye(4)
    cloud = Cloud(pick("x", "y", "z"), pick("scale_0", "scale_1", "scale_2"), pick("rot_0", "rot_1", "rot_2", "rot_3"),
                  1 / (1 + np.exp(-column["opacity"])), pick("f_dc_0", "f_dc_1", "f_dc_2"), rest)
    return cloud, motion


def read_sog(path):
    if os.path.isdir(path):
        fetch = lambda name: open(os.path.join(path, name), "rb").read()
    else:
        archive = zipfile.ZipFile(path)
        fetch = archive.read
    meta = json.loads(fetch("meta.json"))
    assert meta["version"] == 2
    count = meta["count"]

    def texels(name, rows=count):
        image = Image.open(io.BytesIO(fetch(name)))
        assert image.format == "WEBP"
        return np.asarray(image.convert("RGBA")).reshape(-1, 4)[:rows].astype(np.int64)

    low, high = (texels(name) for name in meta["means"]["files"])
    code = low[:, :3] + 256 * high[:, :3]
    mins, maxs = np.array(meta["means"]["mins"]), np.array(meta["means"]["maxs"])
    v = mins + (maxs - mins) * code / 65535
    position = np.sign(v) * np.expm1(np.abs(v))
    log_scale = np.array(meta["scales"]["codebook"])[texels(meta["scales"]["files"][0])[:, :3]]
    quats = texels(meta["quats"]["files"][0])
    rotation = np.zeros((count, 4))
    others = {0: [1, 2, 3], 1: [0, 2, 3], 2: [0, 1, 3], 3: [0, 1, 2]}
    rotation[:, 0] = 1
    for largest, rest_index in others.items():
        rows = quats[:, 3] == 252 + largest
        parts = (quats[rows, :3] / 255 * 2 - 1) / np.sqrt(2)
        whole = np.zeros((parts.shape[0], 4))
        whole[:, rest_index] = parts
        whole[:, largest] = np.sqrt(np.maximum(0, 1 - (parts ** 2).sum(axis=1)))
        rotation[rows] = whole
    sh0 = texels(meta["sh0"]["files"][0])
    dc = np.array(meta["sh0"]["codebook"])[sh0[:, :3]]
    rest = np.zeros((count, 0, 3))
    if "shN" in meta:
        coefficients = SH_COUNTS[meta["shN"]["bands"]]
        centroid_file, label_file = meta["shN"]["files"]
        image = np.asarray(Image.open(io.BytesIO(fetch(centroid_file))).convert("RGBA"))
        assert image.shape[1] == 64 * coefficients
        labels = texels(label_file)
        label = labels[:, 0] + 256 * labels[:, 1]
        assert label.max() < meta["shN"]["count"]
        book = np.array(meta["shN"]["codebook"])
        column = (label % 64 * coefficients)[:, None] + np.arange(coefficients)
        rest = book[image[(label // 64)[:, None], column, :3]]
    return Cloud(position, log_scale, rotation, sh0[:, 3] / 255, dc, rest)


def read_spz(path):
    import zstandard
    with open(path, "rb") as file:
        data = file.read()
    magic, version, count, degree, bits, _, streams, toc = struct.unpack_from("<IIIBBBBI", data)
    assert magic == 0x5053474E and version == 4
    place, parts = toc + 16 * streams, []
    for i in range(streams):
        packed, size = struct.unpack_from("<QQ", data, toc + 16 * i)
        part = zstandard.ZstdDecompressor().decompress(data[place:place + packed], max_output_size=size)
        assert len(part) == size
        parts.append(np.frombuffer(part, np.uint8).astype(np.int64))
        place += packed
    triples = parts[0].reshape(count, 3, 3)
    fixed = triples[:, :, 0] + (triples[:, :, 1] << 8) + (triples[:, :, 2] << 16)
    fixed = np.where(fixed >= 1 << 23, fixed - (1 << 24), fixed)
    dc = (parts[2].reshape(count, 3) / 255 - 0.5) / 0.15
    log_scale = parts[3].reshape(count, 3) / 16 - 10
    word = parts[4].reshape(count, 4) @ np.array([1, 1 << 8, 1 << 16, 1 << 24])
    largest = word >> 30
    xyzw = np.zeros((count, 4))
    for k in range(3, -1, -1):
        stored = largest != k
        magnitude = (word & 511) / 511 * np.sqrt(0.5)
        value = np.where(word >> 9 & 1, -magnitude, magnitude)
        xyzw[:, k] = np.where(stored, value, 0)
        word = np.where(stored, word >> 10, word)
    rest_square = np.sqrt(np.maximum(0, 1 - (xyzw ** 2).sum(axis=1)))
    xyzw[np.arange(count), largest] = rest_square
    coefficients = SH_COUNTS[degree]
    rest = (parts[5].reshape(count, coefficients, 3) - 128) / 128 if coefficients else np.zeros((count, 0, 3))
    return Cloud(fixed / 2.0 ** bits, log_scale, xyzw[:, [3, 0, 1, 2]], parts[1] / 255, dc, rest)


def matched(cloud, other, step):
    """For each splat of `other` the index in `cloud`: nearest centre among those in the neighbouring cells; of several
    that near the one of the most similar shape and colour."""
    cells = {}
    size = 4 * step
    for i, cell in enumerate(map(tuple, np.floor(cloud.position / size).astype(np.int64))):
        cells.setdefault(cell, []).append(i)
    index = np.full(len(other.position), -1)
    for i, p in enumerate(other.position):
        base = np.floor(p / size).astype(np.int64)
        near = [k for dx in (-1, 0, 1) for dy in (-1, 0, 1) for dz in (-1, 0, 1)
                for k in cells.get((base[0] + dx, base[1] + dy, base[2] + dz), ())]
        if not near:
            continue
        near = np.array(near)
        score = (np.linalg.norm(cloud.position[near] - p, axis=1) / step
                 + np.linalg.norm(cloud.log_scale[near] - other.log_scale[i], axis=1)
                 + np.linalg.norm(cloud.dc[near] - other.dc[i], axis=1))
        index[i] = near[np.argmin(score)]
    return index


def compare(name, cloud, other, limits):
    assert len(cloud.position) == len(other.position), "another number of splats"
    if np.linalg.norm(cloud.position - other.position, axis=1).max() <= limits["position"]:
        index = np.arange(len(cloud.position))  # in the same order
    else:
        index = matched(cloud, other, limits["position"])
    assert (index >= 0).all(), f"{(index < 0).sum()} splats are not where the PLY has them"
    found = {
        "position": np.linalg.norm(cloud.position[index] - other.position, axis=1),
        "log_scale": np.abs(np.clip(cloud.log_scale[index], -10, 6) - np.clip(other.log_scale, -10, 6)).max(axis=1),
        "rotation_deg": np.degrees(2 * np.arccos(np.minimum(
            1, np.abs((cloud.rotation[index] * other.rotation).sum(axis=1))))),
        "opacity": np.abs(cloud.opacity[index] - other.opacity),
        "dc": np.abs(np.clip(cloud.dc[index], -3.3, 3.3) - np.clip(other.dc, -3.3, 3.3)).max(axis=1),
    }
    if other.rest.shape[1] and cloud.rest.shape[1]:
        found["rest_rms"] = np.sqrt(np.mean((cloud.rest[index] - other.rest) ** 2, axis=(1, 2)))
    good = True
    for key, off in found.items():
        within = np.quantile(off, 0.999) <= limits[key]
        good = good and within
        print(f"{name} {key}: mean {off.mean():.3g}, 99.9 % within {np.quantile(off, 0.999):.3g}, most {off.max():.3g}"
              + ("" if within else f", expected {limits[key]:.3g}"))
    return good


def main(arguments):
    if len(arguments) < 2:
        print(__doc__)
        return 2
    ply, motion = read_ply(arguments[0])
    reach = np.abs(ply.position).max() + 1
    good = True
    for path in arguments[1:]:
        if path.endswith(".spz"):
            # In the asset's frame. Steps of 1/4096 m, ln s of 1/16, nine bits of a quaternion's part, SH of 1/32 and
            # 1/16 (values beyond 1 are cut).
            limits = {"position": 5e-4, "log_scale": 0.033, "rotation_deg": 0.4, "opacity": 0.003, "dc": 0.015,
                      "rest_rms": 0.2}
            good = compare(path, ply.turned(motion) if not np.array_equal(motion, np.eye(4)) else ply, read_spz(path),
                           limits) and good
        else:
            # In the capture's frame. 16 bits of the range of ln(|x| + 1), eight of a quaternion's part, codebooks, whose
            # outermost levels stand for rare values.
            limits = {"position": 4 * reach * np.log(reach) / 65535 + 1e-5, "log_scale": 0.3, "rotation_deg": 1.0,
                      "opacity": 0.003, "dc": 0.2, "rest_rms": 0.3}
            good = compare(path, ply, read_sog(path), limits) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
