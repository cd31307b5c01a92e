# Products of many rows with one query.


def exact(self, rows: Tensor, q: Tensor) -> Tensor:  # [n, w], [w] -> [n]
    return torch.matmul(rows, q)


def pack(self, rows: Tensor) -> Tuple[Tensor, Tensor]:  # f32 [n, w] -> int8 [n, w], one bf16 scale a row
    s = torch.to(torch.clamp_min(torch.div(torch.amax(torch.abs(rows), [1], True), 127.), 1e-30), 15)
    q = torch.clamp(torch.round(torch.div(rows, torch.to(s, 6))), -127, 127)
    return (torch.to(q, 1), torch.reshape(s, [-1]))


def scan(self, rows: Tensor, packed: Tensor, scales: Tensor, q: Tensor, k: int) -> Tensor:
    # 8-bit products for all, exact ones for the k best
    x = torch.to(torch.reshape(q, [1, -1]), 15)
    s = torch.reshape(torch.to(torch._weight_int8pack_mm(x, packed, scales), 6), [-1])
    _1, best = torch.topk(s, k)
    return torch.index_copy(s, 0, best, torch.matmul(torch.index_select(rows, 0, best), q))
