def NAME(self, x: Tensor, w: Tensor, aux: Tensor) -> Tensor:  # w packed nibbles, aux bf16 [in / 32, out, 2]: scale, zero
    y = torch._weight_int4pack_mm_for_cpu(torch.reshape(x, [-1, torch.size(x, -1)]), w, 32, aux)
    return torch.reshape(y, [torch.size(x, 0), torch.size(x, 1), -1])
