"""Charts of lines as SVG, in Grafana's colours and units."""

import html
import math
import time

NAMED = {"green": "#73bf69", "orange": "#ff9830", "red": "#f2495c", "blue": "#5794f2"}
_PALETTE = ["#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#37872d", "#fade2a", "#705da0", "#e5a8e2", "#447ebc"]
_LEFT, _BOTTOM, _TOP = 74, 18, 6


def colour(number):
    return _PALETTE[number % len(_PALETTE)]


def _scaled(value, steps):
    """`value` in the largest of (factor, name) that is not above it."""
    factor, name = next(((factor, name) for factor, name in steps if abs(value) >= factor), steps[-1])
    return f"{value / factor:.3g}{name}"


def amount(value, unit, decimals=None):
    """As Grafana writes a value of this unit."""
    if value == 0:
        return "0%" if unit == "percentunit" else "0"
    if unit == "percentunit":
        return f"{value * 100:.{1 if decimals is None else decimals}f}%"
    if unit == "s":
        if abs(value) >= 3600:
            return _scaled(value, [(86400, " days"), (3600, " h")])
        return _scaled(value, [(60, " min"), (1, " s"), (1e-3, " ms"), (1e-6, " µs")])
    if unit == "bytes":
        return _scaled(value, [(2**30, " GiB"), (2**20, " MiB"), (2**10, " KiB"), (1, " B")])
    text = _scaled(value, [(1e6, " M"), (1e3, " K"), (1, ""), (1e-3, " m")])
    return text + (" req/s" if unit == "reqps" else "")


def _nice(span):
    """A round number of which four or so make `span`."""
    raw = span / 4
    power = 10 ** math.floor(math.log10(raw))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= raw)


def _linear(low, high):
    if high <= low:
        high = low + (abs(low) or 1)
    step = _nice(high - low)
    first, last = math.floor(low / step), math.ceil(high / step - 1e-9)
    ticks = [number * step for number in range(first, last + 1)]
    return ticks, lambda value: (value - ticks[0]) / (ticks[-1] - ticks[0])


def _logarithmic(values):
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    ticks = [10.0**power for power in range(low, high + 1)]
    return ticks, lambda value: (math.log10(value) - low) / (high - low)


def _stacked(lines):
    """Each line on top of those before it, where they have the same times."""
    sums, stacked = {}, []
    for name, points in lines:
        for at, value in points:
            sums[at] = sums.get(at, 0) + value
        stacked.append((name, [(at, sums[at]) for at, _ in points]))
    return stacked


def chart(lines, defaults, width, height, start, end):
    """`lines`, (name, [(time, value)]), with axes; `defaults` are those of a panel's fields."""
    custom = defaults["custom"]
    logarithmic = custom["scaleDistribution"]["type"] == "log"
    if custom["stacking"]["mode"] == "normal":
        lines = _stacked(lines)
    if logarithmic:
        lines = [(name, [(at, value) for at, value in points if value > 0]) for name, points in lines]
    values = [value for _, points in lines for _, value in points]
    parts = [f'<svg width="{width:.0f}" height="{height:.0f}" font-size="10" fill="#ccccdc">']
    if not values:
        return "".join(parts) + f'<text x="{width / 2:.0f}" y="{height / 2:.0f}">No data</text></svg>'
    if logarithmic:
        ticks, place = _logarithmic(values)
    else:
        ticks, place = _linear(min(values + ([defaults["min"]] if "min" in defaults else [])), max(values))
    inner = height - _BOTTOM - _TOP

    def x(at):
        return _LEFT + (at - start) / (end - start) * (width - _LEFT - 6)

    def y(value):
        return _TOP + inner * (1 - place(value))

    for tick in ticks:
        parts.append(f'<path d="M{_LEFT} {y(tick):.1f}H{width:.0f}" stroke="#2c2f36"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y(tick) + 3:.1f}" text-anchor="end">{html.escape(amount(tick, defaults["unit"]))}</text>')
    for number in range(1, 5):
        at = start + (end - start) * number / 5
        parts.append(f'<text x="{x(at):.0f}" y="{height - 4:.0f}" text-anchor="middle">{time.strftime("%H:%M:%S", time.gmtime(at))}</text>')
    for number, (_, points) in enumerate(lines):
        if points:
            path = "L".join(f"{x(at):.1f} {y(value):.1f}" for at, value in points)
            parts.append(f'<path d="M{path}" fill="none" stroke="{colour(number)}" stroke-width="1.4"/>')
    return "".join(parts) + "</svg>"
