package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.Golden;
import dev.engram.model.LoadOptions;
import dev.engram.model.Tiny;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Torch;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop: a resumed run is an uninterrupted one, accumulation is one large batch, divergence is undone. */
class TrainerTest {
    private static TrainableDecoder decoder() {
        return new TrainableDecoder(Torch.manager(LoadOptions.DeviceChoice.AUTO), Tiny.checkpoint(), false);
    }

    static int[][] texts() {
        int[][] texts = new int[8][];
        int[] all = Tiny.ids(8 * 13);
        for (int i = 0; i < texts.length; i++) {
            texts[i] = java.util.Arrays.copyOfRange(all, 13 * i, 13 * (i + 1));
        }
        return texts;
    }

    private static Map<String, float[]> values(Trainables t) {
        Map<String, float[]> values = new LinkedHashMap<>();
        t.parameters().forEach((n, p) -> values.put(n, p.toFloatArray()));
        return values;
    }

    private static void same(Map<String, float[]> expected, Map<String, float[]> found, double bar) {
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

    @Test
    void aLoraLearns() {
        try (TrainableDecoder decoder = decoder();
                Lora lora = Lora.create(decoder, LoraConfig.of(4), 1)) {
            History history = new Trainer(lora, TrainConfig.of(40, 1e-2))
                    .run(new TextTask(decoder, texts(), 4).with(lora.adapter()));
            assertEquals(40, history.entries().size());
            assertTrue(
                    history.meanLoss(4) < 0.5 * history.entries().get(0).loss(),
                    history.table().toString());
        }
    }

    /** A kill between two steps is a run whose task throws there. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 5, 6, 9})
    void aResumedRunIsTheUninterruptedOne(int kill, @TempDir Path folder) {
        TrainConfig config =
                TrainConfig.of(10, 1e-2).withSchedule(Schedule.cosine(2)).withWeightDecay(0.1);
        LoraConfig settings = LoraConfig.of(2).withDropout(0.2);
        Map<String, float[]> expected;
        History whole;
        try (TrainableDecoder decoder = decoder();
                Lora lora = Lora.create(decoder, settings, 1)) {
            whole = new Trainer(lora, config).run(new TextTask(decoder, texts(), 4).with(lora.adapter()));
            expected = values(lora);
        }
        TrainConfig saving = config.withCheckpoints(folder.resolve("run"), 2, 2);
        try (TrainableDecoder decoder = decoder();
                Lora lora = Lora.create(decoder, settings, 1)) {
            TextTask task = new TextTask(decoder, texts(), 4) {
                @Override
                int[] text(int step, int micro, int i) {
                    if (step == kill && i == 2) {
                        throw new IllegalStateException("killed");
                    }
                    return super.text(step, micro, i);
                }
            };
            Trainer trainer = new Trainer(lora, saving);
            assertThrows(IllegalStateException.class, () -> trainer.run(task.with(lora.adapter())));
        }
        try (TrainableDecoder decoder = decoder();
                Lora lora = Lora.create(decoder, settings, 1)) {
            History history = new Trainer(lora, saving).run(new TextTask(decoder, texts(), 4).with(lora.adapter()));
            same(expected, values(lora), 0);
            assertEquals(10, history.entries().size());
            for (int i = 0; i < 10; i++) {
                assertEquals(
                        whole.entries().get(i).loss(), history.entries().get(i).loss(), 0);
            }
        }
    }

    @Test
    void accumulationIsOneLargeBatch() {
        Map<String, float[]> expected;
        try (TrainableDecoder decoder = decoder();
                Lora lora = Lora.create(decoder, LoraConfig.of(2), 1)) {
            new Trainer(lora, TrainConfig.of(5, 1e-3)).run(new TextTask(decoder, texts(), 4).with(lora.adapter()));
            expected = values(lora);
        }
        for (int micros : new int[] {2, 4}) {
            try (TrainableDecoder decoder = decoder();
                    Lora lora = Lora.create(decoder, LoraConfig.of(2), 1)) {
                new Trainer(lora, TrainConfig.of(5, 1e-3).withAccumulation(micros))
                        .run(new TextTask(decoder, texts(), 4 / micros).with(lora.adapter()));
                same(expected, values(lora), 1e-4);
            }
        }
    }
}
