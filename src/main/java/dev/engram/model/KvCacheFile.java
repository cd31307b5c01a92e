package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A cache as a safetensors file: per layer {@code layers.i.keys} and {@code layers.i.values} [batch, kvHeads, slots, headDim]
 * and {@code layers.i.positions} [1|kvHeads, slots], all F32, and in the metadata the model's shape, a fingerprint of its
 * weights ({@link dev.engram.model.source.ModelHash#sample}) and where the text stands. Positions below 2^24 are exact in F32.
 * The number format may differ between saving and loading; adapters are not recorded.
 */
final class KvCacheFile {
    private static final String FORMAT = "engram-kv-cache-1";

    /** Metadata entry with a sampled hash of the weights. */
    private static final String FINGERPRINT = "weights_sample";

    private KvCacheFile() {}

    static void save(KvCache cache, LmConfig config, String fingerprint, Path file) {
        SafetensorsWriter writer = new SafetensorsWriter();
        shape(config).forEach(writer::metadata);
        writer.metadata("format", FORMAT)
                .metadata(FINGERPRINT, fingerprint)
                .metadata("batch", "" + cache.batch())
                .metadata(
                        "padding",
                        Arrays.stream(cache.padding())
                                .mapToObj(Integer::toString)
                                .collect(Collectors.joining(",")))
                .metadata("first_position", "" + cache.firstPosition())
                .metadata("next_position", "" + cache.nextPosition());
        for (int i = 0; i < cache.layers(); i++) {
            try (NDManager scope = cache.newScope()) {
                NDArray keys = cache.keys(scope, i);
                long[] rows = keys.getShape().getShape();
                writer.add(name(i, "keys"), TensorType.F32, rows, keys.toFloatArray());
                writer.add(
                        name(i, "values"),
                        TensorType.F32,
                        rows,
                        cache.values(scope, i).toFloatArray());
            }
            int heads = cache.perHead(i) ? config.kvHeads() : 1;
            int slots = cache.length(i);
            float[] positions = new float[heads * slots];
            for (int h = 0; h < heads; h++) {
                int[] own = cache.positions(i, h);
                for (int s = 0; s < slots; s++) {
                    positions[h * slots + s] = own[s];
                }
            }
            writer.add(name(i, "positions"), TensorType.F32, new long[] {heads, slots}, positions);
        }
        writer.write(file);
    }

    static KvCache load(Decoder decoder, Path path) {
        LmConfig config = decoder.config();
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            Map<String, String> metadata = file.metadata();
            if (!FORMAT.equals(metadata.get("format"))) {
                throw new BadInputException(path + " is not a saved cache (its format is " + metadata.get("format")
                        + "); give a file that a cache was saved to.");
            }
            shape(config).forEach((field, value) -> {
                if (!value.equals(metadata.get(field))) {
                    throw new BadInputException(path + " was saved by a model with " + field + " = "
                            + metadata.get(field) + ", but this one has " + value + "; load it with the same model.");
                }
            });
            String own = decoder.backend().fingerprint();
            if (!own.equals(metadata.get(FINGERPRINT))) {
                throw new BadInputException(path + " was saved by a model with other weights (their fingerprint is "
                        + metadata.get(FINGERPRINT) + ", this model's is " + own + "); load it with the same model.");
            }
            int batch = number(path, metadata, "batch", 1);
            int first = number(path, metadata, "first_position", 0);
            int next = number(path, metadata, "next_position", first);
            int[] padding = padding(path, metadata, batch, next);
            KvCache cache = new KvCache(config, decoder.backend(), batch, padding, first);
            try {
                for (int i = 0; i < config.layers(); i++) {
                    restore(cache, config, file, i, next);
                }
                return cache;
            } catch (RuntimeException e) {
                cache.close();
                throw e;
            }
        }
    }

    private static void restore(KvCache cache, LmConfig config, SafetensorsFile file, int layer, int next) {
        StoredTensor positions = tensor(file, layer, "positions");
        int slots = positions.shape().length == 2 ? (int) positions.shape()[1] : -1;
        long heads = positions.shape()[0];
        if (slots < 0 || heads != 1 && heads != config.kvHeads()) {
            throw damaged(file.path(), "positions of layer " + layer, Arrays.toString(positions.shape()));
        }
        long[] rows = {cache.batch(), config.kvHeads(), slots, config.headDim()};
        try (NDManager scope = cache.newScope()) {
            cache.restore(
                    layer,
                    rows(scope, file, layer, "keys", rows),
                    rows(scope, file, layer, "values", rows),
                    ascending(file.path(), positions, (int) heads, slots, cache.firstPosition(), next),
                    next);
        }
    }

    private static NDArray rows(NDManager scope, SafetensorsFile file, int layer, String part, long[] shape) {
        StoredTensor t = tensor(file, layer, part);
        if (!Arrays.equals(t.shape(), shape)) {
            throw damaged(file.path(), part + " of layer " + layer, Arrays.toString(t.shape()));
        }
        return scope.create(Dequantizer.toFloats(t), new Shape(shape));
    }

    private static int[][] ascending(Path path, StoredTensor t, int heads, int slots, int first, int next) {
        float[] flat = Dequantizer.toFloats(t);
        int[][] positions = new int[heads][slots];
        for (int h = 0; h < heads; h++) {
            for (int s = 0; s < slots; s++) {
                float p = flat[h * slots + s];
                positions[h][s] = (int) p;
                if (p != positions[h][s] || p < (s == 0 ? first : positions[h][s - 1] + 1) || p >= next) {
                    throw damaged(path, "a position", "" + p);
                }
            }
        }
        return positions;
    }

    private static StoredTensor tensor(SafetensorsFile file, int layer, String part) {
        StoredTensor t = file.tensor(name(layer, part));
        if (t == null || t.shape().length == 0) {
            throw damaged(file.path(), "tensor " + name(layer, part), t == null ? "absent" : "a single number");
        }
        return t;
    }

    private static int[] padding(Path path, Map<String, String> metadata, int batch, int next) {
        String text = metadata.getOrDefault("padding", "");
        if (text.isEmpty()) {
            return null;
        }
        String[] parts = text.split(",");
        int[] padding = new int[parts.length];
        for (int i = 0; i < parts.length; i++) {
            padding[i] = number(path, Map.of("padding", parts[i]), "padding", 0);
            if (parts.length != batch || padding[i] > next) {
                throw damaged(path, "padding", text);
            }
        }
        return padding;
    }

    private static int number(Path path, Map<String, String> metadata, String field, int least) {
        String text = String.valueOf(metadata.get(field));
        if (!text.matches("\\d{1,8}") || Integer.parseInt(text) < least) {
            throw damaged(path, field, text);
        }
        return Integer.parseInt(text);
    }

    private static BadInputException damaged(Path path, String what, String value) {
        return new BadInputException(
                path + " is damaged: " + what + " is " + value + "; save the cache again or get an intact copy.");
    }

    private static Map<String, String> shape(LmConfig c) {
        Map<String, String> shape = new LinkedHashMap<>();
        shape.put("num_hidden_layers", "" + c.layers());
        shape.put("hidden_size", "" + c.hidden());
        shape.put("num_attention_heads", "" + c.heads());
        shape.put("num_key_value_heads", "" + c.kvHeads());
        shape.put("head_dim", "" + c.headDim());
        shape.put("vocab_size", "" + c.vocab());
        shape.put("positions", c.positions().toString());
        return shape;
    }

    private static String name(int layer, String part) {
        return "layers." + layer + "." + part;
    }
}
