# q, k, v in one matrix and gate, up in another: fewer calls, the form that is fastest.
# w: 0 in-norm, 1-2 qkv, 3-4 o, 5 post-norm, 6-7 gate-up, 8-9 down (each linear: matrix, aux), 10 qkv bias, 11 q, k norm.
# Gains of norms are followed by as many zeros.


def norm(self, x: Tensor, gain: Tensor) -> Tensor:  # RMSNorm over the last axis, f32 -> the type of the linears; gain [2 d]
    # (x, -x) has mean 0 and the variance that RMSNorm divides by, so PyTorch's one-pass LayerNorm does the whole of it
    y = torch.layer_norm(torch.cat([x, torch.neg(x)], -1), [2 * HIDDEN], gain, None, EPS)
    return torch.to(torch.slice(y, -1, 0, HIDDEN), ACT)


def delta(self, x: Tensor, lora: List[Tensor], at: int, scale: int, width: int) -> Tensor:
    # s * B(A(x)) for one adapter, zeros for an absent one; A [r, in], B [out, r]
    down = lora[at]
    if torch.numel(down) == 0:
        return torch.zeros([torch.size(x, 0), torch.size(x, 1), width], dtype=6, device=x.device)
    return torch.mul(torch.linear(torch.linear(torch.to(x, 6), down), lora[at + 1]), lora[scale])


def adapt(self, y: Tensor, d: List[Tensor]) -> Tensor:
    return torch.add(y, torch.to(torch.cat(d, -1), ops.prim.dtype(y)))


def qkv(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int) -> Tensor:
    y = self.lin(x, w[b + 1], w[b + 2])
    if BIAS:
        y = torch.add(y, w[b + 10])
    if len(lora) > 0:
        y = self.adapt(y, [self.delta(x, lora, a, a + 14, H * D), self.delta(x, lora, a + 2, a + 14, KV * D), self.delta(x, lora, a + 4, a + 14, KV * D)])
    return y


def qk_gain(self, w: List[Tensor], b: int) -> Tensor:  # [H + KV, D]
    return w[b + 11]


def out(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int) -> Tensor:
    y = self.lin(x, w[b + 3], w[b + 4])
    if len(lora) > 0:
        y = self.adapt(y, [self.delta(x, lora, a + 6, a + 14, HIDDEN)])
    return y


def post_gain(self, w: List[Tensor], b: int) -> Tensor:
    return w[b + 5]


def gate_up(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int) -> Tuple[Tensor, Tensor]:
    y = self.lin(x, w[b + 6], w[b + 7])
    if len(lora) > 0:
        y = self.adapt(y, [self.delta(x, lora, a + 8, a + 14, INTER), self.delta(x, lora, a + 10, a + 14, INTER)])
    return (torch.slice(y, -1, 0, INTER), torch.slice(y, -1, INTER))


def down(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int) -> Tensor:
    y = self.lin(x, w[b + 8], w[b + 9])
    if len(lora) > 0:
        y = self.adapt(y, [self.delta(x, lora, a + 12, a + 14, HIDDEN)])
    return y
