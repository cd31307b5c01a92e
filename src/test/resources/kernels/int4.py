def product(self, x: Tensor, packed: Tensor, scales: Tensor) -> Tensor:  # x f32 [n, in] -> f32 [n, out]
    return torch.to(torch._weight_int4pack_mm_for_cpu(torch.to(x, 15), packed, 32, scales), 6)
