package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.engine.LayerNames;
import dev.engram.model.engine.Torch;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@link ResidentSize} stays flat. The models are small but wide in their
 * vocabulary, so that one leaked tensor per step or per model shows. The finest comes first: memory that a coarser test has freed would hide what it leaks.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MemoryTest {
    /** Logits of 4 bytes a token of the vocabulary, layers of 6 MB. */
    private static LmConfig wide(int vocab) {
        return new LmConfig(
                LmConfig.Family.LLAMA,
                2,
                64,
                4,
                2,
                16,
                4096,
                vocab,
                4096,
                1e-5,
                Positions.rope(10000),
                true,
                false,
                false);
    }

    private static void decode(int warm, int more) {
        try (Decoder decoder = Golden.decoder(new RandomCheckpoint(wide(64_000), 3, 0.1), Golden.F32);
                KvCache cache = decoder.newCache()) {
            Seams seams = Seams.none().withWatch((layer, received) -> received.toFloatArray());
            int[] token = {1};
            int[] step = {0};
            int[] arrays = {0};
            ResidentSize.flat("decode steps", warm, more, () -> {
                try (NDManager scope = decoder.newScope()) {
                    // every seam takes its turn; forgetting keeps the cache's size
                    Seams own = step[0] % 3 == 0
                            ? Seams.none()
                            : step[0] % 3 == 1 ? seams : seams.withHook(new Seams.HiddenHook() {});
                    NDArray hidden = decoder.forward(scope, new int[][] {token}, cache, own);
                    NDArray logits = decoder.logits(scope, hidden, 1);
                    token[0] = decoder.argmax(scope, logits)[0];
                    logits.toFloatArray();
                }
                if (cache.length(0) > 96) {
                    for (int i = 0; i < cache.layers(); i++) {
                        int n = cache.length(i);
                        cache.keep(i, new int[][] {
                            IntStream.range(n - 64, n).toArray(),
                            IntStream.range(n - 65, n - 1).toArray()
                        });
                    }
                }
                if (step[0] % 50 == 0) {
                    cache.fork().close();
                }
                int managed = decoder.backend().manager().getManagedArrays().size();
                arrays[0] = step[0]++ == 0 ? managed : arrays[0];
                assertEquals(arrays[0], managed, "arrays of the model after step " + step[0]);
            });
        }
    }

    private static void openAndClose(Path folder, int warm, int more) {
        TinyText.write(folder, new RandomCheckpoint(wide(32_000), 3, 0.1));
        LoadOptions options = LoadOptions.defaults().withDtype(DType.F32).withThreads(1);
        ResidentSize.flat("opened and closed models", warm, more, () -> {
            try (CausalLm lm = CausalLm.open(folder.toString(), options)) {
                lm.logprobs(Tiny.ids(20, 1000));
            }
        });
    }

    private static void train(int warm, int more) {
        LmConfig config = wide(32_000);
        try (TrainableDecoder decoder = new TrainableDecoder(
                        Torch.manager(LoadOptions.DeviceChoice.AUTO), new RandomCheckpoint(config, 3, 0.1), false);
                NDManager scope = decoder.newScope()) {
            Map<String, Adapter.Pair> pairs = new HashMap<>();
            Random random = new Random(2);
            for (String name : new LayerNames(0).linears()) {
                NDArray w = decoder.parameters().get(name);
                pairs.put(
                        name,
                        new Adapter.Pair(
                                leaf(scope, random, 4, w.getShape().get(1)),
                                leaf(scope, random, w.getShape().get(0), 4)));
            }
            NDArray embedding = decoder.parameters().get(LayerNames.EMBEDDING);
            embedding.setRequiresGradient(true);
            int[][] ids = {Tiny.ids(24, 1000)};
            int[][] labels = {Arrays.copyOfRange(Tiny.ids(25, 1000), 1, 25)};
            ResidentSize.flat("training steps", warm, more, () -> {
                try (NDManager step = decoder.newScope();
                        Adapter adapter = new Adapter(step, config, pairs, 2)) {
                    try (Tape tape = Tape.open()) {
                        NDArray x = decoder.embed(step, ids);
                        NDArray hidden = decoder.forward(step, x, null, adapter, Seams.none());
                        tape.backward(decoder.crossEntropy(step, decoder.logits(step, hidden), labels));
                    }
                    pairs.values().forEach(p -> {
                        descend(step, p.a());
                        descend(step, p.b());
                    });
                    descend(step, embedding);
                }
            });
        }
    }

    private static NDArray leaf(NDManager manager, Random random, long rows, long columns) {
        float[] values = new float[(int) (rows * columns)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (0.1 * random.nextGaussian());
        }
        NDArray leaf = manager.create(values, new Shape(rows, columns));
        leaf.setRequiresGradient(true);
        return leaf;
    }

    private static void descend(NDManager step, NDArray leaf) {
        try (NDArray g = leaf.getGradient()) {
            NDArray change = g.mul(0.001f);
            change.attach(step);
            leaf.subi(change);
            g.subi(g);
        }
    }

    private static void defaultModel(int warm, int more) {
        LoadOptions options = LoadOptions.defaults().withDtype(DType.BF16);
        ResidentSize.flat("opened and closed default models", warm, more, () -> {
            try (CausalLm lm = CausalLm.open("default", options)) {
                lm.generate("The sea", GenerationConfig.greedy(2));
            }
        });
    }

    @Test
    @Order(1)
    void decodeSteps() {
        decode(100, 200);
    }

    @Test
    void openedAndClosedModels(@TempDir Path folder) {
        openAndClose(folder, 15, 30);
    }

    @Test
    @Order(3)
    void trainingSteps() {
        train(30, 70);
    }

    @Test
    @Tag("default-model")
    void openedAndClosedDefaultModels() {
        defaultModel(1, 2);
    }

    @Test
    @Order(2)
    @Tag("long")
    void manyDecodeSteps() {
        decode(200, 1800);
    }

    @Test
    @Tag("long")
    void manyOpenedAndClosedModels(@TempDir Path folder) {
        openAndClose(folder, 20, 180);
    }

    @Test
    @Order(4)
    @Tag("long")
    void manyTrainingSteps() {
        train(50, 450);
    }

    @Test
    @Tag("long")
    @Tag("default-model")
    void manyOpenedAndClosedDefaultModels() {
        defaultModel(2, 8);
    }
}
