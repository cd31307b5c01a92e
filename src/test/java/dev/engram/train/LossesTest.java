package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Adapter;
import dev.engram.model.BadInputException;
import dev.engram.model.Golden;
import dev.engram.model.LoadOptions;
import dev.engram.model.Tape;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.HfFolder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Losses of the ready tasks and their gradients equal transformers', torch's and TRL's formula; packing changes nothing. */
class LossesTest {
    private static final Golden GOLDEN = Golden.losses();
    private static final double BAR = 1e-5;
    private static final double BETA = 0.3;

    private TrainableDecoder decoder;
    private NDManager scope;
    private final Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
    private Adapter adapter;

    @BeforeEach
    void open() {
        decoder = new TrainableDecoder(
                Torch.manager(LoadOptions.DeviceChoice.AUTO), HfFolder.open(Golden.FOLDER.resolve("llama")), false);
        scope = decoder.newScope();
        Golden factors = Golden.gradients("llama");
        for (String name : factors.names()) {
            if (name.startsWith("lora.model") && name.endsWith(".A")) {
                String module = name.substring("lora.".length(), name.length() - 2);
                pairs.put(
                        module + ".weight",
                        new Adapter.Pair(leaf(factors, name), leaf(factors, "lora." + module + ".B")));
            }
        }
        adapter = new Adapter(scope, decoder.config(), pairs, 2);
    }

    @AfterEach
    void close() {
        adapter.close();
        scope.close();
        decoder.close();
    }

    private NDArray leaf(Golden golden, String name) {
        NDArray array = scope.create(golden.floats(name), new Shape(golden.shape(name)));
        array.setRequiresGradient(true);
        return array;
    }

    /** Rows 0-2 of the golden file are chosen answers, 3-5 rejected ones. */
    private static List<Example> rows(int from, int to) {
        int[] lengths = GOLDEN.ids("lengths")[0];
        List<Example> rows = new ArrayList<>();
        for (int r = from; r < to; r++) {
            rows.add(new Example(
                    Arrays.copyOf(GOLDEN.ids("input_ids")[r], lengths[r]),
                    Arrays.copyOf(GOLDEN.ids("labels")[r], lengths[r])));
        }
        return rows;
    }

    private static List<DpoTask.Pair> preferences() {
        List<DpoTask.Pair> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.add(new DpoTask.Pair(rows(0, 6).get(i), rows(0, 6).get(i + 3)));
        }
        return all;
    }

    /** Loss of a task's first micro-batch; gradients by golden name. */
    private double run(TrainingTask task, Map<String, float[]> gradients) {
        double loss;
        try (NDManager step = decoder.newScope();
                Tape tape = Tape.open()) {
            NDArray value = task.loss(step, 0, 0);
            assertEquals(0, value.getShape().dimension(), "a loss is a scalar");
            loss = value.getFloat();
            tape.backward(value);
        }
        pairs.forEach((name, pair) -> {
            String module = name.substring(0, name.length() - ".weight".length());
            gradients.put(module + ".A", taken(pair.a()));
            gradients.put(module + ".B", taken(pair.b()));
        });
        return loss;
    }

    /** The gradient, which is zero afterwards. */
    private static float[] taken(NDArray leaf) {
        try (NDArray gradient = leaf.getGradient()) {
            float[] values = gradient.toFloatArray();
            gradient.subi(gradient);
            return values;
        }
    }

    private void equalsGolden(String name, TrainingTask task) {
        Map<String, float[]> gradients = new TreeMap<>();
        double loss = run(task, gradients);
        assertEquals(GOLDEN.floats(name + ".loss")[0], loss, BAR * Math.max(1, Math.abs(loss)), name);
        assertEquals(2 * 7 * decoder.config().layers(), gradients.size());
        gradients.forEach((leaf, values) -> {
            double error = Golden.relativeRms(values, GOLDEN.floats(name + ".grad." + leaf));
            assertTrue(error <= BAR, name + " " + leaf + ": relative RMS " + error);
        });
    }

    private SftTask sft(Batches data) {
        return new SftTask(decoder, () -> adapter, data, 1);
    }

    @Test
    void crossEntropyIsTransformers() {
        equalsGolden("sft", sft(Batches.padded(rows(0, 3), 3, 99, 0, 1)));
    }

    /** Two documents share a row: same loss, same gradients. */
    @Test
    void packingChangesNothing() {
        Batches packed = Batches.packed(rows(0, 3), 2, 26, 0, 1);
        assertEquals(2, packed.rows());
        equalsGolden("sft", sft(packed));
    }

    /** The mean over micro-batches that are weighted by their labels is the large batch's. */
    @Test
    void accumulationIsTheLargeBatch() {
        SftTask task = new SftTask(decoder, () -> adapter, Batches.padded(rows(0, 3), 1, 99, 0, 1), 3);
        double sum = 0;
        double all = 0;
        for (int micro = 0; micro < 3; micro++) {
            try (NDManager step = decoder.newScope()) {
                sum += task.loss(step, 0, micro).getFloat() * task.labels(0, micro);
            }
            all += task.labels(0, micro);
        }
        assertEquals(GOLDEN.floats("sft.loss")[0], sum / all, 1e-4);
        assertEquals(38, task.tokens(0, 0) + task.tokens(0, 1) + task.tokens(0, 2));
    }

    @Test
    void divergenceFromTheBaseIsTorchs() {
        Replay replay = new Replay(decoder, rows(0, 3), 3, 0, 1);
        equalsGolden("kl", new TrainingTask() {
            @Override
            public NDArray loss(NDManager step, int at, int micro) {
                return replay.divergence(step, adapter, at);
            }
        });
    }

    @Test
    void nothingLearnedIsNoDivergence() {
        Replay replay = new Replay(decoder, rows(0, 3), 2, 0, 1);
        try (NDManager step = decoder.newScope()) {
            assertEquals(0, replay.divergence(step, null, 0).getFloat(), 1e-6);
        }
    }

    @Test
    void replayIsAddedWithItsWeight() {
        Batches data = Batches.padded(rows(0, 3), 3, 99, 0, 1);
        SftTask task = sft(data).withReplay(new Replay(decoder, rows(0, 3), 3, 0, 1), 2);
        double loss = run(task, new TreeMap<>());
        assertEquals(GOLDEN.floats("sft.loss")[0] + 2 * GOLDEN.floats("kl.loss")[0], loss, 2e-4);
        assertEquals(GOLDEN.floats("sft.loss")[0], task.parts().get("answers"), 1e-4);
        assertEquals(GOLDEN.floats("kl.loss")[0], task.parts().get("kl"), 1e-4);
        assertEquals(2 * 38, task.tokens(0, 0));
        assertThrows(BadInputException.class, () -> sft(data).withReplay(null, 0));
    }

    @Test
    void preferenceLossIsTrls() {
        DpoTask task = new DpoTask(decoder, () -> adapter, preferences(), 3, 1, BETA, 0, 1);
        equalsGolden("dpo", task);
        float[] both = GOLDEN.floats("dpo.rewards"); // chosen and rejected of each pair
        double[] rewards = task.rewards();
        double mean = 0;
        for (int p = 0; p < 3; p++) {
            assertEquals(both[2 * p] - both[2 * p + 1], rewards[p], 1e-4);
            mean += rewards[p] / 3;
        }
        assertEquals(mean, task.parts().get("reward_margin"), 1e-4);
        assertEquals(0, task.parts().get("reward_accuracy"));
        assertEquals(75, task.tokens(0, 0));
    }

    /** An adapter that changes nothing leaves the model at the reference, where the loss is log 2. */
    @Test
    void atTheReferenceTheLossIsLogTwo() {
        DpoTask task = new DpoTask(decoder, () -> null, preferences(), 2, 1, BETA, 0, 1);
        try (NDManager step = decoder.newScope()) {
            assertEquals(Math.log(2), task.loss(step, 4, 0).getFloat(), 1e-5);
        }
        assertArrayEquals(new double[3], task.rewards(), 1e-6);
        assertThrows(BadInputException.class, () -> new DpoTask(decoder, () -> null, preferences(), 2, 1, 0, 0, 1));
    }
}
