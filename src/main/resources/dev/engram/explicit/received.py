# What the tokens of a reference receive from one another.


def received(self, q: Tensor, k: Tensor, text: Tensor, normalised: int) -> Tensor:
    # softmax(q k' / sqrt(D)) over the keys of the text, or its exponentials alone, summed over the queries of the text and the heads
    # of a group:
    # q [B, T, H, D], k [B, T, KV, D], text [B, T] of ones and zeros -> [B, KV, T]
    B = torch.size(q, 0)
    T = torch.size(q, 1)
    H = torch.size(q, 2)
    D = torch.size(q, 3)
    KV = torch.size(k, 2)
    # the heads of a group stand one after another, so that they are rows of one product; mask and sum are part of the products,
    # because one more pass over the weights costs as much as a product
    rows = torch.reshape(torch.transpose(q, 1, 2), [B * KV, (H // KV) * T, D])
    keys = torch.reshape(torch.permute(k, [0, 2, 3, 1]), [B * KV, D, T])
    hidden = torch.reshape(torch.expand(torch.reshape(torch.mul(torch.sub(text, 1.), 1e9), [B, 1, T]), [B, KV, T]), [B * KV, 1, T])
    s = torch.baddbmm(hidden, rows, keys, beta=1., alpha=torch.div(1., torch.sqrt(D)))
    if normalised > 0:
        p = torch.softmax(s, -1)
    else:  # one factor for all tokens of a head keeps the order and the numbers finite
        p = torch.exp(torch.sub(s, torch.amax(s, [1, 2], True)))
    asks = torch.reshape(torch.expand(torch.reshape(text, [B, 1, 1, T]), [B, KV, H // KV, T]), [B * KV, 1, (H // KV) * T])
    return torch.reshape(torch.bmm(asks, p), [B, KV, T])
