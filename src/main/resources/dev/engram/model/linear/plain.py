def NAME(self, x: Tensor, w: Tensor, aux: Tensor) -> Tensor:  # w [out, in]
    if torch.size(x, 0) * torch.size(x, 1) > 4:
        # without products of bf16, widening the matrix first pays from a few rows on; elsewhere WIDE is its own type
        y = torch.linear(torch.to(x, WIDE), torch.to(w, WIDE))
        return torch.to(y, ops.prim.dtype(x))
    return torch.linear(x, w)
