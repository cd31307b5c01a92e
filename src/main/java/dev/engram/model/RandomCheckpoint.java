package dev.engram.model;

import dev.engram.model.engine.LayerNames;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.GenerationDefaults;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * A checkpoint made of random numbers: a model to be trained from scratch. Matrices are normal with the given deviation,
 * gains one, biases zero; each tensor's numbers depend on the seed and its name alone.
 */
public final class RandomCheckpoint implements Checkpoint {
    private final LmConfig config;
    private final long seed;
    private final double deviation;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    /**
     * Describes the model.
     *
     * @param deviation standard deviation of the matrices, 0.02 in most published recipes
     */
    public RandomCheckpoint(LmConfig config, long seed, double deviation) {
        this.config = config;
        this.seed = seed;
        this.deviation = deviation;
        long d = config.hidden();
        long q = (long) config.heads() * config.headDim();
        long kv = (long) config.kvHeads() * config.headDim();
        shapes.put(LayerNames.EMBEDDING, new long[] {config.vocab(), d});
        if (config.positions() instanceof Positions.Learned) {
            shapes.put(LayerNames.POSITIONS, new long[] {config.contextLength(), d});
        }
        for (int i = 0; i < config.layers(); i++) {
            LayerNames n = new LayerNames(i);
            shapes.put(n.inputNorm(), new long[] {d});
            shapes.put(n.q(), new long[] {q, d});
            shapes.put(n.k(), new long[] {kv, d});
            shapes.put(n.v(), new long[] {kv, d});
            shapes.put(n.o(), new long[] {d, q});
            shapes.put(n.postNorm(), new long[] {d});
            shapes.put(n.gate(), new long[] {config.intermediate(), d});
            shapes.put(n.up(), new long[] {config.intermediate(), d});
            shapes.put(n.down(), new long[] {d, config.intermediate()});
            if (config.attentionBias()) {
                shapes.put(n.qkvBias().get(0), new long[] {q});
                shapes.put(n.qkvBias().get(1), new long[] {kv});
                shapes.put(n.qkvBias().get(2), new long[] {kv});
            }
            if (config.qkNorm()) {
                shapes.put(n.qNorm(), new long[] {config.headDim()});
                shapes.put(n.kNorm(), new long[] {config.headDim()});
            }
        }
        shapes.put(LayerNames.FINAL_NORM, new long[] {d});
        if (!config.tiedHead()) {
            shapes.put(LayerNames.HEAD, new long[] {config.vocab(), d});
        }
    }

    @Override
    public LmConfig config() {
        return config;
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return new GenerationDefaults(
                Optional.empty(), Set.of(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    @Override
    public Set<String> names() {
        return shapes.keySet();
    }

    @Override
    public StoredTensor tensor(String name) {
        long[] shape = shapes.get(name);
        if (shape == null) {
            throw new BadInputException("The model has no tensor " + name + "; it has " + shapes.size() + " others.");
        }
        StoredTensor empty = new StoredTensor(name, TensorType.F32, shape, ByteBuffer.allocate(0));
        int n = Math.toIntExact(empty.elements());
        ByteBuffer data = ByteBuffer.allocate(4 * n).order(ByteOrder.LITTLE_ENDIAN);
        Random random = new Random(seed * 1_000_003 + name.hashCode());
        for (int i = 0; i < n; i++) {
            data.putFloat(
                    shape.length > 1 ? (float) (deviation * random.nextGaussian()) : name.endsWith("bias") ? 0f : 1f);
        }
        return new StoredTensor(
                name, TensorType.F32, shape, data.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public String tokenizerJson() {
        throw new BadInputException("A model with random weights has no tokenizer; feed it token ids.");
    }

    @Override
    public Optional<String> chatTemplate() {
        return Optional.empty();
    }

    @Override
    public Path origin() {
        return Path.of("random-" + seed);
    }

    @Override
    public void close() {
        // nothing is open
    }
}
