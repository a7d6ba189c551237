#!/usr/bin/env python3
"""Drawing a mesh beside VTK: the same .glb on the same trajectory, the two programs in turn, in one run.

    apt-get install python3-vtk9 xvfb
    tools/compare/render_vtk.py MESH.glb CAPTURE [--diorama build/release/tools/cli/diorama] [--json F] [--pictures DIR]

MESH.glb is an unlit mesh with vertex colours as `diorama fit --as mesh` writes it. Both sides draw the capture's
cameras at the same size with the same number of samples on Mesa's llvmpipe: VTK by OpenGL under Xvfb, Diorama by
Vulkan (lavapipe). On both sides colours are not lit, faces are culled as the material says, and a frame counts from
the call until its pixels lie in the program's memory. VTK's frame without the read-back is given, too, and the CPU time
of all threads a frame, which a busy machine disturbs less. VTK keeps
vertices and colours in buffers on the device between frames (one actor, nothing changes but the camera).
"""

import argparse
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import time

import numpy as np

SIZE = (640, 480)
NEAR_M, FAR_M = 0.01, 1000.0
COMPONENTS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


def start_display():
    """An Xvfb of our own; its number goes to DISPLAY."""
    read_end, write_end = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1280x1024x24"],
                              pass_fds=[write_end], stderr=subprocess.DEVNULL)
    os.close(write_end)
    with os.fdopen(read_end) as stream:
        number = stream.readline().strip()
    if not number:
        sys.exit("Xvfb does not start: install xvfb")
    os.environ["DISPLAY"] = ":" + number
    return server


def read_mesh(path: pathlib.Path):
    """Positions in the asset's frame, sRGB colours, triangles, and whether both sides show."""
    data = path.read_bytes()
    json_bytes = struct.unpack_from("<I", data, 12)[0]
    gltf, binary = json.loads(data[20:20 + json_bytes]), data[28 + json_bytes:]

    def array(index):
        accessor = gltf["accessors"][index]
        view = gltf["bufferViews"][accessor["bufferView"]]
        width = WIDTHS[accessor["type"]]
        flat = np.frombuffer(binary, COMPONENTS[accessor["componentType"]], accessor["count"] * width,
                             view.get("byteOffset", 0) + accessor.get("byteOffset", 0))
        return flat.reshape(accessor["count"], width)

    root = gltf["nodes"][gltf["scenes"][0]["nodes"][0]]
    matrix = np.array(root.get("matrix", np.eye(4).T.ravel())).reshape(4, 4).T
    if "rotation" in root or "translation" in root:
        matrix = rigid(root.get("rotation", [0, 0, 0, 1]), root.get("translation", [0, 0, 0]))
    primitive = gltf["meshes"][0]["primitives"][0]
    positions = array(primitive["attributes"]["POSITION"]) @ matrix[:3, :3].T + matrix[:3, 3]
    linear = array(primitive["attributes"]["COLOR_0"])[:, :3] / 65535.0
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.power(linear, 1 / 2.4) - 0.055)
    material = gltf["materials"][primitive["material"]]
    return (positions.astype(np.float32), (255 * srgb + 0.5).astype(np.uint8),
            array(primitive["indices"]).reshape(-1, 3).astype(np.int64), material.get("doubleSided", False))


def rigid(quaternion, translation):
    x, y, z, w = quaternion
    matrix = np.eye(4)
    matrix[:3, :3] = [[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                      [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                      [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]]
    matrix[:3, 3] = translation
    return matrix


class VtkView:
    def __init__(self, mesh: pathlib.Path, samples: int):
        import vtk
        from vtk.util import numpy_support
        self.vtk = vtk
        positions, colors, triangles, double_sided = read_mesh(mesh)
        points = vtk.vtkPoints()
        points.SetData(numpy_support.numpy_to_vtk(positions, deep=True))
        cells = vtk.vtkCellArray()
        cells.SetData(3, numpy_support.numpy_to_vtkIdTypeArray(np.ascontiguousarray(triangles).ravel(), deep=True))
        poly = vtk.vtkPolyData()
        poly.SetPoints(points)
        poly.SetPolys(cells)
        poly.GetPointData().SetScalars(numpy_support.numpy_to_vtk(colors, deep=True))
        mapper = vtk.vtkPolyDataMapper()
        mapper.SetInputData(poly)
        mapper.SetColorModeToDirectScalars()
        mapper.StaticOn()
        actor = vtk.vtkActor()
        actor.SetMapper(mapper)
        actor.GetProperty().LightingOff()
        actor.GetProperty().SetBackfaceCulling(not double_sided)
        self.renderer = vtk.vtkRenderer()
        self.renderer.AddActor(actor)
        self.window = vtk.vtkRenderWindow()
        self.window.SetOffScreenRendering(1)
        self.window.SetMultiSamples(samples if samples > 1 else 0)
        self.window.SetSize(*SIZE)
        self.window.AddRenderer(self.renderer)
        self.pixels = vtk.vtkUnsignedCharArray()
        self.triangles = len(triangles)

    def set_camera(self, camera):
        world = np.array(camera["world_from_camera"]).reshape(4, 4)
        eye, right, down, forward = world[:3, 3], world[:3, 0], world[:3, 1], world[:3, 2]
        target = self.renderer.GetActiveCamera()
        target.SetPosition(*eye)
        target.SetFocalPoint(*(eye + forward))
        target.SetViewUp(*(-down))
        (fx, fy), (cx, cy), (width, height) = camera["focal_px"], camera["center_px"], SIZE
        matrix = self.vtk.vtkMatrix4x4()
        matrix.DeepCopy([2 * fx / width, 0, 1 - 2 * cx / width, 0,
                         0, 2 * fy / height, 2 * cy / height - 1, 0,
                         0, 0, -(FAR_M + NEAR_M) / (FAR_M - NEAR_M), -2 * FAR_M * NEAR_M / (FAR_M - NEAR_M),
                         0, 0, -1, 0])
        target.SetExplicitProjectionTransformMatrix(matrix)
        target.UseExplicitProjectionTransformMatrixOn()

    def draw(self, camera):
        """Milliseconds until the driver is done, and until the pixels are here."""
        start = time.perf_counter()
        self.set_camera(camera)
        self.window.Render()
        self.window.WaitForCompletion()
        drawn = time.perf_counter()
        self.window.GetRGBACharPixelData(0, 0, SIZE[0] - 1, SIZE[1] - 1, 0, self.pixels)
        return 1e3 * (drawn - start), 1e3 * (time.perf_counter() - start)

    def run(self, cameras, warm_up: int):
        for i in range(warm_up):
            self.draw(cameras[i % len(cameras)])
        cpu_start = time.process_time()
        times = [self.draw(camera) for camera in cameras]
        return {"drawn_ms": statistics.median(t[0] for t in times), "frame_ms": statistics.median(t[1] for t in times),
                "frame_cpu_ms": 1e3 * (time.process_time() - cpu_start) / len(times)}

    def driver(self):
        lines = self.window.ReportCapabilities().splitlines()
        return next((line.split(":", 1)[1].strip() for line in lines if "renderer string" in line), "unknown")

    def close(self):
        """Before the display goes."""
        self.window.Finalize()

    def save(self, path: pathlib.Path, camera):
        self.draw(camera)
        from vtk.util import numpy_support
        image = numpy_support.vtk_to_numpy(self.pixels).reshape(SIZE[1], SIZE[0], 4)[::-1, :, :3]
        path.write_bytes(b"P6 %d %d 255\n" % SIZE + np.ascontiguousarray(image).tobytes())


def diorama_run(args):
    output = subprocess.run(
        [args.diorama, "--quiet", "bench", "render", str(args.mesh), "--trajectory", str(args.capture), "--json", "-",
         "--size", "%dx%d" % SIZE, "--samples", str(args.samples), "--warm-up", str(args.warm_up),
         "--backend", args.backend, "--device", "llvmpipe"],
        check=True, capture_output=True, text=True).stdout
    return json.loads(output)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mesh", type=pathlib.Path)
    parser.add_argument("capture", type=pathlib.Path)
    parser.add_argument("--diorama", default="build/release/tools/cli/diorama")
    parser.add_argument("--backend", choices=["vulkan", "cpu"], default="vulkan", help="of diorama")
    parser.add_argument("--samples", type=int, choices=[1, 4], default=4, help="colour samples a pixel, on both sides")
    parser.add_argument("--rounds", type=int, default=5, help="times that each program draws the trajectory")
    parser.add_argument("--warm-up", type=int, default=10, help="frames before each round")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path, help="folder for VTK's picture of the first camera")
    args = parser.parse_args()

    server = None if os.environ.get("DISPLAY") else start_display()
    os.environ.update(LIBGL_ALWAYS_SOFTWARE="1", GALLIUM_DRIVER="llvmpipe")
    try:
        ours = [diorama_run(args)]
        cameras = ours[0]["cameras"]
        view = VtkView(args.mesh, args.samples)
        peer = [view.run(cameras, args.warm_up)]
        for _ in range(args.rounds - 1):
            ours.append(diorama_run(args))
            peer.append(view.run(cameras, args.warm_up))
        result = {
            "mesh": args.mesh.name, "triangles": view.triangles, "frames": len(cameras), "size_px": SIZE,
            "samples": args.samples, "samples_of_vtk": view.window.GetMultiSamples(), "rounds": args.rounds,
            "cores": os.cpu_count(), "vtk_version": view.vtk.vtkVersion.GetVTKVersion(), "vtk_driver": view.driver(),
            "diorama_driver": ours[0]["device"] or "CPU rasteriser",
            "vtk": {key: statistics.median(run[key] for run in peer) for key in peer[0]},
            "diorama": {"frame_ms": statistics.median(run["frame_ms"] for run in ours),
                        "frame_cpu_ms": statistics.median(run["frame_cpu_ms"] for run in ours),
                        "overlapped_frames_per_s": statistics.median(run["overlapped_frames_per_s"] for run in ours)},
        }
        ratios = [b["frame_ms"] / a["frame_ms"] for a, b in zip(ours, peer)]
        result["speed_ratio"], result["speed_ratios"] = statistics.median(ratios), ratios
        result["cpu_ratio"] = statistics.median(b["frame_cpu_ms"] / a["frame_cpu_ms"] for a, b in zip(ours, peer))
        print(json.dumps(result, indent=1))
        if args.json:
            args.json.write_text(json.dumps(result, indent=1) + "\n")
        if args.pictures:
            args.pictures.mkdir(parents=True, exist_ok=True)
            view.save(args.pictures / "vtk.ppm", cameras[0])
        view.close()
    finally:
        if server:
            server.terminate()
    return 0


if __name__ == "__main__":
    sys.exit(main())
