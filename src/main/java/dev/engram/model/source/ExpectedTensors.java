package dev.engram.model.source;

import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tensors that a configuration asks for, by Hugging Face name, and the comparison with those a model has. */
final class ExpectedTensors {
    static final String EMBEDDING = "model.embed_tokens.weight";
    static final String HEAD = "lm_head.weight";
    private static final Pattern IN_LAYER = Pattern.compile("model\\.layers\\.(\\d+)\\..*");
    private static final int NAMED = 3;

    private ExpectedTensors() {}

    /** Name to shape, outermost dimension first; a tied head is not among them. */
    static Map<String, long[]> of(LmConfig c) {
        Map<String, long[]> all = new LinkedHashMap<>();
        long hidden = c.hidden();
        long q = (long) c.heads() * c.headDim();
        long kv = (long) c.kvHeads() * c.headDim();
        all.put(EMBEDDING, shape(c.vocab(), hidden));
        for (int i = 0; i < c.layers(); i++) {
            String layer = "model.layers." + i + ".";
            String attention = layer + "self_attn.";
            all.put(layer + "input_layernorm.weight", shape(hidden));
            all.put(attention + "q_proj.weight", shape(q, hidden));
            all.put(attention + "k_proj.weight", shape(kv, hidden));
            all.put(attention + "v_proj.weight", shape(kv, hidden));
            all.put(attention + "o_proj.weight", shape(hidden, q));
            if (c.attentionBias()) {
                all.put(attention + "q_proj.bias", shape(q));
                all.put(attention + "k_proj.bias", shape(kv));
                all.put(attention + "v_proj.bias", shape(kv));
            }
            if (c.qkNorm()) {
                all.put(attention + "q_norm.weight", shape(c.headDim()));
                all.put(attention + "k_norm.weight", shape(c.headDim()));
            }
            all.put(layer + "post_attention_layernorm.weight", shape(hidden));
            all.put(layer + "mlp.gate_proj.weight", shape(c.intermediate(), hidden));
            all.put(layer + "mlp.up_proj.weight", shape(c.intermediate(), hidden));
            all.put(layer + "mlp.down_proj.weight", shape(hidden, c.intermediate()));
        }
        all.put("model.norm.weight", shape(hidden));
        if (!c.tiedHead()) {
            all.put(HEAD, shape(c.vocab(), hidden));
        }
        return all;
    }

    /**
     * Compares what the configuration asks for with what is there; a difference gives one sentence.
     *
     * @param present name to shape of the model's tensors
     * @param origin file or folder, for the message
     */
    static Map<String, long[]> check(LmConfig config, Map<String, long[]> present, Path origin) {
        // A layer has at least nine tensors: a wild layer count must not build a wild list.
        if (config.layers() > present.size()) {
            throw new BadInputException(origin + " says " + config.layers() + " layers but holds only " + present.size()
                    + " tensors; get an intact copy of the model.");
        }
        Map<String, long[]> expected = of(config);
        List<String> missing = new ArrayList<>();
        for (Map.Entry<String, long[]> e : expected.entrySet()) {
            long[] shape = present.get(e.getKey());
            if (shape == null) {
                missing.add(e.getKey());
            } else if (!Arrays.equals(shape, e.getValue())) {
                throw new BadInputException(origin + " holds " + e.getKey() + " with shape " + Arrays.toString(shape)
                        + " but its configuration asks for " + Arrays.toString(e.getValue())
                        + "; use configuration and weights of the same model.");
            }
        }
        if (!missing.isEmpty()) {
            throw new BadInputException(origin + " lacks " + missing.size() + " of " + expected.size() + " tensors ("
                    + String.join(", ", missing.subList(0, Math.min(NAMED, missing.size())))
                    + (missing.size() > NAMED ? ", …" : "") + "); get an intact copy of the model.");
        }
        refuseUnknownParts(config, expected, present, origin);
        return expected;
    }

    /** A tensor inside a layer that the decoder does not know would change the model's answers if it were left out. */
    private static void refuseUnknownParts(
            LmConfig config, Map<String, long[]> expected, Map<String, long[]> present, Path origin) {
        for (String name : present.keySet()) {
            Matcher m = IN_LAYER.matcher(name);
            if (m.matches() && !expected.containsKey(name) && !name.endsWith("rotary_emb.inv_freq")) {
                boolean beyond = m.group(1).length() > 6 || Integer.parseInt(m.group(1)) >= config.layers();
                throw new BadInputException(origin + " holds the tensor " + name + ", which "
                        + (beyond
                                ? "lies beyond the " + config.layers()
                                        + " layers of its configuration; use configuration"
                                        + " and weights of the same model."
                                : "the decoder of " + config.family().name().toLowerCase(Locale.ROOT)
                                        + " does not know; use a model without it."));
            }
        }
    }

    /** Adds the file's name to a sentence about its configuration. */
    static LmConfig naming(Object file, Supplier<LmConfig> configuration) {
        try {
            return configuration.get();
        } catch (BadInputException e) {
            String general = "The model's configuration";
            throw e.getMessage().startsWith(general)
                    ? new BadInputException(file + e.getMessage().substring(general.length()), e)
                    : e;
        }
    }

    private static long[] shape(long... dimensions) {
        return dimensions;
    }
}
