package dev.engram.dual;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * What the memories of all layers learn, by name. Matrices and first states are normal with the configuration's deviation, gate
 * biases zero (half open). The long-term memory's query projection begins as its key projection, so that retrieval begins as a search
 * by similarity and need not be found by chance. Only memories that act have parameters.
 */
final class MemoryParameters {
    private final LmcodeConfig config;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();

    MemoryParameters(NDManager manager, LmcodeConfig config, long seed) {
        this.config = config;
        shapes(config).forEach((name, shape) -> {
            NDArray p = manager.create(numbers(name, shape, seed), shape);
            p.setRequiresGradient(true);
            parameters.put(name, p);
        });
    }

    /** Names and shapes; matrices are [out, in]. */
    static Map<String, Shape> shapes(LmcodeConfig config) {
        long h = config.hiddenSize();
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (int i = 0; i < config.numLayers(); i++) {
            if (config.memories().shortTerm()) {
                String at = shortTerm(i);
                shapes.put(at + "start", new Shape(config.shortTermMemorySize(), h));
                for (String projection : new String[] {"read_q", "read_k", "read_v", "write_q", "write_k", "write_v"}) {
                    shapes.put(at + projection + ".weight", new Shape(h, h));
                }
                shapes.put(at + "update_gate.weight", new Shape(h, 2 * h));
                shapes.put(at + "update_gate.bias", new Shape(h));
            }
            if (config.memories().longTerm()) {
                String at = longTerm(i);
                for (String projection : new String[] {"q", "k", "v", "o"}) {
                    shapes.put(at + projection + ".weight", new Shape(h, h));
                }
                shapes.put(at + "gate.weight", new Shape(1, h));
                shapes.put(at + "gate.bias", new Shape(1));
            }
        }
        return shapes;
    }

    static String shortTerm(int layer) {
        return "model.layers." + layer + ".short_term_memory.";
    }

    static String longTerm(int layer) {
        return "model.layers." + layer + ".long_term_memory.";
    }

    private float[] numbers(String name, Shape shape, long seed) {
        float[] values = new float[Math.toIntExact(shape.size())];
        if (!name.endsWith("bias")) {
            String drawn = name.replace("long_term_memory.q.", "long_term_memory.k.");
            Random random = new Random(seed * 1_000_003 + drawn.hashCode());
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (config.deviation() * random.nextGaussian());
            }
        }
        return values;
    }

    NDArray get(String name) {
        return parameters.get(name);
    }

    Map<String, NDArray> all() {
        return Collections.unmodifiableMap(parameters);
    }
}
