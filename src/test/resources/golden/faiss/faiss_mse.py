"""Mean squared error of faiss's quantisers on vectors that QuantizedCodecFaissTest makes again, number by number.

Run with faiss-cpu 1.15.1 and numpy: python faiss_mse.py > faiss_mse.csv
"""
import faiss
import numpy as np

D, TRAIN, TEST = 32, 16384, 2048


class Lcg:
    """A generator that is the same in every language."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 40) / 2**24 - 0.5


def vectors(n, seed, mix):
    """Sums of directions of falling strength, [n, D]; the numbers are nearly normal and depend on each other."""
    rng = Lcg(seed)
    hidden = np.array([[sum(rng.next() for _ in range(4)) * 0.9**a for a in range(D)] for _ in range(n)])
    return (hidden @ mix).astype(np.float32)


rng = Lcg(7)
MIX = np.array([[rng.next() for _ in range(D)] for _ in range(D)])
train, test = vectors(TRAIN, 1, MIX), vectors(TEST, 2, MIX)
faiss.omp_set_num_threads(2)


def mse(back):
    return float(((test - back) ** 2).mean())


print("scheme,mse")
print(f"variance,{float(((test - test.mean(0)) ** 2).mean()):.6f}")
for factory, name in (
        ("PQ4x8", "PQ4x8"), ("PQ8x6", "PQ8x6"), ("OPQ8_32,PQ8x8", "OPQ8x32-PQ8x8"), ("OPQ8_32,PQ8x6", "OPQ8x32-PQ8x6"),
        ("IVF64,PQ8x6", "IVF64-PQ8x6"), ("RQ2x8", "Residual2x8"), ("OPQ8_32,Residual2x8,PQ8x6", "OPQ8x32-Residual2x8-PQ8x6"),
        ("OPQ8_32,Residual2x8,PQ8x8", "OPQ8x32-Residual2x8-PQ8x8")):
    index = faiss.index_factory(D, factory)
    index.train(train)
    print(f"{name},{mse(index.sa_decode(index.sa_encode(test))):.6f}", flush=True)
