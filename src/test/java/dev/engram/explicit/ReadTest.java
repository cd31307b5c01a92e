package dev.engram.explicit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.CausalLm;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.Seams;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writing and reading on a small random model: reading a memory of everything is reading the text. */
class ReadTest {
    private static final String TEXT = "The Barley Statute was proposed by Elkune.";
    private static final String OTHER = "Loafday is market day.";
    private static final String CONTEXT = "Who proposed it? ";

    @TempDir
    static Path folder;

    private static CausalLm lm;

    @BeforeAll
    static void open() throws IOException {
        lm = CausalLm.open(
                TinyModel.write(folder).toString(), LoadOptions.defaults().withDtype(DType.F32));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static int[] join(int[]... parts) {
        return List.of(parts).stream().flatMapToInt(IntStream::of).toArray();
    }

    /** Logits of the last {@code n} tokens of ids that start at a position. */
    private static float[] logits(int[] ids, int position, Seams seams, int n) {
        try (NDManager scope = lm.decoder().newScope();
                KvCache cache = lm.decoder().newCache(position)) {
            NDArray hidden = lm.decoder().forward(scope, new int[][] {ids}, cache, seams);
            return lm.decoder().logits(scope, hidden, n).toFloatArray();
        }
    }

    private static float[] read(ReferenceWriter writer, List<ExplicitMemory> memories, int position) {
        int[] context = lm.tokenizer().encode(CONTEXT);
        try (MemoryRows rows =
                MemoryRows.of(lm.decoder().backend().manager(), lm.config().layers(), writer.sink(), memories)) {
            return logits(context, position, rows.seams(), context.length);
        }
    }

    private static double furthest(float[] a, float[] b) {
        assertEquals(a.length, b.length);
        return IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]))
                .max()
                .orElseThrow();
    }

    @Test
    void aMemoryOfEverythingIsTheTextAsAPrefix() {
        ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.dense());
        int[] before = join(writer.prefix(), writer.ids(TEXT));
        int[] context = lm.tokenizer().encode(CONTEXT);
        float[] prefix = logits(join(before, context), 0, Seams.none(), context.length);
        float[] memory = read(writer, List.of(writer.write(TEXT)), before.length);
        assertTrue(furthest(prefix, memory) <= 1e-4, "furthest " + furthest(prefix, memory));
        float[] nothing = logits(context, before.length, Seams.none(), context.length);
        assertTrue(furthest(prefix, nothing) > 1e-2, "the text must matter for the test to mean something");
    }

    @Test
    void rotationCountsDistancesAlone() {
        ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.dense());
        ExplicitMemory memory = writer.write(TEXT);
        int length = writer.prefix().length + writer.ids(TEXT).length;
        float[] near = read(writer, List.of(memory), length);
        float[] far = read(writer, List.of(memory), writer.contextPosition());
        assertTrue(furthest(near, far) > 1e-4, "the context's place must matter");
    }

    @Test
    void severalReferencesSideBySideAreWrittenAsOneByOne() {
        for (TokenSelector selector : TokenSelectors.all(3)) {
            boolean drawn = selector.name().equals("random");
            ReferenceWriter writer =
                    new ReferenceWriter(lm, WriteConfig.defaults().withTokens(5).withSelector(selector));
            List<ExplicitMemory> together = writer.write(List.of(TEXT, OTHER));
            for (int i = 0; i < 2 && !drawn; i++) {
                ExplicitMemory alone = writer.write(List.of(TEXT, OTHER).get(i));
                assertArrayEquals(alone.positions(), together.get(i).positions(), selector.name());
                assertTrue(furthest(alone.keys(), together.get(i).keys()) <= 1e-5, selector.name());
                assertTrue(furthest(alone.values(), together.get(i).values()) <= 1e-5, selector.name());
            }
            assertEquals(5, together.get(0).tokens());
        }
    }

    /** A bias of 0 changes nothing, one of −∞ hides a memory, and ln 2 counts a memory twice. */
    @Test
    void biasesAreFactorsOfAMemorysShare() {
        ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.defaults().withTokens(4));
        List<ExplicitMemory> two = writer.write(List.of(TEXT, OTHER));
        int at = writer.contextPosition();
        assertTrue(furthest(read(writer, two, at), weighted(writer, two, 0, 0)) <= 1e-4);
        float[] first = read(writer, List.of(two.get(0)), at);
        assertTrue(furthest(first, weighted(writer, two, 0, Double.NEGATIVE_INFINITY)) <= 1e-4);
        assertTrue(furthest(first, read(writer, two, at)) > 1e-3, "the second memory must matter");
        float[] twice = read(writer, List.of(two.get(0), two.get(1), two.get(1)), at);
        assertTrue(furthest(twice, weighted(writer, two, 0, Math.log(2))) <= 1e-4);
        assertThrows(IllegalArgumentException.class, () -> weighted(writer, two, 0));
    }

    private static float[] weighted(ReferenceWriter writer, List<ExplicitMemory> memories, double... bias) {
        int[] context = lm.tokenizer().encode(CONTEXT);
        try (MemoryRows rows = MemoryRows.weighted(
                lm.decoder().backend().manager(), lm.config().layers(), writer.sink(), memories, bias)) {
            return logits(context, writer.contextPosition(), rows.seams(), context.length);
        }
    }

    @Test
    void nothingOfThePrefixIsKept() {
        for (TokenSelector selector : TokenSelectors.all(3)) {
            ReferenceWriter writer =
                    new ReferenceWriter(lm, WriteConfig.dense().withTokens(4).withSelector(selector));
            ExplicitMemory memory = writer.write(TEXT);
            int last = writer.prefix().length + writer.ids(TEXT).length;
            for (int p : memory.positions()) {
                assertTrue(p >= writer.prefix().length && p < last, selector.name() + " kept position " + p);
            }
        }
    }

    @Test
    void aProbeIsLookedAtAndNotKept() {
        int[] probe = lm.tokenizer().encode("Who?");
        ReferenceWriter writer = new ReferenceWriter(
                lm, WriteConfig.dense().withTokens(4).withSelector(TokenSelectors.queryAware(probe)));
        ExplicitMemory memory = writer.write(TEXT);
        int last = writer.prefix().length + writer.ids(TEXT).length;
        for (int p : memory.positions()) {
            assertTrue(p < last, "kept position " + p);
        }
    }

    @Test
    void withoutMemoriesTheModelIsThePlainOne() {
        ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.defaults());
        int[] context = lm.tokenizer().encode(CONTEXT);
        assertArrayEquals(logits(context, 0, Seams.none(), context.length), read(writer, List.of(), 0));
    }

    /** Memories that are exchanged in the middle of a text, once as extra rows of each pass and once at the head of the cache. */
    @Test
    void memoriesThatLeadTheCacheReadAsExtraRows() {
        ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.defaults().withTokens(4));
        List<ExplicitMemory> one = List.of(writer.write(TEXT));
        List<ExplicitMemory> two = writer.write(List.of(OTHER, TEXT));
        int[] context = lm.tokenizer().encode(CONTEXT.repeat(3));
        int half = context.length / 2;
        int[][] parts = {Arrays.copyOf(context, half), Arrays.copyOfRange(context, half, context.length)};
        List<List<ExplicitMemory>> memories = List.of(one, two);
        float[][] lastOf = new float[3][];
        NDManager manager = lm.decoder().backend().manager();
        int layers = lm.config().layers();
        try (KvCache plain = lm.decoder().newCache(writer.contextPosition());
                KvCache led = lm.decoder().newCache(writer.contextPosition())) {
            for (int i = 0; i < 2; i++) {
                try (MemoryRows rows = MemoryRows.of(manager, layers, writer.sink(), memories.get(i))) {
                    rows.lead(led);
                    lastOf[0] = last(parts[i], plain, rows.seams());
                    lastOf[1] = last(parts[i], led, Seams.none());
                }
                assertTrue(furthest(lastOf[0], lastOf[1]) <= 1e-4, "part " + i + ": " + furthest(lastOf[0], lastOf[1]));
            }
            assertThrows(IllegalStateException.class, () -> led.drop(0, 0));
            try (KvCache copy = led.fork()) {
                lastOf[2] = last(parts[0], copy, Seams.none());
            }
            led.lead(layer -> null); // taken out again
            for (int i = 0; i < layers; i++) {
                assertEquals(context.length, led.length(i));
            }
            float[] without = last(parts[0], led, Seams.none());
            float[] never = last(parts[0], plain, Seams.none());
            assertTrue(furthest(without, never) <= 1e-4, "nothing of them is left");
            assertTrue(furthest(lastOf[2], never) > 1e-2, "and they mattered while they were there");
        }
    }

    /** Weights of memories that lead a cache are biases of the same memories as extra rows, and a new set takes the old one's place. */
    @Test
    void weightsOfMemoriesThatLeadTheCache() {
        ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.defaults().withTokens(4));
        List<ExplicitMemory> two = writer.write(List.of(TEXT, OTHER));
        int[] context = lm.tokenizer().encode(CONTEXT);
        NDManager manager = lm.decoder().backend().manager();
        for (double[] weights : new double[][] {{1, 0.2}, {0.5, 1}, {1, 1}}) {
            try (KvCache cache = lm.decoder().newCache(writer.contextPosition());
                    MemoryBias bias = new MemoryBias(manager);
                    MemoryRows rows = MemoryRows.of(manager, lm.config().layers(), writer.sink(), two)) {
                rows.lead(cache);
                bias.set(writer.sink().tokens(), two, new double[] {0.01, 1}); // dropped before it is read
                bias.set(writer.sink().tokens(), two, weights);
                Seams seams = Seams.none().withBias(bias);
                float[] one = last(Arrays.copyOf(context, 2), cache, seams); // [2, vocab]
                float[] rest = last(Arrays.copyOfRange(context, 2, context.length), cache, seams);
                float[] expected = weighted(writer, two, Math.log(weights[0]), Math.log(weights[1]));
                float[] own = Arrays.copyOf(one, one.length + rest.length);
                System.arraycopy(rest, 0, own, one.length, rest.length);
                assertTrue(furthest(expected, own) <= 1e-4, Arrays.toString(weights));
            }
        }
    }

    private static float[] last(int[] ids, KvCache cache, Seams seams) {
        try (NDManager scope = lm.decoder().newScope()) {
            NDArray hidden = lm.decoder().forward(scope, new int[][] {ids}, cache, seams);
            return lm.decoder().logits(scope, hidden, ids.length).toFloatArray();
        }
    }

    @Test
    void chunksSeeTheirOwnMemories() {
        // the mask gives what feeding chunk after chunk gives, each with its own memories
        ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.defaults().withTokens(6));
        ExplicitMemory sink = writer.sink();
        List<ExplicitMemory> memories = writer.write(List.of(TEXT, OTHER, "A third text."));
        List<List<ExplicitMemory>> chunks =
                List.of(memories.subList(0, 2), memories.subList(2, 3), List.of(memories.get(1)));
        int[] ids = lm.tokenizer().encode("Eight by eight by five");
        int chunk = 8;
        int layers = lm.config().layers();
        NDManager owner = lm.decoder().backend().manager();
        float[] masked;
        try (MemoryRows rows = MemoryRows.chunkwise(owner, layers, sink, chunks, chunk, ids.length)) {
            masked = logits(ids, 200, rows.seams(), ids.length);
        }
        List<float[]> parts = new ArrayList<>();
        try (NDManager scope = lm.decoder().newScope();
                KvCache cache = lm.decoder().newCache(200)) {
            for (int at = 0; at < ids.length; at += chunk) {
                int[] part = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + chunk));
                try (MemoryRows rows = MemoryRows.of(owner, layers, sink, chunks.get(at / chunk))) {
                    NDArray hidden = lm.decoder().forward(scope, new int[][] {part}, cache, rows.seams());
                    parts.add(lm.decoder().logits(scope, hidden, part.length).toFloatArray());
                }
            }
        }
        int at = 0;
        for (float[] part : parts) {
            float[] same = Arrays.copyOfRange(masked, at, at + part.length);
            assertTrue(furthest(same, part) <= 1e-4, "furthest " + furthest(same, part));
            at += part.length;
        }
        assertEquals(masked.length, at);
    }

    @Test
    void aBatchReadsAsItsRowsDo() {
        ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.defaults().withTokens(WriteConfig.ALL_TOKENS));
        ExplicitMemory sink = writer.sink();
        List<List<ExplicitMemory>> own =
                List.of(writer.write(List.of(TEXT)), writer.write(List.of(OTHER, "Also this.")));
        int[] context = lm.tokenizer().encode(CONTEXT);
        int layers = lm.config().layers();
        NDManager owner = lm.decoder().backend().manager();
        float[] together;
        try (MemoryRows rows = MemoryRows.batch(owner, layers, sink, own);
                NDManager scope = lm.decoder().newScope();
                KvCache cache = lm.decoder().newCache(2, null)) {
            NDArray hidden = lm.decoder().forward(scope, new int[][] {context, context}, cache, rows.seams());
            together = lm.decoder().logits(scope, hidden, 1).toFloatArray();
        }
        int vocab = together.length / 2;
        for (int b = 0; b < 2; b++) {
            try (MemoryRows rows = MemoryRows.of(owner, layers, sink, own.get(b))) {
                float[] alone = logits(context, 0, rows.seams(), 1);
                float[] row = Arrays.copyOfRange(together, b * vocab, (b + 1) * vocab);
                assertTrue(furthest(alone, row) <= 1e-4, "row " + b + ": furthest " + furthest(alone, row));
            }
        }
    }
}
