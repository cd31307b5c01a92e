# The optimiser. All lists run over the parameters in one order: p parameters, g gradients, m and v their moments.


def nothing(self, p: List[Tensor]) -> Tensor:  # zero, whatever the parameters; its backward pass gives each a gradient
    total = torch.sum(torch.mul(p[0], 0.))
    for i in range(1, len(p)):
        total = torch.add(total, torch.sum(torch.mul(p[i], 0.)))
    return total


def zero(self, g: List[Tensor]) -> Tensor:
    for x in g:
        _1 = torch.zero_(x)
    return torch.zeros([0])


def set(self, p: Tensor, values: Tensor) -> Tensor:
    return torch.copy_(p, values)


def clip(self, g: List[Tensor], limit: float) -> Tensor:
    # The norm over all gradients; they are scaled down where it is above the limit (0: none).
    norms = annotate(List[Tensor], [])
    for x in g:
        _1 = torch.append(norms, torch.norm(x))
    total = torch.norm(torch.stack(norms))
    if limit > 0.:
        scale = torch.clamp_max(torch.mul(torch.reciprocal(torch.add(total, 1e-6)), limit), 1.)
        for x in g:
            _2 = torch.mul_(x, scale)
    return total


def adamw(self, p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], decays: List[int], shrink: float, beta1: float, beta2: float, size: float, root: float, eps: float) -> Tensor:
    # size = rate / (1 - beta1^t), root = sqrt(1 - beta2^t), shrink = 1 - rate * decay
    for i in range(len(p)):
        if decays[i] > 0:
            _1 = torch.mul_(p[i], shrink)
        _2 = torch.lerp_(m[i], g[i], 1. - beta1)
        _3 = torch.addcmul_(torch.mul_(v[i], beta2), g[i], g[i], value=1. - beta2)
        below = torch.add_(torch.div(torch.sqrt(v[i]), root), eps)
        _4 = torch.addcdiv_(p[i], m[i], below, value=-size)
        _5 = torch.zero_(g[i])
    return torch.zeros([0])
