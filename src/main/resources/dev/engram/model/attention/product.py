def NAME(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:  # q [B, KV, G, D]; k, v [B, KV, n, D] -> [B, KV, G, D]
    # Keys times queries: few queries and many keys are the shape that products like best on some machines. With one leading
    # dimension and nothing converted between the steps: at a thousand slots a step costs no more than the calls around it.
    k = torch.flatten(k, 0, 1)  # [B KV, n, D]
    s = torch.bmm(k, torch.transpose(torch.flatten(torch.mul(q, SCALE), 0, 1), 1, 2))  # [B KV, n, G]
    p = torch.softmax(torch.transpose(s, 1, 2), -1)  # [B KV, G, n]; sums in f32 whatever the type
    return torch.view(torch.bmm(p, torch.flatten(v, 0, 1)), [-1, KV, G, D])
