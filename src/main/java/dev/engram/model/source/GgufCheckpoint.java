package dev.engram.model.source;

import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import dev.engram.model.text.GgufTokenizer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A GGUF file as a checkpoint: Hugging Face names, rows of q and k in Hugging Face order. Only the architecture {@code llama}
 * stores them reordered; qwen2 and qwen3 do not.
 */
public final class GgufCheckpoint implements Checkpoint {
    private static final Pattern BLOCK = Pattern.compile("blk\\.(\\d{1,6})\\.(.+)\\.(weight|bias)");
    private static final Map<String, String> IN_LAYER = Map.ofEntries(
            Map.entry("attn_norm", "input_layernorm"),
            Map.entry("attn_q", "self_attn.q_proj"),
            Map.entry("attn_k", "self_attn.k_proj"),
            Map.entry("attn_v", "self_attn.v_proj"),
            Map.entry("attn_output", "self_attn.o_proj"),
            Map.entry("attn_q_norm", "self_attn.q_norm"),
            Map.entry("attn_k_norm", "self_attn.k_norm"),
            Map.entry("ffn_norm", "post_attention_layernorm"),
            Map.entry("ffn_gate", "mlp.gate_proj"),
            Map.entry("ffn_up", "mlp.up_proj"),
            Map.entry("ffn_down", "mlp.down_proj"));
    private static final Map<String, String> OUTSIDE = Map.of(
            "token_embd.weight", ExpectedTensors.EMBEDDING,
            "output_norm.weight", "model.norm.weight",
            "output.weight", ExpectedTensors.HEAD);

    private final GgufFile file;
    private final LmConfig config;
    private final GenerationDefaults generation;
    private final Optional<String> template;
    private final Map<String, String> fileNames = new LinkedHashMap<>();
    private final Set<String> names;

    private GgufCheckpoint(GgufFile file) {
        this.file = file;
        GgufConfig reader = new GgufConfig(file);
        config = reader.read();
        generation = reader.generation(config.vocab());
        template = reader.chatTemplate();
        Map<String, long[]> present = new LinkedHashMap<>();
        file.shapes().forEach((name, shape) -> {
            String known = huggingFaceName(name);
            if (known != null && fileNames.put(known, name) == null) {
                present.put(known, shape);
            } else if (known != null) {
                throw GgufFile.damaged(file.path(), "holds " + known + " under two names");
            }
        });
        names = Collections.unmodifiableSet(
                ExpectedTensors.check(config, present, file.path()).keySet());
    }

    /** Opens and checks the file; a fault gives a {@link BadInputException}. */
    public static GgufCheckpoint open(Path path) {
        GgufFile file = GgufFile.open(path);
        try {
            return new GgufCheckpoint(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** The Hugging Face name of a GGUF tensor; null for one that holds no weights of the decoder (rope_freqs.weight). */
    static String huggingFaceName(String name) {
        Matcher m = BLOCK.matcher(name);
        if (!m.matches()) {
            return OUTSIDE.get(name);
        }
        // An unknown part keeps its own name inside the layer, so that the check refuses it by name.
        String part = IN_LAYER.getOrDefault(m.group(2), m.group(2));
        return "model.layers." + Integer.parseInt(m.group(1)) + "." + part + "." + m.group(3);
    }

    @Override
    public LmConfig config() {
        return config;
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return generation;
    }

    @Override
    public Set<String> names() {
        return names;
    }

    @Override
    public StoredTensor tensor(String name) {
        if (!names.contains(name)) {
            throw new BadInputException(file.path() + " has no tensor " + name + "; ask for one of names().");
        }
        StoredTensor raw = file.tensor(fileNames.get(name));
        StoredTensor t = new StoredTensor(name, raw.type(), raw.shape(), raw.data());
        boolean reordered = config.family() == LmConfig.Family.LLAMA
                && (name.contains(".self_attn.q_proj.") || name.contains(".self_attn.k_proj."));
        return reordered ? RawRows.uninterleave(t, config.headDim()) : t;
    }

    @Override
    public String tokenizerJson() {
        if (!(file.metadata().get("tokenizer.ggml.tokens") instanceof List<?>)) {
            throw new BadInputException(
                    file.path() + " holds no tokenizer (tokenizer.ggml.tokens); use a GGUF file with its tokenizer.");
        }
        return GgufTokenizer.toTokenizerJson(file.metadata());
    }

    @Override
    public Optional<String> chatTemplate() {
        return template;
    }

    @Override
    public Path origin() {
        return file.path();
    }

    @Override
    public void close() {
        file.close();
    }
}
