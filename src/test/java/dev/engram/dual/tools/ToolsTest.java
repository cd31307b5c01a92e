package dev.engram.dual.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import dev.engram.dual.LayerTrace;
import dev.engram.dual.Lmcode;
import dev.engram.dual.LmcodeConfig;
import dev.engram.dual.LongTermMemory;
import dev.engram.dual.Memories;
import dev.engram.dual.MemoryState;
import dev.engram.dual.Reading;
import dev.engram.dual.ReplacementPolicy;
import dev.engram.model.BadInputException;
import dev.engram.report.HeatMap;
import dev.engram.train.History;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operations and utilities that the seed names, on a tiny model. */
class ToolsTest {
    private static final LmcodeConfig CONFIG = LmcodeConfig.tiny(40, 8);

    @TempDir
    private Path folder;

    /** A text's vector counts its letters a, b and c, on top of a large constant. */
    private static final TextVectors LETTERS = new TextVectors() {
        @Override
        public String name() {
            return "letters";
        }

        @Override
        public int width() {
            return 3;
        }

        @Override
        public List<float[]> of(List<String> texts) {
            return texts.stream()
                    .map(t -> new float[] {count(t, 'a'), count(t, 'b'), count(t, 'c')})
                    .toList();
        }

        private float count(String text, char letter) {
            return 100 + text.chars().filter(c -> c == letter).count();
        }
    };

    private static ExperienceStore store(List<String> calibration) {
        return new ExperienceStore(LETTERS, new LongTermMemory(3, 3, ReplacementPolicy.FIFO, 1), calibration);
    }

    @Test
    void aQueryFindsTheTextThatIsLikeIt() {
        ExperienceStore store = store(List.of("a", "b", "c"));
        assertEquals(0, store.storeExperience("aaa"));
        assertArrayEquals(new int[] {1, 2}, store.storeExperiences(List.of("bbb", "ccc"), 1));
        List<ExperienceStore.Found> found = store.queryMemory("bbbb a", 2);
        assertEquals(1, found.get(0).slot());
        assertEquals(List.of("bbb"), found.get(0).texts());
        assertEquals(1, store.memory().hits(1));
        assertArrayEquals(new float[] {100, 103, 100}, store.memory().value(1), 0);
        float[] key = store.key("bbb");
        assertEquals(3, key[0] * key[0] + key[1] * key[1] + key[2] * key[2], 1e-4);
    }

    @Test
    void withoutACentreAllTextsLookAlike() {
        ExperienceStore raw = store(List.of());
        raw.storeExperiences(List.of("aaa", "bbb"), 1);
        List<ExperienceStore.Found> found = raw.queryMemory("aaa", 2);
        assertTrue(
                found.get(0).score() - found.get(1).score()
                        < 0.01 * found.get(0).score(),
                found.toString());
    }

    @Test
    void aReplacedTextIsGoneAndMergedTextsStandTogether() {
        ExperienceStore store = store(List.of("a", "b", "c"));
        store.storeExperiences(List.of("aaa", "aaaa", "ccc"), 1);
        store.consolidateMemories(0.1, Reading.DISTANCE_BELOW);
        assertEquals(List.of("aaa", "aaaa"), store.queryMemory("aa", 1).get(0).texts());
        store.storeExperience("bbb");
        store.storeExperience("bbbbb"); // takes the oldest slot
        assertTrue(store.queryMemory("aa", 3).stream().noneMatch(f -> f.texts().contains("aaa")));
    }

    @Test
    void badStoresAreRefused() {
        LongTermMemory wide = new LongTermMemory(3, 4, ReplacementPolicy.FIFO, 1);
        assertThrows(BadInputException.class, () -> new ExperienceStore(LETTERS, wide, List.of()));
        LongTermMemory full = new LongTermMemory(1, 3, ReplacementPolicy.FIFO, 1);
        full.write(new float[3], new float[3], 1);
        assertThrows(BadInputException.class, () -> new ExperienceStore(LETTERS, full, List.of()));
        ExperienceStore store = store(List.of("abc"));
        assertTrue(assertThrows(BadInputException.class, () -> store.storeExperience("cab"))
                .getMessage()
                .contains("'cab'"));
    }

    @Test
    void theMonitorKeepsWhatTheLayersDid() throws Exception {
        MemoryMonitor monitor = new MemoryMonitor();
        try (Lmcode model = Lmcode.create(CONFIG, 1);
                MemoryState state = model.newState(1)) {
            for (int step = 0; step < 3; step++) {
                try (NDManager scope = model.newScope()) {
                    model.forward(scope, new int[][] {{1, 2, 3, 4}}, state);
                }
                monitor.recordStep(step, state);
            }
        }
        assertEquals(6, monitor.history().size());
        MemoryMonitor.Statistic used = monitor.statistics().stream()
                .filter(s -> s.quantity().equals(MemoryMonitor.Quantity.SLOTS_USED.label()) && s.layer() == 1)
                .findFirst()
                .orElseThrow();
        assertEquals(0, used.least());
        assertEquals(6, used.last()); // 3 of 4 tokens a segment, before the third is written
        assertTrue(monitor.statistics().stream()
                .filter(s -> s.quantity().equals(MemoryMonitor.Quantity.UPDATE_GATE.label()))
                .allMatch(s -> s.mean() > 0 && s.mean() < 1 && s.steps() == 3));
        Path png = folder.resolve("history.png");
        monitor.plotHistory(MemoryMonitor.Quantity.UPDATE_GATE, png);
        assertTrue(ImageIO.read(png.toFile()).getWidth() > 100);
        assertTrue(Files.size(png) > 1000);
    }

    @Test
    void whatWasNeverMeasuredHasNoStatisticAndNoPlot() {
        MemoryMonitor monitor = new MemoryMonitor();
        monitor.recordStep(0, List.of(new LayerTrace(0, Double.NaN, Double.NaN, 0.25, 0.5, 2, 7)));
        assertEquals(4, monitor.statistics().size());
        assertThrows(BadInputException.class, () -> monitor.plot(MemoryMonitor.Quantity.UPDATE_GATE));
    }

    @Test
    void capacityAndReportLookAtRealStores() {
        int[] sequence = IntStream.range(0, 24).map(i -> i % 40).toArray();
        try (Lmcode model = Lmcode.create(CONFIG, 1)) {
            List<MemoryAnalysis.Capacity> capacity =
                    MemoryAnalysis.analyzeMemoryCapacity(model, List.of(sequence, Arrays.copyOf(sequence, 8)));
            assertEquals(2, capacity.size());
            // 3 segments write 7 tokens each, 1 segment 7: the mean is 14
            assertEquals(14, capacity.get(0).used(), 1e-9);
            assertEquals(14.0 / 128, capacity.get(0).share(), 1e-9);
            for (MemoryAnalysis.Capacity c : capacity) {
                assertTrue(c.effective() <= c.used() && c.read() >= 0 && c.read() <= 1, c.toString());
                assertTrue(c.nearest() > -1 && c.nearest() <= 1.000001 && c.found() <= 1, c.toString());
            }
            MemoryAnalysis.Efficiency cost = MemoryAnalysis.computeMemoryEfficiency(model);
            assertEquals(4L * 2 * 16 * 64, cost.shortTermBytes());
            assertEquals(4L * 2 * 128 * 64 * 2, cost.longTermBytes());
            assertEquals(2L * 128 * 64, cost.searchMultiplications());
            String report = MemoryReport.generate(model, List.of(sequence));
            assertTrue(report.contains("long-term slots") && report.contains("mean of the update gate"), report);
            assertThrows(BadInputException.class, () -> MemoryAnalysis.analyzeMemoryCapacity(model, List.of()));
        }
        try (Lmcode plain = Lmcode.create(CONFIG.withMemories(Memories.SHORT_TERM), 1)) {
            assertThrows(BadInputException.class, () -> MemoryAnalysis.analyzeMemoryCapacity(plain, List.of(sequence)));
        }
    }

    @Test
    void theFlowHasACellPerLayerAndWindow() {
        try (Lmcode model = Lmcode.create(CONFIG, 1)) {
            HeatMap flow = MemoryFlow.of(model, new int[20], MemoryMonitor.Quantity.SLOTS_USED);
            assertEquals(2, flow.cells().length);
            assertEquals(3, flow.cells()[0].length);
            assertEquals(14, flow.cells()[1][2]);
            assertThrows(
                    BadInputException.class, () -> MemoryFlow.of(model, new int[0], MemoryMonitor.Quantity.SLOTS_USED));
        }
    }

    @Test
    void aTrainingHistoryIsDrawn() throws Exception {
        Path csv = folder.resolve("history.csv");
        Files.writeString(
                csv,
                "step,loss,rate,gradient_norm,tokens,seconds,tokens_per_second,validation\n"
                        + "0,3.5,0.1,2,10,1,10,\n1,2.5,0.1,1,10,1,10,2.75\n");
        History history = History.load(csv);
        assertTrue(TrainingPlot.loss(history).image().getWidth() > 100);
        assertTrue(TrainingPlot.gradientNorm(history).image().getWidth() > 100);
        assertThrows(BadInputException.class, () -> TrainingPlot.loss(new History()));
    }
}
