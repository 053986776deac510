#!/usr/bin/env python3
"""Pictures of Tests/MyelinTests/Pictures and what Pillow reads in them, for Tests/MyelinTests/Data/PictureFileTests.swift.

    pip install pillow==13.0.0 numpy && python3 Tests/golden/pictures.py

Writes the files and golden.npz: `NAME` holds the pixels of the file NAME, upright, grey [H, W] or colour [H, W, 3];
`resized/NAME/HxW` those of NAME in another size; `grey/NAME` those of a colour file in grey.
"""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

FOLDER = pathlib.Path(__file__).parent.parent / "MyelinTests" / "Pictures"
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
golden = {}


def scene(height, width, channels, high=255, seed=0):
    """Slopes, an edge and some noise, in 0...high."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(seed).random((height, width, channels))
    planes = [x / width, y / height, (x + y) / (width + height), ((x - width / 2) ** 2 + (y - height / 2) ** 2) > 20]
    value = np.stack(planes[:channels], axis=-1) * 0.8 + 0.2 * noise
    return np.minimum((value * (high + 1)).astype(int), high)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def rows(samples, depth):
    """Scanlines with filter 0, packed to the bit depth."""
    result = b""
    for row in samples:
        flat = row.reshape(-1)
        if depth == 16:
            packed = flat.astype(">u2").tobytes()
        elif depth == 8:
            packed = flat.astype(np.uint8).tobytes()
        else:
            bits = ((flat[:, None] >> np.arange(depth - 1, -1, -1)) & 1).reshape(-1)
            packed = np.packbits(bits.astype(np.uint8)).tobytes()
        result += b"\0" + packed
    return result


def png(name, samples, depth, color, palette=None, transparency=None, interlaced=False, exif=None):
    """Writes a PNG by hand: Pillow has neither interlacing nor 16-bit colour."""
    height, width, _ = samples.shape
    parts = [samples[a::c, b::d] for a, b, c, d in ADAM7] if interlaced else [samples]
    data = b"".join(rows(part, depth) for part in parts if part.size)
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced))
    file += chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"tEXt", b"Comment\0by hand")
    if exif:
        file += chunk(b"eXIf", exif)
    if palette is not None:
        file += chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    if transparency is not None:
        file += chunk(b"tRNS", transparency)
    file += chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")
    (FOLDER / name).write_bytes(file)
    if depth == 16 and color in (0, 4):
        # Pillow clips 16-bit grey at 255; torchvision and Myelin keep the upper byte.
        golden[name] = (samples[:, :, 0] >> 8).astype(np.uint8)
    else:
        read(name)


def read(name):
    image = ImageOps.exif_transpose(Image.open(FOLDER / name))
    golden[name] = np.asarray(image.convert("L" if image.mode in ("1", "L", "LA") else "RGB"))


def jpeg(name, samples, mode, **options):
    image = Image.fromarray(samples.astype(np.uint8).squeeze(), mode)
    image.save(FOLDER / name, "JPEG", **options)
    read(name)


def orientation(number):
    exif = Image.Exif()
    exif[0x0112] = number
    exif[0x010F] = "Myelin"
    return exif


FOLDER.mkdir(exist_ok=True)
H, W = 13, 18
for depth in (1, 2, 4, 8, 16):
    for interlaced in (False, True):
        mark = "-interlaced" if interlaced else ""
        png(f"grey-{depth}{mark}.png", scene(H, W, 1, 2**depth - 1), depth, 0, interlaced=interlaced)
for depth in (1, 2, 4, 8):
    count = 2**depth
    palette = np.random.default_rng(depth).integers(0, 256, (count, 3))
    png(f"palette-{depth}.png", scene(H, W, 1, count - 1), depth, 3, palette=palette)
png("palette-clear.png", scene(H, W, 1, 15), 4, 3, palette=palette[:16], transparency=bytes(range(0, 160, 10)), interlaced=True)
for depth in (8, 16):
    for color, channels, title in ((2, 3, "colour"), (4, 2, "grey-clear"), (6, 4, "colour-clear")):
        png(f"{title}-{depth}.png", scene(H, W, channels, 2**depth - 1), depth, color)
png("colour-interlaced.png", scene(H, W, 3), 8, 2, interlaced=True)
png("one-pixel.png", scene(1, 1, 3), 8, 2, interlaced=True)
png("turned.png", scene(H, W, 3), 8, 2, exif=orientation(6).tobytes().removeprefix(b"Exif\0\0"))

jpeg("grey.jpg", scene(H, W, 1), "L", quality=90)
jpeg("colour-444.jpg", scene(H, W, 3), "RGB", quality=95, subsampling=0)
jpeg("colour-422.jpg", scene(H, W, 3), "RGB", quality=80, subsampling=1)
jpeg("colour-420.jpg", scene(H, W, 3), "RGB", quality=80, subsampling=2)
jpeg("progressive.jpg", scene(37, 41, 3), "RGB", quality=85, progressive=True)
jpeg("inks.jpg", scene(H, W, 4), "CMYK", quality=95)
# The same data read as YCCK: the last byte of Adobe's segment says which.
inks = bytearray((FOLDER / "inks.jpg").read_bytes())
inks[inks.index(b"Adobe") + 11] = 2
(FOLDER / "inks-ycck.jpg").write_bytes(inks)
read("inks-ycck.jpg")
for number in range(1, 9):
    jpeg(f"orientation-{number}.jpg", scene(H, W, 3), "RGB", quality=95, subsampling=0, exif=orientation(number))

for name, sizes in (
    ("colour-8.png", [(5, 7), (26, 36), (13, 5), (40, 18), (1, 1)]),
    ("grey-8.png", [(6, 9), (29, 31)]),
):
    for height, width in sizes:
        image = Image.fromarray(golden[name]).resize((width, height), Image.Resampling.BILINEAR)
        golden[f"resized/{name}/{height}x{width}"] = np.asarray(image)
golden["grey/colour-8.png"] = np.asarray(Image.fromarray(golden["colour-8.png"]).convert("L"))

with io.BytesIO() as file:
    np.savez_compressed(file, **golden)
    (FOLDER / "golden.npz").write_bytes(file.getvalue())
print(f"{len(golden)} arrays, {sum(f.stat().st_size for f in FOLDER.iterdir())} bytes")
