def NAME(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:  # q [B, KV, G, D]; k, v [B, KV, n, D] -> [B, KV, G, D]
    # keys times queries: few queries and many keys are the shape that products like best on some machines
    s = torch.transpose(torch.matmul(k, torch.transpose(q, 2, 3)), 2, 3)
    p = torch.softmax(torch.mul(torch.to(s, 6), SCALE), -1)
    return torch.matmul(torch.to(p, ops.prim.dtype(v)), v)
