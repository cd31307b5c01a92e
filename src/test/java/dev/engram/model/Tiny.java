package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.engine.LinearFormat;
import dev.engram.model.engine.WeightFormat;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.GenerationDefaults;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** Small models with random weights, large enough that every part of a layer matters. */
public final class Tiny {
    public static final WeightFormat BF16 = new WeightFormat("bf16", true, LinearFormat.PLAIN, LinearFormat.PLAIN);

    private Tiny() {}

    /** 3 layers, 4 query and 2 key/value heads of width 16, hidden 64. */
    public static LmConfig config(Positions positions) {
        return new LmConfig(LmConfig.Family.LLAMA, 3, 64, 4, 2, 16, 96, 80, 64, 1e-5, positions, true, false, false);
    }

    public static LmConfig config() {
        return config(Positions.rope(10000));
    }

    public static RandomCheckpoint checkpoint() {
        return new RandomCheckpoint(config(), 7, 0.3);
    }

    public static Decoder decoder() {
        return Golden.decoder(checkpoint(), Golden.F32);
    }

    /** Token ids that look random and are the same each time. */
    public static int[] ids(int n, int vocab) {
        int[] ids = new int[n];
        long state = 12345;
        for (int i = 0; i < n; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            ids[i] = (int) ((state >>> 33) % vocab);
        }
        return ids;
    }

    public static int[] ids(int n) {
        return ids(n, config().vocab());
    }

    /** Standard normal numbers, the same each time for a seed. */
    static NDArray normal(NDManager manager, long seed, long... shape) {
        Random random = new Random(seed);
        float[] values = new float[(int) new Shape(shape).size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return manager.create(values, new Shape(shape));
    }

    /** Values of an F32 tensor. */
    static float[] values(Checkpoint checkpoint, String name) {
        StoredTensor t = checkpoint.tensor(name);
        float[] values = new float[(int) t.elements()];
        t.data().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }

    /** A checkpoint in which some F32 tensors have other values. */
    static final class Altered implements Checkpoint {
        private final Checkpoint base;
        private final Map<String, float[]> changes = new HashMap<>();

        Altered(Checkpoint base) {
            this.base = base;
        }

        void put(String name, float[] values) {
            changes.put(name, values);
        }

        @Override
        public StoredTensor tensor(String name) {
            StoredTensor t = base.tensor(name);
            float[] values = changes.get(name);
            if (values == null) {
                return t;
            }
            ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
            data.asFloatBuffer().put(values);
            return new StoredTensor(
                    name, TensorType.F32, t.shape(), data.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
        }

        @Override
        public LmConfig config() {
            return base.config();
        }

        @Override
        public GenerationDefaults generationDefaults() {
            return base.generationDefaults();
        }

        @Override
        public Set<String> names() {
            return base.names();
        }

        @Override
        public String tokenizerJson() {
            return base.tokenizerJson();
        }

        @Override
        public Optional<String> chatTemplate() {
            return base.chatTemplate();
        }

        @Override
        public Path origin() {
            return base.origin();
        }

        @Override
        public void close() {
            base.close();
        }
    }
}
