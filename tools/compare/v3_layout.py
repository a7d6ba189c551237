#!/usr/bin/env python3
"""Codes a performance as splats in the layout that V3 (VideoGS, arXiv 2409.13648) publishes, and decodes it again.

    /usr/bin/python3 tools/compare/v3_layout.py show.glb v3.glb [--qp 25] [--keep-partial-group] [--group 20]

Written from the description of the published code (compress_ckpt_2_image_precompute.py, compress_image_2_video.py), not
from its text: one x264 stream a scalar in 4:4:4 of full range (yuvj444p, of which luma alone is used here), square
pictures whose side is a multiple of 8, scales linear, opacities linear, rotations w x y z normalised; each scalar's range
is that of its frame, 8 bits, truncated; positions 16 bits in two pictures, the high byte at QP 0; colours, scales and
rotations at min(QP, 22), low bytes and opacity at QP; three pictures for normals that are 0; SH of degree 1 and more is
left out. Splats stay in the order of their file; nothing is sorted. A group that is not whole is dropped by the
published code: --keep-partial-group keeps it. Groups are those of the performance, cut into pieces of --group.

show.glb is what `diorama fit --as splat-video` wrote; v3.glb and v3.groups hold what is decoded
(docs/splat_sequence.md), for `diorama eval`. Prints a JSON line: bytes, frames, bytes a frame. Needs numpy and ffmpeg.
"""
import argparse
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

import numpy as np

HEAD = struct.Struct("<8sIIIIQQ6f")
STREAMS = 20
EXACT = (1, 3, 5)
CAPPED = (9, 10, 11, 13, 14, 15, 16, 17, 18, 19)
CAP = 22


def read_group(path):
    """Head, times, and a frame's arrays: positions, scales, rotations x y z w, opacities, SH."""
    with open(path, "rb") as file:
        data = file.read()
    magic, version, frames, count, degree, first, key, *_ = HEAD.unpack_from(data)
    if magic != b"DIOSPLGR" or version != 1:
        sys.exit(f"{path}: is no group of splats of version 1")
    times = np.frombuffer(data, "<f8", frames, HEAD.size)
    coefficients = (degree + 1) ** 2
    floats = np.frombuffer(data, "<f4", offset=HEAD.size + 8 * frames)
    floats = floats.reshape(frames, count * (11 + 3 * coefficients))
    clouds = []
    for row in floats:
        parts = np.split(row, np.cumsum([3 * count, 3 * count, 4 * count, count]))
        clouds.append({"position": parts[0].reshape(count, 3), "scale": parts[1].reshape(count, 3),
                       "rotation": parts[2].reshape(count, 4), "opacity": parts[3],
                       "dc": parts[4].reshape(count, coefficients, 3)[:, 0]})
    return {"first": first, "key": key, "times": times, "clouds": clouds, "count": count}


def write_group(path, group):
    places = np.concatenate([cloud["position"] for cloud in group["clouds"]]).reshape(-1, 3)
    low, high = (places.min(0), places.max(0)) if len(places) else (np.zeros(3), np.zeros(3))
    with open(path, "wb") as file:
        file.write(HEAD.pack(b"DIOSPLGR", 1, len(group["clouds"]), group["count"], 0, group["first"], group["key"],
                             *low, *high))
        file.write(np.asarray(group["times"], "<f8").tobytes())
        for cloud in group["clouds"]:
            for name in ("position", "scale", "rotation", "opacity", "dc"):
                file.write(np.ascontiguousarray(cloud[name], "<f4").tobytes())


def scalars_of(cloud):
    """The 17 scalars whose ranges a frame keeps: position, normal, colour, opacity, scale, rotation w x y z."""
    rotation = cloud["rotation"] / np.linalg.norm(cloud["rotation"], axis=1, keepdims=True)
    return np.concatenate([cloud["position"], np.zeros_like(cloud["position"]), cloud["dc"],
                           cloud["opacity"][:, None], cloud["scale"], rotation[:, [3, 0, 1, 2]]], 1).astype(np.float64)


def codes_of(values, most):
    low, high = values.min(0), values.max(0)
    spread = np.where(high > low, high - low, 1)
    return ((values - low) / spread * most).astype(np.int64), low, high


def pictures_of(cloud, side):
    """20 pictures of a frame and the ranges of its 17 scalars."""
    values = scalars_of(cloud)
    places, low, high = codes_of(values[:, :3], 65535)
    rest, rest_low, rest_high = codes_of(values[:, 3:], 255)
    planes = [plane for axis in range(3) for plane in (places[:, axis] & 255, places[:, axis] >> 8)]
    planes += [rest[:, k] for k in range(rest.shape[1])]
    pictures = np.zeros((STREAMS, side * side), np.uint8)
    for index, plane in enumerate(planes):
        pictures[index, :len(plane)] = plane
    return pictures, (np.concatenate([low, rest_low]), np.concatenate([high, rest_high]))


def cloud_of(pictures, ranges, count):
    planes = pictures[:, :count].astype(np.float64)
    low, high = ranges
    codes = [planes[2 * axis] + 256 * planes[2 * axis + 1] for axis in range(3)]
    values = [low[k] + (high[k] - low[k]) * code / 65535 for k, code in enumerate(codes)]
    values += [low[3 + k] + (high[3 + k] - low[3 + k]) * planes[6 + k] / 255 for k in range(14)]
    values = np.stack(values, 1)
    rotation = values[:, 13:17]
    length = np.linalg.norm(rotation, axis=1, keepdims=True)
    rotation = np.where(length > 1e-6, rotation / np.maximum(length, 1e-6), [1.0, 0, 0, 0])
    return {"position": values[:, :3], "scale": np.maximum(values[:, 10:13], 0), "opacity": np.clip(values[:, 9], 0, 1),
            "rotation": rotation[:, [1, 2, 3, 0]], "dc": values[:, 6:9]}


def through_codec(pictures, side, qp, fps, path):
    """Luma of the pictures as a decoder gives them back; the stream stays at `path`."""
    size = f"{side}x{side}"
    grey = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", size, "-r", str(fps), "-i", "pipe:0"]
    run = ["ffmpeg", "-v", "error", "-y"]
    subprocess.run(run + grey + ["-vf", "scale=out_range=full", "-c:v", "libx264", "-threads", "1", "-qp", str(qp),
                                 "-pix_fmt", "yuvj444p", path], input=pictures.tobytes(), check=True)
    raw = subprocess.run(run + ["-i", path, "-f", "rawvideo", "-pix_fmt", "yuvj444p", "pipe:1"], check=True,
                         stdout=subprocess.PIPE).stdout
    return np.frombuffer(raw, np.uint8).reshape(len(pictures), 3, side * side)[:, 0]


def code_group(group, qp, fps, folder):
    """Through the codec; returns the bytes of its streams and changes its clouds."""
    count = group["count"]
    side = 8
    while side * side < count:
        side += 8
    frames = [pictures_of(cloud, side) for cloud in group["clouds"]]
    decoded = np.zeros((STREAMS, len(frames), side * side), np.uint8)
    size = 0
    for index in range(STREAMS):
        stream_qp = 0 if index in EXACT else min(qp, CAP) if index in CAPPED else qp
        path = os.path.join(folder, f"{index}.mp4")
        decoded[index] = through_codec(np.stack([f[0][index] for f in frames]), side, stream_qp, fps, path)
        size += os.path.getsize(path)
    group["clouds"] = [cloud_of(decoded[:, t], frames[t][1], count) for t in range(len(frames))]
    return size


def pieces_of(group, length, keep_partial):
    for begin in range(0, len(group["clouds"]), length):
        clouds = group["clouds"][begin:begin + length]
        if len(clouds) == length or keep_partial:
            yield dict(group, first=group["first"] + begin, times=group["times"][begin:begin + length], clouds=clouds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("output")
    parser.add_argument("--qp", type=int, default=25)
    parser.add_argument("--group", type=int, default=20)
    parser.add_argument("--keep-partial-group", action="store_true")
    args = parser.parse_args()
    source, output = (os.path.splitext(name)[0] + ".groups" for name in (args.source, args.output))
    with open(os.path.join(source, "sequence.json")) as file:
        index = json.load(file)
    times = index["times_s"]
    fps = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 30
    os.makedirs(output, exist_ok=True)
    coded, kept_times, size = [], [], 0
    for entry in index["groups"]:
        group = read_group(os.path.join(source, entry["file"]))
        for piece in pieces_of(group, args.group, args.keep_partial_group):
            if coded and piece["first"] != coded[-1]["first_frame"] + coded[-1]["frames"]:
                sys.exit(f"{args.source}: the group at frame {piece['first']} follows one that is not whole and is "
                         "dropped; use --keep-partial-group")
            if piece["count"] > 0:
                with tempfile.TemporaryDirectory() as folder:
                    size += code_group(piece, args.qp, fps, folder)
            name = f"group_{piece['first']:06d}.splats"
            write_group(os.path.join(output, name), piece)
            coded.append({"file": name, "first_frame": int(piece["first"]), "frames": len(piece["clouds"]),
                          "splats": piece["count"], "sh_degree": 0})
            kept_times += [float(time) for time in piece["times"]]
    if not coded:
        sys.exit(f"{args.source}: no group has {args.group} frames; use --keep-partial-group")
    # What is not the splats': a range of 17 scalars a frame as text, about as viewer_min_max.json has it.
    size += sum(entry["frames"] for entry in coded) * 34 * 20
    if index["background"] is not None:
        shutil.copy(os.path.join(source, index["background"]), output)
    index.update(groups=coded, times_s=kept_times)
    index["record"]["splat_groups"] = os.path.basename(output)
    with open(os.path.join(output, "sequence.json"), "w") as file:
        json.dump(index, file)
    write_glb(args.source, args.output, os.path.basename(output))
    print(json.dumps({"qp": args.qp, "frames": len(kept_times), "bytes": size, "bytes_per_frame": size / len(kept_times)}))


def write_glb(source, output, groups):
    """The source's first frame; the record names the folder of the decoded groups."""
    with open(source, "rb") as file:
        data = file.read()
    length = struct.unpack_from("<I", data, 12)[0]
    text = json.loads(data[20:20 + length])
    text["asset"]["extras"]["diorama"]["splat_groups"] = groups
    body = json.dumps(text).encode()
    body += b" " * (-len(body) % 4)
    rest = data[20 + length:]
    with open(output, "wb") as file:
        file.write(struct.pack("<4sII", b"glTF", 2, 20 + len(body) + len(rest)))
        file.write(struct.pack("<I4s", len(body), b"JSON") + body + rest)


if __name__ == "__main__":
    main()
