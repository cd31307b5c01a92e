package dev.engram.model.source;

import com.google.gson.JsonArray;
import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import dev.engram.model.Positions;
import dev.engram.model.Positions.RopeScaling;
import java.nio.file.Path;
import java.util.Optional;

/** Reads a config.json, in the form of transformers 4 (rope_theta, rope_scaling) or 5 (rope_parameters). */
final class HfConfig {
    private static final int QWEN3_HEAD_DIM = 128;

    private final Json json;
    private final LmConfig.Family family;

    private HfConfig(Path file) {
        json = Json.read(file);
        String type = json.string("model_type")
                .orElseThrow(() -> new BadInputException(
                        file + " lacks the field model_type; use the config.json of a language model."));
        family = Families.of(type, file);
    }

    static LmConfig read(Path file) {
        return new HfConfig(file).config();
    }

    private LmConfig config() {
        refuse();
        int hidden = json.needWhole("hidden_size");
        int heads = json.needWhole("num_attention_heads");
        if (heads < 1 || hidden < 1) {
            throw json.unfit("num_attention_heads", heads, "a positive number for a hidden_size of " + hidden);
        }
        int headDim = json.whole("head_dim").orElse(family == LmConfig.Family.QWEN3 ? QWEN3_HEAD_DIM : hidden / heads);
        int context = json.whole("max_position_embeddings").orElse(family == LmConfig.Family.LLAMA ? 2048 : 32768);
        return ExpectedTensors.naming(
                json.where(),
                () -> new LmConfig(
                        family,
                        json.needWhole("num_hidden_layers"),
                        hidden,
                        heads,
                        json.whole("num_key_value_heads").orElse(heads),
                        headDim,
                        json.needWhole("intermediate_size"),
                        json.needWhole("vocab_size"),
                        context,
                        json.decimal("rms_norm_eps").orElse(1e-6),
                        rope(),
                        json.bool("tie_word_embeddings").orElse(false),
                        family == LmConfig.Family.QWEN2
                                || json.bool("attention_bias").orElse(false),
                        family == LmConfig.Family.QWEN3));
    }

    /** What would change the model's answers and is not built. */
    private void refuse() {
        if (json.get("quantization_config").isPresent()) {
            throw unsupported("quantization_config", "an entry", "use the unquantised model or a GGUF file");
        }
        json.string("hidden_act")
                .filter(a -> !a.equals("silu") && !a.equals("swish"))
                .ifPresent(a -> {
                    throw unsupported("hidden_act", a, "use a model with silu");
                });
        json.bool("mlp_bias").filter(b -> b).ifPresent(b -> {
            throw unsupported("mlp_bias", b, "use a model without it");
        });
        json.bool("use_sliding_window").filter(b -> b).ifPresent(b -> {
            throw unsupported("use_sliding_window", b, "use a model with full attention");
        });
        json.get("layer_types").ifPresent(types -> {
            if (types instanceof JsonArray list) {
                list.forEach(t -> {
                    if (!t.isJsonPrimitive() || !t.getAsString().equals("full_attention")) {
                        throw unsupported("layer_types", t, "use a model with full_attention in every layer");
                    }
                });
            }
        });
        json.decimal("partial_rotary_factor").filter(f -> f != 1).ifPresent(f -> {
            throw unsupported("partial_rotary_factor", f, "use a model that rotates whole heads");
        });
    }

    private Positions.Rope rope() {
        Optional<Json> scaling = json.object("rope_parameters").or(() -> json.object("rope_scaling"));
        double theta = scaling.flatMap(s -> s.decimal("rope_theta"))
                .or(() -> json.decimal("rope_theta"))
                .orElse(10000.0);
        return new Positions.Rope(theta, scaling.map(this::scaling).orElse(RopeScaling.none()));
    }

    private RopeScaling scaling(Json s) {
        if (s.object("full_attention").isPresent()) {
            throw unsupported("rope_parameters", "one entry per layer type", "use a model with one rotation");
        }
        String kind = s.string("rope_type").or(() -> s.string("type")).orElse("default");
        s.decimal("partial_rotary_factor").filter(f -> f != 1).ifPresent(f -> {
            throw unsupported("partial_rotary_factor", f, "use a model that rotates whole heads");
        });
        return switch (kind) {
            case "default" -> RopeScaling.none();
            case "linear" -> RopeScaling.linear(positive(s, "factor"));
            case "llama3" -> {
                double low = positive(s, "low_freq_factor");
                double high = positive(s, "high_freq_factor");
                if (high <= low) {
                    throw s.unfit("high_freq_factor", high, "above low_freq_factor = " + low);
                }
                double original = positive(s, "original_max_position_embeddings");
                if (original > Integer.MAX_VALUE) {
                    throw s.unfit("original_max_position_embeddings", original, "a number of 32 bits");
                }
                yield new RopeScaling(RopeScaling.Kind.LLAMA3, positive(s, "factor"), low, high, (int) original);
            }
            default -> throw unsupported("rope_type", kind, "use a model with default, linear or llama3 scaling");
        };
    }

    private double positive(Json s, String field) {
        double value = s.decimal(field)
                .orElseThrow(() -> new BadInputException(json.where() + " lacks the field " + field
                        + " of its rope scaling; get an intact copy of the file."));
        if (value <= 0) {
            throw s.unfit(field, value, "positive");
        }
        return value;
    }

    private BadInputException unsupported(String field, Object value, String remedy) {
        return new BadInputException(
                json.where() + " has " + field + " = " + value + ", which is not supported; " + remedy + ".");
    }
}
