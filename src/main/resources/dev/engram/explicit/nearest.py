# Vector quantisation: which centroid is nearest.


def nearest(self, x: Tensor, ct: Tensor, half: Tensor) -> Tensor:
    # [n, d], [d, k], |c|^2 / 2 as [k] -> [n]; |x - c|^2 is smallest where x.c - |c|^2 / 2 is largest
    return torch.argmax(torch.sub(torch.mm(x, ct), half), 1)
