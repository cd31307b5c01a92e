package dev.engram.model.source;

import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import dev.engram.model.Positions;
import dev.engram.model.Positions.RopeScaling;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The configuration of a GGUF model, from its metadata and, where the metadata is silent, from its tensors. */
final class GgufConfig {
    private final GgufFile file;
    private final Map<String, Object> metadata;
    private final String architecture;

    GgufConfig(GgufFile file) {
        this.file = file;
        this.metadata = file.metadata();
        this.architecture = text("general.architecture").orElseThrow(() -> missing("general.architecture"));
    }

    LmConfig read() {
        LmConfig.Family family = Families.of(architecture, file.path());
        if (whole("expert_count").orElse(0) > 0) {
            throw new BadInputException(
                    file.path() + " is a mixture of " + whole("expert_count").get()
                            + " experts, which is not supported; use a dense llama, qwen2 or qwen3 model.");
        }
        int hidden = need("embedding_length");
        int heads = need("attention.head_count");
        int kvHeads = whole("attention.head_count_kv").orElse(heads);
        if (heads < 1) {
            throw new BadInputException(
                    file.path() + " has " + heads + " attention heads; get an intact copy of the model.");
        }
        int headDim = whole("attention.key_length").orElse(hidden / heads);
        same("attention.value_length", headDim, "the key length");
        same("rope.dimension_count", headDim, "the head width; partial rotation is not supported");
        int vocab = vocabulary();
        Map<String, long[]> shapes = file.shapes();
        return ExpectedTensors.naming(
                file.path(),
                () -> new LmConfig(
                        family,
                        need("block_count"),
                        hidden,
                        heads,
                        kvHeads,
                        headDim,
                        need("feed_forward_length"),
                        vocab,
                        need("context_length"),
                        decimal("attention.layer_norm_rms_epsilon")
                                .orElseThrow(() -> missing(architecture + ".attention.layer_norm_rms_epsilon")),
                        new Positions.Rope(decimal("rope.freq_base").orElse(10000.0), scaling(headDim)),
                        !shapes.containsKey("output.weight"),
                        shapes.containsKey("blk.0.attn_q.bias") || family == LmConfig.Family.QWEN2,
                        family == LmConfig.Family.QWEN3));
    }

    GenerationDefaults generation(int vocab) {
        Set<Integer> eos = new LinkedHashSet<>();
        for (String key : List.of("eos_token_id", "eot_token_id", "eom_token_id")) {
            id(key, vocab).ifPresent(eos::add);
        }
        return new GenerationDefaults(
                id("bos_token_id", vocab),
                eos,
                id("padding_token_id", vocab),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    Optional<String> chatTemplate() {
        return text("tokenizer.chat_template");
    }

    /** Rows of the embedding table; the metadata must not promise others. */
    private int vocabulary() {
        long[] shape = file.shapes().get("token_embd.weight");
        if (shape == null) {
            throw new BadInputException(
                    file.path() + " lacks the tensor token_embd.weight; get an intact copy of the model.");
        }
        if (shape[0] > Integer.MAX_VALUE) {
            throw GgufFile.damaged(file.path(), "has an embedding table of " + shape[0] + " rows");
        }
        int rows = (int) shape[0];
        same("vocab_size", rows, "the rows of token_embd.weight");
        if (metadata.get("tokenizer.ggml.tokens") instanceof List<?> tokens && tokens.size() > rows) {
            throw new BadInputException(file.path() + " lists " + tokens.size() + " tokens but its embedding table has "
                    + rows + " rows; use tokenizer and weights of the same model.");
        }
        return rows;
    }

    private RopeScaling scaling(int headDim) {
        double theta = decimal("rope.freq_base").orElse(10000.0);
        StoredTensor factors = file.tensor("rope_freqs.weight");
        if (factors != null) {
            return RopeFactors.toLlama3(factors, theta, headDim, file.path());
        }
        String prefix = architecture + ".rope.scaling.";
        double factor = decimal("rope.scaling.factor")
                .or(() -> decimal("rope.scale_linear"))
                .orElse(1.0);
        String type = text(prefix + "type").orElse(factor == 1.0 ? "none" : "linear");
        return switch (type) {
            case "none" -> RopeScaling.none();
            case "linear" -> {
                if (!(factor > 0) || Double.isInfinite(factor)) {
                    throw GgufFile.damaged(file.path(), "has " + prefix + "factor = " + factor);
                }
                yield factor == 1.0 ? RopeScaling.none() : RopeScaling.linear(factor);
            }
            default ->
                throw new BadInputException(file.path() + " scales its rotary positions by '" + type
                        + "', which is not supported; use a model with none, linear or llama3 scaling.");
        };
    }

    private Optional<Integer> id(String key, int vocab) {
        Object value = metadata.get("tokenizer.ggml." + key);
        if (value instanceof Long n && n >= 0 && n < vocab) {
            return Optional.of(n.intValue());
        }
        if (value == null || value instanceof Long n && (n < 0 || n == 0xffffffffL) || key.startsWith("padding")) {
            return Optional.empty();
        }
        throw new BadInputException(file.path() + " has tokenizer.ggml." + key + " = " + value
                + ", outside its vocabulary of " + vocab + "; get an intact copy of the model.");
    }

    private void same(String key, int expected, String what) {
        whole(key).filter(n -> n != expected).ifPresent(n -> {
            throw new BadInputException(file.path() + " has " + architecture + "." + key + " = " + n + " against "
                    + expected + ", " + what + "; use an intact file of a supported model.");
        });
    }

    private int need(String key) {
        return whole(key).orElseThrow(() -> missing(architecture + "." + key));
    }

    private Optional<Integer> whole(String key) {
        Object value = metadata.get(architecture + "." + key);
        if (value instanceof List<?> list
                && !list.isEmpty()
                && list.stream().distinct().count() == 1) {
            // Some writers give one number per layer; only equal layers can be opened.
            value = list.get(0);
        }
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof Long n && n >= 0 && n <= Integer.MAX_VALUE) {
            return Optional.of(n.intValue());
        }
        throw unfit(key, value);
    }

    private Optional<Double> decimal(String key) {
        Object value = metadata.get(architecture + "." + key);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof Double d && Double.isFinite(d)) {
            // Stored as f32: 1e-5 and 100000 come back as the decimal number that was meant.
            return Optional.of(
                    (double) (float) (double) d == d ? Double.parseDouble(Float.toString((float) (double) d)) : d);
        }
        if (value instanceof Long n) {
            return Optional.of((double) n);
        }
        throw unfit(key, value);
    }

    private Optional<String> text(String key) {
        return metadata.get(key) instanceof String s ? Optional.of(s) : Optional.empty();
    }

    private BadInputException unfit(String key, Object value) {
        String shown = String.valueOf(value);
        return GgufFile.damaged(
                file.path(),
                "has " + architecture + "." + key + " = " + shown.substring(0, Math.min(40, shown.length())));
    }

    private BadInputException missing(String key) {
        return new BadInputException(file.path() + " lacks the metadata key " + key.toLowerCase(Locale.ROOT)
                + "; get an intact copy of the model.");
    }
}
