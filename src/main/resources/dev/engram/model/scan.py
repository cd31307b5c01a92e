# Products of many rows with one query.


def exact(self, rows: Tensor, q: Tensor) -> Tensor:  # [n, w], [w] -> [n]
    return torch.matmul(rows, q)


def whole(self, x: Tensor) -> Tensor:  # [m, w] -> [m, w'], zeros up to a multiple of 64: the 8-bit product reads past shorter rows
    return torch.constant_pad_nd(x, [0, (64 - torch.size(x, 1) % 64) % 64], 0)


def pack(self, rows: Tensor) -> Tuple[Tensor, Tensor]:  # f32 [n, w] -> int8 [n, w'], one bf16 scale a row
    s = torch.to(torch.clamp_min(torch.div(torch.amax(torch.abs(rows), [1], True), 127.), 1e-30), 15)
    q = torch.clamp(torch.round(torch.div(rows, torch.to(s, 6))), -127, 127)
    return (self.whole(torch.to(q, 1)), torch.reshape(s, [-1]))


def scan(self, rows: Tensor, packed: Tensor, scales: Tensor, q: Tensor, k: int) -> Tensor:
    # 8-bit products for all, exact ones for the k best
    x = self.whole(torch.to(torch.reshape(q, [1, -1]), 15))
    s = torch.reshape(torch.to(torch._weight_int8pack_mm(x, packed, scales), 6), [-1])
    _1, best = torch.topk(s, k)
    return torch.index_copy(s, 0, best, torch.matmul(torch.index_select(rows, 0, best), q))
