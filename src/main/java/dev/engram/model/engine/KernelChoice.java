package dev.engram.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Which way of multiplying is fastest here: measured once at load, since it differs from machine to machine. The
 * environment variable ENGRAM_KERNEL (plain, transposed, prepacked) pins the choice, for tests and for repeating a run.
 */
public final class KernelChoice {
    /** Different matrices, so that they come from memory and not from a cache, as in a real model. */
    private static final int MATRICES = 6;

    private static final int PROMPT_ROWS = 256;

    /** What {@link #multipliesHalf} found, once a process: it says something about the processor, not about a model. */
    private static volatile Boolean half;

    /** Slots of the attention that is timed: well beyond the caches of a processor core, where the types part clearly. */
    private static final int SLOTS = 4096;

    private final NDManager manager;
    private final LmConfig config;

    public KernelChoice(NDManager manager, LmConfig config) {
        this.manager = manager;
        this.config = config;
    }

    /** The fastest plain format for one row. */
    public LinearFormat forDecoding(boolean bf16) {
        LinearFormat pinned = pinned();
        if (pinned != null) {
            return pinned;
        }
        if (bf16) {
            return packedHalf();
        }
        List<LinearFormat> candidates = List.of(LinearFormat.PLAIN, LinearFormat.TRANSPOSED, LinearFormat.PREPACKED);
        LinearFormat best = LinearFormat.PLAIN;
        double least = Double.MAX_VALUE;
        for (LinearFormat f : candidates) {
            double seconds = seconds(f, false, 1, 4);
            if (seconds < least) {
                least = seconds;
                best = f;
            }
        }
        return best;
    }

    /** In bf16 the packed kernel is as fast as the plain one and rounds less, so it is taken wherever it exists. */
    private LinearFormat packedHalf() {
        return seconds(LinearFormat.PREPACKED, true, 1, 1) < Double.POSITIVE_INFINITY
                ? LinearFormat.PREPACKED
                : LinearFormat.PLAIN;
    }

    /** The fastest format for reading prompts, f32 or bf16 activations. */
    public WeightFormat forPrompts() {
        LinearFormat pinned = pinned();
        if (pinned != null) {
            boolean half = multipliesHalf(manager);
            return new WeightFormat(half ? "bf16" : "f32", half, pinned, LinearFormat.PLAIN);
        }
        WeightFormat best = null;
        double least = Double.POSITIVE_INFINITY;
        for (WeightFormat format : List.of(
                new WeightFormat("bf16", true, packedHalf(), LinearFormat.PLAIN),
                new WeightFormat("f32", false, LinearFormat.PLAIN, LinearFormat.PLAIN),
                new WeightFormat("f32", false, LinearFormat.PREPACKED, LinearFormat.PLAIN))) {
            double seconds = seconds(format.body(), format.bf16(), PROMPT_ROWS, 2);
            if (best == null || seconds < least) {
                least = seconds;
                best = format;
            }
        }
        return best;
    }

    /**
     * How many threads decode fastest. Threads wait for each other by spinning, so on a machine whose cores are also busy with
     * something else two can fall to a tenth of the speed of one; a busy moment at load therefore decides for one.
     *
     * @param most the physical cores
     */
    public int threads(int most) {
        if (most < 2) {
            return most;
        }
        double[] one = new double[3];
        double[] all = new double[3];
        for (int r = 0; r < one.length; r++) {
            Torch.setThreads(1);
            one[r] = seconds(LinearFormat.PLAIN, true, 1, 2);
            Torch.setThreads(most);
            all[r] = seconds(LinearFormat.PLAIN, true, 1, 2);
        }
        java.util.Arrays.sort(one);
        java.util.Arrays.sort(all);
        return all[1] < 0.95 * one[1] ? most : 1;
    }

    /**
     * Whether this machine multiplies bf16 matrices as fast as after widening them to f32. Without instructions for it (AVX-512
     * BF16, AMX, or a GPU) PyTorch's product of bf16 matrices is several times slower. Measured at both products of one
     * decoding step's attention.
     */
    public static boolean multipliesHalf(NDManager manager) {
        if (manager.getDevice().isGpu()) {
            return true;
        }
        if (half == null) {
            half = measureHalf(manager);
        }
        return half;
    }

    private static boolean measureHalf(NDManager manager) {
        try (NDManager scope = manager.newSubManager();
                Kernel tools = Kernels.tools(scope)) {
            NDArray keys = tools.one(scope, "cast", scope.ones(new Shape(3, SLOTS, 64)), 15);
            NDArray query = tools.one(scope, "cast", scope.ones(new Shape(3, 64, 3)), 15);
            double own = Double.MAX_VALUE;
            double wide = Double.MAX_VALUE;
            for (int r = 0; r < 8; r++) {
                long start = System.nanoTime();
                tools.one(scope, "attend", keys, query).close();
                long middle = System.nanoTime();
                tools.one(scope, "attend_wide", keys, query).close();
                own = Math.min(own, middle - start);
                wide = Math.min(wide, System.nanoTime() - middle);
            }
            return own < wide;
        }
    }

    private static LinearFormat pinned() {
        String name = System.getenv("ENGRAM_KERNEL");
        if (name == null || name.isBlank()) {
            return null;
        }
        for (LinearFormat f : List.of(LinearFormat.PLAIN, LinearFormat.TRANSPOSED, LinearFormat.PREPACKED)) {
            if (f.name().equalsIgnoreCase(name.strip())) {
                return f;
            }
        }
        throw new BadInputException("ENGRAM_KERNEL is '" + name + "'; it must be plain, transposed or prepacked.");
    }

    /** Least time of one product over the rounds; infinite where the platform does not have the kernel. */
    private double seconds(LinearFormat format, boolean bf16, int rows, int rounds) {
        int in = config.hidden();
        int out = 2 * config.intermediate();
        try (NDManager scope = manager.newSubManager();
                Kernel tools = Kernels.tools(scope)) {
            int dtype = bf16 ? 15 : 6;
            int wide = Kernels.wide(scope, dtype);
            Kernel kernel = new Kernel(
                    scope,
                    new TorchScript()
                            .add(
                                    "linear/" + format.name().toLowerCase(Locale.ROOT) + ".py",
                                    java.util.Map.of("NAME", "lin", "WIDE", "" + wide)));
            List<NDList> weights = new ArrayList<>();
            for (int i = 0; i < MATRICES; i++) {
                NDArray w = scope.ones(new Shape(out, in), DataType.FLOAT32);
                weights.add(format.pack(tools, scope, tools.one(scope, "cast", w, dtype)));
                w.close();
            }
            NDArray x = tools.one(scope, "cast", scope.ones(new Shape(1, rows, in), DataType.FLOAT32), dtype);
            double least = least(rounds, () -> {
                for (NDList w : weights) {
                    kernel.one(scope, "lin", x, w.get(0), w.get(1)).close();
                }
            });
            kernel.close();
            return least / MATRICES;
        } catch (IllegalStateException e) {
            return Double.POSITIVE_INFINITY;
        }
    }

    /** Seconds of the fastest of some rounds: what the work takes where nothing disturbs it. */
    static double least(int rounds, Runnable work) {
        double least = Double.POSITIVE_INFINITY;
        for (int r = 0; r < rounds; r++) {
            long start = System.nanoTime();
            work.run();
            least = Math.min(least, (System.nanoTime() - start) / 1e9);
        }
        return least;
    }
}
