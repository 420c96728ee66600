"""Small files of every kind, made on the spot: pixels that no rounding hides, and every family of metadata."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

PNG_KINDS = {"grey": 0, "rgb": 2, "palette": 3, "grey+alpha": 4, "rgb+alpha": 6}
_CHANNELS = {"grey": 1, "rgb": 3, "palette": 1, "grey+alpha": 2, "rgb+alpha": 4}

XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="Box 7, no. 12"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def noise(height: int, width: int, channels: int = 3, *, dtype: str = "uint8", seed: int = 7) -> np.ndarray:
    """Every level can occur, neighbours differ: a shifted, swapped or rounded sample shows."""
    rng = np.random.default_rng(seed)
    shape = (height, width, channels)
    if dtype == "float32":
        return rng.random(shape, np.float32) * 2 - 0.5
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def photograph(height: int, width: int, channels: int = 3, *, dtype: str = "uint8", seed: int = 7) -> np.ndarray:
    """Smooth light with a little grain: what lossy codecs are made for."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    planes = [np.sin(rows / (9 + n) + n) * np.cos(columns / (13 - n)) for n in range(channels)]
    light = 0.5 + 0.35 * np.stack(planes, -1) + rng.normal(0, 0.02, (height, width, channels))
    return np.round(np.clip(light, 0, 1) * np.iinfo(dtype).max).astype(dtype)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(
    rows: list[bytes],
    *,
    width: int,
    kind: str = "rgb",
    bits: int = 8,
    filters: int | None = 0,
    before: tuple[bytes, ...] = (),
    behind: tuple[bytes, ...] = (),
    idat: int = 8192,
    height: int | None = None,
    interlace: int = 0,
) -> bytes:
    """A PNG from packed rows; `filters` None rotates through all five. Interlaced rows come packed by pass."""
    step = max(1, _CHANNELS[kind] * bits // 8)
    packed, last = bytearray(), bytes(len(rows[0]))
    for number, row in enumerate(rows):
        used = number % 5 if filters is None else filters
        packed += bytes([used]) + filtered(used, row, last, step)
        last = row
    stream = zlib.compress(bytes(packed))
    header = struct.pack(">IIBBBBB", width, height or len(rows), bits, PNG_KINDS[kind], 0, 0, interlace)
    pixels = [chunk(b"IDAT", stream[at : at + idat]) for at in range(0, len(stream), idat)]
    return b"".join([b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), *before, *pixels, *behind, chunk(b"IEND", b"")])


def filtered(used: int, row: bytes, above: bytes, step: int) -> bytes:
    """One row under one of PNG's five filters, byte by byte as the specification has it."""
    if used == 0:
        return row
    out = bytearray()
    for at, value in enumerate(row):
        a = row[at - step] if at >= step else 0
        b, c = above[at], above[at - step] if at >= step else 0
        p = a + b - c
        paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        out.append((value - (0, a, b, (a + b) // 2, paeth)[used]) % 256)
    return bytes(out)


def png_of(pixels: np.ndarray, **options: object) -> bytes:
    """A PNG of 8 or 16 bits from an array height × width × channels."""
    kind = {1: "grey", 2: "grey+alpha", 3: "rgb", 4: "rgb+alpha"}[pixels.shape[2]]
    stored = pixels.astype(">u2") if pixels.dtype == np.uint16 else pixels
    rows = [row.tobytes() for row in stored]
    return png(rows, width=pixels.shape[1], kind=kind, bits=pixels.dtype.itemsize * 8, **options)  # type: ignore[arg-type]


def png_metadata() -> tuple[bytes, ...]:
    """A profile, a resolution, an orientation, a text and a packet."""
    profile = b"profile\0\0" + zlib.compress(icc())
    return (
        chunk(b"gAMA", struct.pack(">I", 45455)),
        chunk(b"iCCP", profile),
        chunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1)),
        chunk(b"eXIf", exif(orientation=6)),
        chunk(b"tEXt", b"Title\0A gate"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        chunk(b"prVt", b"a private chunk"),
    )


def exif(*, orientation: int = 1, thumbnail: bool = False) -> bytes:
    block = Image.Exif()
    block[274], block[282], block[283], block[296], block[271] = orientation, 300.0, 300.0, 2, "Scanner"
    content = block.tobytes().removeprefix(b"Exif\0\0")
    return content[:4] + content[4:] if not thumbnail else _with_second_directory(content)


def _with_second_directory(block: bytes) -> bytes:
    order = "<" if block[:2] == b"II" else ">"
    start = struct.unpack_from(f"{order}I", block, 4)[0]
    link = start + 2 + 12 * struct.unpack_from(f"{order}H", block, start)[0]
    second = struct.pack(f"{order}HHHIHHI", 1, 259, 3, 1, 6, 0, 0)
    return block[:link] + struct.pack(f"{order}I", len(block)) + block[link + 4 :] + second


def icc() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def jpeg(
    pixels: np.ndarray,
    *,
    quality: int = 90,
    subsampling: int = 2,
    metadata: bool = False,
    orientation: int = 1,
    **options: object,
) -> bytes:
    """A JPEG by Pillow; subsampling 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0. CMYK from four channels."""
    modes = {1: "L", 3: "RGB", 4: "CMYK"}
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels, modes[pixels.shape[2]])
    if metadata:
        block = b"Exif\0\0" + exif(orientation=orientation)
        options |= {"exif": block, "icc_profile": icc(), "xmp": XMP, "comment": b"Box 7", "dpi": (300, 300)}
    out = io.BytesIO()
    if pixels.shape[2] == 3:
        options["subsampling"] = subsampling
    image.save(out, "JPEG", quality=quality, **options)
    return out.getvalue()


def dng(height: int = 64, width: int = 96) -> bytes:
    """A DNG with a thumbnail of 8 × 8 as its first directory, and a mosaic below it."""
    out = io.BytesIO()
    mosaic = noise(height, width, 1, dtype="uint16")[:, :, 0]
    extra = [
        (50706, "B", 4, (1, 4, 0, 0), True),
        (50708, "s", 0, "Made by tests", True),
        (271, "s", 0, "Tests", True),
        (50721, "2i", 9, (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1), True),
        (50728, "2I", 3, (1, 1, 1, 1, 1, 1), True),
        (50778, "H", 1, 21, True),
    ]
    pattern = [(33421, "H", 2, (2, 2), True), (33422, "B", 4, (0, 1, 1, 2), True)]
    with tifffile.TiffWriter(out) as writer:
        small = np.full((8, 8, 3), 128, np.uint8)
        writer.write(small, photometric="rgb", subfiletype=1, extratags=extra, subifds=1, metadata=None)
        writer.write(mosaic, photometric=32803, subfiletype=0, extratags=pattern, metadata=None)
    return out.getvalue()


def psd(pixels: np.ndarray, *, packed: bool = True, mode: int = 3) -> bytes:
    """A Photoshop document without layers: header, a resolution, the merged picture."""
    height, width, channels = pixels.shape
    bits = pixels.dtype.itemsize * 8
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, channels, height, width, bits, mode) + struct.pack(">I", 0)
    resolution = struct.pack(">IHHIHH", 300 << 16, 1, 1, 300 << 16, 1, 1)
    resource = b"8BIM" + struct.pack(">HHI", 1005, 0, len(resolution)) + resolution
    planes = np.moveaxis(pixels, 2, 0).astype(pixels.dtype.newbyteorder(">"))
    if packed:
        rows = [imagecodecs.packbits_encode(row.tobytes()) for plane in planes for row in plane]
        body = struct.pack(">H", 1) + b"".join(struct.pack(">H", len(row)) for row in rows) + b"".join(rows)
    else:
        body = struct.pack(">H", 0) + planes.tobytes()
    return head + struct.pack(">I", len(resource)) + resource + struct.pack(">I", 0) + body


def samples() -> dict[str, bytes]:
    """One sound file of every kind that the default install opens, by its file name."""
    photo = photograph(48, 64)
    return {
        "grey8.png": png_of(noise(40, 33, 1), filters=None),
        "rgb16.png": png_of(noise(40, 33, 3, dtype="uint16"), filters=None, before=png_metadata()),
        "rgba8.png": png_of(noise(40, 33, 4), filters=None),
        "plain.jpg": jpeg(photo, metadata=True, orientation=6),
        "progressive.jpg": jpeg(photo, progressive=True),
        "grey.jpg": jpeg(photo[:, :, :1]),
        "cmyk.jpg": jpeg(noise(40, 33, 4)),
        "rgb16.jp2": imagecodecs.jpeg2k_encode(noise(40, 33, 3, dtype="uint16"), level=0),
        "rgba.webp": imagecodecs.webp_encode(noise(40, 33, 4), lossless=True),
        "lossy.webp": imagecodecs.webp_encode(photo, level=80, lossless=False),
        "rgb.avif": imagecodecs.avif_encode(noise(40, 34, 3), level=100),
        "rgb10.avif": imagecodecs.avif_encode(noise(40, 34, 3, dtype="uint16") >> 6, level=100, bitspersample=10),
        "rgb8.psd": psd(noise(40, 33, 3)),
        "rgb16.psd": psd(noise(40, 33, 3, dtype="uint16"), packed=False),
        "rgb16.tif": tiff(noise(40, 33, 3, dtype="uint16"), compression="deflate", predictor=2),
        "grey8.tif": tiff(noise(40, 33, 1)[:, :, 0]),
    }


def tiff(pixels: np.ndarray, **options: object) -> bytes:
    """A TIFF by tifffile."""
    out = io.BytesIO()
    options = {"photometric": "rgb" if pixels.ndim == 3 and pixels.shape[2] >= 3 else "minisblack"} | options
    tifffile.imwrite(out, pixels, metadata=None, **options)  # type: ignore[arg-type]
    return out.getvalue()


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path
