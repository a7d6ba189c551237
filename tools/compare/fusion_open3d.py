#!/usr/bin/env python3
"""Depth fusion beside Open3D's ScalableTSDFVolume: the same decoded frames, the two programs in turn, in one run.

    apt-get install python3-open3d
    tools/compare/fusion_open3d.py CAPTURE [--diorama build/release/tools/cli/diorama] [--json F]

CAPTURE has a transforms.json with depth (as 7-Scenes with a split). Both fuse the first training frames at the same
voxel and truncation with RGB colour; only integration is timed, images are decoded before. Open3D uses the threads that
it takes by default.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np
import open3d as o3d

OPENCV_FROM_OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])
DEPTH_MAX_M = 8.0  # of `diorama bench fusion` too


def read_frames(capture: pathlib.Path, count: int):
    description = json.loads((capture / "transforms.json").read_text())
    intrinsic = o3d.camera.PinholeCameraIntrinsic(
        int(description["w"]), int(description["h"]), description["fl_x"], description["fl_y"],
        description["cx"], description["cy"])
    frames = []
    for frame in description["frames"]:
        if frame.get("split", "train") != "train" or len(frames) == count:
            continue
        color = o3d.io.read_image(str(capture / frame["file_path"]))
        depth = np.asarray(o3d.io.read_image(str(capture / frame["depth_file_path"]))).copy()
        depth[depth == 65535] = 0
        image = o3d.geometry.RGBDImage.create_from_color_and_depth(
            color, o3d.geometry.Image(depth), depth_scale=1000.0, depth_trunc=DEPTH_MAX_M,
            convert_rgb_to_intensity=False)
        world_from_camera = np.array(frame["transform_matrix"]) @ OPENCV_FROM_OPENGL
        frames.append((image, np.linalg.inv(world_from_camera)))
    return intrinsic, frames


def open3d_run(intrinsic, frames, voxel_m: float, truncation_m: float):
    volume = o3d.pipelines.integration.ScalableTSDFVolume(
        voxel_length=voxel_m, sdf_trunc=truncation_m,
        color_type=o3d.pipelines.integration.TSDFVolumeColorType.RGB8)
    start = time.perf_counter()
    for image, camera_from_world in frames:
        volume.integrate(image, intrinsic, camera_from_world)
    integration_s = time.perf_counter() - start
    start = time.perf_counter()
    mesh = volume.extract_triangle_mesh()
    extraction_s = time.perf_counter() - start
    return {"integration_fps": len(frames) / integration_s, "extraction_s": extraction_s,
            "vertices": len(mesh.vertices), "triangles": len(mesh.triangles)}


def diorama_run(program: str, capture: pathlib.Path, frames: int, voxel_m: float, truncation_m: float):
    output = subprocess.run(
        [program, "--quiet", "bench", "fusion", str(capture), "--json", "-", "--repeats", "1", "--max-frames", str(frames),
         "--voxel", str(voxel_m), "--truncation", str(truncation_m / voxel_m), "--fuse-depth-max", str(DEPTH_MAX_M)],
        check=True, capture_output=True, text=True).stdout
    return json.loads(output)


def median_of(runs, key):
    return statistics.median(run[key] for run in runs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("capture", type=pathlib.Path)
    parser.add_argument("--diorama", default="build/release/tools/cli/diorama")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--voxel", type=float, default=0.02, help="m")
    parser.add_argument("--truncation", type=float, default=0.06, help="m")
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    if not (args.capture / "transforms.json").is_file():
        print(f"{args.capture}: has no transforms.json", file=sys.stderr)
        return 2

    intrinsic, frames = read_frames(args.capture, args.frames)
    peer, ours = [], []
    for _ in range(args.repeats):
        peer.append(open3d_run(intrinsic, frames, args.voxel, args.truncation))
        ours.append(diorama_run(args.diorama, args.capture, len(frames), args.voxel, args.truncation))
    ratios = [a["integration_fps"] / b["integration_fps"] for a, b in zip(ours, peer)]
    result = {
        "capture": args.capture.resolve().name, "frames": len(frames), "voxel_m": args.voxel,
        "truncation_m": args.truncation, "repeats": args.repeats, "cores": os.cpu_count(),
        "open3d_version": o3d.__version__,
        "open3d": {key: median_of(peer, key) for key in peer[0]},
        "diorama": {key: median_of(ours, key) for key in ("integration_fps", "extraction_s", "vertices", "triangles")},
        "integration_ratio": statistics.median(ratios), "integration_ratios": ratios,
    }
    print(json.dumps(result, indent=1))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
