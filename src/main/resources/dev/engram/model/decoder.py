# The decoder, once. TorchScript text: the inside of a layer, for inference and for training alike.
#
# Shapes: B batch, T new tokens, d hidden, H query heads, KV key/value heads, G = H / KV, D head width,
#         n visible slots of the cache (the T new ones last), m extra rows.
# An empty tensor stands for "absent". Names in capitals are written in by Java from the model's configuration.
# The residual stream x is always f32; linears read and give the type ACT (f32 or bf16), as do q, k, v and the cache.
# WIDE is the type in which attention multiplies matrices itself: ACT, or f32 on machines without products of bf16.
# w is a flat list of weights and b the place where this layer's begin; what stands at which offset, and how a
# linear layer is computed, is said by the projections (projections/*.py) and linear formats (linear/*.py).


def rms_norm(self, x: Tensor, gain: Tensor) -> Tensor:  # over the last axis, f32 -> the type of the linears
    r = torch.rsqrt(torch.add(torch.mean(torch.mul(x, x), [-1], True), EPS))
    return torch.to(torch.mul(torch.mul(x, r), gain), ACT)


def rotate(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:  # x [B, T, heads, D]; cos, sin [1|B, T, 1, D]
    # roll by half a head is rotate_half without its sign, which the table of sines carries
    return torch.addcmul(torch.mul(x, cos), torch.roll(x, [HALF], [-1]), sin)


def project(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int) -> Tuple[Tensor, Tensor]:
    # [B, T, d] -> q and k of all heads before rotation [B, T, H + KV, D], v [B, T, KV, D]
    y = self.qkv(self.norm(x, w[b]), w, b, lora, a)
    y = torch.reshape(y, [torch.size(x, 0), torch.size(x, 1), H + 2 * KV, D])
    qk = torch.slice(y, 2, 0, H + KV)
    if QKNORM:
        qk = self.rms_norm(torch.to(qk, 6), self.qk_gain(w, b))
    return (qk, torch.slice(y, 2, H + KV))


def visible(self, T: int, n: int, pad: Tensor, bias: Tensor, like: Tensor) -> Tensor:
    # additive mask [1|B, 1|KV, T, n]: causal, without the padding on the left, plus the caller's bias
    m = torch.zeros([1, 1, T, n], dtype=6, device=like.device)
    if T > 1:
        hidden = torch.triu(torch.ones([T, n], dtype=11, device=like.device), n - T + 1)
        m = torch.masked_fill(m, hidden, float("-inf"))
    if torch.numel(pad) > 0:
        slot = torch.arange(n, device=like.device)
        own = torch.eq(torch.reshape(torch.arange(n - T, n, device=like.device), [T, 1]), slot)
        padded = torch.lt(torch.reshape(slot, [1, 1, 1, n]), torch.reshape(pad, [-1, 1, 1, 1]))
        # a padded query sees itself, so that its softmax is a number; nobody reads it
        m = torch.masked_fill(m, torch.logical_and(padded, torch.logical_not(own)), float("-inf"))
    if torch.numel(bias) > 0:
        m = torch.add(m, bias)
    return m


def attend_fast(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor, causal: bool) -> Tensor:
    # q [B, T, H, D]; k, v [B, KV, n, D]; mask additive or empty -> [B, T, H * D]
    B = torch.size(q, 0)
    T = torch.size(q, 1)
    n = torch.size(k, 2)
    m = torch.to(mask, ops.prim.dtype(q))
    if T == 1:  # a group's heads stand in place of queries; they share the mask
        qg = torch.reshape(q, [B, KV, G, D])
        if torch.numel(mask) > 0:
            o = torch.scaled_dot_product_attention(qg, k, v, m)
        elif n > LONG:
            o = self.attend_long(qg, k, v)
        else:
            o = torch.scaled_dot_product_attention(qg, k, v)
        return torch.reshape(o, [B, 1, H * D])
    # key/value heads in place of sequences, so that a group's heads share theirs, and their mask, without a copy
    qg = torch.reshape(torch.transpose(q, 1, 2), [B * KV, G, T, D])
    kg = torch.expand(torch.unsqueeze(torch.reshape(k, [B * KV, n, D]), 1), [B * KV, G, n, D])
    vg = torch.expand(torch.unsqueeze(torch.reshape(v, [B * KV, n, D]), 1), [B * KV, G, n, D])
    if torch.numel(mask) > 0:
        if torch.size(mask, 0) * torch.size(mask, 1) > 1:  # one per sequence, per key/value head, or both
            m = torch.reshape(torch.expand(m, [B, KV, T, n]), [B * KV, 1, T, n])
        o = torch.scaled_dot_product_attention(qg, kg, vg, m)
    else:
        o = torch.scaled_dot_product_attention(qg, kg, vg, None, 0., causal)
    return torch.reshape(torch.transpose(torch.reshape(o, [B, H, T, D]), 1, 2), [B, T, H * D])


def attend_one(self, q: Tensor, k: Tensor, v: Tensor) -> Tuple[Tensor, Tensor]:
    # One token and nothing but its slots, as attention/product.py, and what each slot received, mean over a group's heads [B, KV, n].
    # The general way below takes twice as many calls, and at few slots the calls are what a layer costs; products of bf16 cost more
    # to begin than f32's, above all at a length that is met for the first time, as after a deletion in every layer.
    B = torch.size(q, 0)
    n = torch.size(k, 2)
    wide = WIDE
    if n <= 512:
        wide = 6
    qg = torch.mul(torch.to(torch.reshape(q, [B * KV, G, D]), wide), SCALE)
    s = torch.bmm(torch.flatten(torch.to(k, wide), 0, 1), torch.transpose(qg, 1, 2))  # [B KV, n, G]
    p = torch.softmax(torch.transpose(s, 1, 2), -1)
    o = torch.bmm(p, torch.flatten(torch.to(v, wide), 0, 1))  # [B KV, G, D]
    received = torch.view(torch.mean(p, [1], False, dtype=6), [B, KV, n])
    return (torch.to(torch.view(o, [B, 1, H * D]), ops.prim.dtype(q)), received)


def attend_seen(self, q: Tensor, k: Tensor, v: Tensor, ek: Tensor, ev: Tensor, emask: Tensor, mask: Tensor, watch: int) -> Tuple[Tensor, Tensor]:
    # The same attention with its probabilities in the open: extra rows ek, ev [1|B, KV, m, D] stand before the slots,
    # emask additive, its last two axes [T|1, m or more], whose first m columns count; mask [1|B, 1|KV, T, n]. Returns the output [B, T, H * D] and the attention that extra rows
    # and slots received from the last `watch` queries: summed over queries, mean over a group's heads, [B, KV, m + n].
    B = torch.size(q, 0)
    T = torch.size(q, 1)
    n = torch.size(k, 2)
    m = torch.size(ek, 2)
    if T == 1 and m == 0 and torch.numel(mask) == 0:
        return self.attend_one(q, k, v)
    k = torch.to(k, WIDE)
    v = torch.to(v, WIDE)
    qg = torch.to(torch.reshape(torch.transpose(q, 1, 2), [B, KV, G * T, D]), WIDE)
    if T == 1:
        s = torch.transpose(torch.matmul(k, torch.transpose(qg, 2, 3)), 2, 3)
    else:
        s = torch.matmul(qg, torch.transpose(k, 2, 3))
    s = torch.reshape(torch.to(s, 6), [B, KV, G, T, n])
    s = torch.mul(s, SCALE)
    if torch.numel(mask) > 0:
        s = torch.add(s, torch.unsqueeze(mask, 2))
    if m > 0:
        e = torch.reshape(torch.to(torch.matmul(qg, torch.transpose(torch.to(ek, WIDE), 2, 3)), 6), [B, KV, G, T, m])
        e = torch.mul(e, SCALE)
        if torch.numel(emask) > 0:
            e = torch.add(e, torch.slice(emask, -1, 0, m))
        s = torch.cat([e, s], -1)
    p = torch.softmax(s, -1)
    pv = torch.reshape(torch.to(p, WIDE), [B, KV, G * T, m + n])
    if m > 0:
        o = torch.add(torch.matmul(torch.slice(pv, 3, 0, m), torch.to(ev, WIDE)), torch.matmul(torch.slice(pv, 3, m), v))
    else:
        o = torch.matmul(pv, v)
    o = torch.to(torch.reshape(torch.transpose(torch.reshape(o, [B, H, T, D]), 1, 2), [B, T, H * D]), ops.prim.dtype(q))
    if watch > 0:
        received = torch.mean(torch.sum(torch.slice(p, 3, max(0, T - watch)), [3]), [2])
    else:
        received = torch.zeros([0], device=q.device)
    return (o, received)


def remember(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int, cos: Tensor, sin: Tensor, kb: Tensor, vb: Tensor, start: int, capture: int) -> Tuple[Tensor, List[Tensor]]:
    # Writes the new keys and values into the cache buffers kb, vb [B, KV, capacity, D] from slot `start`; -> q [B, T, H, D], and with
    # capture q, k [B, T, heads, D] before rotation and v.
    shown = annotate(List[Tensor], [])
    qk0, v0 = self.project(x, w, b, lora, a)
    qk = self.rotate(qk0, cos, sin)
    n = start + torch.size(x, 1)
    _1 = torch.copy_(torch.slice(kb, 2, start, n), torch.transpose(torch.slice(qk, 2, H), 1, 2))
    _2 = torch.copy_(torch.slice(vb, 2, start, n), torch.transpose(v0, 1, 2))
    if capture > 0:
        shown = [torch.to(torch.slice(qk0, 2, 0, H), 6), torch.to(torch.slice(qk0, 2, H), 6), torch.to(v0, 6)]
    return (torch.slice(qk, 2, 0, H), shown)


def attention_half(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int, cos: Tensor, sin: Tensor, kb: Tensor, vb: Tensor, start: int, ek: Tensor, ev: Tensor, emask: Tensor, mask: Tensor, watch: int, capture: int) -> Tuple[Tensor, List[Tensor]]:
    # x + attention. The list holds what was asked for: received (watch > 0), then what `remember` shows (capture).
    T = torch.size(x, 1)
    q, seen = self.remember(x, w, b, lora, a, cos, sin, kb, vb, start, capture)
    k = torch.to(torch.slice(kb, 2, 0, start + T), ACT)
    v = torch.to(torch.slice(vb, 2, 0, start + T), ACT)
    if watch > 0 or torch.size(ek, 2) > 0:
        o, received = self.attend_seen(q, k, v, ek, ev, emask, mask, watch)
        if watch > 0:
            seen = [received] + seen
    else:
        o = self.attend_fast(q, k, v, mask, start == 0 and T > 1)
    return (torch.add(x, self.out(o, w, b, lora, a)), seen)


def feed_forward_half(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int) -> Tensor:
    # x + down(silu(gate) * up)
    g, u = self.gate_up(self.norm(x, self.post_gain(w, b)), w, b, lora, a)
    return torch.add(x, self.down(torch.mul(torch.silu(g), u), w, b, lora, a))


# Driver 1: one call per half layer, for plug-ins that act between.

def mask_of(self, x: Tensor, start: int, pad: Tensor, bias: Tensor, open: int) -> Tensor:
    # the additive mask of layers whose cache has `start` slots; empty where attention needs none. open: extra rows or a watch
    T = torch.size(x, 1)
    if torch.numel(pad) > 0 or torch.numel(bias) > 0 or (T > 1 and (start > 0 or open > 0)):
        return self.visible(T, start + T, pad, bias, x)
    return torch.zeros([0], device=x.device)


def layer_attention(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int, cos: Tensor, sin: Tensor, kb: Tensor, vb: Tensor, start: int, ek: Tensor, ev: Tensor, emask: Tensor, mask: Tensor, watch: int, capture: int) -> Tuple[Tensor, List[Tensor]]:
    return self.attention_half(x, w, b, lora, a, cos, sin, kb, vb, start, ek, ev, emask, mask, watch, capture)


def layer_keys(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int, cos: Tensor, sin: Tensor, kb: Tensor, vb: Tensor, start: int, capture: int) -> Tuple[Tensor, List[Tensor]]:
    return self.remember(x, w, b, lora, a, cos, sin, kb, vb, start, capture)


def layer_feed_forward(self, x: Tensor, w: List[Tensor], b: int, lora: List[Tensor], a: int) -> Tensor:
    return self.feed_forward_half(x, w, b, lora, a)


# Driver 2: one call for the whole stack.

def angles(self, cos: Tensor, sin: Tensor, positions: Tensor) -> Tuple[Tensor, Tensor]:
    # rows of the tables [positions, D] for positions [1|B, T] -> [1|B, T, 1, D]
    return (torch.unsqueeze(torch.embedding(cos, positions), 2), torch.unsqueeze(torch.embedding(sin, positions), 2))


def stack(self, x: Tensor, w: List[Tensor], lora: List[Tensor], cos_table: Tensor, sin_table: Tensor, positions: Tensor, ks: List[Tensor], vs: List[Tensor], starts: List[int], pad: Tensor, biases: List[Tensor], eks: List[Tensor], evs: List[Tensor], emask: Tensor, watch: int) -> Tuple[Tensor, List[Tensor]]:
    cos, sin = self.angles(cos_table, sin_table, positions)
    none = torch.zeros([0], device=x.device)
    no_rows = torch.zeros([0, KV, 0, D], device=x.device)
    received = annotate(List[Tensor], [])
    built = -1
    mask = none
    for i in range(LAYERS):
        start = starts[i]
        bias = none
        if len(biases) > 0:
            bias = biases[i]
        ek = no_rows
        ev = no_rows
        if len(eks) > 0:
            ek = eks[i]
            ev = evs[i]
        if len(biases) > 0 or start != built:  # layers of equal length share one mask
            built = start
            mask = self.mask_of(x, start, pad, bias, watch + len(eks))
        x, seen = self.attention_half(x, w, i * STRIDE, lora, i * 15, cos, sin, ks[i], vs[i], start, ek, ev, emask, mask, watch, 0)
        if watch > 0:
            _1 = torch.append(received, seen[0])
        x = self.feed_forward_half(x, w, i * STRIDE, lora, i * 15)
    if watch > 0:  # side by side, so that they reach Java in one piece
        return (x, [torch.cat(received, -1)])
    return (x, received)


# Driver 3: one layer with a graph, for training. No cache; keys and values are the sequence's own and the extra rows'.

def train_attention(self, x: Tensor, w: List[Tensor], lora: List[Tensor], cos: Tensor, sin: Tensor, pad: Tensor, bias: Tensor, ek: Tensor, ev: Tensor, emask: Tensor) -> Tensor:
    T = torch.size(x, 1)
    qk, v = self.project(x, w, 0, lora, 0)
    qk = self.rotate(qk, cos, sin)
    q = torch.slice(qk, 2, 0, H)
    k = torch.transpose(torch.slice(qk, 2, H), 1, 2)
    v = torch.transpose(v, 1, 2)
    mask = self.mask_of(x, 0, pad, bias, torch.size(ek, 2))
    if torch.size(ek, 2) > 0:
        o, _1 = self.attend_seen(q, k, v, ek, ev, emask, mask, 0)
    else:
        o = self.attend_fast(q, k, v, mask, T > 1)
    return torch.add(x, self.out(o, w, 0, lora, 0))


def train_keys(self, x: Tensor, w: List[Tensor], lora: List[Tensor], cos: Tensor, sin: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    # what a layer would leave in a cache, with a graph: keys rotated and values [B, KV, T, D]; and, without one, q [B, T, H, D] and
    # k [B, T, KV, D] before rotation
    qk, v = self.project(x, w, 0, lora, 0)
    k = self.rotate(torch.slice(qk, 2, H), cos, sin)
    return (torch.transpose(k, 1, 2), torch.transpose(v, 1, 2), torch.detach(torch.slice(qk, 2, 0, H)), torch.detach(torch.slice(qk, 2, H)))


def side_by_side(self, sink: Tensor, x: Tensor, at: Tensor) -> Tensor:
    # of references x [B * C, KV, T, D] the slots at [B, C, KV, n], C references behind each other after the sink [1, KV, s, D]:
    # -> [B, KV, s + C * n, D]
    B = torch.size(at, 0)
    C = torch.size(at, 1)
    n = torch.size(at, 3)
    T = torch.size(x, 2)
    index = torch.expand(torch.unsqueeze(at, -1), [B, C, KV, n, D])
    kept = torch.gather(torch.reshape(x, [B, C, KV, T, D]), 3, index)
    rows = torch.reshape(torch.transpose(kept, 1, 2), [B, KV, C * n, D])
    return torch.cat([torch.expand(sink, [B, KV, torch.size(sink, 2), D]), rows], 2)


def train_feed_forward(self, x: Tensor, w: List[Tensor], lora: List[Tensor]) -> Tensor:
    return self.feed_forward_half(x, w, 0, lora, 0)


def train_head(self, x: Tensor, gain: Tensor, table: Tensor) -> Tensor:  # [.., d] -> logits [.., vocab] in f32
    return torch.to(torch.linear(self.norm(x, gain), table), 6)


def train_head_rows(self, x: Tensor, gain: Tensor, table: Tensor, rows: Tensor, ids: Tensor) -> Tensor:
    return self.with_rows(self.train_head(x, gain, table), x, gain, rows, ids)


def labelled(self, x: Tensor, at: Tensor) -> Tensor:  # [B, T, d] -> [1, n, d], the positions with a label
    return torch.unsqueeze(torch.index_select(torch.reshape(x, [-1, HIDDEN]), 0, at), 0)


def train_norm(self, x: Tensor, gain: Tensor) -> Tensor:
    return self.norm(x, gain)


def frozen_head_loss(self, h: Tensor, table: Tensor, rows: Tensor, ids: Tensor, targets: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    # Without a graph: mean cross-entropy of h [n, d] under a head that does not learn and token rows [k, d] (k may be 0), and
    # its gradients with respect to h and the rows. A few positions at a time, so that logits and probabilities of the whole
    # batch, by far its largest tensors, never exist.
    n = torch.size(h, 0)
    V = torch.size(table, 0)
    replaced = int(torch.sum(torch.lt(ids, V)))
    old = torch.slice(ids, 0, 0, replaced)
    total = torch.zeros([1], dtype=6, device=h.device)
    gradient = torch.empty([n, HIDDEN], dtype=6, device=h.device)
    rows_gradient = torch.zeros_like(rows)
    at = 0
    while at < n:
        end = min(at + 128, n)
        part = torch.slice(h, 0, at, end)
        index = torch.unsqueeze(torch.slice(targets, 0, at, end), 1)
        z = torch.to(torch.linear(part, table), 6)
        if torch.size(rows, 0) > 0:
            own = torch.linear(torch.to(part, 6), rows)
            if replaced > 0:
                z = torch.index_copy(z, 1, old, torch.slice(own, 1, 0, replaced))
            z = torch.cat([z, torch.slice(own, 1, replaced)], 1)
        whole = torch.logsumexp(z, [1], True)
        total = torch.add(total, torch.sum(torch.sub(whole, torch.gather(z, 1, index))))
        p = torch.exp_(torch.sub_(z, whole))  # [positions, vocabulary with the rows]
        p = torch.scatter_add_(p, 1, index, torch.full_like(whole, -1.))
        own_part = torch.zeros([torch.size(part, 0), HIDDEN], dtype=6, device=h.device)
        if torch.size(rows, 0) > 0:
            q = torch.index_select(p, 1, ids)
            rows_gradient = torch.add(rows_gradient, torch.mm(torch.t(q), torch.to(part, 6)))
            own_part = torch.mm(q, rows)
            p = torch.slice(torch.index_fill_(p, 1, old, 0.), 1, 0, V)
        back = torch.to(torch.mm(torch.to(p, ops.prim.dtype(table)), table), 6)
        _1 = torch.copy_(torch.slice(gradient, 0, at, end), torch.add(back, own_part))
        at = end
    return (torch.div(total, float(n)), torch.div(gradient, float(n)), torch.div(rows_gradient, float(n)))


def graft(self, h: Tensor, gradient: Tensor, rows: Tensor, rows_gradient: Tensor, loss: Tensor) -> Tensor:
    # a scalar with the value of `loss` and these gradients with respect to h and rows
    s = torch.add(torch.sum(torch.mul(torch.to(h, 6), gradient)), torch.sum(torch.mul(rows, rows_gradient)))
    return torch.add(s, torch.detach(torch.sub(torch.reshape(loss, []), s)))


# Ends of the stack.

def embed(self, ids: Tensor, table: Tensor) -> Tensor:  # [B, T] -> [B, T, d]
    return torch.to(torch.embedding(table, ids), 6)


def embed_learned(self, ids: Tensor, table: Tensor, position_table: Tensor, positions: Tensor) -> Tensor:
    return torch.add(self.embed(ids, table), torch.to(torch.embedding(position_table, positions), 6))


def embed_rows(self, ids: Tensor, table: Tensor, slots: Tensor, rows: Tensor) -> Tensor:
    # rows [k, d] in place of the table's where slots [B, T] says which; -1 for none
    own = torch.embedding(rows, torch.clamp_min(slots, 0))
    return torch.where(torch.unsqueeze(torch.ge(slots, 0), -1), own, self.embed(ids, table))


def add_positions(self, x: Tensor, position_table: Tensor, positions: Tensor) -> Tensor:
    return torch.add(x, torch.to(torch.embedding(position_table, positions), 6))


def inject(self, x: Tensor, vectors: Tensor, where: Tensor) -> Tensor:
    # vectors [1|B, 1|T, d] in place of the embeddings where the mask [B, T, 1] is one
    return torch.where(torch.gt(where, 0), torch.to(vectors, ops.prim.dtype(x)), x)


def head(self, x: Tensor, gain: Tensor, table: Tensor, aux: Tensor, last: int) -> Tensor:
    # logits of the last `last` positions (0: all) in f32, [B, last, vocab]
    if last > 0:
        x = torch.slice(x, 1, torch.size(x, 1) - last)
    return torch.to(self.head_linear(self.norm(x, gain), table, aux), 6)


def with_rows(self, logits: Tensor, x: Tensor, gain: Tensor, rows: Tensor, ids: Tensor) -> Tensor:
    # the logits of rows [k, d], in f32: in place of the columns ids [k] below the vocabulary, and after it
    own = torch.linear(torch.to(self.norm(x, gain), 6), rows)
    replaced = int(torch.sum(torch.lt(ids, torch.size(logits, -1))))
    if replaced > 0:
        logits = torch.index_copy(logits, 2, torch.slice(ids, 0, 0, replaced), torch.slice(own, 2, 0, replaced))
    if replaced < torch.size(rows, 0):
        logits = torch.cat([logits, torch.slice(own, 2, replaced)], -1)
    return logits


def head_rows(self, x: Tensor, gain: Tensor, table: Tensor, aux: Tensor, last: int, rows: Tensor, ids: Tensor) -> Tensor:
    if last > 0:
        x = torch.slice(x, 1, torch.size(x, 1) - last)
    return self.with_rows(self.head(x, gain, table, aux, 0), x, gain, rows, ids)


def normalised(self, x: Tensor, gain: Tensor) -> Tensor:
    return torch.to(self.norm(x, gain), 6)


def cross_entropy(self, logits: Tensor, labels: Tensor) -> Tensor:
    # mean over positions whose label is not -100; logits [B, T, vocab], labels [B, T]
    return torch.cross_entropy_loss(torch.reshape(logits, [-1, torch.size(logits, -1)]), torch.reshape(labels, [-1]), None, 1, -100, 0.)


def logprobs(self, logits: Tensor, targets: Tensor) -> Tensor:  # [B, T, vocab], [B, T] -> [B, T]
    chosen = torch.squeeze(torch.gather(logits, 2, torch.unsqueeze(targets, 2)), 2)
    return torch.sub(chosen, torch.logsumexp(logits, [2]))


def divergence(self, base: Tensor, other: Tensor) -> Tensor:
    # KL(base || other) in nats, mean over the positions; logits [B, T, vocab] twice
    p = torch.log_softmax(base, -1)
    q = torch.log_softmax(other, -1)
    return torch.mean(torch.sum(torch.mul(torch.exp(p), torch.sub(p, q)), [-1]))


def compare(self, full: Tensor, other: Tensor, targets: Tensor) -> Tensor:
    # logits [B, T, vocab] twice, targets [B, T] -> [3, B, T]: log-probability of the targets under other, KL(full || other)
    # in nats, and 1 where both have the same argmax
    p = torch.log_softmax(full, -1)
    q = torch.log_softmax(other, -1)
    chosen = torch.squeeze(torch.gather(q, 2, torch.unsqueeze(targets, 2)), 2)
    kl = torch.sum(torch.mul(torch.exp(p), torch.sub(p, q)), [2])
    same = torch.to(torch.eq(torch.argmax(full, -1), torch.argmax(other, -1)), 6)
    return torch.stack([chosen, kl, same])


def argmax(self, logits: Tensor) -> Tensor:  # [B, T, vocab] -> [B, T]
    return torch.argmax(logits, -1)
