package dev.engram.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.LmConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which way of attending to many slots is fastest here, measured once a process for each shape: the order changes from
 * processor to processor, by a factor of two either way.
 */
final class AttentionChoice {
    /** Slots of the attention that is timed. */
    private static final int SLOTS = 2048;

    /** Different layers, so that keys come from memory and not from a core's cache, as in a real model. */
    private static final int LAYERS = 6;

    private static final int ROUNDS = 5;

    private static final Map<Case, AttentionFormat> FOUND = new ConcurrentHashMap<>();

    private final NDManager manager;
    private final LmConfig config;
    private final Map<String, String> words;

    private record Case(int heads, int kvHeads, int headDim, int dtype, int threads) {}

    /** @param words the values of the kernel texts' names */
    AttentionChoice(NDManager manager, LmConfig config, Map<String, String> words) {
        this.manager = manager;
        this.config = config;
        this.words = words;
    }

    /** The fastest way, of nearly equal ones the fused one, for queries, keys and values of the type with PyTorch's code {@code dtype}. */
    AttentionFormat best(int dtype) {
        if (manager.getDevice().isGpu()) {
            return AttentionFormat.FUSED;
        }
        Case key = new Case(config.heads(), config.kvHeads(), config.headDim(), dtype, Torch.threads());
        return FOUND.computeIfAbsent(key, k -> measure(dtype));
    }

    /**
     * Pieces of the slots that give each of {@code threads} equally many pairs of head and piece: 1 where the heads do that
     * already.
     */
    static int parts(int kvHeads, int threads) {
        int a = kvHeads;
        int b = threads;
        while (b > 0) {
            int rest = a % b;
            a = b;
            b = rest;
        }
        return threads / a;
    }

    private AttentionFormat measure(int dtype) {
        try (NDManager scope = manager.newSubManager();
                Kernel tools = Kernels.tools(scope)) {
            Shape slots = new Shape(1, config.kvHeads(), SLOTS, config.headDim());
            Shape queries = new Shape(1, config.kvHeads(), config.group(), config.headDim());
            NDArray q = tools.one(scope, "cast", scope.ones(queries), dtype);
            List<NDArray> rows = new ArrayList<>();
            for (int i = 0; i < 2 * LAYERS; i++) {
                rows.add(tools.one(scope, "cast", scope.ones(slots), dtype));
            }
            // The fused one last: the first products of a process are slow, whichever they are.
            double product = seconds(scope, AttentionFormat.PRODUCT, q, rows);
            double parts = parts(config.kvHeads(), Torch.threads()) == 1
                    ? Double.POSITIVE_INFINITY
                    : seconds(scope, AttentionFormat.PARTS, q, rows);
            double fused = seconds(scope, AttentionFormat.FUSED, q, rows);
            if (!KernelChoice.clearlyFaster(Math.min(product, parts), fused)) {
                return AttentionFormat.FUSED;
            }
            return product < parts ? AttentionFormat.PRODUCT : AttentionFormat.PARTS;
        }
    }

    /** Least time of all layers over the rounds. */
    private double seconds(NDManager scope, AttentionFormat format, NDArray q, List<NDArray> rows) {
        try (Kernel kernel = new Kernel(scope, new TorchScript().add(format.resource(), words))) {
            return KernelChoice.least(ROUNDS, () -> {
                for (int i = 0; i < rows.size(); i += 2) {
                    kernel.one(scope, "attend_long", q, rows.get(i), rows.get(i + 1))
                            .close();
                }
            });
        }
    }
}
