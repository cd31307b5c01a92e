def NAME(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:  # q [B, KV, G, D]; k, v [B, KV, n, D] -> [B, KV, G, D]
    # The slots in PARTS equal pieces, so that the threads share the work evenly where there are not as many key/value heads
    # as threads; the pieces' results are joined by their shares of the softmax. A remainder is read by all pieces but counts
    # in the last alone.
    n = torch.size(k, 2)
    if torch.size(k, 0) > 1 or n < PARTS:
        return torch.scaled_dot_product_attention(q, k, v)
    piece = n // PARTS
    rest = n - piece * PARTS
    ks = torch.stride(k)
    vs = torch.stride(v)
    k = torch.as_strided(k, [KV, PARTS, piece + rest, D], [ks[1], piece * ks[2], ks[2], ks[3]])
    v = torch.as_strided(v, [KV, PARTS, piece + rest, D], [vs[1], piece * vs[2], vs[2], vs[3]])
    q = torch.expand(torch.transpose(q, 0, 1), [KV, PARTS, G, D])
    if rest > 0:
        m = torch.zeros([1, PARTS, 1, piece + rest], dtype=ops.prim.dtype(q), device=q.device)
        _1 = torch.fill_(torch.slice(torch.slice(m, 1, 0, PARTS - 1), 3, piece), float("-inf"))
        o, lse = torch._scaled_dot_product_flash_attention_for_cpu(q, k, v, 0., False, attn_mask=m)
    else:
        o, lse = torch._scaled_dot_product_flash_attention_for_cpu(q, k, v)
    share = torch.unsqueeze(torch.softmax(lse, 1), 3)  # [KV, PARTS, G, 1]
    return torch.unsqueeze(torch.to(torch.sum(torch.mul(o, share), [1]), ops.prim.dtype(q)), 0)
