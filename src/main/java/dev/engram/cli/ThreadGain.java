package dev.engram.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.LoadOptions.DeviceChoice;
import dev.engram.model.engine.Torch;
import org.apache.commons.math3.stat.descriptive.rank.Median;

/** How much a second thread helps now: near 2 on quiet cores, below 1 where the threads wait for each other. */
final class ThreadGain {
    /** Below this the cores are busy. */
    static final double QUIET = 1.3;

    private static final int SIZE = 384;
    private static final int PRODUCTS = 8;
    private static final int ROUNDS = 9;

    private ThreadGain() {}

    /** Time of one thread over that of two, on small matrix products in alternate rounds; takes about half a second. */
    static double measure() {
        try (NDManager manager = Torch.manager(DeviceChoice.CPU)) {
            int before = Torch.threads();
            NDArray a = manager.ones(new Shape(SIZE, SIZE), DataType.FLOAT32);
            double[] one = new double[ROUNDS];
            double[] two = new double[ROUNDS];
            try {
                seconds(a, 1);
                seconds(a, 2);
                for (int i = 0; i < ROUNDS; i++) {
                    one[i] = seconds(a, 1);
                    two[i] = seconds(a, 2);
                }
                return new Median().evaluate(one) / new Median().evaluate(two);
            } finally {
                Torch.setThreads(before);
            }
        }
    }

    private static double seconds(NDArray a, int threads) {
        Torch.setThreads(threads);
        long start = System.nanoTime();
        for (int i = 0; i < PRODUCTS; i++) {
            a.matMul(a).close();
        }
        return (System.nanoTime() - start) / 1e9;
    }
}
