# Small tensor work that must stay inside the text: bfloat16 may not be handed to the Java API of tensors.


def empty(self, rows: int, cols: int, dtype: int, like: Tensor) -> Tensor:
    return torch.empty([rows, cols], dtype=dtype, device=like.device)


def fill(self, dest: Tensor, src: Tensor, row: int) -> Tensor:  # dest[row : row + len(src)] = src, converted
    return torch.copy_(torch.slice(dest, 0, row, row + torch.size(src, 0)), src)


def cast(self, x: Tensor, dtype: int) -> Tensor:
    return torch.clone(torch.to(x, dtype))


def transpose(self, w: Tensor) -> Tensor:
    return torch.contiguous(torch.t(w))


def prepack(self, w: Tensor) -> Tensor:
    return ops.mkldnn._reorder_linear_weight(w, 1)


def int8(self, w: Tensor) -> Tuple[Tensor, Tensor]:  # symmetric, one bf16 scale a row
    f = torch.to(w, 6)
    s = torch.to(torch.div(torch.amax(torch.abs(f), [1], True), 127.), 15)
    s = torch.clamp_min(s, 1e-30)
    q = torch.clamp(torch.round(torch.div(f, torch.to(s, 6))), -127, 127)
    return (torch.to(q, 1), torch.reshape(s, [-1]))


def int4_pack(self, q: Tensor, d: Tensor, m: Tensor) -> Tuple[Tensor, Tensor]:
    # value = q * d + m in groups of 32; q u8 [out, in], d and m f32 [out, in / 32].
    # The kernel computes (q - 8) * scale + zero in bf16, so zero = m + 8 d; what the scale loses in rounding the zero
    # makes up for at the group's mean.
    scale = torch.to(torch.to(d, 15), 6)
    middle = torch.sub(torch.mean(torch.to(torch.reshape(q, [torch.size(q, 0), -1, 32]), 6), [2]), 8.)
    zero = torch.add(torch.add(m, torch.mul(d, 8.)), torch.mul(torch.sub(d, scale), middle))
    packed = torch._convert_weight_to_int4pack_for_cpu(torch.to(q, 3), 1)
    scales = torch.stack([torch.t(scale), torch.t(zero)], -1)
    return (packed, torch.contiguous(torch.to(scales, 15)))


def int4(self, w: Tensor) -> Tuple[Tensor, Tensor]:  # any weights: least and largest value of each group
    f = torch.reshape(torch.to(w, 6), [torch.size(w, 0), -1, 32])
    m = torch.amin(f, [2])
    d = torch.clamp_min(torch.div(torch.sub(torch.amax(f, [2]), m), 15.), 1e-30)
    q = torch.round(torch.div(torch.sub(f, torch.unsqueeze(m, 2)), torch.unsqueeze(d, 2)))
    q = torch.to(torch.reshape(torch.clamp(q, 0, 15), [torch.size(w, 0), -1]), 0)
    return self.int4_pack(q, d, m)


def zeros(self, shape: List[int], dtype: int, like: Tensor) -> Tensor:
    return torch.zeros(shape, dtype=dtype, device=like.device)


def grow(self, buffer: Tensor, used: int, capacity: int) -> Tensor:  # [B, KV, *, D] -> [B, KV, capacity, D]
    out = torch.empty([torch.size(buffer, 0), torch.size(buffer, 1), capacity, torch.size(buffer, 3)], dtype=ops.prim.dtype(buffer), device=buffer.device)
    _1 = torch.copy_(torch.slice(out, 2, 0, used), torch.slice(buffer, 2, 0, used))
    return out


def keep(self, buffer: Tensor, slots: Tensor, capacity: int) -> Tensor:  # slots [1|KV, kept]
    B = torch.size(buffer, 0)
    KV = torch.size(buffer, 1)
    n = torch.size(slots, -1)
    out = torch.empty([B, KV, capacity, torch.size(buffer, 3)], dtype=ops.prim.dtype(buffer), device=buffer.device)
    at = torch.expand(torch.reshape(slots, [1, torch.size(slots, 0), n, 1]), [B, KV, n, torch.size(buffer, 3)])
    _1 = torch.copy_(torch.slice(out, 2, 0, n), torch.gather(buffer, 2, at))
    return out


def lead(self, buffer: Tensor, rows: Tensor, dropped: int, used: int, capacity: int) -> Tensor:
    # rows [B, KV, n, D] in place of the first dropped slots
    out = torch.empty([torch.size(buffer, 0), torch.size(buffer, 1), capacity, torch.size(buffer, 3)], dtype=ops.prim.dtype(buffer), device=buffer.device)
    n = torch.size(rows, 2)
    _1 = torch.copy_(torch.slice(out, 2, 0, n), rows)
    _2 = torch.copy_(torch.slice(out, 2, n, torch.add(n, torch.sub(used, dropped))), torch.slice(buffer, 2, dropped, used))
    return out


def rows(self, buffer: Tensor, used: int) -> Tensor:  # the used slots, in f32
    return torch.clone(torch.to(torch.slice(buffer, 2, 0, used), 6))


def put_rows(self, buffer: Tensor, values: Tensor) -> Tensor:
    return torch.copy_(torch.slice(buffer, 2, 0, torch.size(values, 2)), values)


def copy_of(self, x: Tensor) -> Tensor:
    return torch.clone(x)


def rerotate(self, buffer: Tensor, used: int, cos: Tensor, sin: Tensor) -> Tensor:
    # turns rotated keys further, in place; cos, sin [1, 1|KV, used, D] of the angle between, sin with rotate_half's sign
    rows = torch.slice(buffer, 2, 0, used)
    x = torch.to(rows, 6)
    turned = torch.roll(x, [torch.floordiv(torch.size(x, 3), 2)], [-1])
    return torch.copy_(rows, torch.addcmul(torch.mul(x, cos), turned, sin))


def faded(self, buffer: Tensor, factors: Tensor) -> Tensor:  # factors [1, 1, used, 1]
    used = torch.size(factors, 2)
    out = torch.empty_like(buffer)
    _1 = torch.copy_(torch.slice(out, 2, 0, used), torch.mul(torch.to(torch.slice(buffer, 2, 0, used), 6), factors))
    return out


def put_slots(self, dest: Tensor, src: Tensor, start: int, end: int) -> Tensor:
    return torch.copy_(torch.slice(dest, 2, start, end), torch.slice(src, 2, start, end))


def attend(self, k: Tensor, q: Tensor) -> Tensor:  # the two products of one decoding step: k [KV, n, D], q [KV, D, G]
    return torch.matmul(torch.transpose(torch.matmul(k, q), 1, 2), k)


def attend_wide(self, k: Tensor, q: Tensor) -> Tensor:
    return self.attend(torch.to(k, 6), torch.to(q, 6))
