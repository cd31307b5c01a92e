package dev.engram.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which way of multiplying is fastest here: measured once at load, since it differs from machine to machine. The
 * environment variable ENGRAM_KERNEL (plain, transposed, prepacked) pins the choice, for tests and for repeating a run.
 */
public final class KernelChoice {
    /** Different matrices, so that they come from memory and not from a cache, as in a real model. */
    private static final int MATRICES = 6;

    private static final int PROMPT_ROWS = 256;

    /** The least of so many rounds moves by less than a tenth between two loads on a quiet machine; of four by a fifth. */
    private static final int DECODING_ROUNDS = 12;

    /** A seventh of a second in all: longer than the bursts in which Java compiles its own code on another core. */
    private static final int THREAD_ROUNDS = 15;

    /**
     * What a way must need of the usual one's time to be taken in its place. Nearly equal ones would win by chance, and the next run
     * would sum in another order.
     */
    private static final double CLEARLY = 0.8;

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

    /** The fastest plain format for one row; of nearly equal ones the plain one, so that a second run computes the same bits. */
    public LinearFormat forDecoding(boolean bf16) {
        LinearFormat pinned = pinned();
        if (pinned != null) {
            return pinned;
        }
        if (bf16) {
            return packedHalf();
        }
        // Plain twice: a busy moment, or a process's slow first products, must not make another look clearly faster.
        try (Products plain = new Products(LinearFormat.PLAIN, false, 1)) {
            double before = plain.seconds(DECODING_ROUNDS);
            double transposed = seconds(LinearFormat.TRANSPOSED, false, 1, DECODING_ROUNDS);
            double prepacked = seconds(LinearFormat.PREPACKED, false, 1, DECODING_ROUNDS);
            double usual = Math.min(before, plain.seconds(DECODING_ROUNDS));
            if (!clearlyFaster(Math.min(transposed, prepacked), usual)) {
                return LinearFormat.PLAIN;
            }
            return transposed < prepacked ? LinearFormat.TRANSPOSED : LinearFormat.PREPACKED;
        }
    }

    /** In bf16 the packed kernel is as fast as the plain one and rounds less, so it is taken wherever it exists. */
    private LinearFormat packedHalf() {
        return seconds(LinearFormat.PREPACKED, true, 1, 1) < Double.POSITIVE_INFINITY
                ? LinearFormat.PREPACKED
                : LinearFormat.PLAIN;
    }

    /** The fastest format for reading prompts, f32 or bf16 activations; of nearly equal ones bf16, then plain. */
    public WeightFormat forPrompts() {
        LinearFormat pinned = pinned();
        if (pinned != null) {
            boolean half = multipliesHalf(manager);
            return new WeightFormat(half ? "bf16" : "f32", half, pinned, LinearFormat.PLAIN);
        }
        // The usual one last: the first products of a process are slow, whichever they are.
        double prepacked = seconds(LinearFormat.PREPACKED, false, PROMPT_ROWS, 2);
        double plain = seconds(LinearFormat.PLAIN, false, PROMPT_ROWS, 2);
        LinearFormat half = packedHalf();
        double inHalf = seconds(half, true, PROMPT_ROWS, 2);
        if (!clearlyFaster(Math.min(plain, prepacked), inHalf)) {
            return new WeightFormat("bf16", true, half, LinearFormat.PLAIN);
        }
        LinearFormat single = clearlyFaster(prepacked, plain) ? LinearFormat.PREPACKED : LinearFormat.PLAIN;
        return new WeightFormat("f32", false, single, LinearFormat.PLAIN);
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
        double[] one = new double[THREAD_ROUNDS];
        double[] all = new double[THREAD_ROUNDS];
        try (Products products = new Products(LinearFormat.PLAIN, true, 1)) {
            for (int r = 0; r < one.length; r++) {
                Torch.setThreads(1);
                one[r] = products.seconds(2);
                Torch.setThreads(most);
                all[r] = products.seconds(2);
            }
        }
        Arrays.sort(one);
        Arrays.sort(all);
        return all[THREAD_ROUNDS / 2] < 0.95 * one[THREAD_ROUNDS / 2] ? most : 1;
    }

    /**
     * Whether this machine multiplies bf16 matrices about as fast as after widening them to f32. Without instructions for it (AVX-512
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
            return !clearlyFaster(wide, own);
        }
    }

    /** Whether a way is to be taken in place of the usual one. */
    static boolean clearlyFaster(double seconds, double usual) {
        return seconds < CLEARLY * usual;
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
        try (Products products = new Products(format, bf16, rows)) {
            return products.seconds(rounds);
        } catch (IllegalStateException e) {
            return Double.POSITIVE_INFINITY;
        }
    }

    /** Some rows times the model's largest matrices, ready to be timed. */
    private final class Products implements AutoCloseable {
        private final NDManager scope = manager.newSubManager();
        private final List<NDList> weights = new ArrayList<>();
        private final Kernel kernel;
        private final NDArray x;

        /** Throws IllegalStateException where the platform does not have the kernel. */
        Products(LinearFormat format, boolean bf16, int rows) {
            int in = config.hidden();
            int out = 2 * config.intermediate();
            int dtype = bf16 ? 15 : 6;
            try (Kernel tools = Kernels.tools(scope)) {
                String text = "linear/" + format.name().toLowerCase(Locale.ROOT) + ".py";
                Map<String, String> words = Map.of("NAME", "lin", "WIDE", "" + Kernels.wide(scope, dtype));
                kernel = new Kernel(scope, new TorchScript().add(text, words));
                for (int i = 0; i < MATRICES; i++) {
                    NDArray w = scope.ones(new Shape(out, in), DataType.FLOAT32);
                    weights.add(format.pack(tools, scope, tools.one(scope, "cast", w, dtype)));
                    w.close();
                }
                x = tools.one(scope, "cast", scope.ones(new Shape(1, rows, in), DataType.FLOAT32), dtype);
            } catch (RuntimeException e) {
                scope.close();
                throw e;
            }
        }

        double seconds(int rounds) {
            return least(
                            rounds,
                            () -> weights.forEach(w -> kernel.one(scope, "lin", x, w.get(0), w.get(1))
                                    .close()))
                    / MATRICES;
        }

        @Override
        public void close() {
            kernel.close();
            scope.close();
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
