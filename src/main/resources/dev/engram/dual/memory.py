# LMCODE's two memories inside a layer. TorchScript text, for training and for inference.
#
# Shapes: B batch, T tokens, h hidden, m short-term slots, k retrieved slots, n rows of the table of retrieved vectors.
# x is the residual stream after self-attention. What a memory reads of it is normed without a gain.


def normed(self, x: Tensor) -> Tensor:  # RMS norm over the last axis
    return torch.mul(x, torch.rsqrt(torch.add(torch.mean(torch.mul(x, x), [-1], True), 1e-05)))


def attention(self, a: Tensor, b: Tensor, wq: Tensor, wk: Tensor, wv: Tensor) -> Tensor:
    # softmax((a Wq)(b Wk)^T / sqrt(h)) b Wv; a [B, p, h], b [B, q, h] -> [B, p, h]
    scale = torch.div(1., torch.sqrt(float(torch.size(a, -1))))
    s = torch.matmul(torch.linear(a, wq), torch.transpose(torch.linear(b, wk), 1, 2))
    return torch.matmul(torch.softmax(torch.mul(s, scale), -1), torch.linear(b, wv))


def saturation(self, gate: Tensor) -> Tensor:  # mean of a gate, and the share of it that is nearly closed or nearly open
    g = torch.detach(gate)
    shut = torch.logical_or(torch.lt(g, 0.05), torch.gt(g, 0.95))
    return torch.stack([torch.mean(g), torch.mean(torch.to(shut, 6))])


def start(self, first: Tensor, like: Tensor) -> Tensor:  # learned first state [m, h] -> [B, m, h]
    return torch.expand(torch.unsqueeze(first, 0), [torch.size(like, 0), -1, -1])


def short_term_read(self, x: Tensor, state: Tensor, wq: Tensor, wk: Tensor, wv: Tensor) -> Tensor:
    return torch.add(x, self.attention(self.normed(x), state, wq, wk, wv))


def short_term_write(self, x: Tensor, state: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, wz: Tensor, bz: Tensor, eta: Tensor) -> Tuple[Tensor, Tensor]:
    # S <- (1 - eta z) S + eta z c with candidate c = attention(S -> x) and gate z = sigmoid(Wz [S; c] + bz), all [B, m, h]
    c = self.attention(state, self.normed(x), wq, wk, wv)
    z = torch.sigmoid(torch.linear(torch.cat([state, c], -1), wz, bz))
    return (torch.add(state, torch.mul(torch.mul(z, eta), torch.sub(c, state))), self.saturation(z))


def long_term_query(self, x: Tensor, wq: Tensor) -> Tensor:  # [B, T, h] -> queries [B, T, h]
    return torch.linear(self.normed(x), wq)


def long_term_pairs(self, x: Tensor, wk: Tensor, wv: Tensor, later: Tensor) -> Tuple[Tensor, Tensor]:
    # keys and values to be written, [B, T - later, h]: a token's key and the value of the token `later` places after it
    y = self.normed(x)
    n = torch.size(x, 1) - int(later)
    return (torch.linear(torch.slice(y, 1, 0, n), wk), torch.linear(torch.slice(y, 1, int(later)), wv))


def long_term_read(self, x: Tensor, q: Tensor, keys: Tensor, values: Tensor, rows: Tensor, bias: Tensor, found: Tensor, wo: Tensor, wg: Tensor, bg: Tensor) -> Tuple[Tensor, Tensor]:
    # x + sigmoid(g) Wo m, where m is the soft attention of q [B, T, h] over its k retrieved slots.
    # keys, values [n, h]; rows [B, T, k] of them; bias [B, T, k]: lambda log(importance), very low where nothing was
    # retrieved; found [B, T, 1] is 0 for a token that retrieved nothing at all, which the memory then leaves as it is
    shape = [torch.size(rows, 0), torch.size(rows, 1), torch.size(rows, 2), torch.size(q, -1)]
    flat = torch.reshape(rows, [-1])
    k = torch.reshape(torch.index_select(keys, 0, flat), shape)
    v = torch.reshape(torch.index_select(values, 0, flat), shape)
    scale = torch.div(1., torch.sqrt(float(torch.size(q, -1))))
    s = torch.add(torch.mul(torch.sum(torch.mul(torch.unsqueeze(q, 2), k), [-1]), scale), bias)
    p = torch.mul(torch.softmax(s, -1), found)
    m = torch.sum(torch.mul(torch.unsqueeze(p, -1), v), [2])
    g = torch.sigmoid(torch.linear(self.normed(x), wg, bg))  # [B, T, 1]
    return (torch.add(x, torch.mul(g, torch.linear(m, wo))), torch.cat([self.saturation(g), torch.reshape(torch.detach(p), [-1])]))


def table(self, parts: List[Tensor]) -> Tensor:  # [.., n, h] each -> [all n, h]
    flat = annotate(List[Tensor], [])
    for i in range(len(parts)):
        _1 = torch.append(flat, torch.reshape(parts[i], [-1, torch.size(parts[i], -1)]))
    return torch.cat(flat, 0)


def set(self, target: Tensor, values: Tensor) -> Tensor:  # in place, without a graph
    return torch.copy_(target, values)
