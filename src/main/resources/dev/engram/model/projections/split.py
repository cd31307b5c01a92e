# Every linear layer apart, as checkpoints store them: the form that is trained.
# w: 0 in-norm, 1 q, 2 k, 3 v, 4 o, 5 post-norm, 6 gate, 7 up, 8 down, then q, k, v bias, then q, k norm (where present).


def norm(self, x: Tensor, gain: Tensor) -> Tensor:  # [.., d], gain [d]
    return self.rms_norm(x, gain)


def dropped(self, x: Tensor, drop: Tensor, role: int) -> Tensor:
    # a share drop[1] of the values becomes zero and the others grow; the draw depends on the seed drop[0] and the role alone
    p = float(drop[1])
    g = torch.Generator(seed=int(drop[0]) + role)
    kept = torch.bernoulli(torch.full_like(x, 1. - p), generator=g)
    return torch.mul(x, torch.div(kept, 1. - p))


def delta(self, y: Tensor, x: Tensor, lora: List[Tensor], at: int, scale: int) -> Tensor:
    # y + B(s * A(x)), which scales r values instead of out; A [r, in], B [out, r]; an absent adapter is empty
    down = lora[at]
    if torch.numel(down) == 0:
        return y
    h = torch.to(x, 6)
    if len(lora) > 15:
        h = self.dropped(h, lora[15], at)
    h = torch.mul(torch.linear(h, down), lora[scale])
    return torch.add(y, torch.to(torch.linear(h, lora[at + 1]), ops.prim.dtype(y)))


def adapted(self, x: Tensor, weight: Tensor, lora: List[Tensor], a: int, role: int) -> Tensor:
    y = torch.linear(x, weight)
    if len(lora) == 0:
        return y
    return self.delta(y, x, lora, a + 2 * role, a + 14)


def qkv(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int) -> Tensor:
    q = self.adapted(x, w[b + 1], lora, a, 0)
    k = self.adapted(x, w[b + 2], lora, a, 1)
    v = self.adapted(x, w[b + 3], lora, a, 2)
    if BIAS:
        q = torch.add(q, w[b + 9])
        k = torch.add(k, w[b + 10])
        v = torch.add(v, w[b + 11])
    return torch.cat([q, k, v], -1)


def qk_gain(self, w: List[Tensor], b: int) -> Tensor:  # [H + KV, D]
    q = torch.expand(w[b + 9 + BIAS_SLOTS], [H, D])
    k = torch.expand(w[b + 10 + BIAS_SLOTS], [KV, D])
    return torch.cat([q, k], 0)


def out(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int) -> Tensor:
    return self.adapted(x, w[b + 4], lora, a, 3)


def post_gain(self, w: List[Tensor], b: int) -> Tensor:
    return w[b + 5]


def gate_up(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int) -> Tuple[Tensor, Tensor]:
    return (self.adapted(x, w[b + 6], lora, a, 4), self.adapted(x, w[b + 7], lora, a, 5))


def down(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int) -> Tensor:
    return self.adapted(x, w[b + 8], lora, a, 6)
