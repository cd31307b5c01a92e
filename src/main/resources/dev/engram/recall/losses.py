# Losses of the recall training. TorchScript text: d hidden size, V vocabulary of the base.


def pick(self, x: Tensor, places: Tensor) -> Tensor:  # rows of [.., d] by flat index -> [1, k, d]
    return torch.unsqueeze(torch.index_select(torch.reshape(x, [-1, torch.size(x, -1)]), 0, places), 0)


def query(self, x: Tensor, gain: Tensor, eps: Tensor) -> Tensor:  # [1, k, d] -> [k, d], the final norm in f32
    r = torch.rsqrt(torch.add(torch.mean(torch.mul(x, x), [-1], True), eps))
    return torch.squeeze(torch.mul(torch.mul(x, r), torch.to(gain, 6)), 0)


def unit(self, x: Tensor) -> Tensor:  # rows of length 1
    return torch.div(x, torch.clamp_min(torch.norm(x, 2, [-1], True), 1e-12))


def info_nce(self, q: Tensor, mean: Tensor, bank: Tensor, nothing: Tensor, bias: Tensor, log_scale: Tensor, targets: Tensor) -> Tensor:
    # q [k, d] raw queries, mean [d]; bank [n, d] and nothing [d] unit vectors;
    # targets [k] of n + 1 classes, the last one nothing
    u = self.unit(torch.sub(q, mean))
    none = torch.add(torch.matmul(u, torch.unsqueeze(nothing, 1)), bias)
    cosines = torch.cat([torch.matmul(u, torch.t(bank)), none], 1)
    return torch.cross_entropy_loss(torch.mul(cosines, torch.exp(log_scale)), targets, None, 1, -100, 0.)


def mse(self, q: Tensor, targets: Tensor) -> Tensor:  # both [k, d]; mean over all numbers
    e = torch.sub(q, targets)
    return torch.mean(torch.mul(e, e))


def kl(self, base: Tensor, own: Tensor, weights: Tensor) -> Tensor:
    # sum of weights [1, k] times KL(base || own) in nats; base [1, k, V], own [1, k, V or more]: added tokens have no
    # probability in the base
    p = torch.log_softmax(base, -1)
    q = torch.slice(torch.log_softmax(own, -1), -1, 0, torch.size(base, -1))
    return torch.sum(torch.mul(weights, torch.sum(torch.mul(torch.exp(p), torch.sub(p, q)), [-1])))


def times(self, x: Tensor, factor: Tensor) -> Tensor:
    return torch.mul(x, factor)


def plus(self, a: Tensor, b: Tensor, factor: Tensor) -> Tensor:
    return torch.add(a, torch.mul(b, factor))
