package dev.engram.dual;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.train.Trainables;
import java.util.HashMap;
import java.util.Map;

/** A model's parameters in training, their gradients measured layer by layer after each backward pass, before clipping. */
final class LayerGradients implements Trainables {
    /** What a parameter belongs to. */
    enum Part {
        ATTENTION,
        FEED_FORWARD,
        SHORT_TERM,
        LONG_TERM
    }

    private final Lmcode model;
    private final Map<String, Double> squares = new HashMap<>();

    LayerGradients(Lmcode model) {
        this.model = model;
    }

    /** Norm of the last gradient; 0 where the layer has no such part. */
    double norm(int layer, Part part) {
        return Math.sqrt(squares.getOrDefault(layer + " " + part, 0.0));
    }

    @Override
    public void after() {
        squares.clear();
        model.parameters().forEach((name, p) -> {
            if (name.startsWith("model.layers.")) {
                String[] words = name.split("\\.");
                try (NDArray gradient = p.getGradient();
                        NDArray norm = gradient.norm()) {
                    double n = norm.getFloat();
                    squares.merge(words[2] + " " + part(words[3]), n * n, Double::sum);
                }
            }
        });
    }

    private static Part part(String module) {
        return switch (module) {
            case "short_term_memory" -> Part.SHORT_TERM;
            case "long_term_memory" -> Part.LONG_TERM;
            case "mlp", "post_attention_layernorm" -> Part.FEED_FORWARD;
            default -> Part.ATTENTION;
        };
    }

    @Override
    public NDManager manager() {
        return model.manager();
    }

    @Override
    public Map<String, NDArray> parameters() {
        return model.parameters();
    }

    @Override
    public void close() {
        // the model belongs to the run
    }
}
