package dev.engram.cli.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.model.TrainableDecoder;
import dev.engram.train.Lora;
import dev.engram.train.LoraConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The race of training steps: order, ratios, curves; our own entrant on a tiny model. No speed is asserted. */
class TrainRaceTest {
    @TempDir
    private Path folder;

    private final List<String> calls = new ArrayList<>();

    /** Somebody who needs so many seconds a step and whose losses are off by a factor. */
    private TrainEntrant entrant(String who, String dtype, String setting, double seconds, double factor) {
        return new TrainEntrant() {
            @Override
            public String who() {
                return who;
            }

            @Override
            public String dtype() {
                return dtype;
            }

            @Override
            public String setting() {
                return setting;
            }

            @Override
            public Run run(List<int[][]> batches, double rate) {
                calls.add(who + " " + dtype + " " + batches.size());
                double[] losses = new double[batches.size()];
                double[] times = new double[batches.size()];
                Arrays.setAll(losses, s -> factor / (s + 1));
                Arrays.fill(times, seconds * batches.get(0).length);
                times[0] = 100; // the median leaves one slow step out
                return new Run(losses, times);
            }

            @Override
            public void close() {}
        };
    }

    private static List<int[][]> batches(int count, int rows) {
        List<int[][]> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[][] batch = new int[rows][8];
            for (int r = 0; r < rows; r++) {
                int start = 7 * i + 3 * r;
                Arrays.setAll(batch[r], t -> 'a' + (start + 5 * t) % 26);
            }
            all.add(batch);
        }
        return all;
    }

    @Test
    void ratiosAndCurves() {
        TrainRace race = new TrainRace(List.of(
                entrant("engram", "f32", "LoRA", 1.2, 1),
                entrant("engram", "bf16", "LoRA", 0.6, 1.1),
                entrant("transformers", "f32", "peft", 1.5, 1.004),
                entrant("transformers", "f32", "plain", 1.0, 1.002),
                entrant("transformers", "bf16", "plain", 2.0, 1)));
        race.run(1, batches(5, 1), batches(3, 1), 2, 1e-3);
        race.run(4, batches(5, 4), batches(3, 4), 2, 1e-3);
        List<TrainRace.Line> lines = race.lines();
        assertEquals(6, lines.size());
        TrainRace.Line f32 = lines.get(0);
        assertEquals("f32 plain", f32.theirs(), "the peer's fastest code");
        assertEquals(1.2, f32.time_ratio(), 1e-9);
        assertEquals(1 - 1 / 1.002, f32.curve(), 1e-9);
        assertEquals(0.3, lines.get(1).time_ratio(), 1e-9);
        TrainRace.Line fastest = lines.get(5);
        assertEquals("bf16 LoRA", fastest.ours());
        assertEquals("f32 plain", fastest.theirs());
        assertEquals(0.6, fastest.time_ratio(), 1e-9);
        assertEquals(2.4, fastest.our_seconds(), 1e-9);
        assertEquals(2 * 5 * 2, race.laps().size());
        assertEquals(2 * 5 * 5, race.points().size());
        // the curve of everybody, then rounds in turn that move on
        assertEquals("engram f32 5", calls.get(0));
        assertEquals("engram f32 3", calls.get(5));
        assertEquals("transformers bf16 3", calls.get(10));
    }

    @Test
    void aSideAloneHasNoRatio() {
        TrainRace race = new TrainRace(List.of(entrant("engram", "f32", "LoRA", 1, 1)));
        race.run(1, batches(2, 1), batches(3, 1), 1, 1e-3);
        assertTrue(race.lines().isEmpty());
        assertEquals(1, race.laps().get(0).seconds());
    }

    @Test
    void everyRunStartsFromTheSameAdapter() throws IOException {
        String model = TinyModel.write(folder.resolve("tiny")).toString();
        Path adapter = folder.resolve("adapter");
        try (TrainableDecoder decoder = TrainableDecoder.open(model, DType.F32);
                Lora lora = Lora.create(decoder, LoraConfig.of(4), 7)) {
            lora.save(adapter, "tiny");
        }
        try (OwnTrainer own = new OwnTrainer(model, "f32", 1, adapter)) {
            double[] once = own.run(batches(6, 2), 1e-2).losses();
            double[] twice = own.run(batches(6, 2), 1e-2).losses();
            assertArrayEquals(once, twice);
            assertEquals(6, once.length);
            assertTrue(once[5] < once[0], Arrays.toString(once));
            // the batches come in the order given
            double first = own.run(batches(6, 2).subList(1, 2), 1e-2).losses()[0];
            assertTrue(Math.abs(first - once[0]) > 1e-6);
        }
    }

    @Test
    void peersGetIdsAndRate() {
        String script = "echo '{\"ready\": true}'; while read -r line; do case \"$line\" in"
                + " *'\"op\":\"train\",\"batches\":[[[1,2],[3,4]]],\"rate\":0.01'*)"
                + " echo '{\"losses\": [2.5], \"seconds\": [0.125]}';;"
                + " *quit*) exit;; *) echo '{\"error\": \"no\"}';; esac; done";
        try (PeerTrainer peer =
                new PeerTrainer(new PeerContestant("transformers", "f32", "peft", List.of("sh", "-c", script)))) {
            TrainEntrant.Run run = peer.run(List.<int[][]>of(new int[][] {{1, 2}, {3, 4}}), 0.01);
            assertArrayEquals(new double[] {2.5}, run.losses());
            assertArrayEquals(new double[] {0.125}, run.seconds());
            assertThrows(BadInputException.class, () -> peer.run(List.<int[][]>of(new int[][] {{9}}), 0.01));
        }
    }
}
