"""A screen as a small PNG: of colours that are alike the most frequent is kept, until there are 256 at most."""

import base64
import struct
import zlib

from playwright.sync_api import BrowserContext

_PIXELS = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0);
  const of = new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer), seen = new Map();
  for (const one of of) seen.set(one, (seen.get(one) || 0) + 1);
  const common = [...seen].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map((one) => one[0]);
  const far = (a, b) => [0, 8, 16].reduce((sum, bit) => sum + ((a >> bit & 255) - (b >> bit & 255)) ** 2, 0);
  let kept = common;
  for (let apart = 4; kept.length > 256; apart += 4) {
    kept = [];
    for (const one of common)
      if (kept.length <= 256 && kept.every((other) => far(one, other) >= apart * apart)) kept.push(one);
  }
  const place = new Map();
  for (const one of seen.keys()) {
    let best = 0;
    kept.forEach((other, n) => { if (far(one, other) < far(one, kept[best])) best = n; });
    place.set(one, best);
  }
  let text = '';
  for (const one of of) text += String.fromCharCode(place.get(one));
  return [image.width, kept.flatMap((one) => [one & 255, one >> 8 & 255, one >> 16 & 255]), btoa(text)];
}"""


def small(context: BrowserContext, png: bytes) -> bytes:
    """The picture with a palette; the browser that took it reads it on an empty page."""
    page = context.new_page()
    try:
        width, colours, text = page.evaluate(_PIXELS, base64.b64encode(png).decode())
    finally:
        page.close()
    pixels = base64.b64decode(text)
    rows = [pixels[at : at + width] for at in range(0, len(pixels), width)]
    head = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = ((b"IHDR", head), (b"PLTE", bytes(colours)), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(name, content) for name, content in parts)


def _part(name: bytes, content: bytes) -> bytes:
    checked = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checked)
