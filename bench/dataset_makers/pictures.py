"""Local features and patches of the wallpapers of several desktops.

Queries come from other pictures than the items do.
"""

import pathlib
import re

import cv2
import numpy

from . import benchmark_file

ROOTS = (pathlib.Path("/usr/share/backgrounds"), pathlib.Path("/usr/share/wallpapers"))
SEED = 20240517
QUERY_EVERY = 9  # one picture in so many is kept for queries

SMALLEST_SIDE = 900  # pixels; smaller pictures are left out
LARGEST_SIDE = 3000  # larger ones are shrunk for SIFT
FEWEST_FEATURES = 500  # a picture with fewer is a gradient or a drawing

PATCH_SIDE = 28
PATCH_PICTURE = (1200, 800)
PATCHES_PER_PICTURE = 4000
LEAST_CONTRAST = 12  # standard deviation of a patch's grey values

COLOUR_SIDE = 5
STATISTICS_SIDE = 16


def picture_name(path):
    """Equal for the sizes, and the light and dark variants, of one picture."""
    text = str(path)
    if "/contents/" in text:  # Plasma: a directory a wallpaper
        return text.partition("/contents/")[0]
    return re.sub(r"[-_]([ld]|\d+x\d+)$", "", str(path.with_suffix("")))


def pictures(flags=cv2.IMREAD_GRAYSCALE):
    """Pixels, grey or as `flags` say, of each picture, its largest file, in order of names."""
    largest = {}
    for root in ROOTS:
        for path in sorted(root.rglob("*")):
            if (path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp")
                    or path.stem == "screenshot" or path.is_symlink()):
                continue
            name = picture_name(path)
            if name not in largest or path.stat().st_size > largest[name].stat().st_size:
                largest[name] = path
    if not largest:
        raise SystemExit("no wallpapers found: see the packages in --help")
    for name in sorted(largest):
        pixels = cv2.imread(str(largest[name]), flags)
        if pixels is not None and min(pixels.shape[:2]) >= SMALLEST_SIDE:
            yield pixels


def split_pictures(groups):
    """Vectors by picture: (those to index, those to ask for), each once, shuffled."""
    random = numpy.random.default_rng(SEED)
    parts = []
    for wanted in (False, True):
        rows = numpy.unique(numpy.concatenate(
            [group for number, group in enumerate(groups)
             if (number % QUERY_EVERY == QUERY_EVERY // 2) == wanted]), axis=0)
        random.shuffle(rows)
        parts.append(rows)
    return parts


def make_sift(path, count):
    """SIFT descriptors, as the public sift-128-euclidean has them of other pictures."""
    detector = cv2.SIFT_create(contrastThreshold=0.012, edgeThreshold=18)
    groups = []
    for pixels in pictures():
        scale = LARGEST_SIDE / max(pixels.shape)
        if scale < 1:
            pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        _, features = detector.detectAndCompute(pixels, None)
        if features is not None and len(features) >= FEWEST_FEATURES:
            groups.append(features.astype(numpy.uint8))  # whole numbers below 256
    items, queries = split_pictures(groups)
    if len(items) < count:
        print(f"{path.name}: the pictures have {len(items)} features, not {count}", flush=True)
    benchmark_file.write(path, items[:count], queries[:10_000], "euclidean")


def make_patches(path, count=60_000):
    """Square patches of grey pixels: many components, few of them independent, like the
    public fashion-mnist-784."""
    random = numpy.random.default_rng(SEED)
    width, height = PATCH_PICTURE
    groups = []
    for pixels in pictures():
        pixels = cv2.resize(pixels, PATCH_PICTURE, interpolation=cv2.INTER_AREA)
        patches = []
        for _ in range(PATCHES_PER_PICTURE):
            x, y = random.integers(0, (width - PATCH_SIDE, height - PATCH_SIDE))
            patch = pixels[y:y + PATCH_SIDE, x:x + PATCH_SIDE]
            if patch.std() > LEAST_CONTRAST:
                patches.append(patch.reshape(-1))
        groups.append(numpy.reshape(patches, (-1, PATCH_SIDE**2)).astype(numpy.uint8))
    items, queries = split_pictures(groups)
    benchmark_file.write(path, items[:count], queries[:5000], "euclidean")


def colour_patches(side, count):
    """Groups, one a picture, of square patches in three colours."""
    random = numpy.random.default_rng(SEED)
    groups = []
    for pixels in pictures(cv2.IMREAD_COLOR):
        height, width = pixels.shape[:2]
        patches = []
        for _ in range(count):
            x, y = random.integers(0, (width - side, height - side))
            patches.append(pixels[y:y + side, x:x + side])
        groups.append(numpy.array(patches))
    return groups


def make_colours(path, count=250_000):
    """Small patches in three colours: nearly all that differs lies along a few directions,
    and near ones differ by a thousandth of that."""
    groups = [group.reshape(len(group), -1) for group in colour_patches(COLOUR_SIDE, 6000)]
    items, queries = split_pictures(groups)
    benchmark_file.write(path, items[:count], queries[:1000], "euclidean")


def make_colour_statistics(path, count=400_000):
    """Means and deviations of the colours of larger patches, and how brightness rises along
    and across: eight components."""
    groups = []
    for group in colour_patches(STATISTICS_SIDE, 9000):
        grey = group.mean(axis=3)
        half = STATISTICS_SIDE // 2
        groups.append(numpy.hstack([
            group.mean(axis=(1, 2)), group.std(axis=(1, 2)),
            (grey[:, half:].mean(axis=(1, 2)) - grey[:, :half].mean(axis=(1, 2)))[:, None],
            (grey[:, :, half:].mean(axis=(1, 2)) - grey[:, :, :half].mean(axis=(1, 2)))[:, None],
        ]).astype(numpy.float32))
    items, queries = split_pictures(groups)
    benchmark_file.write(path, items[:count], queries[:1000], "euclidean")
