def NAME(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:  # q [B, KV, G, D]; k, v [B, KV, n, D] -> [B, KV, G, D]
    return torch.scaled_dot_product_attention(q, k, v)
