"""A byte-level GPT in NumPy, trained for a fixed time on one core. The one file that may change.

    python train.py           train, then leave the weights in $AUTORESEARCH_ARTIFACTS
    python train.py --serve   answer windows of bytes with logits, on standard input and output

Shapes in comments: B rows, T positions, N = B * T, D width, H heads, S head size, V = 256 bytes.
"""

import time

STARTED = time.monotonic()  # before the imports: they are on the clock too

import os  # noqa: E402
import struct  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

# The model
DEPTH = 2
HEADS = 4
HEAD_SIZE = 32
CONTEXT = 128  # bytes seen at once
MLP_RATIO = 4
ACTIVATION = "gelu"  # "gelu" or "relu2"
TIED = False  # whether reading and predicting a byte share one table
INIT_SCALE = 0.02

# The optimizer
BATCH = 16  # windows a step
LEARNING_RATE = 1e-3
WARMUP = 0.1  # share of the time in which the rate rises
COOLDOWN = 0.5  # share of the time in which it falls
FINAL_RATE = 0.0  # what is left of the rate at the end
BETA1 = 0.9
BETA2 = 0.99
WEIGHT_DECAY = 0.1
CLIP = 1.0  # largest norm of a gradient; 0 leaves it alone

VOCAB = 256
RESERVE_SECONDS = 0.6  # kept back: starting Python, the last step, saving
HERE = Path(__file__).resolve().parent


# ---------------------------------------------------------------- parameters


def shapes():
    """Shape of each parameter by name, in the order they lie in memory."""
    width = HEADS * HEAD_SIZE
    yield "embed", (VOCAB, width)
    yield "position", (CONTEXT, width)
    for layer in range(DEPTH):
        yield f"qkv{layer}", (width, 3 * width)
        yield f"out{layer}", (width, width)
        yield f"up{layer}", (width, MLP_RATIO * width)
        yield f"down{layer}", (MLP_RATIO * width, width)
    if not TIED:
        yield "head", (width, VOCAB)


def views(flat):
    """The parameters by name, as windows onto one flat vector."""
    views, at = {}, 0
    for name, shape in shapes():
        size = shape[0] * shape[1]
        views[name] = flat[at : at + size].reshape(shape)
        at += size
    return views


def initialise(rng):
    """A fresh flat vector: normal, and zero where a block writes to the residual stream."""
    size = sum(a * b for _, (a, b) in shapes())
    flat = (INIT_SCALE * rng.standard_normal(size)).astype(np.float32)
    for name, view in views(flat).items():
        if name.startswith(("out", "down")):
            view[:] = 0
    return flat


# ---------------------------------------------------------------- layers: forward returns what backward needs


def norm(x):
    """Rows scaled to root mean square 1."""
    scale = 1 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + 1e-6)
    return x * scale, scale


def norm_back(dy, y, scale):
    return scale * (dy - y * np.mean(dy * y, axis=-1, keepdims=True))


def activate(x):
    """The activation and its slope."""
    if ACTIVATION == "relu2":
        y = np.maximum(x, 0)
        return y * y, 2 * y
    gate = 1 / (1 + np.exp(-1.702 * x))
    y = x * gate
    return y, gate + 1.702 * y * (1 - gate)


def softmax(x):
    """Softmax of the last axis, in place."""
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


def heads(x, rows, parts):
    """(N, parts * D) seen as `parts` arrays (B, H, T, S)."""
    return x.reshape(rows, -1, parts, HEADS, HEAD_SIZE).transpose(2, 0, 3, 1, 4)


def flatten(x):
    """(B, H, T, S) laid out as (N, D)."""
    return x.transpose(0, 2, 1, 3).reshape(-1, HEADS * HEAD_SIZE)


def attend(qkv, rows):
    """Causal attention. qkv: (N, 3D). Returns (N, D) and the weights (B, H, T, T)."""
    q, k, v = heads(qkv, rows, 3)
    weights = q @ k.swapaxes(-1, -2)
    weights *= HEAD_SIZE**-0.5
    length = weights.shape[-1]
    weights += np.triu(np.full((length, length), -np.inf, dtype=weights.dtype), 1)
    softmax(weights)
    return flatten(weights @ v), weights


def attend_back(dy, qkv, weights):
    rows = len(weights)
    q, k, v = heads(qkv, rows, 3)
    (dy,) = heads(dy, rows, 1)
    dweights = dy @ v.swapaxes(-1, -2)
    dscores = weights * (dweights - np.sum(dweights * weights, axis=-1, keepdims=True))
    dscores *= HEAD_SIZE**-0.5
    dqkv = np.empty_like(qkv)
    dq, dk, dv = heads(dqkv, rows, 3)
    dq[:] = dscores @ k
    dk[:] = dscores.swapaxes(-1, -2) @ q
    dv[:] = weights.swapaxes(-1, -2) @ dy
    return dqkv


# ---------------------------------------------------------------- the model


def forward(p, tokens):
    """Logits (N, V) for tokens (B, T), and what `backward` needs."""
    rows, length = tokens.shape
    x = (p["embed"][tokens] + p["position"][:length]).reshape(rows * length, -1)
    saved = []
    for layer in range(DEPTH):
        a, a_scale = norm(x)
        qkv = a @ p[f"qkv{layer}"]
        mixed, weights = attend(qkv, rows)
        x = x + mixed @ p[f"out{layer}"]
        b, b_scale = norm(x)
        hidden, slope = activate(b @ p[f"up{layer}"])
        x = x + hidden @ p[f"down{layer}"]
        saved.append((a, a_scale, qkv, weights, mixed, b, b_scale, hidden, slope))
    y, y_scale = norm(x)
    return y @ (p["embed"].T if TIED else p["head"]), (saved, y, y_scale)


def backward(p, g, tokens, dlogits, kept):
    """Write the gradient of every parameter into `g`, given that of the logits."""
    saved, y, y_scale = kept
    if TIED:
        table = dlogits.T @ y
        dy = dlogits @ p["embed"]
    else:
        table = 0
        np.matmul(y.T, dlogits, out=g["head"])
        dy = dlogits @ p["head"].T
    dx = norm_back(dy, y, y_scale)
    for layer in reversed(range(DEPTH)):
        a, a_scale, qkv, weights, mixed, b, b_scale, hidden, slope = saved[layer]
        np.matmul(hidden.T, dx, out=g[f"down{layer}"])
        dup = slope * (dx @ p[f"down{layer}"].T)
        np.matmul(b.T, dup, out=g[f"up{layer}"])
        dx = dx + norm_back(dup @ p[f"up{layer}"].T, b, b_scale)
        np.matmul(mixed.T, dx, out=g[f"out{layer}"])
        dqkv = attend_back(dx @ p[f"out{layer}"].T, qkv, weights)
        np.matmul(a.T, dqkv, out=g[f"qkv{layer}"])
        dx = dx + norm_back(dqkv @ p[f"qkv{layer}"].T, a, a_scale)
    rows, length = tokens.shape
    g["position"][:] = 0
    g["position"][:length] = dx.reshape(rows, length, -1).sum(axis=0)
    one_hot = tokens.reshape(1, -1) == np.arange(VOCAB)[:, None]
    g["embed"][:] = one_hot.astype(dx.dtype) @ dx + table


def loss_and_gradient(p, g, windows):
    """Mean cross-entropy in nats over windows (B, T + 1); its gradient goes into `g`."""
    tokens, targets = windows[:, :-1], windows[:, 1:].reshape(-1)
    logits, kept = forward(p, tokens)
    each = np.arange(len(targets))
    probability = softmax(logits)
    loss = -np.mean(np.log(probability[each, targets] + 1e-30))
    probability[each, targets] -= 1
    probability /= len(targets)
    backward(p, g, tokens, probability, kept)
    return float(loss)


# ---------------------------------------------------------------- training


class AdamW:
    """Adam with decoupled weight decay, on one flat vector."""

    def __init__(self, flat):
        self.flat, self.steps = flat, 0
        self.mean, self.square = np.zeros_like(flat), np.zeros_like(flat)

    def step(self, gradient, rate):
        self.steps += 1
        norm = float(np.sqrt(gradient @ gradient))
        if CLIP and norm > CLIP:
            gradient *= CLIP / norm
        self.mean += (1 - BETA1) * (gradient - self.mean)
        self.square += (1 - BETA2) * (gradient * gradient - self.square)
        spread = np.sqrt(self.square / (1 - BETA2**self.steps)) + 1e-8
        self.flat *= 1 - rate * WEIGHT_DECAY
        self.flat -= (rate / (1 - BETA1**self.steps)) * self.mean / spread


def rate_at(progress):
    """Learning rate at a share of the time: up, level, down."""
    up = progress / WARMUP if progress < WARMUP else 1.0
    down = (1 - progress) / COOLDOWN if progress > 1 - COOLDOWN else 1.0
    return LEARNING_RATE * min(up, FINAL_RATE + (1 - FINAL_RATE) * down)


def train(text, seconds, rng):
    """Train until `seconds` after the start of this process. Returns the flat parameters."""
    flat = initialise(rng)
    gradient = np.zeros_like(flat)
    p, g, optimizer = views(flat), views(gradient), AdamW(flat)
    end = STARTED + seconds - RESERVE_SECONDS
    begun = now = time.monotonic()
    slowest, ahead = 0.0, np.arange(CONTEXT + 1)
    while now + slowest < end:
        starts = rng.integers(0, len(text) - CONTEXT, size=BATCH)
        loss = loss_and_gradient(p, g, text[starts[:, None] + ahead])
        optimizer.step(gradient, rate_at((now - begun) / (end - begun)))
        if optimizer.steps % 20 == 1:
            print(f"step {optimizer.steps}  {now - begun:.2f} s  loss {loss / np.log(2):.3f} bit/byte", flush=True)
        previous, now = now, time.monotonic()
        slowest = max(slowest, now - previous)
    print(f"{optimizer.steps} steps, {optimizer.steps * BATCH * CONTEXT} bytes, {flat.size} parameters")
    return flat


# ---------------------------------------------------------------- serving


def predict(p, windows):
    """Logits (B, T, V) after each byte of windows (B, T) of any length.

    Longer windows than CONTEXT are read in pieces that overlap by half, each cut off by its absolute place: what is
    predicted after a byte depends on that byte and on earlier ones only.
    """
    rows, length = windows.shape
    logits = np.empty((rows, length, VOCAB), dtype=np.float32)
    stride, done = max(1, CONTEXT // 2), 0
    while done < length:
        start = max(0, done + stride - CONTEXT)
        stop = min(length, start + CONTEXT)
        piece, _ = forward(p, windows[:, start:stop])
        logits[:, done:stop] = piece.reshape(rows, stop - start, -1)[:, done - start :]
        done = stop
    return logits


def serve(p):
    """Answer frames of (B, T, B * T bytes) with B * T * V floats, until the input ends."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    while head := questions.read(4):
        frame = questions.read(int.from_bytes(head, "little"))
        rows, length = struct.unpack_from("<II", frame)
        windows = np.frombuffer(frame, np.uint8, offset=8).reshape(rows, length)
        answer = predict(p, windows).tobytes()
        answers.write(len(answer).to_bytes(4, "little") + answer)
        answers.flush()


def main():
    weights = Path(os.environ["AUTORESEARCH_ARTIFACTS"]) / "weights.npy"
    if "--serve" in sys.argv:
        serve(views(np.load(weights, allow_pickle=False)))
        return
    text = np.frombuffer((HERE / "data" / "train.txt").read_bytes(), np.uint8)
    rng = np.random.default_rng(int(os.environ["AUTORESEARCH_SEED"]))
    np.save(weights, train(text, float(os.environ["AUTORESEARCH_SECONDS"]), rng))


if __name__ == "__main__":
    main()
