"""A small GPT in PyTorch, trained for a fixed time. The one file that may change.

    python train.py           train, then leave the weights in $AUTORESEARCH_ARTIFACTS
    python train.py --serve   answer questions of evaluate.py on standard input and output

The same file runs on CUDA, on Apple's MPS and on a CPU; sizes/ has the sizes for each. Shapes in comments: B rows,
T positions, D width, H heads, S head size, V tokens in the vocabulary.
"""

import time

STARTED = time.monotonic()  # before the imports: they are on the clock too

import os  # noqa: E402
import struct  # noqa: E402
import sys  # noqa: E402
from contextlib import nullcontext  # noqa: E402
from importlib import import_module  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from tokenizer import Tokenizer  # noqa: E402
from torch import nn  # noqa: E402

# The model
MLP_RATIO = 4
ROTARY_BASE = 10000.0
LOGIT_CAP = 15.0  # logits stay inside +- this
VALUE_EVERY = 2  # every second layer, the last included, adds an embedding of the token to its values; 0: none

# The optimizer: Muon for the matrices inside blocks, AdamW for the rest
MATRIX_RATE = 0.02
EMBED_RATE = 0.3
HEAD_RATE = 0.004
SCALAR_RATE = 0.02
MOMENTUM = 0.95
MATRIX_DECAY = 0.1
BETA1 = 0.8
BETA2 = 0.95
WARMUP = 0.0  # share of the time in which the rates rise
COOLDOWN = 0.5  # share of the time in which they fall
FINAL_RATE = 0.0  # what is left of them at the end

RESERVE_SECONDS = 4.0  # kept back: starting Python, the last step, saving
HERE = Path(__file__).resolve().parent


def device():
    """The best device of this machine, by name."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


# ---------------------------------------------------------------- the model


def norm(x):
    return F.rms_norm(x, (x.size(-1),))


def rotate(x, cos, sin):
    """Turn pairs of features of (B, H, T, S) by an angle that grows with the position."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos + b * sin, b * cos - a * sin), dim=-1)


class Block(nn.Module):
    """Attention, then a two-layer perceptron; both add to the stream they read."""

    def __init__(self, sizes, vocab, has_values):
        super().__init__()
        width = sizes.HEADS * sizes.HEAD_SIZE
        self.heads = sizes.HEADS
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, MLP_RATIO * width, bias=False)
        self.down = nn.Linear(MLP_RATIO * width, width, bias=False)
        self.values = nn.Embedding(vocab, width) if has_values else None
        self.scales = nn.Parameter(torch.tensor([1.0, 0.1, 0.5]))  # of the stream, of its start, of `values`

    def forward(self, x, start, ids, cos, sin):
        keep, again, lent = self.scales
        x = keep * x + again * start
        q, k, v = self.qkv(norm(x)).chunk(3, dim=-1)
        if self.values is not None:
            v = v + lent * self.values(ids).to(v.dtype)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (q, k, v))
        q, k = rotate(norm(q), cos, sin), rotate(norm(k), cos, sin)
        mixed = F.scaled_dot_product_attention(q, k, v.to(q.dtype), is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        return x + self.down(F.relu(self.up(norm(x))).square())


class GPT(nn.Module):
    """Token numbers (B, T) to logits (B, T, V) of the token after each."""

    def __init__(self, sizes, vocab):
        super().__init__()
        width = sizes.HEADS * sizes.HEAD_SIZE
        self.embed = nn.Embedding(vocab, width)
        self.blocks = nn.ModuleList(Block(sizes, vocab, has_values(i, sizes.DEPTH)) for i in range(sizes.DEPTH))
        self.head = nn.Linear(width, vocab, bias=False)
        angles = torch.outer(
            torch.arange(sizes.CONTEXT), ROTARY_BASE ** -torch.linspace(0, 1, sizes.HEAD_SIZE // 2 + 1)[:-1]
        )
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        self.initialise(width)

    @torch.no_grad()
    def initialise(self, width):
        """Uniform with standard deviation width**-0.5; zero where a block writes; almost zero at the head."""
        bound = (3 / width) ** 0.5
        nn.init.normal_(self.head.weight, std=0.001)
        for block in self.blocks:
            for table in (block.qkv, block.up, *([block.values] if block.values else [])):
                nn.init.uniform_(table.weight, -bound, bound)
            for table in (block.out, block.down):
                nn.init.zeros_(table.weight)

    def forward(self, ids):
        length = ids.size(1)
        start = x = norm(self.embed(ids))
        for block in self.blocks:
            x = block(x, start, ids, self.cos[:length], self.sin[:length])
        return LOGIT_CAP * torch.tanh(self.head(norm(x)).float() / LOGIT_CAP)


def has_values(layer, depth):
    return VALUE_EVERY > 0 and (depth - 1 - layer) % VALUE_EVERY == 0


# ---------------------------------------------------------------- the optimizer


def orthogonal(g):
    """Matrices (..., m, n) with all singular values drawn near 1, by five Newton-Schulz steps (Jordan et al., Muon)."""
    x = g.bfloat16() if g.is_cuda else g
    tall = x.size(-2) > x.size(-1)
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.mT if tall else x).to(g.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum whose step is made orthogonal; matrices of one shape go together."""

    def __init__(self, matrices, rate, momentum, decay):
        shapes = {tuple(p.shape) for p in matrices}
        groups = [{"params": [p for p in matrices if p.shape == shape]} for shape in sorted(shapes)]
        super().__init__(groups, {"lr": rate, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            rows, columns = group["params"][0].shape
            gradient = torch.stack([p.grad for p in group["params"]])
            if "mean" not in group:
                group["mean"] = torch.zeros_like(gradient)
            mean = group["mean"]
            mean.lerp_(gradient, 1 - group["momentum"])
            step = orthogonal(gradient.lerp(mean, group["momentum"])) * max(1, rows / columns) ** 0.5
            for p, change in zip(group["params"], step, strict=True):
                p.mul_(1 - group["lr"] * group["decay"]).add_(change, alpha=-group["lr"])


def optimizers(model):
    """Muon and AdamW over all parameters; each group remembers its full rate."""
    inside = list(model.blocks.parameters())
    tables = [model.embed.weight] + [block.values.weight for block in model.blocks if block.values]
    scales = [block.scales for block in model.blocks]
    chosen = {id(p) for p in tables + scales}
    matrices = [p for p in inside if id(p) not in chosen]
    groups = [(tables, EMBED_RATE), ([model.head.weight], HEAD_RATE), (scales, SCALAR_RATE)]
    adam = torch.optim.AdamW(
        [{"params": params, "lr": rate} for params, rate in groups], betas=(BETA1, BETA2), eps=1e-10, weight_decay=0.0
    )
    both = (Muon(matrices, MATRIX_RATE, MOMENTUM, MATRIX_DECAY), adam)
    for group in (group for optimizer in both for group in optimizer.param_groups):
        group["full"] = group["lr"]
    return both


def share_at(progress):
    """Share of the full rates at a share of the time: up, level, down."""
    up = progress / WARMUP if progress < WARMUP else 1.0
    down = (1 - progress) / COOLDOWN if progress > 1 - COOLDOWN else 1.0
    return min(up, FINAL_RATE + (1 - FINAL_RATE) * down)


# ---------------------------------------------------------------- training


def batches(tokens, rows, context, rng, where):
    """Windows (rows, context + 1) of consecutive tokens from random places, for ever."""
    ahead = np.arange(context + 1)
    while True:
        starts = rng.integers(0, len(tokens) - context, size=rows)
        windows = torch.from_numpy(tokens[starts[:, None] + ahead].astype(np.int64))
        yield windows.pin_memory().to(where, non_blocking=True) if where == "cuda" else windows.to(where)


def add_gradient(run, windows, precision, share):
    """Add `share` of the gradient of the mean cross-entropy in nats, and return that share of the mean."""
    with precision:
        logits = run(windows[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten()) * share
    loss.backward()
    return loss.detach()


def step(run, source, precision, n_micro, both, share):
    """One step of both optimizers at `share` of their full rates. Returns the mean cross-entropy in nats."""
    for optimizer in both:
        optimizer.zero_grad()
    losses = [add_gradient(run, next(source), precision, 1 / n_micro) for _ in range(n_micro)]
    for optimizer in both:
        for group in optimizer.param_groups:
            group["lr"] = share * group["full"]
        optimizer.step()
    return sum(losses).item()  # waits for the device, so that the clock is honest


def train(model, tokens, sizes, seconds, rng, where):
    """Train `model` until `seconds` after the start of this process."""
    rows = min(sizes.BATCH, sizes.MICRO_BATCH)
    n_micro, source = sizes.BATCH // rows, batches(tokens, rows, sizes.CONTEXT, rng, where)
    run = torch.compile(model, dynamic=False) if where == "cuda" else model
    precision = torch.autocast("cuda", torch.bfloat16) if where == "cuda" else nullcontext()
    add_gradient(run, next(source), precision, 0.0)  # compiles; the schedule starts after it
    both, steps, slowest = optimizers(model), 0, 0.0
    end, begun = STARTED + seconds - RESERVE_SECONDS, time.monotonic()
    now = begun
    while now + slowest < end:
        loss = step(run, source, precision, n_micro, both, share_at((now - begun) / (end - begun)))
        if not loss < 100:
            raise SystemExit(f"The loss is {loss} at step {steps}.")
        if steps % 20 == 0:
            print(f"step {steps}  {now - begun:.1f} s  loss {loss:.4f} nats a token", flush=True)
        steps += 1
        previous, now = now, time.monotonic()
        slowest = max(slowest, now - previous)
    print(f"{steps} steps, {steps * n_micro * rows * sizes.CONTEXT} tokens on {where}, {count(model)} parameters")


def count(model):
    return sum(p.numel() for p in model.parameters())


# ---------------------------------------------------------------- serving


@torch.inference_mode()
def predict(model, sizes, windows):
    """Logits (B, T, V), float32, for windows (B, T) of any length, in pieces that overlap by half of the context.

    Where a piece is cut depends on its absolute place only, so what is predicted after a token never depends on later
    ones.
    """
    stride, done, parts = max(1, sizes.CONTEXT // 2), 0, []
    while done < windows.size(1):
        start = max(0, done + stride - sizes.CONTEXT)
        stop = min(windows.size(1), start + sizes.CONTEXT)
        parts.append(model(windows[:, start:stop])[:, done - start :])
        done = stop
    return torch.cat(parts, 1)


def serve(model, tokenizer, sizes, where):
    """Answer the questions described in evaluate.py, until the input ends."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    while head := questions.read(4):
        frame = questions.read(int.from_bytes(head, "little"))
        if frame[:1] == b"T":
            answer = b"".join(struct.pack("<H", len(token)) + token for token in tokenizer.table)
        elif frame[:1] == b"E":
            answer = np.array(tokenizer.encode(frame[1:]), "<u4").tobytes()
        else:
            rows, length = struct.unpack_from("<II", frame, 1)
            ids = np.frombuffer(frame, "<u4", offset=9).reshape(rows, length).astype(np.int64)
            answer = predict(model, sizes, torch.from_numpy(ids).to(where)).float().cpu().numpy().tobytes()
        answers.write(len(answer).to_bytes(4, "little") + answer)
        answers.flush()


def main():
    weights = Path(os.environ["AUTORESEARCH_ARTIFACTS"]) / "weights.npz"
    tokenizer, where = Tokenizer.load(HERE / "tokenizer.json"), device()
    torch.manual_seed(int(os.environ["AUTORESEARCH_SEED"]))
    sizes = import_module(f"sizes.{where}")
    model = GPT(sizes, len(tokenizer.table)).to(where)
    if "--serve" in sys.argv:
        with np.load(weights, allow_pickle=False) as saved:
            model.load_state_dict({name: torch.from_numpy(saved[name]) for name in saved})
        serve(model.eval(), tokenizer, sizes, where)
        return
    tokens = np.memmap(Path(os.environ.get("GPT_DATA", HERE / "data")) / "train.bin", np.uint16, mode="r")
    rng = np.random.default_rng(int(os.environ["AUTORESEARCH_SEED"]))
    train(model, tokens, sizes, float(os.environ["AUTORESEARCH_SECONDS"]), rng, where)
    np.savez(weights, **{name: value.cpu().numpy() for name, value in model.state_dict().items()})


if __name__ == "__main__":
    main()
