#!/usr/bin/python3
"""Computes the cases of a golden file with PyTorch in f64, as a witness from a different code base.

    tools/witness_torch.py fixtures/reference.h5 fixtures/witness_torch.h5
    build/convcheck fixtures witness fixtures/reference.h5 fixtures/witness_torch.h5

Needs python3-torch and python3-h5py; nothing else of convcheck does. The operands are the file's, the results are PyTorch's:
convolutions by torch.nn.functional, gradients by autograd, unshared filters by unfolding, upsampling by convolving with the
documented kernel. What is written has the format of the file that is read, see fixtures/README.md. Cases that are no
convolution at all (the upsampling kernels) are left out.
"""

import datetime
import hashlib
import json
import platform
import re
import sys

import h5py
import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
PRODUCER = "PyTorch " + torch.__version__.split("+")[0]
OPERANDS = {"input": "x", "filters": "w", "depthwise_filters": "dw", "pointwise_filters": "pw", "output_grad": "dy"}
TYPES = {2: {5: "f16", 8: "bf16"}, 4: {8: "f32"}, 8: {11: "f64"}}


def fields(line):
    words = line.split()
    found = {"op": words[0].split(".")[0], "part": words[0].split(".")[1], "words": set(words[1:])}
    found.update(word.split("=", 1) for word in words[1:] if "=" in word)
    return found


def dims(text):
    return [int(extent) for extent in text.split("x")]


def per_axis(text, rank):
    values = dims(text or "1")
    return values * rank if len(values) == 1 else values


def pads_of(border, rank, dilated):
    """One (before, after) for each axis."""
    entries = re.findall(r"\(\d+,\d+\)|[^,]+", border)
    entries = entries * rank if len(entries) == 1 else entries
    pads = []
    for entry, extent in zip(entries, dilated):
        if entry == "valid":
            pads.append((0, 0))
        elif entry == "half":
            pads.append((extent // 2, extent // 2))
        elif entry == "full":
            pads.append((extent - 1, extent - 1))
        elif entry[0] == "(":
            pads.append(tuple(int(p) for p in entry[1:-1].split(",")))
        else:
            pads.append((int(entry), int(entry)))
    return pads


class Window:
    """What a line says of the spatial axes."""

    def __init__(self, f, rank, extents):
        self.rank = rank
        self.stride = per_axis(f.get("subsample"), rank)
        self.dilation = per_axis(f.get("dilation"), rank)
        self.groups = int(f.get("groups", 1))
        self.flip = "noflip" not in f["words"]
        self.extents = extents
        dilated = [(k - 1) * d + 1 for k, d in zip(extents, self.dilation)]
        if f["op"] == "causal_conv1d":
            self.pads = [(dilated[0] - 1, 0)]
        else:
            self.pads = pads_of(f.get("border", "valid"), rank, dilated)

    def padded(self, x):
        return F.pad(x, [p for pair in reversed(self.pads) for p in pair])


def conv(x, w, window):
    if window.flip:
        w = torch.flip(w, list(range(w.dim() - window.rank, w.dim())))
    x = window.padded(x)
    if w.dim() > window.rank + 2:
        return unshared(x, w, window)
    function = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[window.rank]
    return function(x, w, None, window.stride, 0, window.dilation, window.groups)


def unshared(x, w, window):
    """Every output position has filters of its own: one matrix product a position."""
    rank, groups = window.rank, window.groups
    outputs = w.shape[1:1 + rank]
    n, k = x.shape[0], w.shape[0]
    for axis, (extent, stride, dilation) in enumerate(zip(window.extents, window.stride, window.dilation)):
        x = x.unfold(2 + axis, (extent - 1) * dilation + 1, stride)
    index = (Ellipsis,) + tuple(slice(None, None, dilation) for dilation in window.dilation)
    x = x[index]  # n, c, outputs, taps
    x = x.reshape((n, groups, x.shape[1] // groups) + tuple(outputs) + tuple(window.extents))
    w = w.reshape((groups, k // groups) + tuple(w.shape[1:]))
    o, t = "opq"[:rank], "tuv"[:rank]
    result = torch.einsum(f"ngc{o}{t},gk{o}c{t}->ngk{o}", x, w)
    return result.reshape((n, k) + tuple(outputs))


def upsampled(x, f):
    """out[v] = x((v q - (p - 1) // 2) / p), linear, the edges going on: SPEC 4, for each axis."""
    ratios = [r.split("/") for r in f["ratio"].split(",")]
    ratios = ratios * 2 if len(ratios) == 1 else ratios
    for axis, ratio in enumerate(ratios):
        p, q = int(ratio[0]), int(ratio[1]) if len(ratio) > 1 else 1
        divisor = np.gcd(p, q)
        p, q = p // divisor, q // divisor
        size = x.shape[2 + axis]
        matrix = torch.zeros(-(-size * p // q), size, dtype=torch.float64)
        for v in range(matrix.shape[0]):
            at = v * q - (p - 1) // 2
            low, share = at // p, (at % p) / p
            matrix[v, min(max(low, 0), size - 1)] += 1 - share
            matrix[v, min(max(low + 1, 0), size - 1)] += share
        x = torch.movedim(torch.tensordot(x, matrix, ([2 + axis], [1])), -1, 2 + axis)
    return x


def forward(f, a):
    """The value of the documented function, of whatever the operands are."""
    op = f["op"]
    if op.startswith("separable"):
        rank = a["x"].dim() - 2
        window = Window(f, rank, a["dw"].shape[2:])
        window.groups = a["x"].shape[1]
        y = conv(a["x"], a["dw"], window)
        return conv(y, a["pw"], Window({"op": op, "words": f["words"]}, rank, a["pw"].shape[2:]))
    if "bilinear" in op:
        return upsampled(a["x"], f)
    if op == "conv3d2d":
        x, w = a["x"].transpose(1, 2), a["w"].transpose(1, 2)
        return conv(x, w, Window(f, 3, w.shape[2:])).transpose(1, 2)
    rank = a["x"].dim() - 2
    return conv(a["x"], a["w"], Window(f, rank, a["w"].shape[-rank:]))


def answer(line, operands):
    f = fields(line)
    shapes = {name: dims(f[name]) for name in ("x", "w", "dw", "pw", "y") if name in f}
    part, transposed = f["part"], "transpose" in f["op"]
    zero = lambda name: torch.zeros(shapes[name], dtype=torch.float64, requires_grad=True)
    if transposed:
        # The convolution of an image of the output's shape, whose gradient the transposed one is.
        rank = len(shapes["x"]) - 2
        image, w = operands.get("dy"), operands.get("w")
        image = zero("y") if image is None else image
        w = zero("w") if w is None else w
        value = conv(image, w, Window(f, rank, w.shape[-rank:]))
        if part == "grad_inputs":
            return value
        wrt = image if part == "forward" else w
        return torch.autograd.grad(value, wrt, operands["x"])[0]
    if part == "forward":
        return forward(f, operands)
    missing = {"grad_inputs": "x", "grad_weights": "w", "grad_depthwise": "dw", "grad_pointwise": "pw"}[part]
    a = dict(operands)
    a[missing] = zero(missing)
    return torch.autograd.grad(forward(f, a), a[missing], operands["dy"])[0]


def type_of(dataset):
    size = dataset.id.get_type().get_size()
    return TYPES[size][dataset.id.get_type().get_fields()[2]]


def digest(group, expected):
    """SHA-256 of what the case says: fixtures/README.md."""
    total = hashlib.sha256()
    total.update(group.attrs["case"] + b"\n" + (b"1\n" if group.attrs["exact"] else b"0\n") + PRODUCER.encode() + b"\n")
    for name in sorted(group):
        dataset = group[name]
        shape = "x".join(str(extent) for extent in dataset.shape) or "scalar"
        total.update(f"{name} {type_of(dataset)} {shape}\n".encode())
        if name == "expected":
            total.update(np.ascontiguousarray(expected, "<f8").tobytes())
        else:
            raw = np.empty(dataset.shape, np.dtype((np.void, dataset.id.get_type().get_size())))
            dataset.id.read(h5py.h5s.ALL, h5py.h5s.ALL, raw, dataset.id.get_type())
            total.update(raw.tobytes())
    return total.hexdigest()


def list_digest(texts):
    return hashlib.sha256("".join(text + "\n" for text in texts).encode()).hexdigest()


def fixed(text):
    return np.bytes_(text)


def main(source, target):
    torch.manual_seed(0)
    left_out, lines = 0, []
    with h5py.File(source, "r") as old, h5py.File(target, "w", libver="latest") as new:
        cases = new.create_group("cases")
        for name in sorted(old["cases"]):
            group = old["cases"][name]
            if "bilinear_kernel" in group.attrs["op"].decode():
                left_out += 1
                continue
            operands = {OPERANDS[key]: torch.from_numpy(np.asarray(group[key][()], np.float64)) for key in group if key in OPERANDS}
            result = answer(group.attrs["case"].decode(), operands).detach().numpy()
            number = f"{len(lines):05d}"
            old.copy(group, cases, number)
            assert cases[number]["expected"].shape == result.shape, (group.attrs["case"], result.shape)
            cases[number]["expected"][...] = result
            cases[number].attrs["producer"] = fixed(PRODUCER)
            one = digest(cases[number], result)
            cases[number].attrs["sha256"] = fixed(one)
            lines.append(f"cases/{number} {one}\n")
        new.create_group("shapes")
        new.create_dataset("history", shape=(0,), dtype="S1")
        new.attrs["format_version"] = 2
        new.attrs["n_cases"] = len(lines)
        whole = hashlib.sha256("".join(lines).encode() + f"history {list_digest([])}\n".encode())
        new.attrs["sha256"] = fixed(whole.hexdigest())
    with open(target, "rb") as written:
        total = hashlib.sha256(written.read()).hexdigest()
    cpu = [line.split(": ")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    provenance = {
        "sha256": total,
        "command": f"tools/witness_torch.py {source.split('/')[-1]} {target.split('/')[-1]}",
        "date": datetime.datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cpu": (cpu + ["unknown"])[0],
        "torch": torch.__version__,
        "numpy": np.__version__,
        "h5py": h5py.__version__,
        "hdf5": h5py.version.hdf5_version,
        "python": platform.python_version(),
        "cases_by_producer": {PRODUCER: len(lines)},
    }
    with open(target + ".provenance.json", "w") as out:
        out.write(json.dumps(provenance, indent=2) + "\n")
    print(f"{target}: {len(lines)} cases by {PRODUCER}, {left_out} left out")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
