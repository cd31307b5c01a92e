package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.engram.forget.MemollmMemory.Fault;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The original's state and deletions, step by step, on the traces in golden/memollm. */
class MemollmMemoryTest {
    private static final Set<Fault> ALL = EnumSet.allOf(Fault.class);

    private static List<JsonObject> trace(String name) throws IOException {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(
                        MemollmMemoryTest.class.getResourceAsStream("/golden/memollm/" + name + ".jsonl.gz")),
                StandardCharsets.UTF_8))) {
            return lines.lines()
                    .map(line -> JsonParser.parseString(line).getAsJsonObject())
                    .toList();
        }
    }

    private static float[] floats(JsonElement array) {
        JsonArray values = array.getAsJsonArray();
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i).getAsFloat();
        }
        return floats;
    }

    private static int[] ints(JsonElement array) {
        return IntStream.range(0, array.getAsJsonArray().size())
                .map(i -> array.getAsJsonArray().get(i).getAsInt())
                .toArray();
    }

    /** Replays a case; the first line that differs is an assertion error. */
    private static void replay(String name, double dt, double threshold, boolean half, Set<Fault> faults)
            throws IOException {
        List<JsonObject> steps = trace(name);
        int layers = steps.get(0).getAsJsonArray("layers").size();
        MemollmMemory memory = new MemollmMemory(layers, dt, threshold, half, faults);
        for (JsonObject step : steps) {
            int number = step.get("step").getAsInt();
            JsonArray all = step.getAsJsonArray("layers");
            float[][] before = new float[layers][];
            for (int l = 0; l < layers; l++) {
                float[] expected = floats(all.get(l).getAsJsonObject().get("retention"));
                before[l] = memory.retention(l, expected.length);
                assertArrayEquals(expected, before[l], half ? 0 : 1.2e-7f, "R before step " + number + " layer " + l);
            }
            for (int l = 0; l < layers; l++) {
                JsonObject o = all.get(l).getAsJsonObject();
                String where = " step " + number + " layer " + l;
                memory.rehearse(l, floats(o.get("attention")));
                state("rehearsed" + where, o.getAsJsonObject("rehearsed"), memory, l);
                int[] gone = ints(o.get("deleted"));
                int n = o.getAsJsonArray("tokens").size();
                int[] kept = number == 0 ? null : memory.decide(l, before[l]);
                int[] deleted = kept == null
                        ? new int[0]
                        : IntStream.range(0, n)
                                .filter(i -> IntStream.of(kept).noneMatch(k -> k == i))
                                .toArray();
                assertArrayEquals(gone, deleted, "deleted" + where);
                state("kept" + where, o.getAsJsonObject("kept"), memory, l);
            }
            memory.tick(number);
            for (int l = 0; l < layers; l++) {
                state("end, step " + number, all.get(l).getAsJsonObject().getAsJsonObject("end"), memory, l);
            }
        }
    }

    private static void state(String what, JsonObject expected, MemollmMemory memory, int layer) {
        assertArrayEquals(floats(expected.get("strength")), memory.strength(layer), 0, what + " S");
        assertArrayEquals(floats(expected.get("time")), memory.time(layer), 0, what + " t");
        boolean[] active = memory.active(layer);
        for (int i = 0; i < active.length; i++) {
            JsonElement flag = expected.getAsJsonArray("active").get(i);
            boolean on = flag.getAsJsonPrimitive().isBoolean() ? flag.getAsBoolean() : flag.getAsInt() != 0;
            assertEquals(on, active[i], what + " active " + i);
        }
    }

    @ParameterizedTest
    @CsvSource({"faults-f32, 0.01, 0.97, false", "faults-f16, 0.01, 0.97, true", "cleanup-f32, 0.3, 0.001, false"})
    void everyStepIsTheOriginals(String name, double dt, double threshold, boolean half) throws IOException {
        replay(name, dt, threshold, half, ALL);
    }

    /** Faults of the memory itself: without any one of them some trace differs. */
    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"SCALING", "STALE_POSITIONS"},
            mode = EnumSource.Mode.EXCLUDE)
    void eachFaultShowsInATrace(Fault fault) {
        Set<Fault> others = EnumSet.complementOf(EnumSet.of(fault));
        int differing = 0;
        for (String[] c : new String[][] {{"faults-f32", "0.01", "0.97"}, {"cleanup-f32", "0.3", "0.001"}}) {
            try {
                replay(c[0], Double.parseDouble(c[1]), Double.parseDouble(c[2]), false, others);
            } catch (AssertionError | IOException e) {
                differing++;
            }
        }
        assertTrue(differing > 0, fault + " changes nothing");
    }

    /** Facts of the constants: the first step at which a token without rehearsal can go. */
    @ParameterizedTest
    @CsvSource({"0.05, 0.01, 461", "0.01, 0.05, 1498", "0.01, 0.01, 2303"})
    void firstPossibleDeletion(double dt, double threshold, int step) {
        MemollmMemory memory = new MemollmMemory(1, dt, threshold, false, ALL);
        float[] attention = new float[8];
        java.util.Arrays.fill(attention, 0.001f);
        int at = 0;
        while (true) {
            float[] before = memory.retention(0, 8);
            memory.rehearse(0, attention);
            if (at > 0 && memory.decide(0, before) != null) {
                break;
            }
            memory.tick(at++);
        }
        assertEquals(step, at);
    }

    @Test
    void halfRoundsToTheNearest() {
        assertEquals(0.0999755859375f, MemollmMemory.half(0.1f), 0);
        assertEquals(1f, MemollmMemory.half(1f), 0);
        assertEquals(0f, MemollmMemory.half(0f), 0);
        assertEquals(5.9604645e-8f, MemollmMemory.half(5e-8f), 0);
    }
}
