#!/usr/bin/env python3
"""Scores a 3DGS PLY on the cameras of a transforms.json, from the field's textbook formulas alone.

    apt-get install python3-numpy python3-pil
    diorama fit CAPTURE --as splats -o room.glb --cameras cameras.json && diorama convert room.glb room.ply
    tools/compare/score_splats.py room.ply cameras.json --images CAPTURE/color [--split test] [--scale 0.5]

It shares nothing with Diorama: the PLY is read by its property names, and pictures are drawn as Kerbl et al., "3D
Gaussian Splatting for Real-Time Radiance Field Rendering", 2023 have it (EWA projection with 0.3 square pixels added,
SH of degree 0 to 3 in display space, alpha at most 0.99 and at least 1/255, blending until 1e-4 is left). The
cameras' K, OpenGL poses and image paths are those of CAMERAS.json; the splats are in the same world. Slow: about a
second a frame for 30,000 splats at 320x240.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
from PIL import Image

PLY_TYPES = {"char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
             "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
             "double": "f8", "float64": "f8"}
NEAR_M = 0.2
BLUR_PX2 = 0.3
MAX_ALPHA, MIN_ALPHA, MIN_TRANSMITTANCE = 0.99, 1 / 255, 1e-4


def read_ply(path: pathlib.Path):
    """Columns of the element vertex by name, and the header's comments."""
    data = path.read_bytes()
    end = data.index(b"end_header\n") + len(b"end_header\n")
    order, comments, fields, count, in_vertex = "<", [], [], 0, False
    for line in data[:end].decode("utf-8", "replace").splitlines():
        words = line.split()
        if words[0] == "format":
            order = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}[words[1]]
        elif words[0] == "comment":
            comments.append(line[len("comment "):])
        elif words[0] == "element":
            in_vertex = words[1] == "vertex"
            count = int(words[2]) if in_vertex else count
        elif words[0] == "property" and in_vertex:
            fields.append((words[2], PLY_TYPES[words[1]]))
    if order == "":
        table = np.loadtxt(data[end:].decode().splitlines()[:count], ndmin=2)
        return {name: table[:, i] for i, (name, _) in enumerate(fields)}, comments
    rows = np.frombuffer(data, np.dtype([(name, order + kind) for name, kind in fields]), count, end)
    return {name: rows[name].astype(np.float64) for name, _ in fields}, comments


class Splats:
    def __init__(self, path: pathlib.Path):
        columns, comments = read_ply(path)
        stack = lambda names: np.stack([columns[name] for name in names], axis=1)
        self.means = stack(["x", "y", "z"])
        self.opacities = 1 / (1 + np.exp(-columns["opacity"]))
        scales = np.exp(stack(["scale_0", "scale_1", "scale_2"]))
        quaternions = stack(["rot_0", "rot_1", "rot_2", "rot_3"])
        axes = rotation_matrices(quaternions) * scales[:, None, :]
        self.covariances = axes @ axes.transpose(0, 2, 1)
        rest = sum(name.startswith("f_rest_") for name in columns) // 3
        self.sh = np.zeros((len(self.means), rest + 1, 3))
        self.sh[:, 0] = stack(["f_dc_0", "f_dc_1", "f_dc_2"])
        for channel in range(3):
            for k in range(rest):
                self.sh[:, k + 1, channel] = columns[f"f_rest_{channel * rest + k}"]
        self.antialiased = "antialiased 1" in comments or "SplatRenderMode: mip" in comments


def rotation_matrices(quaternions):
    w, x, y, z = (quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)).T
    return np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
                     2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                     2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1).reshape(-1, 3, 3)


def colors_seen_from(splats: Splats, eye):
    direction = splats.means - eye
    x, y, z = (direction / np.linalg.norm(direction, axis=1, keepdims=True)).T
    one = np.ones_like(x)
    basis = [0.28209479177387814 * one,
             -0.4886025119029199 * y, 0.4886025119029199 * z, -0.4886025119029199 * x,
             1.0925484305920792 * x * y, -1.0925484305920792 * y * z,
             0.31539156525252005 * (2 * z * z - x * x - y * y), -1.0925484305920792 * x * z,
             0.5462742152960396 * (x * x - y * y),
             -0.5900435899266435 * y * (3 * x * x - y * y), 2.890611442640554 * x * y * z,
             -0.4570457994644658 * y * (4 * z * z - x * x - y * y),
             0.3731763325901154 * z * (2 * z * z - 3 * x * x - 3 * y * y),
             -0.4570457994644658 * x * (4 * z * z - x * x - y * y), 1.445305721320277 * z * (x * x - y * y),
             -0.5900435899266435 * x * (x * x - 3 * y * y)]
    count = splats.sh.shape[1]
    return np.maximum(0.5 + np.einsum("ki,ikc->ic", np.stack(basis[:count]), splats.sh), 0)


class Camera:
    def __init__(self, cameras: dict, frame: dict):
        value = lambda key, absent=None: frame.get(key, cameras.get(key, absent))
        for key in ("k1", "k2", "k3", "k4", "p1", "p2"):
            if value(key, 0) != 0:
                raise SystemExit(f"{frame['file_path']}: has the lens distortion {key}, which is not drawn")
        self.width, self.height = int(value("w")), int(value("h"))
        self.focal = np.array([value("fl_x"), value("fl_y", value("fl_x"))])
        self.center = np.array([value("cx"), value("cy")])
        matrix = np.array(frame["transform_matrix"], dtype=np.float64)
        self.world_from_camera = matrix[:3, :3] @ np.diag([1.0, -1.0, -1.0])  # +y down, +z forward
        self.eye = matrix[:3, 3]

    def scale_to(self, width: int, height: int):
        ratio = np.array([width / self.width, height / self.height])
        self.width, self.height = width, height
        self.focal, self.center = self.focal * ratio, self.center * ratio


def project(splats: Splats, camera: Camera):
    """Means, inverse covariances, opacities, depths in the picture, and which splats are in front of the camera."""
    rotation = camera.world_from_camera.T
    position = (splats.means - camera.eye) @ rotation.T
    x, y, z = position.T
    front = z > NEAR_M
    z = np.where(front, z, 1)
    limit = 1.3 * np.array([camera.width, camera.height]) / (2 * camera.focal)
    tx, ty = np.clip(x / z, -limit[0], limit[0]) * z, np.clip(y / z, -limit[1], limit[1]) * z
    zero = np.zeros_like(z)
    jacobian = np.stack([camera.focal[0] / z, zero, -camera.focal[0] * tx / z**2,
                         zero, camera.focal[1] / z, -camera.focal[1] * ty / z**2], axis=1).reshape(-1, 2, 3)
    affine = jacobian @ rotation
    covariance = affine @ splats.covariances @ affine.transpose(0, 2, 1)
    sharp = covariance[:, 0, 0] * covariance[:, 1, 1] - covariance[:, 0, 1] ** 2
    covariance[:, 0, 0] += BLUR_PX2
    covariance[:, 1, 1] += BLUR_PX2
    blurred = covariance[:, 0, 0] * covariance[:, 1, 1] - covariance[:, 0, 1] ** 2
    opacities = splats.opacities
    if splats.antialiased:
        opacities = opacities * np.sqrt(np.maximum(sharp / blurred, 0.005**2))
    mean = np.stack([x / z, y / z], axis=1) * camera.focal + camera.center
    return mean, covariance, blurred, opacities, front


def render(splats: Splats, camera: Camera, background: float, by_z: bool):
    mean, covariance, determinant, opacities, front = project(splats, camera)
    colors = colors_seen_from(splats, camera.eye)
    offset = splats.means - camera.eye
    key = offset @ camera.world_from_camera[:, 2] if by_z else np.linalg.norm(offset, axis=1)
    drawable = front & (opacities >= MIN_ALPHA)
    # Where opacity * exp(-d^2 / 2) falls below 1/255.
    reach = np.sqrt(2 * np.log(np.maximum(opacities * 255, 1)))
    extent = reach[:, None] * np.sqrt(np.stack([covariance[:, 0, 0], covariance[:, 1, 1]], axis=1))
    size = np.array([camera.width, camera.height])
    first = np.clip(np.floor(mean - extent - 0.5), 0, size).astype(int)
    last = np.clip(np.ceil(mean + extent + 0.5), 0, size).astype(int)
    drawable &= np.all(last > first, axis=1)
    picture = np.zeros((camera.height, camera.width, 3))
    transmittance = np.ones((camera.height, camera.width))
    open_pixels = np.ones((camera.height, camera.width), dtype=bool)
    order = np.argsort(key, kind="stable")
    for i in order[drawable[order]]:
        (x0, y0), (x1, y1) = first[i], last[i]
        dx = np.arange(x0, x1) + 0.5 - mean[i, 0]
        dy = (np.arange(y0, y1) + 0.5 - mean[i, 1])[:, None]
        xx, xy, yy = covariance[i, 1, 1], -covariance[i, 0, 1], covariance[i, 0, 0]
        power = -0.5 * (xx * dx * dx + yy * dy * dy + 2 * xy * dx * dy) / determinant[i]
        alpha = np.minimum(opacities[i] * np.exp(power), MAX_ALPHA)
        window = (slice(y0, y1), slice(x0, x1))
        drawn = open_pixels[window] & (alpha >= MIN_ALPHA)
        left = transmittance[window] * (1 - alpha)
        full = drawn & (left < MIN_TRANSMITTANCE)
        open_pixels[window] &= ~full
        drawn &= ~full
        weight = np.where(drawn, alpha * transmittance[window], 0)
        picture[window] += weight[:, :, None] * colors[i]
        transmittance[window] = np.where(drawn, left, transmittance[window])
    return picture + transmittance[:, :, None] * background


def to_bytes(picture):
    return np.floor(np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def find_image(folder: pathlib.Path, file_path: str) -> pathlib.Path:
    """The picture of a frame; file_path may be the frame's id alone, as `fit --cameras` has it."""
    endings = ["", ".png", ".jpg", ".jpeg", ".color.png", ".color.jpg"]
    for ending in endings:
        path = folder / (file_path + ending)
        if path.is_file():
            return path
    raise SystemExit(f"{folder / file_path}: there is no such picture (.png or .jpg); --images names their folder")


def recorded_picture(path: pathlib.Path, scale: float):
    """The recorded picture, over white where it has alpha, shrunk by area; and the background to draw over."""
    image = Image.open(path)
    has_alpha = image.mode in ("RGBA", "LA")
    if has_alpha:
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image.convert("RGBA"))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image = image.convert("RGB").resize(size, Image.BOX)
    return np.asarray(image), 1.0 if has_alpha else 0.0


def psnr(a, b) -> float:
    error = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return 100.0 if error == 0 else min(100.0, float(10 * np.log10(255**2 / error)))


def chosen(cameras: dict, split: str):
    frames = cameras["frames"]
    if split == "all":
        return frames
    if any("split" in frame for frame in frames):
        return [frame for frame in frames if frame.get("split", "train") == split]
    return [frame for i, frame in enumerate(frames) if (i % 8 == 0) == (split == "test")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("splats", type=pathlib.Path, help="the PLY")
    parser.add_argument("cameras", type=pathlib.Path, help="transforms.json with K, pose and image of every frame")
    parser.add_argument("--split", choices=("test", "train", "all"), default="test",
                        help="frames to score; without `split` in the file every 8th is of test")
    parser.add_argument("--images", type=pathlib.Path, help="folder that the images' paths start from (default: the "
                        "cameras' own)")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the pictures, as a share")
    parser.add_argument("--sort", choices=("distance", "z"), default="distance",
                        help="order of the splats: by distance from the camera (KHR_gaussian_splatting) or by depth "
                        "(3DGS)")
    parser.add_argument("--out", type=pathlib.Path, help="write the drawn pictures to this folder")
    parser.add_argument("--no-score", action="store_true", help="draw alone, on black; the images need not be there")
    parser.add_argument("--json", type=pathlib.Path, help="write the scores to this file")
    args = parser.parse_args()
    cameras = json.loads(args.cameras.read_text())
    splats = Splats(args.splats)
    frames = chosen(cameras, args.split)
    if not frames:
        sys.exit(f"{args.cameras}: has no {args.split} frames")
    scores = []
    for frame in frames:
        camera = Camera(cameras, frame)
        truth, background = None, 0.0
        if not args.no_score:
            truth, background = recorded_picture(
                find_image(args.images or args.cameras.parent, frame["file_path"]), args.scale)
            camera.scale_to(truth.shape[1], truth.shape[0])
        elif args.scale != 1:
            camera.scale_to(max(1, round(camera.width * args.scale)), max(1, round(camera.height * args.scale)))
        picture = to_bytes(render(splats, camera, background, args.sort == "z"))
        if args.out:
            path = args.out / pathlib.Path(frame["file_path"]).with_suffix(".png")
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)
        if truth is not None:
            scores.append({"file_path": frame["file_path"], "psnr": psnr(truth, picture)})
            print(f"{frame['file_path']} {scores[-1]['psnr']:.3f}", flush=True)
    if scores:
        mean = float(np.mean([score["psnr"] for score in scores]))
        print(f"mean {mean:.3f}")
        if args.json:
            args.json.write_text(json.dumps({"frames": scores, "mean": {"psnr": mean}}, indent=1) + "\n")


if __name__ == "__main__":
    main()
