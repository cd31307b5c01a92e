package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.Golden;
import dev.engram.model.LoadOptions;
import dev.engram.model.Tiny;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Torch;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Short training runs of a tiny model, for tests. */
final class Runs {
    static final LoraConfig LORA = LoraConfig.of(2).withDropout(0.2);

    private Runs() {}

    static TrainableDecoder decoder() {
        return new TrainableDecoder(Torch.manager(LoadOptions.DeviceChoice.AUTO), Tiny.checkpoint(), false);
    }

    /** 8 texts of 13 tokens. */
    static int[][] texts() {
        int[] all = Tiny.ids(8 * 13);
        int[][] texts = new int[8][];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = Arrays.copyOfRange(all, 13 * i, 13 * (i + 1));
        }
        return texts;
    }

    /** Ten steps with everything on that a checkpoint must remember. */
    static TrainConfig tenSteps() {
        return TrainConfig.of(10, 1e-2).withSchedule(Schedule.cosine(2)).withWeightDecay(0.1);
    }

    /** What a run left behind. */
    record Result(History history, Map<String, float[]> values) {}

    /** Trains adapters of {@link #LORA} on {@link #texts}; {@code before} is told each step before its loss. */
    static Result lora(TrainConfig config, Consumer<Integer> before) {
        try (TrainableDecoder decoder = decoder();
                Lora lora = Lora.create(decoder, LORA, 1)) {
            TextTask task =
                    new TextTask(decoder, texts(), 4).with(lora.adapter()).before(before);
            return new Result(new Trainer(lora, config).run(task), values(lora));
        }
    }

    static Result lora(TrainConfig config) {
        return lora(config, step -> {});
    }

    static Map<String, float[]> values(Trainables t) {
        Map<String, float[]> values = new LinkedHashMap<>();
        t.parameters().forEach((n, p) -> values.put(n, p.toFloatArray()));
        return values;
    }

    /** Equal bit for bit, or within a relative distance. */
    static void same(Map<String, float[]> expected, Map<String, float[]> found, double bar) {
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, e) -> {
            if (bar == 0) {
                assertArrayEquals(e, found.get(name), name);
            } else {
                double error = Golden.relativeRms(found.get(name), e);
                assertTrue(error <= bar, name + ": " + error);
            }
        });
    }
}
